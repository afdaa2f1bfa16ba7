#!/bin/sh
# Builds guest.elf. It needs the Debian package gcc-riscv64-unknown-elf (with binutils-riscv64-unknown-elf), and
# installs nothing. The result does not depend on where or when it is built.
set -eu
cd "$(dirname "$0")"
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

# -mno-relax: no use of gp, which start.S would have to set up.
# -fno-strict-aliasing: the checksum looks at words as bytes and halfwords.
# -fno-tree-loop-distribute-patterns: no loop becomes a call of memset, which does not exist here.
flags="-march=rv32ima_zicsr -mabi=ilp32 -mno-relax -O2 -Wall -Wextra -Werror -std=c11 -ffreestanding -nostdlib
    -fno-strict-aliasing -fno-tree-loop-distribute-patterns -fno-unwind-tables -fno-asynchronous-unwind-tables"
# -g: for the debugger, which does not change the code; sources are named as seen from the root of the repository.
flags="$flags -g -gdwarf-5 -fdebug-prefix-map=$PWD=hartbreak/guest"
cc=riscv64-unknown-elf-gcc

# The objects have fixed names because a file name stands in the symbol table.
$cc $flags -c start.S -o "$objects/start.o"
$cc $flags -c guest.c -o "$objects/guest.o"
# --build-id=none: it would name the compiler's build. max-page-size: no padding to 64 KiB in the file.
$cc $flags -static -Wl,--build-id=none -Wl,-z,max-page-size=4096 -T link.ld \
    "$objects/start.o" "$objects/guest.o" -o guest.elf
