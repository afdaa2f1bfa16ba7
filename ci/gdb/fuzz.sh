#!/usr/bin/env bash
# The packet fuzzer for so many seconds: libFuzzer, with the compiler's own coverage instrumentation, which needs no nightly.
set -euo pipefail
cd "$(dirname "$0")/../../hartbreak/fuzz"

# As cargo-fuzz sets them, without a sanitizer. A target is named so that build scripts are not instrumented.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
host=$(rustc -vV | sed -n 's/^host: //p')
cargo build --release --target "$host" --target-dir target
mkdir -p corpus/packets
target/"$host"/release/packets corpus/packets -max_total_time="${1:-60}" -max_len=2048 -timeout=30 -rss_limit_mb=2048 \
    -print_final_stats=1 2>&1 | tail -n 20
