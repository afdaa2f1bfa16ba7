#!/usr/bin/env bash
# A minute of threads, handles, domains and values that come and go: memory stays flat and nothing is lost. CHURN_SECONDS=3600 is an
# hour. And the proof that it can fail: with a value forgotten, or a callback lost, now and then it has to, each for its own reason.
set -euo pipefail
cd "$(dirname "$0")/.."

churn() {
    cargo run --release -p rcu-core --example churn -- "$@"
}

churn --seconds "${CHURN_SECONDS:-60}"

has_to_fail() { # what is planted, what has to be said
    local log
    log=$(mktemp)
    if churn --seconds 10 --plant "$1" >"$log" 2>&1; then
        cat "$log"
        echo "the churn did not notice a $1" >&2
        exit 1
    fi
    grep "churn: $2" "$log" || { cat "$log"; exit 1; }
}

echo "== leak: has to fail"
has_to_fail leak "memory grew"
echo "== loss: has to fail"
has_to_fail loss "callbacks were lost"
