#!/usr/bin/env bash
# The scenario passes; each sabotage of it fails, by the check that it is aimed at; the comparison runs.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release -p hartbreak
hartbreak=${CARGO_TARGET_DIR:-target}/release/hartbreak
"$hartbreak"

# sabotage:check
for pair in no-remove:removal "skip-grace-period:grace period" invalidate-first:invalidation wrong-kind:watchpoints \
    lost-inherit:inheritance "park:updates while running"; do
    sabotage=${pair%%:*}
    expected="FAIL: ${pair#*:}"
    if output=$("$hartbreak" --sabotage "$sabotage" 2>&1); then
        if [[ $sabotage == park && $output == *"one processor"* ]]; then
            echo "--sabotage $sabotage: one processor, where no hart runs inside an update anyway"
            continue
        fi
        echo "$output"
        echo "--sabotage $sabotage passed" >&2
        exit 1
    fi
    last=$(tail -n 1 <<<"$output")
    echo "--sabotage $sabotage: $last"
    if [[ $last != "$expected" ]]; then
        echo "$output"
        echo "--sabotage $sabotage: expected $expected" >&2
        exit 1
    fi
done

"$hartbreak" --compare none,rcu,quiescent,rwlock,mutex --harts 2
