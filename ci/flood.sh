#!/usr/bin/env bash
# Ten million callbacks beside a reader: memory stays within its bounds, no call waits for a grace period unless it was told to,
# and whoever stalls is named. Times are printed, beside liburcu's in the same run; nothing is asserted of them. Installs liburcu.
set -euo pipefail
cd "$(dirname "$0")/.."

callbacks=${1:-10000000}
if ! echo '#include <urcu/urcu-memb.h>' | cc -E - >/dev/null 2>&1; then
    apt-get update -q
    apt-get install -y -q --no-install-recommends liburcu-dev gcc libc6-dev
fi
cargo build --release -p rcu-core --example flood
flood=${CARGO_TARGET_DIR:-target}/release/examples/flood
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$folder/liburcu" benches/c/flood.c -lurcu-memb -lpthread

field() { # name; the figure after it in the last line of the log
    tail -n 1 "$folder/log" | sed -E "s/.* $1 ([0-9.]+).*/\1/"
}

within() { # most MiB that may be used, arguments of the flood
    "$flood" --callbacks "$callbacks" "${@:2}" >"$folder/log" 2>"$folder/said"
    cat "$folder/said" "$folder/log"
    if (($(field peak_rss_mib | sed 's/\..*//') >= $1)); then
        echo "flood ${*:2}: that is not under $1 MiB" >&2
        exit 1
    fi
}

never_waits() { # as within
    within "$@"
    if [[ $(field waited_for_gp) != 0 ]]; then
        echo "flood ${*:2}: a call waited for a grace period" >&2
        exit 1
    fi
}

ours=() theirs=()
for _ in 1 2 3; do
    never_waits 64
    ours+=("$(field seconds)")
    never_waits 16 --pace
    "$folder/liburcu" "$callbacks" | tee "$folder/log"
    theirs+=("$(field seconds)")
done
median() { printf '%s\n' "$@" | sort -n | sed -n 2p; }
echo "flood: $(median "${ours[@]}") s here, $(median "${theirs[@]}") s through liburcu: medians of three, by turns"

within 24 --stall --limit 100000
grep -q 'a grace period has waited .* for thread "flood-reader"' "$folder/said" || {
    echo "flood --stall: the reader was not named" >&2
    exit 1
}
if [[ $(field waited_for_gp) == 0 ]]; then
    echo "flood --stall --limit: nobody waited at the limit, so it was not tested" >&2
    exit 1
fi
