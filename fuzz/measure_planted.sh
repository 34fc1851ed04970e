#!/bin/sh
# Prints, for each planted fault, the executions and seconds until its fuzz target finds it from an empty corpus.
# Needs `cargo +stable fuzz build -s none --no-trace-compares planted` first. Each gets 60 seconds; three seeds of the generator each.
cd "$(dirname "$0")" || exit 1
target=$(ls target/*/release/planted) || exit 1
artifacts=$(mktemp -d)
trap 'rm -rf "$artifacts"' EXIT
bugs=$(sed -n 's/^ *(Self::\([A-Za-z]*\), Law::.*/\1/p' ../tests/planted/mod.rs)
bugs="$bugs ShortWriteTwice LostTailAfterBlock Reordered LostTailAfterCancel"
for bug in $bugs; do
    for seed in 1 2 3; do
        start=$(date +%s.%N)
        log=$(PLANTED=$bug "$target" -seed=$seed -max_len=64 -use_counters=0 -max_total_time=60 -print_final_stats=1 -artifact_prefix="$artifacts/" 2>&1)
        end=$(date +%s.%N)
        law=$(printf '%s\n' "$log" | sed -n 's/^\([A-Za-z]*\) is broken by .*/\1/p;s/^attempt to .*/NoPanic/p;s/^mid > len$/NoPanic/p' | head -1)
        runs=$(printf '%s\n' "$log" | sed -n "s/^stat::number_of_executed_units: *//p")
        printf '%s\t%s\t%s\t%.1f\n' "$bug" "${law:-not found}" "$runs" "$(echo "$end - $start" | bc)"
    done
done
