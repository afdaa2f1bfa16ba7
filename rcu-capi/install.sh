#!/usr/bin/env bash
# Builds the libraries and installs them, with headers and a pkg-config file: `rcu-capi/install.sh PREFIX`. Needs cargo, a C compiler (CC)
# and binutils.
#
# Everything becomes one object that shows rcu_capi_ and nothing else: Rust's own symbols would clash with those of another
# static library in Rust. Both libraries are made of it.
set -euo pipefail
prefix=$(mkdir -p "$1" && cd "$1" && pwd)
[[ -z ${CARGO_TARGET_DIR:-} ]] || export CARGO_TARGET_DIR=$(realpath -m "$CARGO_TARGET_DIR")
cd "$(dirname "$0")"

version=$(sed -n 's/^version = "\(.*\)"/\1/p' ../Cargo.toml)
abi=1
cc=${CC:-cc}
target=${CARGO_TARGET_DIR:-../target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --release -p rcu-capi
archive=$target/release/librcu_capi.a
nm --defined-only "$archive" 2>/dev/null | awk '$3 ~ /^rcu_capi_/ { print $3 }' | sort -u >"$work/symbols"
# A library that was built without membarrier says so by the name of a symbol; whoever uses its header has to know.
cflags=""
if grep -q nobody_full "$work/symbols"; then
    cflags="-DRCU_CAPI_PORTABLE"
fi

# Aligned: each of the two readers then has cache lines of its own, which is a tenth of what a call of them costs.
"$cc" -std=c11 -O2 -falign-functions=64 -fPIC -Wall -Wextra -Wpedantic -Werror $cflags -Iinclude -c src/c/out_of_line.c -o "$work/out_of_line.o"
# --gc-sections: of std, what is used. --force-group-allocation: a group that another library has too is not to be thrown away, for
# its symbols are local here.
sed 's/^/-u /' "$work/symbols" | xargs ld -r --gc-sections --force-group-allocation -o "$work/all.o" \
    -u rcu_capi_read_lock_call -u rcu_capi_read_unlock_call "$work/out_of_line.o" "$archive"
# What was thrown away leaves names that nobody needs, and some that nobody has: std looks for newer functions of the C library by weak ones.
readelf -sW "$work/all.o" | awk '$5 == "LOCAL" && $7 == "UND" && $8 { print $8 }' >"$work/left"
# std brings bitcode for link-time optimisation, which binutils may try to read.
objcopy --strip-debug --strip-symbols="$work/left" -R .llvmbc -R .llvmcmd "$work/all.o"
# What others define stays global, for weak symbols would become strong ones.
{ echo 'rcu_capi_*'; nm --undefined-only "$work/all.o" | awk '{ print $NF }'; } >"$work/global"
objcopy --wildcard --keep-global-symbols="$work/global" "$work/all.o" "$work/rcu_capi.o"
# In each image its own, which the library does not offer.
objcopy --localize-symbol=rcu_capi_self "$work/rcu_capi.o"

mkdir -p "$prefix/lib/pkgconfig" "$prefix/include/rcu-capi" "$prefix/share/rcu-capi"
rm -f "$prefix/lib/librcu_capi.a"
ar rcs "$prefix/lib/librcu_capi.a" "$work/rcu_capi.o"
echo "RCU_CAPI_$abi { global: rcu_capi_*; local: *; };" >"$work/map"
# Bsymbolic: what the library uses of its own is its own. nodelete: what a thread has registered is called when it ends, however long that is after a dlclose.
"$cc" -shared -o "$prefix/lib/librcu_capi.so.$version" -Wl,-soname,librcu_capi.so.$abi -Wl,--version-script,"$work/map" \
    -Wl,-Bsymbolic -Wl,-z,nodelete -Wl,-z,defs -Wl,--gc-sections "$work/rcu_capi.o" -lpthread -ldl -lm -lgcc_s
ln -sf "librcu_capi.so.$version" "$prefix/lib/librcu_capi.so.$abi"
ln -sf "librcu_capi.so.$abi" "$prefix/lib/librcu_capi.so"
install -m 644 include/*.h "$prefix/include/rcu-capi/"
install -m 644 valgrind.supp "$prefix/share/rcu-capi/"
cat >"$prefix/lib/pkgconfig/rcu-capi.pc" <<END
prefix=$prefix
libdir=\${prefix}/lib
includedir=\${prefix}/include/rcu-capi

Name: rcu-capi
Description: Read-copy-update and breakpoint tables for emulators
Version: $version
Cflags: -I\${includedir} $cflags
Libs: -L\${libdir} -lrcu_capi
Libs.private: -lpthread -ldl -lm -lgcc_s
END
