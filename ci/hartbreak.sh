#!/usr/bin/env bash
# The scenario passes; each sabotage of it fails, by the check that it is aimed at; the comparison runs.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release -p hartbreak
target/release/hartbreak

for sabotage in no-remove skip-grace-period invalidate-first wrong-kind lost-inherit; do
    if output=$(target/release/hartbreak --sabotage "$sabotage" 2>&1); then
        echo "$output"
        echo "--sabotage $sabotage passed" >&2
        exit 1
    fi
    last=$(tail -n 1 <<<"$output")
    echo "--sabotage $sabotage: $last"
    [[ $last == FAIL* ]]
done

target/release/hartbreak --compare none,rcu,rwlock,mutex --harts 2
