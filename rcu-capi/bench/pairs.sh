#!/usr/bin/env bash
# What a section costs, inlined and called, beside liburcu's membarrier flavour, which is shared: against our shared and our static library, with each
# compiler. Needs liburcu-dev and pkg-config.
set -euo pipefail
cd "$(dirname "$0")"

source installed.sh
for compiler in gcc clang; do
    command -v "$compiler" >/dev/null || continue
    compile() { "$compiler" -std=gnu11 -O2 -Wall -Wextra -Werror $(pkg-config --cflags rcu-capi) "$@"; }
    compile -c pairs.c -o "$folder/pairs.o"
    compile -DLOOP=inlined -c loop.c -o "$folder/inlined.o"
    compile -DLOOP=called -DRCU_CAPI_OUT_OF_LINE -c loop.c -o "$folder/called.o"
    compile -DLOOP=urcu_inlined -DLIBURCU -D_LGPL_SOURCE -c loop.c -o "$folder/urcu-inlined.o"
    compile -DLOOP=urcu_called -DLIBURCU -c loop.c -o "$folder/urcu-called.o"
    for library in "-Wl,-rpath,$prefix/lib $(pkg-config --libs rcu-capi)" "$prefix/lib/librcu_capi.a -lpthread -ldl -lm"; do
        compile "$folder"/*.o -o "$folder/pairs" $library -lurcu-memb
        [[ $library == *.a* ]] && echo "$compiler, static" || echo "$compiler, shared"
        "$folder/pairs"
    done
done
