#!/usr/bin/env bash
# The pipe of ages, here and through liburcu, by turns: `torture.sh SECONDS`. Needs liburcu-dev and pkg-config.
set -euo pipefail
cd "$(dirname "$0")"

source installed.sh
flags=(-std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -pthread ../tests/c/torture.c)
cc "${flags[@]}" $(pkg-config --cflags rcu-capi) -o "$folder/ours" "-Wl,-rpath,$prefix/lib" $(pkg-config --libs rcu-capi)
cc "${flags[@]}" -DLIBURCU -o "$folder/liburcu" -lurcu-memb
for mode in update mixed; do
    "$folder/ours" "$mode" "$1"
    "$folder/liburcu" "$mode" "$1"
done
