#!/usr/bin/env bash
# The C interface: builds the libraries, installs them to a prefix, and there compiles the tests in C and C++ with gcc and clang, against the shared library and
# the static one, and runs all. Installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

needed() { # command or header, its package
    [[ -e $1 ]] || command -v "$1" >/dev/null || missing+=("$2")
}
missing=()
needed gcc gcc; needed g++ g++; needed clang clang; needed ld binutils; needed pkg-config pkg-config; needed valgrind valgrind
if ((${#missing[@]})); then
    apt-get update -q
    apt-get install -y -q --no-install-recommends "${missing[@]}" libc6-dev
fi

prefix=$PWD/target/capi
rm -rf "$prefix"
rcu-capi/install.sh "$prefix"
cargo build --release -p rcu-capi --example mixed
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
tests=rcu-capi/tests/c
strict=(-O2 -g -pthread -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror)
read -ra cflags <<<"$(pkg-config --cflags rcu-capi)"
static=("$prefix/lib/librcu_capi.a" -lpthread -ldl -lm)
shared=("-L$prefix/lib" "-Wl,-rpath,$prefix/lib" -lrcu_capi -ldl)

echo "--- symbols: the prefix and nothing else"
if nm -g --defined-only "$prefix/lib/librcu_capi.a" | awk 'NF == 3 && $3 !~ /^rcu_capi_/' | grep .; then
    echo "the static library shows more than its prefix" >&2
    exit 1
fi
if nm -D --defined-only "$prefix/lib/librcu_capi.so" | awk '$3 !~ /^rcu_capi_/ && $3 != "RCU_CAPI_1"' | grep .; then
    echo "the shared library shows more than its prefix" >&2
    exit 1
fi

echo "--- headers alone, in each language; the code of the README"
for header in rcu.h rcu_queue.h urcu_compat.h debug_tables.h; do
    for switches in "" -DRCU_CAPI_NO_SHORT_NAMES -DRCU_CAPI_OUT_OF_LINE -DRCU_COROUTINE_SAFE; do
        for compiler in "gcc -std=c11 -x c" "clang -std=c11 -x c" "g++ -std=c++17 -x c++" "clang++ -std=c++17 -x c++"; do
            echo "#include <$header>" | $compiler -Wall -Wextra -Wpedantic -Werror "${cflags[@]}" $switches -fsyntax-only -
        done
    done
done
awk '/^```c$/ { file = sprintf("'"$folder"'/readme-%d.c", ++count); next } /^```/ { file = "" } file { print > file }' rcu-capi/README.md
for block in "$folder"/readme-*.c; do
    gcc -std=c11 -Wall -Wextra -Wpedantic -Werror "${cflags[@]}" -fsyntax-only "$block"
done
names=$(echo '#include <rcu.h>
#include <debug_tables.h>' | gcc "${cflags[@]}" -DRCU_CAPI_NO_SHORT_NAMES -dM -E - | awk '/^#define/ { print $2 }' |
    grep -i 'rcu\|^qatomic\|^[a-z]*point' | grep -vi '^RCU_CAPI_\|^__' || true)
[[ -z $names ]] || { echo "not prefixed: $names" >&2; exit 1; }

refused() { # what, pattern of the message, compiler and arguments
    if "${@:3}" 2>"$folder/log"; then
        echo "$1 was not refused" >&2
        exit 1
    fi
    grep -q "$2" "$folder/log" || { cat "$folder/log" >&2; exit 1; }
}

echo "--- other layouts are refused: of a field when compiled, of a version when linked, of a fence when linked"
mkdir "$folder/moved" "$folder/old"
sed 's/uint64_t word;/uint32_t waiting_;\n\tuint64_t word;/' "$prefix/include/rcu-capi/rcu.h" >"$folder/moved/rcu.h"
refused "a moved field" "the library has" gcc -std=c11 -fsyntax-only "-I$folder/moved" "$tests/plugin.c"
sed 's/RCU_CAPI_LAYOUT_VERSION 1/RCU_CAPI_LAYOUT_VERSION 0/' "$prefix/include/rcu-capi/rcu.h" >"$folder/old/rcu.h"
for library in static shared; do
    declare -n link=$library
    gcc -std=gnu11 "${cflags[@]}" "$tests/basic.c" -o "$folder/current" "${link[@]}"
    refused "an old header" "rcu_capi_.*_v0" gcc -std=gnu11 "-I$folder/old" "$tests/basic.c" -o "$folder/old/basic" "${link[@]}"
    refused "a header for other fences" "rcu_capi_nobody_full_v1" \
        gcc -std=gnu11 "${cflags[@]}" -DRCU_CAPI_PORTABLE "$tests/basic.c" -o "$folder/old/basic" "${link[@]}"
done

build() { # name of the program, compiler, arguments
    "${@:2}" "${strict[@]}" "${cflags[@]}" -o "$folder/$1"
}

waits=()
run_all() { # which library, compiler with its language
    local to=$1 compiler=("${@:2}") name
    declare -n link=$to
    echo "--- ${compiler[*]}, $to"
    for name in basic misuse hooks forks coroutines tables lists; do
        local source=("$tests/$name.c")
        [[ $name != coroutines ]] || source+=(-DRCU_COROUTINE_SAFE)
        build "$name" "${compiler[@]}" "${source[@]}" -x none "${link[@]}"
    done
    build called "${compiler[@]}" "$tests/basic.c" -DRCU_CAPI_OUT_OF_LINE -x none "${link[@]}"
    build emulator "${compiler[@]}" rcu-capi/examples/emulator.c -x none "${link[@]}"
    # It waits for ten seconds until a stall is told; meanwhile the others go on.
    mv "$folder/hooks" "$folder/hooks-${#waits[@]}"
    "$folder/hooks-${#waits[@]}" & waits+=($!)
    for name in basic called misuse forks coroutines tables lists emulator; do
        "$folder/$name"
    done
}

run_all shared gcc -std=c11
run_all static clang -std=c11
run_all static g++ -std=c++17 -x c++
run_all shared clang++ -std=c++17 -x c++

must_fail() { # in how many runs, for a race that is not met in each; what it has to notice, program and arguments
    local run
    for ((run = 1; run <= $1; run++)); do
        if ! "${@:3}" >"$folder/log" 2>&1; then
            echo "run $run: $(tail -n 1 "$folder/log")"
            return
        fi
    done
    cat "$folder/log"
    echo "$3 did not notice $2" >&2
    exit 1
}

for process in "${waits[@]}"; do
    wait "$process"
done

echo "--- tests that must fail"
build lists-early gcc -std=c11 -DFREE_AT_ONCE "$tests/lists.c" "${static[@]}"
must_fail 5 "elements that are freed at once" "$folder/lists-early"
build coroutines-kept gcc -std=c11 -DKEEPS_RECORD "$tests/coroutines.c" "${static[@]}"
must_fail 1 "a coroutine that keeps the record of another thread" "$folder/coroutines-kept"
build torture-early gcc -std=c11 -DTOO_EARLY "$tests/torture.c" "${static[@]}"
must_fail 1 "grace periods that wait for nobody" "$folder/torture-early" mixed 3

if [[ $(uname -m) == x86_64 ]]; then
    echo "--- coroutines: no address of a thread-local but in the accessors"
    for compiler in gcc clang; do
        for switch in "" -DRCU_COROUTINE_SAFE; do
            $compiler -std=c11 -O2 -D_GNU_SOURCE -fno-stack-protector "${cflags[@]}" $switch -c "$tests/coroutines.c" -o "$folder/co.o"
            found=$(objdump -d --disassemble=body "$folder/co.o" | grep -c '%fs:' || true)
            if [[ $switch ]] && ((found)) || [[ ! $switch ]] && ((!found)); then
                echo "$compiler $switch: $found accesses of thread-locals" >&2
                exit 1
            fi
        done
    done
fi

echo "--- plugins: with inlined readers and with called ones"
for switches in "" -DRCU_CAPI_OUT_OF_LINE; do
    build "plugin$switches.so" clang -std=c11 $switches -fPIC -shared "$tests/plugin.c" "${shared[@]}"
done
build host gcc -std=c11 "$tests/host.c" "${shared[@]}"
"$folder/host" "$folder"/plugin*.so

echo "--- C and Rust in one program; and beside another static library in Rust"
build mixed gcc -std=c11 "$tests/mixed.c" "${CARGO_TARGET_DIR:-target}/release/examples/libmixed.a" -ldl -lm
"$folder/mixed"
rustc --edition 2024 -O --crate-type staticlib "$tests/other.rs" -o "$folder/libother.a"
build beside gcc -std=c11 "$tests/beside.c" -Wl,--whole-archive "$folder/libother.a" "$prefix/lib/librcu_capi.a" \
    -Wl,--no-whole-archive -ldl -lm
"$folder/beside"
refused "a static library that shows its Rust symbols" "multiple definition" gcc "${cflags[@]}" "$tests/beside.c" -o "$folder/clash" \
    -Wl,--whole-archive "$folder/libother.a" "${CARGO_TARGET_DIR:-target}/release/librcu_capi.a" -Wl,--no-whole-archive -ldl -lm

echo "--- a library for full fences, whose header is the same, told so by pkg-config"
RUSTFLAGS="--cfg rcu_portable" CARGO_TARGET_DIR=target/portable rcu-capi/install.sh "$prefix-portable"
portable=($(PKG_CONFIG_PATH=$prefix-portable/lib/pkgconfig pkg-config --cflags rcu-capi))
refused "a header for other fences" "rcu_capi_nobody_v1" \
    gcc -std=gnu11 "-I$prefix-portable/include/rcu-capi" "$tests/basic.c" -o "$folder/full" "$prefix-portable/lib/librcu_capi.a" -lpthread -ldl -lm
for name in basic torture; do
    gcc -std=gnu11 "${strict[@]}" "${portable[@]}" "$tests/$name.c" -o "$folder/full" "$prefix-portable/lib/librcu_capi.a" -ldl -lm
    "$folder/full" mixed 3
done

echo "--- memcheck"
for name in basic tables; do
    build "$name" gcc -std=c11 "$tests/$name.c" "${static[@]}"
    valgrind -q --error-exitcode=1 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
        --fair-sched=yes \
        "--suppressions=$prefix/share/rcu-capi/valgrind.supp" "$folder/$name"
done

echo "--- torture"
build torture gcc -std=c11 "$tests/torture.c" "${static[@]}"
for mode in read update mixed; do
    "$folder/torture" $mode 3
done
"$folder/torture" mixed 3 no-membarrier
