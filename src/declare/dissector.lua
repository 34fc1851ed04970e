-- Walks the tables above over a packet. Lua 5.2, as Wireshark has it: no integers, no bit operators.

local SHORT = {}

local function whole(tvb, at, len, stop)
    if at + len > stop then error(SHORT) end
    return tvb:range(at, len)
end

-- A number, and how many bytes it takes. Exact up to 2^53.
local function number(tvb, at, stop, n)
    if n.w == "varint" or n.w == "zigzag" then
        local value, factor, len = 0, 1, 0
        repeat
            local byte = whole(tvb, at + len, 1, stop):uint()
            value = value + (byte % 128) * factor
            factor = factor * 128
            len = len + 1
        until byte < 128
        if n.w == "zigzag" then
            if value % 2 == 1 then value = -(value + 1) / 2 else value = value / 2 end
        end
        return value, len
    end
    local range = whole(tvb, at, n.w, stop)
    if n.float then
        return n.big and range:float() or range:le_float(), n.w
    end
    local value = 0
    for index = 0, n.w - 1 do
        value = value * 256 + range:range(n.big and index or n.w - 1 - index, 1):uint()
    end
    if n.signed and value >= 2 ^ (8 * n.w - 1) then value = value - 2 ^ (8 * n.w) end
    return value, n.w
end

local function shown(value, n)
    if n.float then return value end
    local text = string.format("%.0f", value)
    return (n.signed or n.w == "zigzag") and Int64(text) or UInt64(text)
end

local walk

local function fields(tvb, tree, list, at, stop, v, start, lsb, big, tag)
    local index = 1
    while index <= #list do
        local f = list[index]
        local present = true
        if f.cond ~= nil then
            v.__more = at < stop
            local known, value = pcall(f.cond, v)
            if not known then
                if tree then tree:add_expert_info(PI_UNDECODED, PI_WARN, f.name .. ": condition not understood") end
                return stop
            end
            present = value
        end
        if not present then
            -- Not there.
        elseif f.k == "bits" then
            -- All fields up to the end of a byte make one number.
            local total, last = 0, index - 1
            repeat
                last = last + 1
                total = total + list[last].bits
            until total % 8 == 0
            local range = whole(tvb, at, total / 8, stop)
            local value = number(tvb, at, stop, { w = total / 8, big = big })
            local below = 0
            for each = index, last do
                local shift = lsb and below or total - below - list[each].bits
                below = below + list[each].bits
                local part = math.floor(value / 2 ^ shift) % 2 ^ list[each].bits
                v[list[each].name] = part
                if tree and list[each].field then tree:add(list[each].field, range, UInt64(string.format("%.0f", part))) end
            end
            at = at + total / 8
            index = last
        elseif f.k == "number" or f.k == "frame" then
            local value, len = number(tvb, at, stop, f.n)
            v[f.name] = value
            if tree then tree:add(f.field, tvb:range(at, len), shown(value, f.n)) end
            at = at + len
            if f.k == "frame" then
                local ends = f.all and start + value or at + value
                if ends < at or ends > stop then error(SHORT) end
                stop = ends
            end
        elseif f.k == "bool" then
            local range = whole(tvb, at, 1, stop)
            v[f.name] = range:uint() ~= 0
            if tree then tree:add(f.field, range, v[f.name]) end
            at = at + 1
        elseif f.k == "fixed" then
            local range = whole(tvb, at, f.len, stop)
            if tree and f.len > 0 then tree:add(f.field, range) end
            at = at + f.len
        elseif f.k == "align" then
            local len = (f.to - (at - start) % f.to) % f.to
            whole(tvb, at, len, stop)
            at = at + len
        elseif f.k == "tag" then
            v[f.name] = tag
        else
            -- Something with an end: bytes, elements, another type.
            local ends, count = stop, nil
            local region = false
            if f.ext.k == "len" or f.ext.k == "count" then
                local value, len = number(tvb, at, stop, f.ext.n)
                if tree then tree:add(f.prefix, tvb:range(at, len), shown(value, f.ext.n)) end
                at = at + len
                if f.ext.k == "len" then ends = at + value else count = value end
                region = f.ext.k == "len"
            elseif f.ext.k == "lenof" then
                ends, region = at + v[f.ext.of], true
            elseif f.ext.k == "countof" then
                count = v[f.ext.of]
            elseif f.ext.k == "fixed" then
                ends, region = at + f.ext.len, true
            elseif f.ext.k == "rest" then
                region = true
            end
            if ends > stop then error(SHORT) end
            if f.k == "bytes" then
                local nul = 0
                if f.ext.k == "nul" then
                    ends = at
                    while whole(tvb, ends, 1, stop):uint() ~= 0 do ends = ends + 1 end
                    nul = 1
                end
                if tree and ends > at then tree:add(f.field, tvb:range(at, ends - at)) end
                at = ends + nul
            elseif f.k == "seq" then
                local branch = tree and tree:add(f.field, tvb:range(at, math.max(ends - at, 0)))
                local from, done = at, 0
                if f.ext.k == "last" then error({ message = f.name .. ": its last element is not known here" }) end
                while (count == nil and at < ends) or (count ~= nil and done < count) do
                    local leaf = branch and branch:add(tvb:range(at, 0), f.of .. " [" .. done .. "]")
                    local given = {}
                    for name, from_name in pairs(f.give) do given[name] = v[from_name] end
                    local before = at
                    at = walk(tvb, leaf, f.of, at, ends, given, nil)
                    if leaf then leaf:set_len(at - before) end
                    if at == before then error({ message = f.name .. ": an empty element" }) end
                    done = done + 1
                end
                if branch then
                    branch:set_len(at - from)
                    branch:append_text(" (" .. done .. ")")
                end
            else
                local branch = tree and tree:add(f.field, tvb:range(at, 0))
                local given = {}
                for name, from_name in pairs(f.give) do given[name] = v[from_name] end
                local from = at
                at = walk(tvb, branch, f.of, at, ends, given, f.tag and v[f.tag])
                if branch then branch:set_len(at - from) end
                if region and f.ext.k ~= "rest" then at = ends end
            end
        end
        index = index + 1
    end
    return at
end

walk = function(tvb, tree, name, at, stop, given, tag)
    local t = types[name]
    if t == nil then error({ message = name .. ": written by hand, not known here" }) end
    local v = {}
    for key, value in pairs(given) do v[key] = value end
    if t.fields then return fields(tvb, tree, t.fields, at, stop, v, at, t.lsb, t.big, nil) end
    if tag == nil then
        local value, len = number(tvb, at, stop, t.tag)
        if tree then tree:add(t.tag_field, tvb:range(at, len), shown(value, t.tag)) end
        tag, at = value, at + len
    end
    local ends, bounded = stop, false
    if t.len then
        local value, len = number(tvb, at, stop, t.len)
        if tree then tree:add(t.len_field, tvb:range(at, len), shown(value, t.len)) end
        at = at + len
        ends, bounded = at + value, true
        if ends > stop then error(SHORT) end
    end
    for _, variant in ipairs(t.variants) do
        if variant.tag == tag or variant.tag == nil then
            if tree then tree:append_text(": " .. variant.name) end
            at = fields(tvb, tree, variant.fields, at, ends, v, at, t.lsb, t.big, tag)
            return bounded and ends or at
        end
    end
    error({ message = name .. ": no variant has the tag " .. tag })
end

-- The length of the frame at `at`; nil if more has to come first.
local function frame_length(tvb, at, given)
    local stop = tvb:reported_length_remaining() + 0
    local t = types[root]
    if t.framed then
        local head = at
        for _, f in ipairs(t.fields) do
            if f.k == "frame" then
                local known, value, len = pcall(number, tvb, head, stop, f.n)
                if not known then return nil end
                return (f.all and value or head - at + len + value)
            elseif f.k == "bits" then
                head = head + f.bits / 8
            else
                head = head + (f.k == "number" and f.n.w or f.k == "bool" and 1 or f.len)
            end
        end
    end
    local done, ends = pcall(walk, tvb, nil, root, at, stop, given, nil)
    if done then return ends - at end
    if ends == SHORT then return nil end
    return stop - at
end

function proto.dissector(tvb, pinfo, tree)
    pinfo.cols.protocol = proto.name
    local given = {}
    for _, name in ipairs(givens) do given[name] = proto.prefs[name] end
    local at, size = 0, tvb:len()
    while at < size do
        local len = frame_length(tvb, at, given)
        if len == nil or at + len > size then
            pinfo.desegment_offset = at
            pinfo.desegment_len = len and at + len - size or DESEGMENT_ONE_MORE_SEGMENT
            return size
        end
        if len <= 0 then return size end
        local branch = tree:add(proto, tvb:range(at, len))
        local done, problem = pcall(walk, tvb, branch, root, at, at + len, given, nil)
        if not done then
            local text = type(problem) == "table" and problem.message or problem == SHORT and "cut short" or tostring(problem)
            branch:add_expert_info(PI_MALFORMED, PI_ERROR, text)
        end
        at = at + len
    end
    return size
end

for _, name in ipairs(givens) do proto.prefs[name] = Pref.uint(name, 0, "What the two peers agreed upon") end
DissectorTable.get("tcp.port"):add_for_decode_as(proto)
