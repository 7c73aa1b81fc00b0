#!/bin/sh
# lint.sh: everything that can be said of the sources without running them. `make lint` sets
# O (build/<arch>), CLANG, PYTHON, JOBS, CPPDEFS and WARN.
# Every complaint is one `file:line: message`. A step that fails does not stop the ones after it.
set -u
cd "$(dirname "$0")/.."
: "${O:?run this through make lint}" "${CLANG:=clang}" "${CLANG_TIDY:=clang-tidy}" "${HOSTCC:=gcc}"
: "${PYTHON:=/usr/bin/python3}" "${JOBS:=2}" "${CPPDEFS:=}" "${WARN:=-Wall}" "${NM:=nm}" "${HOST:=}" "${NODES:=20000}"
export PYTHON PYTHONDONTWRITEBYTECODE=1
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
failed=

step() { # name command...
	name=$1
	shift
	"$@" || failed="$failed $name"
}

sources=$(find src -name '*.c' | sort)
others=$(find tests/bench tests/fuzz -name '*.c' 2>/dev/null | sort)
libs="-isystem $O/libpcap/include -isystem $O/mbedtls/include"

# A small script a tool, so that xargs can run some at once and quoting stays simple. Third-party
# headers are visible to the files alone that may use them (lint.py says so with a better message).
# gcc's warnings are errors where `make check` builds; here are the files that it does not build.
cat >"$t/gcc" <<EOF
l=; case \$1 in tests/fuzz/certificate_fuzz.c) l="$libs";; esac
exec $HOSTCC -std=c11 $CPPDEFS -iquote tests \$l -Wall -Wextra -Werror -O1 -c -o /dev/null \$1
EOF
if [ -d "$O/sysroot" ]; then
	sysinc="-nostdinc -isystem $($CLANG -print-resource-dir)/include -isystem $O/sysroot/include"
	[ -z "$HOST" ] || sysinc="--target=$HOST $sysinc"
else
	sysinc=
fi
# clang's warnings and clang-tidy's. Its analyzer follows NODES steps a function: what takes longer
# is for check-long. What it found good once is remembered by flags and preprocessed text.
mkdir -p "$O/lint"
cat >"$t/tidy" <<EOF
l=; case \$1 in src/pcap/capture.c|src/sys/tls/tls.c|src/sys/tls/chain.c) l="$libs";; esac
f="-std=c11 $CPPDEFS $sysinc \$l $WARN"
good=$O/lint/\$({ cat .clang-tidy; echo "$NODES $WARN"; $CLANG \$f -E -C \$1; } 2>/dev/null | sha256sum | cut -c1-32)
[ ! -e \$good ] || exit 0
$CLANG_TIDY --quiet \$1 -- \$f -Xclang -analyzer-config -Xclang max-nodes=$NODES >$t/tidy.\$\$ 2>$t/tidyerr.\$\$ && { touch \$good; exit 0; }
sed 's|^$PWD/||' $t/tidy.\$\$; [ -s $t/tidy.\$\$ ] || cat $t/tidyerr.\$\$
exit 1
EOF

each() { # script files...
	script=$1
	shift
	[ $# -gt 0 ] || return 0
	printf '%s\n' "$@" | xargs -P "$JOBS" -n 1 sh "$t/$script"
}

step selftest tools/lint_selftest.sh
step rules $PYTHON tools/lint.py --objects "$O/obj" --nm "$NM"
step gcc each gcc $others
if [ -n "$sources" ]; then
	step cppcheck cppcheck --quiet -j "$JOBS" --std=c11 --enable=warning,portability,performance \
		--inline-suppr --suppressions-list=tools/cppcheck.supp --error-exitcode=1 \
		-D__linux__ -U__has_feature --template='{file}:{line}: {message} [cppcheck {id}]' -I src src
fi
step clang each tidy $sources
[ -z "$failed" ] || { echo "lint: FAILED:$failed" >&2; exit 1; }
echo "lint: $(echo $sources | wc -w) sources, no complaint"
