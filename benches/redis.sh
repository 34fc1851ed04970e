#!/usr/bin/env bash
# redis-benchmark against redis-server and examples/kv in turn: SET and GET of 32 B and 64 KiB at pipeline 1, 16 and 64.
#
#   benches/redis.sh [--quick] [--rounds N]
#
# Both servers run throughout, in memory alone, and are asked alternately, so that whatever else the machine does hits both.
# Printed are medians of requests a second, their ratio (above 1: kv is faster), and the processor time each server took for
# a request with its ratio: where the client is the limit, only the latter tells the servers apart.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=5 scale=1
while [ $# -gt 0 ]; do
    case $1 in
        --quick) rounds=1 scale=20 ;;
        --rounds) rounds=$2 && shift ;;
        *) sed -n '2,8s/^# \{0,1\}//p' "$0" && exit 2 ;;
    esac
    shift
done
for program in redis-server redis-benchmark redis-cli; do
    command -v $program >/dev/null || { echo "benches/redis.sh: $program is not installed" >&2 && exit 1; }
done

temp=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; wait; rm -r "$temp"' EXIT

cargo build --quiet --release --example kv
"${CARGO_TARGET_DIR:-target}/release/examples/kv" --listen 127.0.0.1:0 >"$temp/kv" &
kv_pid=$! && servers+=("$kv_pid")
until grep -q listening "$temp/kv"; do kill -0 "$kv_pid" && sleep 0.05; done
kv_port=$(sed -n 's/^listening on .*://p' "$temp/kv")

# redis-server cannot let the system choose a port: another one is tried if somebody has it.
redis_port=
while [ -z "$redis_port" ]; do
    port=$((20000 + RANDOM % 12000))
    redis-server --port $port --bind 127.0.0.1 --save "" --appendonly no --dir "$temp" >"$temp/redis" &
    redis_pid=$!
    while kill -0 $redis_pid 2>/dev/null; do
        if grep -q 'Ready to accept connections' "$temp/redis"; then
            redis_port=$port && servers+=("$redis_pid") && break
        fi
        sleep 0.05
    done
done

# Processor time of a process, in ticks of 10 ms.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# one NAME PID PORT COMMAND SIZE PIPELINE COUNT: appends "SIZE PIPELINE COMMAND NAME requests/s ns-of-processor/request"
one() {
    local before rate after
    before=$(ticks "$2")
    rate=$(redis-benchmark -p "$3" -t "$4" -d "$5" -P "$6" -n "$7" -q --csv 2>/dev/null | awk -F'"' 'END { print $4 }')
    after=$(ticks "$2")
    awk -v rate="$rate" -v ticks=$((after - before)) -v count="$7" -v hz="$(getconf CLK_TCK)" \
        -v key="$5 $6 $4 $1" 'BEGIN { printf "%s %.0f %.0f\n", key, rate, ticks / hz / count * 1e9 }' >>"$temp/results"
}

# median SIZE PIPELINE COMMAND NAME COLUMN
median() {
    awk -v key="$1 $2 $3 $4" -v column="$5" '$1 " " $2 " " $3 " " $4 == key { print $column }' "$temp/results" |
        sort -n | awk '{ values[NR] = $1 } END { print values[int((NR + 1) / 2)] }'
}

model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
echo "$(date -u +%F), ${model:-$(uname -m)}, $(nproc) cores, $(redis-server --version | grep -o 'v=[0-9.]*' | sed s/v=/redis/)," \
    "50 clients, median of $rounds"
printf '%-8s %5s %8s | %10s %10s %6s | %9s %9s %6s\n' \
    size pipe command 'redis /s' 'kv /s' ratio 'redis ns' 'kv ns' ratio

for size in 32 65536; do
    for pipeline in 1 16 64; do
        case $size:$pipeline in
            32:1) count=200000 ;;
            32:*) count=2000000 ;;
            *) count=40000 ;;
        esac
        for _ in $(seq $rounds); do
            for command in set get; do
                one redis $redis_pid "$redis_port" $command $size $pipeline $((count / scale))
                one kv $kv_pid "$kv_port" $command $size $pipeline $((count / scale))
            done
        done
        for command in set get; do
            values=()
            for column in 5 6; do
                for name in redis kv; do
                    values+=("$(median $size $pipeline $command $name $column)")
                done
            done
            awk -v size=$size -v pipeline=$pipeline -v command=$command -v v="${values[*]}" 'BEGIN {
                split(v, n, " ")
                cpu = n[4] > 0 ? sprintf("%.2f", n[3] / n[4]) : "-"
                printf "%-8s %5d %8s | %10d %10d %6.2f | %9d %9d %6s\n", \
                    size, pipeline, toupper(command), n[1], n[2], n[2] / n[1], n[3], n[4], cpu
            }'
        done
    done
done
