#!/usr/bin/env bash
# The light fence in the object code: it costs no instruction, and a section's accesses stand in the order in which they were
# written. A build whose light fence is a full one has to fail. And the looks at an empty table: one load, one compare, one
# branch. x86-64 only; needs objdump and python3.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "skipped: the check reads the object code of x86-64 Linux"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

list() { # crate, its example, cfg flags, target folder, listing
    RUSTFLAGS="$3" CARGO_TARGET_DIR="$4" cargo build --release -p "$1" --example "$2"
    objdump -d -C --no-show-raw-insn "$4/release/examples/$2" >"$5"
}

list rcu-core object_code "" "${CARGO_TARGET_DIR:-target}" "$folder/light"
python3 ci/object_code.py "$folder/light"

list rcu-core object_code "--cfg rcu_portable" target/portable "$folder/portable"
if python3 ci/object_code.py "$folder/portable" >"$folder/log"; then
    cat "$folder/log"
    echo "the check did not notice the full fences of the portable build" >&2
    exit 1
fi
grep ": a fence" "$folder/log"

list debug-tables empty_table "" "${CARGO_TARGET_DIR:-target}" "$folder/tables"
python3 ci/empty_table.py "$folder/tables"
