#!/usr/bin/python3
"""lint.py [--root DIR] [--objects DIR] [--nm NM]: the rules of the source tree that no compiler checks.

The folder is the ring (base 0; http, pcap, merge, print 1; sys and pcap/capture 2; worker, cli 3; the two
mains 4). Prints `file:line: message`, exits 1 if there was any. What tools/lint.debts lists is accepted,
but an entry that nothing needs any more is an error.
"""

import argparse
import os
import re
import sys

import house
from tree import FREESTANDING, RINGS, Tree, place

# The one file that may know a library or a system interface.
OWNERS = {
    "libpcap": "src/pcap/capture.c",
    "mbedTLS": "src/sys/tls/tls.c and src/sys/tls/chain.c",
    "epoll": "src/sys/loop.c",
}
FORBIDDEN_PREFIXES = ("pcap_", "bpf_", "mbedtls_", "psa_", "cap_", "gen_")
DEBTS = "tools/lint.debts"
NEED_OBJECTS = ("circle", "symbol")
MAX_FUNCTION = 80
MAX_FILE = 500
FLAT = "/* lint: flat */"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
HEAP = re.compile(
    r"\b(malloc|calloc|realloc|reallocarray|free|strdup|strndup|alloca|aligned_alloc|posix_memalign)\s*\(")
TYPEDEF = re.compile(r"\btypedef\s+(struct|union)\b|\btypedef\s[^;()]*\*\s*\w+\s*;")
FUNCTION_NAME = re.compile(r"(\w+)\s*\(")


def blank(text, also_strings=True):
    """The text with comments (and literals) blanked, every newline kept."""
    out = []
    i, n = 0, len(text)
    while i < n:
        if text.startswith("/*", i):
            end = text.find("*/", i + 2)
            end = n if end < 0 else end + 2
        elif text.startswith("//", i):
            end = text.find("\n", i)
            end = n if end < 0 else end
        elif text[i] in "\"'":
            end = i + 1
            while end < n and text[end] not in (text[i], "\n"):
                end += 2 if text[end] == "\\" else 1
            end = min(end + 1, n)
            if not also_strings:
                out.append(text[i:end])
                i = end
                continue
        else:
            out.append(text[i])
            i += 1
            continue
        out.append(re.sub(r"[^\n]", " ", text[i:end]))
        i = end
    return "".join(out)


def read_debts(root):
    """{(rule, file, other): line} of tools/lint.debts."""
    path = os.path.join(root, DEBTS)
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as f:
        rows = [(line.split("#")[0].split(), number) for number, line in enumerate(f, 1)]
    return {tuple((words + [""])[:3]): number for words, number in rows if words}


class Lint:
    def __init__(self, root):
        self.root = root
        self.messages = []
        self.debts = read_debts(root)
        self.needed = set()

    def say(self, path, line, message, key=None):
        if key:
            self.needed.add(key)
        if key not in self.debts:
            self.messages.append((path, line, message))

    def house(self, objects, nm):
        tree = Tree(self.root)
        code = {p: blank(text, also_strings=False) for p, text in tree.text.items()}
        found = [one for rule in house.RULES for one in rule(tree, code)]
        symbols = house.read_symbols(tree, objects, nm) if objects else {}
        found += house.call_circles(symbols)
        for one in found:
            self.say(*one)
        for path, (defined, _) in symbols.items():
            for name in sorted(defined):
                self.symbol(path, name)
        for key, line in self.debts.items():
            if key not in self.needed and (objects or key[0] not in NEED_OBJECTS):
                self.say(DEBTS, line, f"{' '.join(key).strip()}: no longer needed, remove it")

    def files(self, top):
        for folder, _, names in sorted(os.walk(os.path.join(self.root, top))):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), self.root)

    def check(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as f:
            text = f.read()
        raw = text.split("\n")
        code = blank(text).split("\n")
        with_literals = blank(text, also_strings=False).split("\n")
        for number, line in enumerate(raw, 1):
            word = re.search(r"\b(TODO|FIXME|XXX)\b", line)
            if word:
                self.say(path, number, f"{word.group(1)}: file an issue instead (conventions 7)")
        if not path.startswith("src/"):
            return
        folder, ring = place(path)
        if ring is None:
            self.say(path, 1, f"src/{folder}/ belongs to no ring; folders are {', '.join(RINGS)}")
            return
        if len(raw) - 1 > MAX_FILE:
            self.say(path, MAX_FILE + 1, f"file of {len(raw) - 1} lines, the limit is {MAX_FILE}")
        self.includes(path, folder, ring, with_literals)
        self.lines(path, ring, code)
        self.functions(path, raw, code)
        if path.endswith(".h"):
            first = next((c for c in code if c.strip()), "")
            if not re.match(r"\s*#\s*ifndef\b", first):
                self.say(path, 1, "header without an include guard")

    def lines(self, path, ring, code):
        for number, line in enumerate(code, 1):
            if ring <= 1:
                heap = HEAP.search(line)
                if heap:
                    self.say(path, number, f"{heap.group(1)}() in ring {ring}: memory comes in as an argument")
            if TYPEDEF.search(line):
                self.say(path, number, "typedef of a struct, union or pointer: write struct foo")
            if re.search(r"\bepoll_\w+\s*\(", line) and path != OWNERS["epoll"]:
                self.say(path, number, f"epoll belongs to {OWNERS['epoll']} alone")
            if re.search(r"\bNDEBUG\b", line):
                self.say(path, number, "NDEBUG is never defined nor asked for")

    def includes(self, path, folder, ring, code):
        first = True
        own = path[len("src/"):-2] + ".h"
        has_own = path.endswith(".c") and os.path.exists(os.path.join(self.root, "src", own))
        for number, line in enumerate(code, 1):
            m = INCLUDE.match(line)
            if not m:
                continue
            quoted, name = m.group(1) == '"', m.group(2)
            if first and has_own and (not quoted or name != own):
                self.say(path, number, f'own header "{own}" must be the first include')
            first = False
            library = {"pcap.h": "libpcap", "pcap-bpf.h": "libpcap"}.get(name)
            if name.startswith(("mbedtls/", "psa/")):
                library = "mbedTLS"
            elif not quoted and name.startswith("pcap/"):
                library = "libpcap"
            elif name == "sys/epoll.h":
                library = "epoll"
            if library:
                if path not in OWNERS[library].split(" and "):
                    self.say(path, number, f"{library} belongs to {OWNERS[library]} alone")
            elif quoted:
                self.own_include(path, folder, ring, number, name)
            elif ring <= 1 and name not in FREESTANDING:
                self.say(path, number,
                         f"<{name}> in ring {ring}: only freestanding headers, <string.h> and <assert.h>")

    def own_include(self, path, folder, ring, number, name):
        if not os.path.exists(os.path.join(self.root, "src", name)):
            beside = os.path.join(os.path.dirname(path), name)
            if os.path.exists(os.path.join(self.root, beside)):
                self.say(path, number, f'write "{beside[len("src/"):]}": quoted includes start at src/')
            else:
                self.say(path, number, f'no src/{name} ("..." is for our own headers)')
            return
        other, other_ring = place("src/" + name)
        if other_ring is None:
            return
        if other_ring > ring:
            self.say(path, number, f'"{name}" is ring {other_ring}, this file ring {ring}: include lower rings only')
        elif ring == 1 and other_ring == 1 and other != folder:
            if not (folder in ("merge", "print") and name == "pcap/savefile.h"):
                self.say(path, number, f'ring-1 folders do not include each other: {folder}/ and "{name}"')
        elif ring == 3 and other_ring == 3 and other != folder:
            self.say(path, number, f'worker/ and cli/ do not include each other: "{name}"')

    def functions(self, path, raw, code):
        number = 0
        while number < len(code):
            line = code[number]
            inline_brace = re.match(r"[A-Za-z_][^=;]*\)\s*\{\s*$", line)
            if not (line.rstrip() == "{" or inline_brace):
                number += 1
                continue
            start = number
            while start > 0 and raw[start - 1].strip() and not raw[start - 1].startswith(("}", "#")):
                start -= 1
            head = " ".join(code[start:number + 1])
            name = FUNCTION_NAME.search(head)
            end = number + 1
            while end < len(code) and not code[end].startswith("}"):
                end += 1
            body = end - number - 1
            flat = any(FLAT in text for text in raw[start:number + 1])
            if name and body > MAX_FUNCTION and not flat:
                self.say(path, number + 1,
                         f"{name.group(1)}() has {body} lines, the limit is {MAX_FUNCTION} "
                         f"({FLAT} before it if it is one flat switch or table)")
            number = end + 1

    def symbol(self, path, name):
        if name.startswith(("__asan", "__ubsan", "__odr_asan")):
            return
        folder, ring = place(path)
        stem = os.path.basename(path)[:-2]
        if ring == 4:
            if name != "main":
                self.say(path, self.find(path, name), f"{name}: a main file exports nothing but main; make it static")
            return
        if name.startswith(FORBIDDEN_PREFIXES):
            prefix = next(p for p in FORBIDDEN_PREFIXES if name.startswith(p))
            self.say(path, self.find(path, name), f"{name}: the prefix {prefix} belongs to a library")
            return
        inner = os.path.basename(os.path.dirname(path))
        allowed = [prefix for s in (stem, *self.declarers(path, name)) for prefix in (s, f"{folder}_{s}", f"{inner}_{s}")]
        if name not in allowed and not name.startswith(tuple(a + "_" for a in allowed)):
            self.say(path, self.find(path, name),
                     f"{name}: an external symbol of {stem}.c is named {stem}_... or {inner}_{stem}_..., or after the "
                     "header beside it that declares it (or make it static)", ("symbol", path, name))

    def declarers(self, path, name):
        """The stems of the headers beside path that declare name: a module of several files has one interface."""
        folder = os.path.join(self.root, os.path.dirname(path))
        for header in sorted(h for h in os.listdir(folder) if h.endswith(".h")):
            with open(os.path.join(folder, header), encoding="utf-8") as f:
                if re.search(rf"\b{name}\(", blank(f.read())):
                    yield header[:-2]

    def find(self, path, name):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as f:
            for number, line in enumerate(f, 1):
                if re.match(rf"(\w[\w\s*]*[\s*])?{re.escape(name)}\b", line):
                    return number
        return 1


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", default=".")
    ap.add_argument("--objects", help="folder with src/x/y.o of each src/x/y.c")
    ap.add_argument("--nm", default="nm")
    ap.add_argument("--list-debts", action="store_true", help="print what tools/lint.debts would hold, and do no more")
    args = ap.parse_args()
    lint = Lint(args.root)
    for top in ("src", "tests"):
        for path in lint.files(top):
            lint.check(path)
    lint.house(args.objects, args.nm)
    if args.list_debts:
        print("\n".join(" ".join(key).strip() for key in sorted(lint.needed)))
        return 0
    for path, line, message in sorted(set(lint.messages)):
        print(f"{path}:{line}: {message}")
    return 1 if lint.messages else 0


if __name__ == "__main__":
    sys.exit(main())
