#!/usr/bin/env bash
# What a section costs, inlined and called, beside liburcu's membarrier flavour, which is shared: against our shared and our static library, with each
# compiler. Needs liburcu-dev and pkg-config.
set -euo pipefail
cd "$(dirname "$0")"

prefix=$(cd ../.. && pwd)/target/capi
../install.sh "$prefix" 2>/dev/null
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for compiler in gcc clang; do
    command -v "$compiler" >/dev/null || continue
    compile() { "$compiler" -std=gnu11 -O2 -Wall -Wextra -Werror $(pkg-config --cflags rcu-capi) "$@"; }
    compile -c pairs.c -o "$folder/pairs.o"
    compile -c ours.c -o "$folder/inlined.o"
    compile -DRCU_CAPI_OUT_OF_LINE -c ours.c -o "$folder/called.o"
    compile -D_LGPL_SOURCE -c urcu.c -o "$folder/urcu-inlined.o"
    compile -c urcu.c -o "$folder/urcu-called.o"
    for library in "-Wl,-rpath,$prefix/lib $(pkg-config --libs rcu-capi)" "$prefix/lib/librcu_capi.a -lpthread -ldl -lm"; do
        compile "$folder"/*.o -o "$folder/pairs" $library -lurcu-memb
        [[ $library == *.a* ]] && echo "$compiler, static" || echo "$compiler, shared"
        "$folder/pairs"
    done
done
