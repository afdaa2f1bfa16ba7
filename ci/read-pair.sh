#!/usr/bin/env bash
# How many instructions and conditional branches a pair of sections executes, ours and others. callgrind counts a thousand pairs, and
# eleven thousand: the difference is ten thousand turns of the scoreboard's loop, and nothing else. Of a turn, the two loads, the
# count and the jump are the loop's own: four instructions, and one branch. Ours is to have at most 15, and 3; that no path of it has a
# fence or a locked instruction is checked by ci/object-code.sh. Installs valgrind and liburcu.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v valgrind >/dev/null || ! echo '#include <urcu/urcu-memb.h>' | cc -E - >/dev/null 2>&1; then
    apt-get update -q
    apt-get install -y -q --no-install-recommends valgrind liburcu-dev gcc libc6-dev
fi
cargo build --release -p benches --features liburcu --bin scoreboard

counted() { # SUBJECT,VARIANT COUNT: instructions and branches of the process
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --branch-sim=yes \
        "${CARGO_TARGET_DIR:-target}/release/scoreboard" --pairs "$1,$2" 2>&1 |
        sed -nE 's/.*Collected : ([0-9]+) ([0-9]+) .*/\1 \2/p'
}

of_a_turn() { # SUBJECT,VARIANT: in tenths
    local few many
    read -r -a few <<<"$(counted "$1" 1000)"
    read -r -a many <<<"$(counted "$1" 11000)"
    echo $(((many[0] - few[0] + 500) / 1000)) $(((many[1] - few[1] + 500) / 1000))
}

tenths() { printf '%d.%d' $(($1 / 10)) $(($1 % 10)); }

echo "| | instructions | conditional branches |"
echo "|---|---:|---:|"
for subject in floor-nesting, rcu-core,{thread,handle,quiescent} liburcu-{memb,bp,mb,qsbr},{inlined,called} \
    crossbeam-epoch,{thread,handle} seize,thread kovan,; do
    read -r instructions branches <<<"$(of_a_turn "$subject")"
    echo "| ${subject/,/ } | $(tenths $((instructions - 40))) | $(tenths $((branches - 10))) |"
    if [[ $subject == rcu-core,thread ]]; then
        verdict=holds
        ((instructions - 40 <= 150 && branches - 10 <= 30)) || verdict=missed
    fi
done
echo "target: at most 15 instructions and 3 branches: $verdict"
[[ $verdict == holds ]]
