#!/bin/sh
# lint_selftest.sh: feeds lint.py small trees, one fault each; every rule must fire, and a good tree pass.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${PYTHON:=/usr/bin/python3}"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
failed=0
count=0

tree() {
	rm -rf "$t/t"
	for d in base http pcap merge sys worker cli; do
		mkdir -p "$t/t/src/$d" "$t/t/o/src/$d"
	done
	mkdir -p "$t/t/tests/base"
	for h in base/good http/head pcap/savefile pcap/linktype pcap/capture merge/queue sys/log worker/front cli/source; do
		printf '#ifndef G\n#define G\n#endif\n' >"$t/t/src/$h.h"
	done
}

run() { PYTHONDONTWRITEBYTECODE=1 $PYTHON "$here/lint.py" --root "$t/t" "$@" 2>&1 || true; }

# expect NAME FILE LINE 'message part': the tree as it stands must give this
expect() {
	count=$((count + 1))
	out=$(run $objects)
	case $out in
	*"$2:$3: "*"$4"*) ;;
	*) echo "lint_selftest: rule '$1' did not fire; wanted $2:$3: ...$4..., got: ${out:-nothing}" >&2; failed=1 ;;
	esac
}

# rule NAME FILE LINE 'message part' 'content'
rule() {
	tree
	mkdir -p "$(dirname "$t/t/$2")"
	printf '%b\n' "$5" >"$t/t/$2"
	objects=
	expect "$1" "$2" "$3" "$4"
}

# symbol FILE 'message part' 'content', empty message: no complaint
symbol() {
	tree
	printf '%b\n' "$3" >"$t/t/$1"
	cc -c -o "$t/t/o/${1%.c}.o" "$t/t/$1"
	objects="--objects $t/t/o"
	[ -z "$2" ] || { expect "symbol in $1" "$1" 1 "$2"; return 0; }
	none "$1: $3"
}

none() {
	count=$((count + 1))
	out=$(run $objects)
	[ -z "$out" ] || { echo "lint_selftest: complaint about good code ($1): $out" >&2; failed=1; }
}

# good NAME FILE 'content'
good() {
	tree
	printf '%b\n' "$3" >"$t/t/$2"
	objects=
	none "$1"
}

body() { i=0; while [ $i -lt "$1" ]; do printf '\\tx();\\n'; i=$((i + 1)); done; }

rule ring-up src/base/a.c 1 'ring 1' '#include "http/head.h"'
rule ring-up-core src/merge/a.c 1 'ring 2' '#include "sys/log.h"'
rule ring-up-sys src/sys/a.c 1 'ring 3' '#include "worker/front.h"'
rule ring-up-capture src/pcap/a.c 1 'ring 2' '#include "pcap/capture.h"'
rule ring-1-mix src/http/a.c 1 'do not include each other' '#include "pcap/savefile.h"'
rule ring-1-merge src/merge/a.c 1 'do not include each other' '#include "pcap/linktype.h"'
rule ring-3-mix src/cli/a.c 1 'do not include each other' '#include "worker/front.h"'
rule no-ring src/misc/a.c 1 'belongs to no ring' 'int x;'
rule freestanding src/http/a.c 2 '<stdio.h> in ring 1' '#include <string.h>\n#include <stdio.h>'
rule freestanding-errno src/base/a.h 3 '<errno.h> in ring 0' '#ifndef A\n#define A\n#include <errno.h>\n#endif'
rule relative src/base/a.c 1 'write "base/good.h"' '#include "good.h"'
rule unknown src/base/a.c 1 'no src/base/nothing.h' '#include "base/nothing.h"'
rule libpcap src/worker/a.c 1 'libpcap belongs to' '#include <pcap/pcap.h>'
rule libpcap-old src/pcap/a.c 1 'libpcap belongs to' '#include <pcap.h>'
rule mbedtls src/cli/a.c 1 'mbedTLS belongs to' '#include <mbedtls/ssl.h>'
rule psa src/sys/a.c 1 'mbedTLS belongs to' '#include "psa/crypto.h"'
rule epoll-include src/worker/a.c 1 'epoll belongs to' '#include <sys/epoll.h>'
rule epoll-call src/worker/a.c 4 'epoll belongs to' 'int\nf(void)\n{\n\treturn epoll_create1(0);\n}'
rule own-first src/base/good.c 1 'must be the first include' '#include <string.h>\n#include "base/good.h"'
rule heap src/merge/a.c 4 'malloc() in ring 1' 'void *\nf(void)\n{\n\treturn malloc(1);\n}'
rule typedef-struct src/cli/a.c 1 'typedef' 'typedef struct a {\n\tint b;\n} a;'
rule typedef-pointer src/cli/a.c 1 'typedef' 'typedef char *text;'
rule todo src/base/a.c 1 'TODO' '/* TODO: more */'
rule fixme-test tests/base/a.c 1 'FIXME' '/* FIXME */'
rule ndebug src/sys/a.c 1 'NDEBUG' '#define NDEBUG'
rule guard src/base/a.h 1 'guard' 'int x;'
rule function src/base/a.c 3 'f() has 81 lines' "int\nf(void)\n{\n$(body 81)}"
rule function-args src/base/a.c 4 'long_one() has 90 lines' "static int\nlong_one(int a,\n    int b)\n{\n$(body 90)}"
rule file src/base/a.c 501 'file of 501 lines' "$(body 501 | sed 's/x();\\n$/x();/')"
symbol src/base/num.c 'named num_' 'int add(void) { return 0; }'
symbol src/sys/net.c 'named net_' 'int table[3] = {1};'
symbol src/pcap/pcap_reader.c 'belongs to a library' 'int pcap_reader_x(void) { return 0; }'
symbol src/worker/a.c 'belongs to a library' 'int cap_drop(void) { return 0; }'
symbol src/ddump.c 'nothing but main' 'int helper(void) { return 0; } int main(void) { return helper(); }'

symbol src/base/num.c '' 'int num_add(void) { return 0; } static int q; int *num_q(void) { return &q; }'
symbol src/pcap/pcap_reader.c '' 'int pcapreader_x(void) { return 0; }'
symbol src/worker/opts.c '' 'int worker_opts_x(void) { return 0; } int opts_y(void) { return 0; }'
symbol src/ddump.c '' 'int main(void) { return 0; }'
good merge-savefile src/merge/a.c '#include "pcap/savefile.h"\n#include "base/good.h"\n#include <stdint.h>'
good capture src/pcap/capture.c '#include "pcap/capture.h"\n#include "sys/log.h"\n#include <pcap/pcap.h>\n#include <stdlib.h>'
good main src/ddump.c '#include "cli/source.h"\n#include <stdlib.h>'
good function-80 src/base/a.c "int\nf(void)\n{\n$(body 80)}"
good flat src/base/a.c "/* lint: flat */\nint\nf(void)\n{\n$(body 200)}"
good words src/base/a.c '/* malloc(1), epoll_wait() and typedef struct in words */\nconst char *a = "malloc(1)";'
[ $failed = 0 ] && echo "lint_selftest: $count cases passed"
exit $failed
