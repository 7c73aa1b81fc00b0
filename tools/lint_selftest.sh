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
	mkdir -p "$t/t/tests/base" "$t/t/tools"
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

# put FILE 'content': one more file in the tree; a source file gets an empty test and, with an object, that
put() {
	mkdir -p "$(dirname "$t/t/$1")" "$(dirname "$t/t/o/$1")"
	printf '%b\n' "$2" >"$t/t/$1"
	case $1 in src/*.c)
		f=$t/t/tests/${1#src/}
		mkdir -p "$(dirname "$f")"
		: >"${f%.c}_test.c"
		[ "${3:-}" != object ] || cc -w -iquote "$t/t/src" -c -o "$t/t/o/${1%.c}.o" "$t/t/$1" ;;
	esac
}

# symbol FILE 'message part' 'content' [HEADER 'content'], empty message: no complaint
symbol() {
	tree
	[ -z "${4:-}" ] || printf '#ifndef G\n#define G\n%s\n#endif\n' "$5" >"$t/t/src/$4"
	put "$1" "$3" object
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
	put "$2" "$3"
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
symbol src/merge/clock_offset.c 'named clock_offset_' 'int clock_x(void) { return 0; }'
symbol src/merge/queue.c 'named queue_' 'int merge_x(void) { return 0; }'
symbol src/merge/queue.c 'named queue_' 'int merge_x(void) { return 0; }' merge/merge.h '/* merge_x() */ int merge_xy(void);'
symbol src/merge/queue.c 'named queue_' 'int merge_x(void) { return 0; }' base/merge.h 'int merge_x(void);'
symbol src/pcap/pcap_reader.c 'belongs to a library' 'int pcap_reader_x(void) { return 0; }'
symbol src/worker/a.c 'belongs to a library' 'int cap_drop(void) { return 0; }'
symbol src/ddump.c 'nothing but main' 'int helper(void) { return 0; } int main(void) { return helper(); }'

symbol src/base/num.c '' 'int num_add(void) { return 0; } static int q; int *num_q(void) { return &q; }'
symbol src/sys/tls/session.c '' 'int tls_session_x(void) { return 0; } int session_y(void) { return 0; }'
symbol src/worker/opts.c '' 'int worker_opts_x(void) { return 0; } int opts_y(void) { return 0; }'
symbol src/merge/queue.c '' 'int merge_x(void) { return 0; }' merge/merge.h 'int merge_x(void);'
symbol src/ddump.c '' 'int main(void) { return 0; }'
good merge-savefile src/merge/a.c '#include "pcap/savefile.h"\n#include "base/good.h"\n#include <stdint.h>'
good capture src/pcap/capture.c '#include "pcap/capture.h"\n#include "sys/log.h"\n#include <pcap/pcap.h>\n#include <stdlib.h>'
good main src/ddump.c '#include "cli/source.h"\n#include <stdlib.h>'
good function-80 src/base/a.c "int\nf(void)\n{\n$(body 80)}"
good flat src/base/a.c "/* lint: flat */\nint\nf(void)\n{\n$(body 200)}"
good words src/base/a.c '/* malloc(1), epoll_wait() and typedef struct in words */\nconst char *a = "malloc(1)";'

# The rules of the house: more than one file at a time.
guarded() { printf '#ifndef G\\n#define G\\n%s\\n#endif' "$1"; }
objects=
tree
put src/sys/log.h "$(guarded '#include "sys/net.h"')"
put src/sys/net.h "$(guarded '#include "sys/log.h"')"
expect include-circle src/sys/log.h 1 'includes src/sys/net.h, in a circle of 2 files'
tree
put src/sys/a.c 'int b_x(void); int a_x(void) { return b_x(); }' object
put src/sys/b.c 'int c_x(void); int b_x(void) { return c_x(); }' object
put src/sys/c.c 'int a_x(void); int c_x(void) { return a_x(); }' object
objects="--objects $t/t/o"
expect call-circle src/sys/b.c 1 'calls src/sys/c.c, in a circle of 3 files'
put src/sys/c.c 'int c_x(void) { return 0; }' object
none 'calls without a circle'
objects=
for pair in cli/options:cli/target cli/target:cli/link cli/link:cli/model cli/model:cli/source cli/source:cli/output \
	cli/output:cli/source cli/output:cli/report cli/report:cli/run worker/common:worker/front \
	worker/front:worker/capture worker/capture/loop:worker/front worker/front:worker/launcher; do
	tree
	put "src/${pair#*:}/b.h" "$(guarded 'struct b;')"
	put "src/${pair%:*}/a.c" "#include <errno.h>\n#include \"${pair#*:}/b.h\""
	expect "order $pair" "src/${pair%:*}/a.c" 2 ' includes '
	put "src/${pair%:*}/a.c" 'int x;'
	put "src/${pair%:*}/a.h" "$(guarded 'struct a;')"
	case $pair in cli/source:* | cli/output:cli/source | worker/front:worker/capture | */loop:*) ;; *)
		put "src/${pair#*:}/b.c" "#include \"${pair#*:}/b.h\"\n#include \"${pair%:*}/a.h\""
		none "order ${pair#*:} after ${pair%:*}" ;;
	esac
done
tree
put src/worker/common/a.c '#include "pcap/capture.h"'
expect capture src/worker/common/a.c 1 'belongs to worker/capture/ and the self-check'
put src/worker/common/a.c 'int x;'
put src/worker/capture/a.c '#include "pcap/capture.h"'
put src/worker/launcher/check.c '#include "pcap/capture.h"'
none 'readers of pcap/capture.h'
fields() { i=0; while [ $i -lt "$1" ]; do printf '\\tint f%s;\\n' $i; i=$((i + 1)); done; }
tree
put src/cli/a.h "$(guarded "struct a {\n$(fields 24)\tstruct b *p, *q;\n};")"
expect fields src/cli/a.h 3 'struct a has 26 fields'
put src/cli/a.h "$(guarded "/* many fields: a row of a table */\nstruct a {\n$(fields 24)\tstruct b *p, *q;\n};")"
none 'many fields with a reason'
put src/cli/a.h "$(guarded "struct a {\n$(fields 24)\tint (*call)(int a, int b);\n};")"
none '25 fields'
state='struct b {\n\tint n;\n};\nstruct a {\n\tint n;\n\tint list[2];\n\tstruct b b;\n};'
write='#include "sys/a.h"\nvoid\nX_f(struct a *a)\n{\n\tBODY\n}'
writers() { # BODY of the second one
	tree
	put src/sys/a.h "$(guarded "$state")"
	put src/sys/a.c "$(printf %s "$write" | sed 's/X_/a_/; s/BODY/a->n = 1;/')"
	put src/sys/b.c "$(printf %s "$write" | sed 's/X_/b_/; s/BODY/a->b.n++;/')"
	put src/sys/c.c "$(printf %s "$write" | sed "s/X_/c_/; s/BODY/$1/")"
}
for change in 'a->n |= 1;' '++a->n;' 'a->list[1] = 2;' '*a = (struct a){0};' 'a->b.n -= 1;'; do
	writers "$change"
	expect "writers $change" src/sys/a.h 6 'struct a is written by src/sys/c.c'
done
for change in 'if (a->n == 1) return;' 'struct a copy = *a; copy.n = 1;' '(void)a;'; do
	writers "$change"
	none "one writer besides its own: $change"
done
tree
put src/cli/link/a.c '#include "base/good.h"'
rm "$t/t/tests/cli/link/a_test.c"
expect test src/cli/link/a.c 1 'a pure file without its test tests/cli/link/a_test.c'
echo 'test src/cli/link/a.c # debts are accepted' >"$t/t/tools/lint.debts"
none 'a debt'
put src/cli/link/a.c '#include <errno.h>'
expect old-debt tools/lint.debts 1 'no longer needed'
[ $failed = 0 ] && echo "lint_selftest: $count cases passed"
exit $failed
