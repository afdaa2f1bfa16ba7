#!/usr/bin/env bash
# Formatting, lints and documentation: a warning is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
# cargo finds no module that a macro declares: rcu-core's are listed by one.
git ls-files -z '*.rs' | xargs -0 rustfmt --edition 2024 --check
cargo clippy --workspace --all-targets -- -D warnings
# In the workspace's build debug-tables has its feature: with it alone, and without, it has to be clean too.
cargo clippy -p debug-tables --features gdbstub --all-targets -- -D warnings
cargo clippy -p debug-tables --all-targets -- -D warnings
# The same sources without membarrier and futex. A build of its own: the flag reaches every crate.
RUSTFLAGS="--cfg rcu_portable" CARGO_TARGET_DIR=target/portable \
    cargo clippy -p rcu-core -p debug-tables --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps -p rcu-core -p debug-tables -p hartbreak -p rcu-capi
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps -p debug-tables --features gdbstub
