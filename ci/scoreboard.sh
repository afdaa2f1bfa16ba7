#!/usr/bin/env bash
# The scoreboard, all jobs and rivals, for a moment: each job has figures of ours, and the tables, targets, figures and plots are
# there. What the figures are does not matter. Installs liburcu.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! echo '#include <urcu/urcu-memb.h>' | cc -E - >/dev/null 2>&1; then
    apt-get update -q
    apt-get install -y -q --no-install-recommends liburcu-dev gcc libc6-dev
fi
# Without the feature, ci/lint.sh looks.
cargo clippy -p benches --features liburcu --all-targets -- -D warnings
cargo build --release -p benches --features liburcu --bin scoreboard
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
timeout 120 "${CARGO_TARGET_DIR:-target}/release/scoreboard" --quick --csv "$folder/rows.csv" --out "$folder/out" >"$folder/tables.md"

fail() {
    echo "scoreboard: $1" >&2
    exit 1
}
jobs=(read read-updater sync-idle sync-busy sync-concurrent enqueue retire lone-callback barrier flood-rss held
    bp-miss bp-hit wp-miss table-update)
for job in "${jobs[@]}"; do
    grep -qE "^1,$job,(rcu-core|debug-tables)," "$folder/rows.csv" || fail "$job has no figure of ours"
    grep -q "^| $job: median, \|^| $job: freed, " "$folder/tables.md" || fail "$job has no table"
done
found=$(cut -d, -f2 "$folder/rows.csv" | tail -n +2 | sort -u | wc -l)
((found == ${#jobs[@]})) || fail "there are $found jobs, and ${#jobs[@]} are expected here"
for rival in liburcu-{memb,bp,mb,qsbr} crossbeam-epoch seize haphazard arc-swap sdd kovan left-right \
    {std,parking_lot}-{rwlock,mutex} floor-{load,store,nesting}; do
    grep -q "^1,read,$rival," "$folder/rows.csv" || fail "$rival does not read"
done
# Each target has its figures in this run, whether it holds or not.
targets=$(grep -c '^        what: ' benches/src/scoreboard/report/targets.rs)
(($(tail -n +2 "$folder/out/targets.csv" | wc -l) == targets)) || fail "a target has no figures"
for plot in readers synchronize enqueue latency-{synchronize,callback,barrier} tables-{miss,hit,watch,update}; do
    grep -q '</svg>' "$folder/out/$plot.svg" || fail "$plot.svg is not whole"
done
# What is there of a run that was cut off is reported.
head -n 200 "$folder/rows.csv" | head -c -20 >"$folder/cut.csv"
"${CARGO_TARGET_DIR:-target}/release/scoreboard" --from "$folder/cut.csv" | grep -q '^| read: median, ns' ||
    fail "a file that was cut off is not read"
echo "scoreboard: $(tail -n +2 "$folder/rows.csv" | wc -l) figures of ${#jobs[@]} jobs; nothing is asserted of them"
