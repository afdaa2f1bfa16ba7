#!/usr/bin/env bash
# The suites of the libraries in the portable mode: fence(SeqCst) on both sides, std parking.
set -euo pipefail
cd "$(dirname "$0")/.."

RUSTFLAGS="--cfg rcu_portable" CARGO_TARGET_DIR=target/portable cargo test -p rcu-core -p debug-tables
