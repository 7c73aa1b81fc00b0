"""tree.py: what the quoted includes of src/ say of its files: their ring, and whether they are pure."""

import os
import re

RINGS = {"base": 0, "http": 1, "pcap": 1, "merge": 1, "print": 1, "path": 1, "sys": 2, "worker": 3, "cli": 3}
FREESTANDING = {
    "stddef.h", "stdint.h", "stdbool.h", "limits.h", "stdarg.h", "stdalign.h", "stdnoreturn.h",
    "iso646.h", "float.h", "string.h", "assert.h",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def place(path):
    """(folder, ring) of a file in src/; folder is '' for the mains, ring None if unknown."""
    parts = path.split("/")
    if len(parts) == 2:
        return "", 4
    folder = parts[1]
    if folder == "pcap" and re.fullmatch(r"capture\.[ch]", parts[2]):
        return folder, 2
    return folder, RINGS.get(folder)


class Tree:
    """The .c and .h files below root/src, by their path from root."""

    def __init__(self, root):
        self.root = root
        self.paths = []
        for folder, _, names in sorted(os.walk(os.path.join(root, "src"))):
            self.paths += [os.path.relpath(os.path.join(folder, n), root)
                           for n in sorted(names) if n.endswith((".c", ".h"))]
        self.sources = [p for p in self.paths if p.endswith(".c")]
        self.text = {}
        for path in self.paths:
            with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
                self.text[path] = f.read()
        self.own = {p: [f"src/{n}" for q, n in INCLUDE.findall(self.text[p]) if q == '"'] for p in self.paths}
        self.system = {p: [n for q, n in INCLUDE.findall(self.text[p]) if q == "<"] for p in self.paths}

    def reach(self, path):
        """The file and every header of ours that it includes, directly or not."""
        seen, todo = set(), [path]
        while todo:
            one = todo.pop()
            if one not in seen and one in self.text:
                seen.add(one)
                todo += self.own[one]
        return seen

    def is_pure(self, path):
        """True for a .c file that needs freestanding headers and rings 0 and 1 alone, wherever it lies."""
        for one in self.reach(path):
            if any(name not in FREESTANDING for name in self.system[one]):
                return False
            if place(one)[1] == 2:
                return False
        return place(path)[1] != 4
