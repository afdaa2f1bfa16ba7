#!/usr/bin/env bash
# Random histories of tables and sets beside plain lists, one long one and many concurrent ones; and the proof that both can
# fail: each has to find faults that are planted in a copy of the sources.
set -euo pipefail
cd "$(dirname "$0")/.."

# A million takes some minutes: RCU_HISTORY_STEPS=1000000 bash ci/histories.sh. Another seed is another history.
export RCU_HISTORY_STEPS="${RCU_HISTORY_STEPS:-100000}" RCU_HISTORY_SEED="${RCU_HISTORY_SEED:-1}"
export RUST_BACKTRACE=0
kinds=(histories::a_long_history concurrent::)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

fail() { # what is wrong
    cat "$log"
    echo "$1" >&2
    exit 1
}

cargo test --release -p debug-tables --test it --no-run
for kind in "${kinds[@]}"; do
    started=$SECONDS
    cargo test --release -p debug-tables --test it -- --nocapture "$kind" >"$log" 2>&1 || fail "$kind: a list disagrees"
    grep -E "^[0-9]+ (steps|runs): " "$log" || fail "$kind: no such test any more"
    echo "took $((SECONDS - started)) s"
done

# The copy has a target folder of its own: cargo would take its artifacts for those of the crate that it is a copy of.
folder=target/histories
planted=$folder/planted

copied() {
    rm -rf "$planted"
    mkdir -p "$planted"
    cp -r Cargo.toml Cargo.lock rcu-core debug-tables "$planted"
    sed -i 's/^members = .*/members = ["rcu-core", "debug-tables"]/; /^\[profile.dev.package.*loom/,+1d' "$planted/Cargo.toml"
}

# Few steps are enough for these.
export RCU_HISTORY_STEPS=2000
in_copy() { # arguments of cargo test
    (cd "$planted" && cargo test --target-dir ../target-of-planted -p debug-tables --test it "$@" >"../log" 2>&1)
}

found() { # what is planted, file, what sed does to it
    copied
    sed -i "$3" "$planted/debug-tables/src/$2"
    : >"$log"
    if cmp -s "debug-tables/src/$2" "$planted/debug-tables/src/$2"; then
        fail "$1: $2 has no such line any more"
    fi
    # Built apart, so that a failure below is the test's and not the compiler's.
    in_copy --no-run || { cp "$folder/log" "$log"; fail "$1: does not build"; }
    for kind in "${kinds[@]}"; do
        if in_copy -- "$kind"; then
            cp "$folder/log" "$log"
            fail "$1: not noticed by $kind"
        fi
        cp "$folder/log" "$log"
        # A hang is no finding.
        grep -q "test result: FAILED" "$log" || fail "$1: $kind ended without a result"
    done
    echo "planted: $1: found by both"
}

copied
in_copy -- "${kinds[@]}" || { cp "$folder/log" "$log"; fail "the copy fails without any fault"; }

found "an insertion loses the last entry" table/edit.rs \
    's/let at = if entry.is_gdb() { 0 } else { self.len() };/if self.len() > 2 { self.remove_at(self.len() - 1); } &/'
found "a removal takes the duplicates too" table/edit.rs \
    '/fn remove_first/,/^    }/s/self.remove_at(at);/self.remove_at(at); while let Some(at) = self.find(|entry| entry.with_reference(None) == wanted) { self.remove_at(at); }/'
found "an entry of the debugger with a reference is not put in front" table/edit.rs \
    's/let at = if entry.is_gdb() { 0 }/let at = if entry.is_gdb() \&\& entry.reference().is_none() { 0 }/'
found "a range misses its last address" snapshot.rs \
    '/pub fn any_in/,/^    }/s/let (first, last) = (\*range.start(), \*range.end());/let (first, last) = (*range.start(), range.end().saturating_sub(1));/'
found "the first change is not invalidated" table/update.rs \
    's/for Change { entry, .. } in changes {/for Change { entry, .. } in changes.into_iter().skip(1) {/'
