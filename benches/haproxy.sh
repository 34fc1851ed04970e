#!/usr/bin/env bash
# wrk through haproxy and examples/proxy in turn to one nginx: large files, small answers, a connection each, idle connections.
#
#   benches/haproxy.sh [--quick] [--rounds N] [--only 1M|64M|small|one|close|idle] [--haproxy-splice auto|always|off]
#
# Both proxies run throughout, with one thread, health checks and idle timeouts, and are asked alternately, so that whatever
# else the machine does hits both. haproxy is in TCP mode with splicing on: always (the default here, which costs it less),
# or as it likes (auto).
# Printed are medians of what went through in a second, with the ratio (above 1: ours is faster), and of the processor time
# the proxy took for it (ratio above 1: ours takes less): where wrk or nginx are the limit, only the latter tells them apart.
# Last, connections that are idle: how much more memory the process has for each of them. All are made to carry a request
# before they are closed, so all were held.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=5 seconds=4 idle=10000 splice=always quick= only=
while [ $# -gt 0 ]; do
    case $1 in
        --quick) rounds=1 seconds=1 idle=500 quick=yes ;;
        --rounds) rounds=$2 && shift ;;
        --only) only=$2 && shift ;;
        --haproxy-splice) splice=$2 && shift ;;
        *) sed -n '2,13s/^# \{0,1\}//p' "$0" && exit 2 ;;
    esac
    shift
done
for program in haproxy nginx wrk python3; do
    command -v $program >/dev/null || { echo "benches/haproxy.sh: $program is not installed" >&2 && exit 1; }
done
ulimit -n "$(ulimit -Hn)"

temp=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; wait; rm -r "$temp"' EXIT

cargo build --quiet --release --features kernel --example proxy
ours=${CARGO_TARGET_DIR:-target}/release/examples/proxy

# A connection through a proxy is two descriptors, and each has some more for pipes; where a process may not have enough for all, there are several processes.
limit=$(ulimit -n) && limit=${limit/unlimited/1000000}
spare=$((limit / 4 < 1000 ? limit / 4 : 1000))
each=$(((limit - spare) / 2))
each=$((each < idle + 1000 ? each : idle + 1000))
processes=$(((idle + each - 1) / each))

# start NAME COMMAND...: a program that listens on $port, which is another one as long as somebody else has it.
start() {
    local name=$1 && shift
    for _ in $(seq 20); do
        port=$((20000 + RANDOM % 12000))
        "configure_$name"
        "$@" >"$temp/$name.log" 2>&1 &
        pid=$!
        while kill -0 $pid 2>/dev/null; do
            # By its inode: the port may be somebody else's.
            if listens $pid $port; then servers+=("$pid") && return; fi
            sleep 0.05
        done
    done
    echo "benches/haproxy.sh: $name does not start: $(cat "$temp/$name.log")" >&2 && exit 1
}

# listens PID PORT: whether a socket that listens on PORT belongs to PID or a child of it
listens() {
    local inode
    inode=$(awk -v port="$(printf '%04X' "$2")" '$4 == "0A" && $2 ~ ":" port "$" { print $10; exit }' /proc/net/tcp)
    [ -n "$inode" ] && [[ $(ls -l /proc/"$1"/fd 2>/dev/null) = *"socket:[$inode]"* ]]
}

mkdir "$temp/www"
head -c 100 /dev/zero | tr '\0' x >"$temp/www/small"
head -c 1048576 /dev/urandom >"$temp/www/1M"
head -c 67108864 /dev/urandom >"$temp/www/64M"
chmod -R a+rX "$temp"

configure_nginx() {
    cat >"$temp/nginx.conf" <<END
daemon off; worker_processes 1; pid $temp/nginx.pid; error_log $temp/nginx.error;
worker_rlimit_nofile $limit;
events { worker_connections $((idle + 1000)); }
http {
    access_log off; sendfile on; keepalive_requests 1000000000; keepalive_timeout 600; client_header_timeout 600;
    client_body_temp_path $temp/a; proxy_temp_path $temp/b; fastcgi_temp_path $temp/c; uwsgi_temp_path $temp/d;
    scgi_temp_path $temp/e;
    server { listen 127.0.0.1:$port backlog=4096; root $temp/www; }
}
END
}
start nginx nginx -c "$temp/nginx.conf"
nginx_port=$port

case $splice in
    auto) options='option splice-auto' ;;
    always) options=$'option splice-request\n    option splice-response' ;;
    off) options='' ;;
esac
configure_haproxy() {
    cat >"$temp/haproxy.cfg" <<END
global
    nbthread 1
    maxconn $each
    maxpipes $((spare / 4))
defaults
    mode tcp
    $options
    timeout connect 5s
    timeout client 300s
    timeout server 300s
frontend in
    bind 127.0.0.1:$port backlog 4096
    default_backend out
backend out
    server one 127.0.0.1:$nginx_port check inter 2s
END
}
configure_ours() { :; }
haproxy_pids=() haproxy_ports=() ours_pids=() ours_ports=()
for number in $(seq $processes); do
    start haproxy haproxy -db -f "$temp/haproxy.cfg"
    haproxy_pids+=("$pid") haproxy_ports+=("$port")
    "$ours" --listen 127.0.0.1:0 --to 127.0.0.1:"$nginx_port" >"$temp/ours.$number" 2>"$temp/ours.log" &
    servers+=($!) ours_pids+=($!)
    until grep -q listening "$temp/ours.$number"; do kill -0 "${ours_pids[-1]}" && sleep 0.05; done
    ours_ports+=("$(sed -n 's/^listening on .*://p' "$temp/ours.$number")")
done

# Processor time of a process, in ticks of 10 ms.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

cat >"$temp/report.lua" <<'END'
done = function(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.bytes, summary.duration,
        e.connect + e.read + e.write + e.status + e.timeout))
end
END

# one ROW NAME PID PORT FILE CONNECTIONS UNIT [WRK-OPTIONS]: appends "ROW NAME amount/s ns-of-processor/unit"; UNIT is bytes
# or requests
one() {
    local row=$1 name=$2 pid=$3 port=$4 file=$5 connections=$6 unit=$7 before after result
    shift 7
    before=$(ticks "$pid")
    result=$(wrk -t1 -c"$connections" -d"${seconds}s" --timeout 10s -s "$temp/report.lua" "$@" \
        "http://127.0.0.1:$port/$file" | sed -n 's/^RESULT //p')
    after=$(ticks "$pid")
    awk -v result="$result" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" -v key="$row $name" -v unit="$unit" 'BEGIN {
        split(result, n, " ")
        if (n[4] > 0) print "benches/haproxy.sh: " key ": " n[4] " errors" > "/dev/stderr"
        amount = unit == "bytes" ? n[2] : n[1]
        printf "%s %f %f\n", key, amount / n[3] * 1e6, ticks / hz / amount * 1e9
    }' >>"$temp/results"
}

# median ROW NAME COLUMN
median() {
    awk -v key="$1 $2" -v column="$3" '$1 " " $2 == key { print $column }' "$temp/results" |
        sort -g | awk '{ values[NR] = $1 } END { print values[int((NR + 1) / 2)] }'
}

model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
echo "$(date -u +%F), ${model:-$(uname -m)}, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)," \
    "$(haproxy -v | sed -n 's/^HAProxy version \([0-9.]*\).*/haproxy \1/p') (splice: $splice), median of $rounds"
printf '%-22s %11s %11s %6s | %12s %12s %6s\n' '' haproxy ours ratio haproxy ours ratio

# row NAME TITLE FILE CONNECTIONS UNIT [WRK-OPTIONS]
row() {
    local name=$1 title=$2 file=$3 connections=$4 unit=$5 values=() column proxy
    shift 5
    [ "${only:-$name}" = "$name" ] || return 0
    for _ in $(seq $rounds); do
        one "$name" haproxy "${haproxy_pids[0]}" "${haproxy_ports[0]}" "$file" "$connections" "$unit" "$@"
        one "$name" ours "${ours_pids[0]}" "${ours_ports[0]}" "$file" "$connections" "$unit" "$@"
    done
    for column in 3 4; do
        for proxy in haproxy ours; do values+=("$(median "$name" $proxy $column)"); done
    done
    awk -v title="$title" -v unit="$unit" -v v="${values[*]}" 'BEGIN {
        split(v, n, " ")
        rate = unit == "bytes" ? 1e9 : 1
        what = unit == "bytes" ? "GB/s" : "/s"
        cpu = unit == "bytes" ? 1 : 1e3
        each = unit == "bytes" ? "s/GB" : "us"
        less = n[4] > 0 ? sprintf("%.2f", n[3] / n[4]) : "-"
        form = unit == "bytes" ? "%.3f" : "%.0f"
        printf "%-22s %11s %11s %6.2f | %12s %12s %6s\n", title, sprintf(form " %s", n[1] / rate, what),
            sprintf(form " %s", n[2] / rate, what), n[2] / n[1], sprintf("%.3f %s", n[3] / cpu, each),
            sprintf("%.3f %s", n[4] / cpu, each), less
    }'
}

row 1M '1 MiB, 8 connections' 1M 8 bytes
[ -n "$quick" ] || row 64M '64 MiB, 4 connections' 64M 4 bytes
row small '100 B, 64 connections' small 64 requests
[ -n "$quick" ] || row one '100 B, 1 connection' small 1 requests
row close 'a connection each, 16' small 16 requests -H 'Connection: close'

[ "${only:-idle}" = idle ] || exit 0

cat >"$temp/idle.py" <<'END'
"""idle.py COUNT PID... -- PORT...: opens COUNT connections, tells how much memory that took of the processes, uses all."""
import socket, sys, time

split = sys.argv.index("--")
count, pids, ports = int(sys.argv[1]), sys.argv[2:split], [int(port) for port in sys.argv[split + 1:]]

def memory(pid):
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Dirty", "Private_Clean"))) * 1024

def sockets(pid):
    import os
    links = (os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd"))
    return sum(link.startswith("socket:") for link in links)

def slab():
    with open("/proc/meminfo") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith("Slab:")) * 1024

before = sum(map(memory, pids)), sum(map(sockets, pids)), slab()
held = []
for number in range(count):
    held.append(socket.create_connection(("127.0.0.1", ports[number % len(ports)])))
deadline = time.monotonic() + 60
while sum(map(sockets, pids)) - before[1] < 2 * count:
    if time.monotonic() > deadline:
        sys.exit(f"only {sum(map(sockets, pids)) - before[1]} sockets for {count} connections")
    time.sleep(0.05)
time.sleep(1)
after = sum(map(memory, pids)), sum(map(sockets, pids)), slab()
opened = after[1] - before[1]
answered = 0
for connection in held:
    connection.sendall(b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n")
for connection in held:
    connection.settimeout(30)
    answered += connection.recv(4096).startswith(b"HTTP/1.1 200")
again = sum(map(memory, pids))
print(count, opened, answered, (after[0] - before[0]) / count, (again - before[0]) / count, (after[2] - before[2]) / count)
END

echo
echo "$idle idle connections ($processes processes each), bytes a connection: fresh, after a request; slab of the whole system,"
echo 'which has six sockets for each'
for proxy in haproxy ours; do
    declare -n pids=${proxy}_pids ports=${proxy}_ports
    result=$(python3 "$temp/idle.py" "$idle" "${pids[@]}" -- "${ports[@]}")
    echo "$proxy $result" | awk '{
        if ($2 != $4 || $3 != 2 * $2) { print "not all were held: " $0; exit 1 }
        printf "%-8s %6d held  %6d fresh  %6d used  %6d slab\n", $1, $2, $5, $6, $7
    }'
done
