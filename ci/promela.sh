#!/usr/bin/env bash
# The wait loop on machines with store buffers, as a Promela model: spin looks at every state, and finds every fence that is taken
# away. Installs spin if it is missing, which takes apt-get and a C compiler.
set -euo pipefail
cd "$(dirname "$0")/.."
model=$PWD/loom-tests/promela/wait.pml

if ! command -v spin >/dev/null; then
    apt-get update -q
    apt-get install -y -q --no-install-recommends spin gcc libc6-dev
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

explore() { # flags of the model, flags of the search; writes the report to ./log
    rm -f pan* log
    # shellcheck disable=SC2086 # both are lists of flags
    {
        spin -a $1 "$model" >log && cc -DSAFETY $2 -o pan pan.c
    } || {
        cat log
        echo "$1: the model does not build" >&2
        exit 1
    }
    # -m: the depth of the search; the deepest path has a few hundred steps.
    ./pan -m10000 >log || true
}

fail() { # flags, what is wrong
    cat log
    echo "wait.pml $1: $2" >&2
    exit 1
}

passes() { # flags of the model, flags of the search
    explore "$@"
    # A search that was cut short counts no errors either.
    if grep -qE "max search depth too small|Search not completed|out of memory|aborted" log; then
        fail "$1" "the search was cut short"
    fi
    grep -q "errors: 0$" log || fail "$1" "an error"
    # A model that never sleeps or wakes shows nothing about that. One step needs two readers, or one that comes back online: to
    # be woken and have to sleep again.
    if awk '/^unreached in/ { on = /reader|driver/ } on && /state [0-9]+, / && !/left = \(left\+1\)/' log | grep .; then
        fail "$1" "a step is never reached"
    fi
    printf 'passes  %-36s %8d states\n' "${1:--}" "$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' log)"
}

fails() { # flags of the model, what spin has to report
    explore "$1" "-O0 -DNOREDUCE"
    grep -qE "^pan:1: $2 " log || fail "$1" "expected: $2"
    printf 'fails   %-36s %8d states  %s\n' "$1" "$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' log)" "$(grep '^pan:1' log)"
}

freed="assertion violated +!\(freed\[payload\]\)"
asleep="invalid end state"

# -DNOREDUCE: every state, and no trust in a reduction. Two readers are too many for that; -DCOLLAPSE keeps what they take small.
passes "" "-O1 -DNOREDUCE"
passes "-DFENCE" "-O1 -DNOREDUCE"
passes "-DQUIESCENT" "-O1 -DNOREDUCE"
passes "-DQUIESCENT -DFENCE" "-O1 -DNOREDUCE"
passes "-DREADERS=2" "-O2 -DCOLLAPSE"
passes "-DREADERS=2 -DQUIESCENT" "-O2 -DCOLLAPSE"

fails "-DPERIOD_REMOTE=skip" "$freed"
fails "-DPERIOD_FULL=skip" "$freed"
fails "-DSLEEP_REMOTE=skip" "$asleep"
fails "-DSLEEP_FULL=skip" "$asleep"
fails "-DWRONG_SKIP" "$freed"
fails "-DFENCE -DENTER=skip" "$freed"
fails "-DFENCE -DLEAVE=skip" "$asleep"
fails "-DFENCE -DPERIOD_FULL=skip" "$freed"
fails "-DFENCE -DSLEEP_FULL=skip" "$asleep"
fails "-DQUIESCENT -DONLINE=skip" "$freed"
fails "-DQUIESCENT -DPERIOD_FULL=skip" "$freed"
fails "-DQUIESCENT -DSLEEP_REMOTE=skip" "$asleep"
fails "-DQUIESCENT -DSLEEP_FULL=skip" "$asleep"
fails "-DQUIESCENT -DFENCE -DONLINE=skip" "$freed"
fails "-DQUIESCENT -DFENCE -DRENEW=skip" "$asleep"
fails "-DQUIESCENT -DFENCE -DREST=skip" "$asleep"
