#!/usr/bin/env bash
# The examples end well, and the checks of the memory map and of the block cache can fail; each bench runs once.
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

cargo run --release -p debug-tables --example block_cache
if cargo run --release -p debug-tables --example block_cache -- check-then-insert >"$log" 2>&1; then
    cat "$log"
    echo "block_cache did not notice blocks that are inserted after the check" >&2
    exit 1
fi
grep "stale blocks" "$log"

cargo bench -p benches -- --test
