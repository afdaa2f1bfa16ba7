#!/usr/bin/env bash
# A crate of a user's own, outside of the workspace, model-checks a structure of its own; and a model that is wrong fails.
set -euo pipefail
cd "$(dirname "$0")/../loom-tests/downstream"
target=../../target/downstream

cargo fmt --check

cargo test --target-dir "$target"
export RUSTFLAGS="--cfg rcu_loom" LOOM_MAX_PREEMPTIONS=3
cargo test --target-dir "$target/loom"

log=$(mktemp)
if cargo test --target-dir "$target/loom" -- --ignored >"$log" 2>&1; then
    cat "$log"
    echo "the model that is wrong passed" >&2
    exit 1
fi
if ! grep "Causality violation" "$log"; then
    cat "$log"
    echo "the model that is wrong failed for another reason" >&2
    exit 1
fi
