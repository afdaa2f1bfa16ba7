#!/usr/bin/env bash
# The suites of the libraries under AddressSanitizer with LeakSanitizer, and under ThreadSanitizer; and for each of the three,
# faults planted in a copy of the sources that it has to report, by the same flags. DESIGN.md says what they cannot see.
# x86-64 Linux only; needs cc, and for the names in reports llvm-symbolizer or addr2line.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "skipped: the sanitizers are run on x86-64 Linux"
    exit 0
fi

# Lets the stable compiler take -Z flags.
export RUSTC_BOOTSTRAP=1
export RCU_STRESS_SECONDS="${RCU_STRESS_SECONDS:-1}"
# With a target named, RUSTFLAGS do not reach build scripts and procedural macros, which a sanitizer would break.
triple=x86_64-unknown-linux-gnu
# Without frame pointers, stacks have gaps where std calls back.
common="-Cforce-frame-pointers=yes"
# Where there is no llvm-symbolizer, binutils will do.
symbolizer="allow_addr2line=1"
# Tests panic on purpose, and std would look their stacks up, which takes longer than the tests.
export RUST_BACKTRACE=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
log=$folder/log

fail() { # what is wrong
    cat "$log"
    echo "$1" >&2
    exit 1
}

# --lib --tests: not the documentation's tests, which show how to use what the others test. --no-fail-fast: all reports at once.
libraries=(-p rcu-core -p debug-tables --lib --tests --no-fail-fast)

# Left out below.
plugins=start_up::plugin

suites() { # target folder, arguments of cargo test
    cargo test --target "$triple" --target-dir "$1" "${@:2}" >"$log" 2>&1
}

passes() { # what is run, target folder, arguments of cargo test
    local started=$SECONDS
    suites "${@:2}" || fail "$1: a test failed, or a sanitizer reported something"
    # A report in a child process, or one behind the last test, would not fail a test.
    if grep -E "(Address|Leak|Thread)Sanitizer" "$log"; then
        fail "$1: a report"
    fi
    awk -v what="$1" -v took=$((SECONDS - started)) \
        '/^test result: ok/ { passed += $4; left += $(NF - 5) } END { print what ": " passed " tests passed, " left + 0 " left out, " took " s" }' "$log"
}

# Plants a fault in a copy of rcu-core, and requires a report, by the same flags as above. The copy has a target folder of its own:
# cargo would take its artifacts for those of the crate that it is a copy of.
reported() { # what is planted, what the report says, target folder, file, what sed does to it, arguments of cargo test
    local started=$SECONDS copy=$3/planted/rcu-core/src/$4
    rm -rf "$3/planted"
    mkdir "$3/planted"
    cp -r Cargo.toml Cargo.lock rcu-core "$3/planted"
    sed -i 's/^members = .*/members = ["rcu-core"]/; /^\[profile.dev.package.*loom/,+1d' "$3/planted/Cargo.toml"
    sed -i "$5" "$copy"
    if cmp -s "rcu-core/src/$4" "$copy"; then
        : >"$log"
        fail "$1: $4 has no such line any more"
    fi
    if (cd "$3/planted" && suites ../target-of-planted -p rcu-core --test it -- "${@:6}"); then
        fail "$1: not noticed"
    fi
    grep -qE "$2" "$log" || fail "$1: failed, and not with: $2"
    echo "planted: $1: $(grep -m1 -oE "$2" "$log"), took $((SECONDS - started)) s"
}

echo "== AddressSanitizer, LeakSanitizer"
# The stack, the heap and statics, and at the end of each process what nothing points to any more. LeakSanitizer by itself
# looks at the same, so it is not run apart. No suppressions: what tests leak on purpose they keep reachable.
export RUSTFLAGS="$common -Zsanitizer=address"
export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:$symbolizer"
under_filter=filters::init_before_a_filter_is_enough
echo "left out: $plugins: a library that is instrumented finds no runtime in an executable, which exports none"
echo "left out: $under_filter: LeakSanitizer starts a process at the end, which the filter refuses; it runs without it below"
echo "left out: forks: the lock of AddressSanitizer's quarantine, if another thread has it, stays locked in a child, which then hangs"
passes "AddressSanitizer" target/san-address "${libraries[@]}" -- --skip forks:: --skip "$under_filter" --skip "$plugins"
ASAN_OPTIONS="detect_leaks=0:$symbolizer" \
    passes "AddressSanitizer without leaks" target/san-address -p rcu-core --test it -- --exact "$under_filter"

reported "grace periods wait for nobody" "AddressSanitizer: heap-use-after-free" target/san-address \
    registry.rs 's/cfg!(rcu_no_scan)/true/' stress::
# The value is dropped, so that every test passes; its box stays.
reported "a retired box is not freed" "LeakSanitizer: detected memory leaks" target/san-address \
    pointer/boxed.rs 's/drop(unsafe { Box::from_raw(\(.*\)) });/unsafe { std::ptr::drop_in_place(\1) };/' cells::

echo "== ThreadSanitizer, portable mode"
# Races: accesses of which no Acquire that saw a Release says which came first. It sees no fences, and no membarrier: in the portable
# mode there is none. std is not instrumented, so its Mutex, Condvar, Barrier and thread::scope would be reported wherever they
# do their work: ci/san/std.c tells what they order. What is left is libtest's, and suppressed by names in ci/san/thread.supp.
export ASAN_OPTIONS=
export TSAN_OPTIONS="suppressions=$PWD/ci/san/thread.supp:$symbolizer"
target=target/san-thread
mkdir -p "$target"
# std was built without: the compiler wants to hear that this is meant.
RUSTFLAGS="$common -Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg rcu_portable"
# Generic code is compiled with its user, and so instrumented, even where std has a copy of its own; except what is never inlined.
RUSTFLAGS+=" -Zshare-generics=no"

: >"$log"
if grep -rn "fetch_sub" rcu-core/src debug-tables/src >"$log"; then
    fail "ci/san/std.c makes a decrement acquire, for Arc: this one would acquire too"
fi
library=$(find "$(rustc --print sysroot)/lib/rustlib/$triple/lib" -name 'libstd-*.so')
nm -D --defined-only "$library" | awk '{ print $NF }' >"$folder/symbols"
defines=()
wrap() { # name in std.c, the function's mangled name without crate and disambiguators
    local symbol
    symbol=$(grep -E "$2" "$folder/symbols") || fail "std has no function $2: what has it instead?"
    defines+=("-D$1=$symbol")
    RUSTFLAGS+=" -Clink-arg=-Wl,--wrap=$symbol"
}
wrap MUTEX_LOCK_CONTENDED '3std3sys4sync5mutex5futex.*5Mutex14lock_contended$'
wrap CONDVAR_WAIT '3std3sys4sync7condvar5futex.*7Condvar4wait$'
wrap CONDVAR_WAIT_TIMEOUT '3std3sys4sync7condvar5futex.*7Condvar12wait_timeout$'
wrap BARRIER_WAIT '3std4sync7barrier.*7Barrier4wait$'
wrap SCOPED_THREAD_ENDS '3std6thread6scoped.*9ScopeData29decrement_num_running_threads$'
RUSTFLAGS+=" -Clink-arg=-Wl,--wrap=__tsan_atomic64_fetch_sub -Clink-arg=$PWD/$target/std.o"
cc -O1 -fexceptions -Wall -Wextra "${defines[@]}" -c ci/san/std.c -o "$target/std.o"

# --nocapture: libtest would collect what tests print, in a buffer that threads share.
echo "left out: forks: ThreadSanitizer refuses to start threads in the child of a process that had several"
starved=start_up::memory
echo "left out: $starved: ThreadSanitizer ends a process that has no memory for it"
passes "ThreadSanitizer" "$target" "${libraries[@]}" -- --nocapture --skip forks:: --skip "$plugins" --skip "$starved"

# Orderings by which a free, or a first use, comes after what another thread did: of each pair both sides.
relaxed() { # what is planted, file, what the line with the ordering begins with
    reported "$1 is Relaxed" "ThreadSanitizer: data race" "$target" "$2" \
        "/$3/s/Ordering::\(Release\|Acquire\|AcqRel\)/Ordering::Relaxed/" --nocapture races::
}
relaxed "leave" reader.rs 'word\.store(0, '
relaxed "leave with a fence" reader.rs 'word\.store(SLOW, '
relaxed "leave to go offline" reader.rs 'word\.store(word, '
relaxed "scan" reader.rs 'word\.load('
relaxed "push" callback/queue.rs 'head\.compare_exchange(last, '
relaxed "take" callback/queue.rs 'head\.swap('
relaxed "publish" pointer/option.rs 'pointer\.swap('
relaxed "load" pointer/option.rs 'pointer\.load('
