#!/usr/bin/env bash
# The light fence in the object code: it costs no instruction, and a section's accesses stand in the order in which they were
# written. A build whose light fence is a full one has to fail. x86-64 only; needs objdump and python3.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "skipped: the check reads the object code of x86-64 Linux"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

list() { # cfg flags, target folder, listing
    RUSTFLAGS="$1" CARGO_TARGET_DIR="$2" cargo build --release -p rcu-core --example object_code
    objdump -d -C --no-show-raw-insn "$2/release/examples/object_code" >"$3"
}

list "" "${CARGO_TARGET_DIR:-target}" "$folder/light"
python3 ci/object_code.py "$folder/light"

list "--cfg rcu_portable" target/portable "$folder/portable"
if python3 ci/object_code.py "$folder/portable" >"$folder/log"; then
    cat "$folder/log"
    echo "the check did not notice the full fences of the portable build" >&2
    exit 1
fi
grep ": a fence" "$folder/log"
