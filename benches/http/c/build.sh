#!/bin/sh
# Builds the yardstick: build.sh [output folder] [x86_64|aarch64]. Makes `size` (-Oz), `fast` (-O3) and, for
# profilers, `fast.symbols` and `size.symbols`, the same programs unstripped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/out}
machine=${2:-x86_64}
mkdir -p "$out"

build() { # name, then flags
	name=$1
	shift
	clang-19 --target="$machine-unknown-linux-musl" "$@" -std=gnu11 -Wall -Wextra -Wno-parentheses -Werror \
		-ffreestanding -fno-builtin -fpie -fvisibility=hidden -fno-stack-protector -fomit-frame-pointer \
		-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -fno-jump-tables -fcf-protection=none \
		-c "$here/server.c" -o "$out/$name.o"
	ld.lld-19 -pie --no-dynamic-linker --gc-sections --build-id=none -z norelro --orphan-handling=error \
		-T "$here/link.ld" "$out/$name.o" -o "$out/$name.symbols"
	ld.lld-19 -pie --no-dynamic-linker --gc-sections --build-id=none -z norelro -s \
		-T "$here/link.ld" "$out/$name.o" -o "$out/$name"
	strip_sections "$out/$name"
	rm "$out/$name.o"
}

# The kernel reads program headers only. This cuts the file after the last byte a segment needs and
# sets e_shoff, e_shentsize, e_shnum and e_shstrndx to zero.
strip_sections() {
	python3 - "$1" <<-'PYTHON'
	import struct, sys
	path = sys.argv[1]
	data = bytearray(open(path, "rb").read())
	first, = struct.unpack_from("<Q", data, 32)
	size, count = struct.unpack_from("<HH", data, 54)
	headers = [struct.unpack_from("<IIQQQQQQ", data, first + i * size) for i in range(count)]
	end = max(offset + in_file for kind, flags, offset, _, _, in_file, _, _ in headers)
	assert all(flags & 3 != 3 for _, flags, *_ in headers), "writable and executable"
	struct.pack_into("<Q", data, 40, 0)
	struct.pack_into("<HHH", data, 58, 0, 0, 0)
	open(path, "wb").write(data[:end])
	print(f"{path}: {end} bytes")
	PYTHON
}

# Two backend passes that trade bytes: registers chosen across calls pay, strength-reduced loops do not. The first
# forgets to save the return address on aarch64 (LLVM 19), so it is for x86-64 only.
case $machine in
x86_64) build size -Oz -mllvm -disable-lsr -mllvm -enable-ipra ;;
*) build size -Oz -mllvm -disable-lsr ;;
esac
build fast -O3
