#!/usr/bin/python3
"""coverage.py [--fail-below] BUILD: the lines of src/ that the unit tests run, a row for each folder and
a row for each pure file below the limit. BUILD holds the objects and counts of gcc --coverage.

--fail-below makes a pure file below the limit an error.
"""

import argparse
import os
import re
import subprocess
import sys

import tree

LIMIT = 90.0
REPORT = re.compile(r"File '(src/[^']+)'\nLines executed:([\d.]+)% of (\d+)")


def measure(build):
    """{file: (lines run, lines)} of every object in build; a file that no test links has 0 run."""
    counts = {}
    for folder, _, names in os.walk(os.path.join(build, "src")):
        notes = sorted(os.path.join(folder, n) for n in names if n.endswith(".gcno"))
        if not notes:
            continue
        out = subprocess.run(["gcov", "-n", *notes], check=True, capture_output=True, text=True).stdout
        for path, percent, lines in REPORT.findall(out):
            n = int(lines)
            run = round(float(percent) * n / 100)
            if path.endswith(".c"):
                counts[path] = (run, n)
    return counts


def percent(run, lines):
    return 100.0 * run / lines if lines else 100.0


def row(name, run, lines):
    print(f"{name:<40} {run:6} of {lines:6}  {percent(run, lines):5.1f} %")


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--fail-below", action="store_true")
    ap.add_argument("build")
    args = ap.parse_args()
    counts = measure(args.build)
    if not counts:
        sys.exit(f"coverage: no .gcno files in {args.build}")
    files = tree.Tree(".")
    folders = {}
    groups = {}
    for path, (run, lines) in counts.items():
        for table, key in ((folders, os.path.dirname(path)), (groups, "all"), (groups, path.split("/")[1]),
                           (groups, "pure files" if files.is_pure(path) else "other files")):
            table.setdefault(key, []).append((run, lines))
    groups["cli and worker"] = groups.get("cli", []) + groups.get("worker", [])
    for table in (folders, groups):
        for name in sorted(table):
            row(name, sum(r for r, _ in table[name]), sum(n for _, n in table[name]))
        print()
    absent = [p for p in files.sources if p not in counts]
    print(f"not built for unit tests: {', '.join(absent) or 'none'}")
    low = [p for p in counts if files.is_pure(p) and percent(*counts[p]) < LIMIT]
    print(f"pure files below {LIMIT:.0f} %: {len(low)}")
    for path in sorted(low):
        row(path, *counts[path])
    return 1 if low and args.fail_below else 0


if __name__ == "__main__":
    sys.exit(main())
