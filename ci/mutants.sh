#!/usr/bin/env bash
# What each step that is left out, and each weakened ordering and fence of the sources, is killed by: what was done | how the model
# failed | which model | mode | in which execution. What is excused is run too, and has to live. The numbers of steps and of sites
# have to be those of counts by other means. One in ten may be excused.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
sources=(rcu-core/src debug-tables/src)

run() { # subcommand of models, what its last line counts, the count by other means
    cargo run -p loom-tests --bin models -- "$1" | tee "$log"
    local named
    named=$(tail -n 1 "$log" | sed -nE "s/.* 0 survivors of ([0-9]+) $2\$/\1/p")
    if [[ $3 != "$named" ]]; then
        echo "models $1 knows of ${named:-no} $2 without survivors, the sources have $3" >&2
        exit 1
    fi
}

run steps "marked steps" "$(grep -rnE '// Step \[' "${sources[@]}" | wc -l)"

# What one mode lets pass does pass there, and is killed in the other.
cargo test -p loom-tests --test mutants -- --ignored

# By other means: tokens in the text, comments and the definitions of the fences themselves left out. A call of current is a load
# of the counter; a counter's own load stands for its callers.
counted=$(find "${sources[@]}" -name '*.rs' -not -path '*/sync/*' -not -path '*/sync.rs' -not -name fence.rs -print0 |
    xargs -0 sed 's://.*::' |
    grep -oE 'Ordering::(Acquire|Release|AcqRel|SeqCst)|fence::(light|full|remote)\(\)|(period|self)\.heavy\(\)|period\.current\(\)' |
    wc -l)
# grace_period.rs defines heavy and current for its callers: one token that is no site of its own.
run kill sites $((counted - 1))
