"""house.py: the rules of the house that need more than one file at a time (docs: layout in CONTRIBUTING.md).

Each yields (path, line, message, key); key (rule, file, other) is what tools/lint.debts may hold.
"""

import os
import re
import subprocess

from tree import place

# Lower first; those on one line do not include each other.
ORDER = {
    "cli": (("extcap", "options"), ("target",), ("link",), ("model",), ("source", "output"), ("report",), ("run",)),
    "worker": (("common",), ("front", "capture", "relay"), ("launcher",)),
}
CAPTURE = "src/pcap/capture.h"
MAY_CAPTURE = re.compile(r"src/(worker/capture/|worker/launcher/check\.c$|pcap/capture\.[ch]$)")
VALUES = re.compile(r"src/(base/|cli/model/view\.h$|pcap/(savefile|savefile_event|splice)\.h$|sys/(net|tls/reason)\.h$)")  # results and arguments
MAX_FIELDS = 25
MANY = "many fields:"

STRUCT = re.compile(r"^struct (\w+) \{\n(.*?)^\}", re.M | re.S)
FUNCTION_POINTER = re.compile(r"\(\*(?:const )?(\w+)(?:\[[^\]]*\])?\)\s*\([^;]*")
DECLARED = re.compile(r"(const )?struct (\w+) (\*+)\s*(?:const )?(\w+)\b(?!\s*\()")
CHAIN = re.compile(r"\b(\w+)((?:(?:\[[^\]\n]*\])?(?:->|\.)\w+)+)(?:\[[^\]\n]*\])*\s*"
                   r"(?:=(?!=)|[-+*/|&^%]=|<<=|>>=|\+\+|--)")
PREFIX = re.compile(r"(?:\+\+|--)\s*(\w+)((?:(?:\[[^\]\n]*\])?(?:->|\.)\w+)+)")
WHOLE = re.compile(r"(?:^|[;{})])\s*\*(\w+) = ", re.M)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def circles(edges):
    """The strongly connected sets of more than one node (Tarjan)."""
    index, low, stack, on, found = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for to in sorted(edges.get(node, ())):
            if to not in index:
                visit(to)
                low[node] = min(low[node], low[to])
            elif to in on:
                low[node] = min(low[node], index[to])
        if low[node] == index[node]:
            group = []
            while True:
                one = stack.pop()
                on.discard(one)
                group.append(one)
                if one == node:
                    break
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def say_circles(edges, what):
    for group in circles(edges):
        for path in group:
            for to in sorted(edges[path] & set(group)):
                yield path, 1, f"{what} {to}, in a circle of {len(group)} files", ("circle", path, to)


def include_circles(tree, code):
    return say_circles({p: {q for q in tree.own[p] if q in tree.text} for p in tree.paths}, "includes")


def call_circles(symbols):
    """symbols: {path: (defined, undefined)} of the objects."""
    home = {name: path for path, (defined, _) in symbols.items() for name in defined}
    return say_circles({p: {home[n] for n in undefined if n in home} - {p}
                        for p, (_, undefined) in symbols.items()}, "calls")


def folder_order(tree, code):
    for path in tree.paths:
        parts = path.split("/")
        ranks = {f: i for i, row in enumerate(ORDER.get(parts[1], ())) for f in row}
        if len(parts) < 4 or parts[2] not in ranks:
            continue
        for other in tree.own[path]:
            to = other.split("/")
            if to[1] != parts[1] or len(to) < 4 or to[2] == parts[2] or to[2] not in ranks:
                continue
            if ranks[to[2]] >= ranks[parts[2]]:
                yield (path, find_include(code[path], other),
                       f"{parts[2]}/ includes {to[2]}/: {' < '.join(', '.join(r) for r in ORDER[parts[1]])}",
                       ("order", path, other))


def capture_readers(tree, code):
    for path in tree.paths:
        if CAPTURE in tree.own[path] and not MAY_CAPTURE.match(path):
            yield (path, find_include(code[path], CAPTURE),
                   "pcap/capture.h belongs to worker/capture/ and the self-check", ("capture", path, ""))


def find_include(text, other):
    at = text.find(f'"{other[len("src/"):]}"')
    return line_of(text, max(at, 0))


def fields_of(body):
    """{name: struct it holds or points to, or ''} of a struct's body, without comments."""
    fields = {}
    for part in re.sub(r"\b(struct|union)\s*\{|\}", ";", body).split(";"):
        struct = re.match(r"\s*(?:const\s+)?struct\s+(\w+)\s", part)
        callback = FUNCTION_POINTER.search(part)
        names = [callback.group(1)] if callback else \
            re.findall(r"(\w+)\s*(?:,|$)", re.sub(r"\[[^\]]*\]|:\s*\w+", "", part.strip()))
        for name in names:
            fields[name] = struct.group(1) if struct and not callback else ""
    return fields


def structs_of(tree, code):
    """{path: {name: (path, line, fields)}} of every struct that a file of src/ defines at the top level."""
    return {path: {m.group(1): (path, line_of(code[path], m.start()), fields_of(m.group(2)))
                   for m in STRUCT.finditer(code[path])} for path in tree.paths}


def wide_structs(tree, code):
    for name, (path, line, fields) in [one for s in structs_of(tree, code).values() for one in s.items()]:
        lines = tree.text[path].split("\n")
        start = line - 1
        while start > 0 and lines[start - 1].strip() and not lines[start - 1].startswith("}"):
            start -= 1
        if len(fields) > MAX_FIELDS and MANY not in "\n".join(lines[start:line]):
            yield (path, line, f"struct {name} has {len(fields)} fields, the limit is {MAX_FIELDS} "
                   f'(a comment "{MANY} why" before it lifts it)', ("fields", path, name))


def functions_of(text):
    """The text of every function from its head on: what is declared in one is not known in the next."""
    at = 0
    for end in re.finditer(r"^\}", text, re.M):
        yield text[at:end.end()]
        at = end.end()


def owners_of(name, chain, pointers, structs):
    """The structs that a write to name->a.b changes through a pointer: name's, and those on the way."""
    struct = pointers.get(name)
    changed = set()
    for part in re.findall(r"\w+", re.sub(r"\[[^\]]*\]", "", chain)):
        if struct not in structs:
            break
        changed.add(struct)
        struct = structs[struct][2].get(part, "")
    return changed


def struct_writers(tree, code):
    defined = structs_of(tree, code)
    writers = {}
    for path in tree.sources:
        known = {name: one for p in tree.reach(path) for name, one in defined[p].items()}
        for function in functions_of(code[path]):
            pointers = {n: s for c, s, _, n in DECLARED.findall(function) if not c}
            changed = {pointers[n] for n in WHOLE.findall(function) if n in pointers}
            for name, chain in CHAIN.findall(function) + PREFIX.findall(function):
                changed |= owners_of(name, chain, pointers, known)
            for struct in changed & set(known):
                home, line, _ = known[struct]
                writers.setdefault((home, line, struct), set()).add(path)
    for (home, line, struct), paths in sorted(writers.items()):
        others = sorted(p for p in paths if p[:-2] != home[:-2])
        if len(others) < 2 or VALUES.match(home):
            continue
        for path in others:
            yield (home, line, f"struct {struct} is written by {path}: {len(others)} files besides its own",
                   ("writers", f"{home[len('src/'):]}:{struct}", path))


def pure_tests(tree, code):
    for path in tree.sources:
        test = f"tests/{path[len('src/'):-2]}_test.c"
        if tree.is_pure(path) and not os.path.exists(os.path.join(tree.root, test)):
            yield path, 1, f"a pure file without its test {test}", ("test", path, "")


def read_symbols(tree, objects, nm):
    """{path: (defined, undefined)} external symbols of every source file that has an object."""
    built = {os.path.join(objects, p[:-2] + ".o"): p for p in tree.sources}
    built = {o: p for o, p in built.items() if os.path.exists(o)}
    if not built:
        return {}
    out = subprocess.run([nm, "-g", "-A", *built], check=True, capture_output=True, text=True).stdout
    symbols = {p: (set(), set()) for p in built.values()}
    for line in out.splitlines():
        where, rest = line.split(":", 1)
        parts = rest.split()
        symbols[built[where]][parts[-2] == "U"].add(parts[-1])
    return symbols


RULES = (include_circles, folder_order, capture_readers, wide_structs, struct_writers, pure_tests)
