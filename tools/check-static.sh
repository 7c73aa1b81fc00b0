#!/bin/sh
# check-static.sh BINARY...: proves from the ELF headers that each is a hardened static-pie program, and that
# it is small where ARCH is x86_64. READELF and STRIP name the tools to use.
set -u
: "${READELF:=readelf}" "${STRIP:=strip}" "${ARCH:=$(uname -m)}"
export LC_ALL=C
bad=0

fail() { echo "check-static: $b: $*" >&2; bad=1; }

[ $# -gt 0 ] || { echo "check-static: no binaries to check" >&2; exit 1; }
for b in "$@"; do
	head=$($READELF -hW "$b" 2>&1) || { fail "readelf cannot read it"; continue; }
	segs=$($READELF -lW "$b")
	dyn=$($READELF -dW "$b")
	before=$bad
	bad=0
	echo "$head" | grep -q 'Type: *DYN' || fail "not position independent (ELF type is not DYN)"
	echo "$segs" | grep -q '^ *INTERP' && fail "asks for a dynamic loader (PT_INTERP)"
	echo "$dyn" | grep -q '(NEEDED)' &&
		fail "needs shared libraries: $(echo "$dyn" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | tr '\n' ' ')"
	echo "$dyn" | grep -q '(TEXTREL)' && fail "has text relocations"
	echo "$segs" | grep -q '^ *GNU_RELRO' || fail "no GNU_RELRO segment (-z relro)"
	echo "$dyn" | grep -Eq '\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*NOW' || fail "no BIND_NOW flag (-z now)"
	stack=$(echo "$segs" | awk '$1 == "GNU_STACK" { print $(NF - 1) }')
	case $stack in
	'') fail "no GNU_STACK segment: the kernel may make the stack executable" ;;
	*E*) fail "executable stack (GNU_STACK is $stack)" ;;
	esac
	echo "$segs" | awk '$1 == "LOAD" && / RWE /' | grep -q . && fail "a segment is both writable and executable"
	# musl's __stack_chk_fail and gcc's calls to it. Stripped binaries have no names to look at.
	if [ "$($READELF -sW "$b" | wc -l)" -gt 10 ]; then
		$READELF -sW "$b" | grep -q ' __stack_chk_fail' || fail "no stack protector (-fstack-protector-strong)"
	fi
	case $ARCH/${b##*/} in
	x86_64/ddump) most=1331 ;; # KiB stripped: copying one over a slow link is a matter of seconds
	x86_64/ddump-worker) most=600 ;;
	*) most= ;;
	esac
	if [ -n "$most" ]; then
		size=$(t=$(mktemp) && $STRIP -o "$t" "$b" && stat -c %s "$t"; rm -f "$t")
		[ "$size" -le $((most * 1024)) ] || fail "$size bytes stripped, more than $most KiB"
	fi
	[ $bad = 1 ] || echo "check-static: $b: static-pie, RELRO, BIND_NOW, no interpreter, no NEEDED, no executable stack"
	[ $before = 0 ] || bad=1
done
exit $bad
