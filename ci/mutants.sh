#!/usr/bin/env bash
# Weakens each ordering and fence of the sources, one at a time, and runs the models that have to notice: what was weakened | how it
# failed | which model | mode | in which execution. The last line's number of sites has to be that of a count by other means.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
cargo run -p loom-tests --bin models -- kill | tee "$log"

# By other means: tokens in the text, comments and the definitions of the fences themselves left out. A call of current is a load
# of the counter; a counter's own load stands for its callers.
counted=$(find rcu-core/src debug-tables/src -name '*.rs' -not -path '*/sync/*' -not -path '*/sync.rs' -not -name fence.rs -print0 |
    xargs -0 sed 's://.*::' |
    grep -oE 'Ordering::(Acquire|Release|AcqRel|SeqCst)|fence::(light|full|remote)\(\)|(period|self)\.heavy\(\)|period\.current\(\)' |
    wc -l)
# grace_period.rs defines heavy and current for its callers: one token that is no site of its own.
counted=$((counted - 1))
named=$(tail -n 1 "$log" | sed -E 's/.* of ([0-9]+) sites/\1/')
if [[ $counted != "$named" ]]; then
    echo "the models know of $named sites, the sources have $counted" >&2
    exit 1
fi
