#!/usr/bin/env bash
# hartbreak under stock GDB: both servers, each sabotage, the README's transcript, a soak, a hundred thousand packets, the fuzzer;
# and that the guest's file is what its sources come to. Installs GDB and the guest's compiler if they are missing.
#
# GDB_SOAK_SECONDS, GDB_FUZZ_SECONDS: for longer runs by hand (15, 60).
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
command -v gdb-multiarch >/dev/null || missing+=(gdb-multiarch)
command -v riscv64-unknown-elf-gcc >/dev/null || missing+=(gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf)
# The fuzzer's runtime is C++.
command -v c++ >/dev/null || missing+=(g++)
if ((${#missing[@]})); then
    apt-get update -q
    apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

# GDB 13 can be made to crash; it is seen without its memory.
ulimit -c 0

# In a copy: nothing here writes to the tree but a transcript that was out of date.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp hartbreak/guest/* "$copy"
"$copy/build.sh"
cmp "$copy/guest.elf" hartbreak/guest/guest.elf
echo "guest.elf is what its sources come to"

cargo build --release -p hartbreak
# On one of the processors, beside what mostly waits.
bash ci/gdb/fuzz.sh "${GDB_FUZZ_SECONDS:-60}" &>"$copy/fuzz.log" &
fuzzer=$!
python3 ci/gdb/allstop.py
python3 ci/gdb/nonstop.py

# sabotage:the step that fails. What is waited for in vain is waited for briefly.
for pair in missed-stop:breakpoints ghost-stop:no_ghosts wrong-watch:watchpoints; do
    sabotage=${pair%%:*} step=${pair#*:}
    if output=$(GDB_LONGEST_WAIT=10 python3 ci/gdb/nonstop.py "$sabotage" 2>&1); then
        echo "$output"
        echo "--sabotage $sabotage passed" >&2
        exit 1
    fi
    if ! grep -q "^FAIL: $step: " <<<"$output"; then
        echo "$output"
        echo "--sabotage $sabotage: expected a failure of $step" >&2
        exit 1
    fi
    echo "--sabotage $sabotage: $(grep "^FAIL: " <<<"$output" | cut -c1-150)"
done

python3 ci/gdb/transcript.py
python3 ci/gdb/soak.py "${GDB_SOAK_SECONDS:-15}"

fuzzed=0
wait "$fuzzer" || fuzzed=$?
cat "$copy/fuzz.log"
((fuzzed == 0)) || exit "$fuzzed"
python3 ci/gdb/packets.py
