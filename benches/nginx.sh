#!/usr/bin/env bash
# wrk against nginx and examples/static_server in turn: files of 1 KiB to 64 MiB, and ranges of them, keep-alive.
#
#   benches/nginx.sh [--quick] [--rounds N] [--seconds N] [--connections N] [--rows REGEX] [--peers]
#
# nginx has one worker, sendfile and no access log, and answers on three ports: with open_file_cache (files are believed for
# 60 s); with that and tcp_nopush; and with tcp_nopush alone. Over loopback, whose packets hold 64 KiB, tcp_nopush makes an
# answer that is not much longer wait for the acknowledgement of its first packet, 40 ms; so look at the first, too.
# static_server has one thread, and believes files for 1 s. --peers adds tower-http's ServeDir under axum, and actix-files,
# one worker each (benches/peers). All serve the same files with Date, Last-Modified and ETag (ServeDir has no ETag), run
# throughout, and are asked alternately, so that whatever else the machine does hits all. Printed are medians of requests a
# second and of the processor time that each server took for a request, all of its threads together, and ratios: above 1,
# static_server is ahead. What is compared is best seen in the processor time: wrk takes the other core.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=5 seconds=3 connections=16 only= peers=
while [ $# -gt 0 ]; do
    case $1 in
        --quick) rounds=1 seconds=1 ;;
        --rounds) rounds=$2 && shift ;;
        --seconds) seconds=$2 && shift ;;
        --connections) connections=$2 && shift ;;
        --rows) only=$2 && shift ;;
        --peers) peers=yes ;;
        *) sed -n '2,16s/^# \{0,1\}//p' "$0" && exit 2 ;;
    esac
    shift
done
for program in nginx wrk curl; do
    command -v $program >/dev/null || { echo "benches/nginx.sh: $program is not installed" >&2 && exit 1; }
done

temp=$(mktemp -d)
chmod 755 "$temp"
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; wait; rm -r "$temp"' EXIT

mkdir "$temp/root"
for file in 1K 64K 1M 64M; do
    head -c $file /dev/urandom >"$temp/root/$file.bin"
done
chmod -R a+rX "$temp/root"

names=() pids=() ports=()
# start NAME PROGRAM ARGUMENT...: one that lets the system choose its port, and says which
start() {
    local name=$1 && shift
    : >"$temp/out"
    "$@" >"$temp/out" &
    local pid=$!
    servers+=("$pid")
    until grep -q listening "$temp/out"; do kill -0 "$pid" && sleep 0.05; done
    names+=("$name") pids+=("$pid") ports+=("$(sed -n 's/^listening on .*://p' "$temp/out")")
}

cargo build --quiet --release --features kernel --example static_server
start static_server "${CARGO_TARGET_DIR:-target}/release/examples/static_server" --listen 127.0.0.1:0 --root "$temp/root"
if [ -n "$peers" ]; then
    cargo build --quiet --release --manifest-path benches/peers/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}/peers"
    for peer in tower-http actix-files; do
        start $peer "${CARGO_TARGET_DIR:-target}/peers/release/$peer" "$temp/root"
    done
fi

# nginx cannot let the system choose a port: others are tried if somebody has them.
nginx_pid=
while [ -z "$nginx_pid" ]; do
    port=$((20000 + RANDOM % 12000))
    cat >"$temp/nginx.conf" <<-END
	worker_processes 1;
	daemon off;
	pid $temp/nginx.pid;
	error_log $temp/nginx.log notice;
	events { worker_connections 4096; }
	http {
	    sendfile on;
	    access_log off;
	    keepalive_requests 1000000000;
	    default_type application/octet-stream;
	    client_body_temp_path $temp/body;
	    proxy_temp_path $temp/proxy;
	    fastcgi_temp_path $temp/fastcgi;
	    uwsgi_temp_path $temp/uwsgi;
	    scgi_temp_path $temp/scgi;
	    server {
	        listen 127.0.0.1:$port;
	        root $temp/root;
	        open_file_cache max=1000 inactive=600s;
	        open_file_cache_valid 60s;
	    }
	    server {
	        listen 127.0.0.1:$((port + 1));
	        root $temp/root;
	        tcp_nopush on;
	        open_file_cache max=1000 inactive=600s;
	        open_file_cache_valid 60s;
	    }
	    server {
	        listen 127.0.0.1:$((port + 2));
	        root $temp/root;
	        tcp_nopush on;
	    }
	}
	END
    nginx -c "$temp/nginx.conf" -e "$temp/nginx.log" &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        if curl -sf -o "$temp/probe" "http://127.0.0.1:$((port + 2))/1K.bin" && cmp -s "$temp/probe" "$temp/root/1K.bin"; then
            nginx_pid=$pid && servers+=("$pid") && break
        fi
        sleep 0.05
    done
done
worker=$(cat "/proc/$nginx_pid/task/$nginx_pid/children")
names+=('nginx, cache' 'nginx, cache, nopush' 'nginx, nopush')
pids+=("${worker% }" "${worker% }" "${worker% }") ports+=("$port" "$((port + 1))" "$((port + 2))")

# Processor time of a process, all threads, in nanoseconds. Threads that have ended are not seen: of those that the peers read
# files with, some end, to the good of their figures.
spent() {
    if [ -r "/proc/$1/schedstat" ]; then
        { cat /proc/"$1"/task/*/schedstat 2>/dev/null || true; } | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
    else
        awk -v hz="$(getconf CLK_TCK)" '{ printf "%.0f\n", ($14 + $15) / hz * 1e9 }' "/proc/$1/stat"
    fi
}

# What counts is what has come, so that an answer that is under way when the time is up counts as far as it has.
cat >"$temp/report.lua" <<'END'
function done(summary)
    io.write(string.format("came %d %d\n", summary.bytes, summary.duration))
end
END

# one INDEX ROW FILE RANGE SIZE: appends "ROW|NAME|requests/s|ns-of-processor/request"; SIZE is that of an answer
one() {
    local header=() before after
    [ -z "$4" ] || header=(-H "Range: bytes=$4")
    before=$(spent "${pids[$1]}")
    wrk -t1 -c"$connections" -d"$seconds" --timeout 60s -s "$temp/report.lua" ${header[@]+"${header[@]}"} \
        "http://127.0.0.1:${ports[$1]}/$3" >"$temp/wrk"
    after=$(spent "${pids[$1]}")
    if grep -qE 'Non-2xx|Socket errors' "$temp/wrk"; then
        echo "benches/nginx.sh: ${names[$1]} failed: $2" >&2 && cat "$temp/wrk" >&2 && exit 1
    fi
    awk -v key="$2|${names[$1]}" -v spent=$((after - before)) -v size="$5" '
        $1 == "came" { printf "%s|%.2f|%.0f\n", key, $2 / size / $3 * 1e6, spent / ($2 / size) }' "$temp/wrk" >>"$temp/results"
}

# median ROW NAME COLUMN
median() {
    awk -F'|' -v row="$1" -v name="$2" -v column="$3" '$1 == row && $2 == name { print $column }' "$temp/results" |
        sort -n | awk '{ values[NR] = $1 } END { print values[int((NR + 1) / 2)] }'
}

model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
echo "$(date -u +%F), ${model:-$(uname -m)}, $(nproc) cores, $(nginx -v 2>&1 | grep -o 'nginx/.*')," \
    "$connections connections, $rounds x $seconds s, load $(cut -d' ' -f1 /proc/loadavg)"
printf '%-22s %-20s | %10s %6s | %12s %6s\n' file server '/s' ratio 'processor us' ratio

rows=(
    '1 KiB|1K.bin|'
    '64 KiB|64K.bin|'
    '1 MiB|1M.bin|'
    '64 MiB|64M.bin|'
    '1 KiB of 1 MiB|1M.bin|1000-2023'
    '64 KiB of 64 MiB|64M.bin|10000000-10065535'
    '1 MiB of 64 MiB|64M.bin|10000000-11048575'
    '2 x 32 KiB of 1 MiB|1M.bin|0-32767,500000-532767'
)
for entry in "${rows[@]}"; do
    IFS='|' read -r row file range <<<"$entry"
    [[ $row =~ $only ]] || continue
    sizes=()
    for index in "${!names[@]}"; do
        sizes+=("$(curl -sf -o /dev/null -w '%{size_header} %{size_download}\n' ${range:+-H "Range: bytes=$range"} \
            "http://127.0.0.1:${ports[$index]}/$file" | awk '{ print $1 + $2 }')")
    done
    for _ in $(seq "$rounds"); do
        for index in "${!names[@]}"; do
            one "$index" "$row" "$file" "$range" "${sizes[$index]}"
        done
    done
    for name in "${names[@]}"; do
        awk -v row="$row" -v name="$name" -v ours="$(median "$row" static_server 3) $(median "$row" static_server 4)" \
            -v theirs="$(median "$row" "$name" 3) $(median "$row" "$name" 4)" 'BEGIN {
            split(ours, o, " ")
            split(theirs, t, " ")
            own = name == "static_server"
            printf "%-22s %-20s | %10.1f %6s | %12.1f %6s\n", row, name, t[1], own ? "" : sprintf("%.2f", o[1] / t[1]), \
                t[2] / 1000, own ? "" : sprintf("%.2f", t[2] / o[2])
        }'
    done
done
