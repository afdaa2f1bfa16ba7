#!/usr/bin/env bash
# The examples end well, and the check of the memory map can fail; each bench runs once.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo run --release -p rcu-core --example config_reload
cargo run --release -p rcu-core --example memory_map
log=$(mktemp)
if cargo run --release -p rcu-core --example memory_map -- skip-grace-period >"$log" 2>&1; then
    cat "$log"
    echo "memory_map did not notice that memory is given back at once" >&2
    exit 1
fi
grep "stale accesses" "$log"

cargo bench -p benches -- --test
