#!/usr/bin/env bash
# The stress, for 8 seconds a domain, in both fence modes; and the proof that it can fail: with the scan of the readers
# disabled it has to, within the same time.
set -euo pipefail
cd "$(dirname "$0")/.."
export RCU_STRESS_SECONDS="${RCU_STRESS_SECONDS:-8}"

stress() { # cfg flags, target folder
    RUSTFLAGS="$1" CARGO_TARGET_DIR="$2" cargo test --release -p rcu-core --test it -- stress:: --nocapture
}

echo "== membarrier"
stress "" target
echo "== portable"
stress "--cfg rcu_portable" target/portable

echo "== no scan: has to fail"
# Built apart, so that a failure below is the test's and not the compiler's.
RUSTFLAGS="--cfg rcu_no_scan" CARGO_TARGET_DIR=target/no-scan cargo test --release -p rcu-core --test it --no-run
log=$(mktemp)
if stress "--cfg rcu_no_scan" target/no-scan >"$log" 2>&1; then
    cat "$log"
    echo "the stress did not notice that grace periods wait for nobody" >&2
    exit 1
fi
# A freed payload is noticed by the test, or by the processor.
if grep -q "still running after" "$log"; then
    cat "$log"
    echo "a hang is no finding of the stress" >&2
    exit 1
fi
grep -E "payloads were freed while a section used them|SIGSEGV|SIGABRT" "$log"
