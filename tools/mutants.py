#!/usr/bin/python3
"""mutants.py --build DIR --compile COMMAND --libs FILES [--jobs N] [PATTERN...]: tests/mutants.txt, one by one.

A line of it is `file @@ old => new @@ test`: the old text stands once in src/file, and the unit test
tests/test must fail when it is the new one. The changed file is compiled apart and linked in front of
the archives, so the tree is never touched. Patterns choose lines that contain one of them.
"""

import argparse
import concurrent.futures
import os
import shlex
import subprocess
import sys
import tempfile

TABLE = "tests/mutants.txt"
TEST_SECONDS = 300
ENV = dict(os.environ, SIM_RUNS="300")  # enough for each of these mutants


def read_table(patterns):
    with open(TABLE, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#") or (patterns and not any(p in line for p in patterns)):
                continue
            fields = line.split(" @@ ")
            change = fields[1].split(" => ") if len(fields) == 3 else []
            if len(change) != 2:
                sys.exit(f"{TABLE}:{number}: not 'file @@ old => new @@ test': {line}")
            yield number, "src/" + fields[0], change[0], change[1], "tests/" + fields[2]


def run(command):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TEST_SECONDS, env=ENV)


def fails(program):
    """Whether the test program ends with anything but success; one that hangs does too."""
    try:
        return run([program]).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def try_mutant(args, folder, number, path, old, new, test):
    """None: the test kills it; else what is wrong."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(old) != 1:
        return f"does not apply: '{old}' stands {text.count(old)} times in {path}"
    if not os.path.exists(f"{args.build}/{test}.o"):
        return f"there is no {test}"
    stem = os.path.join(folder, str(number))
    with open(stem + ".c", "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))
    compiler = shlex.split(args.compile)
    made = run([*compiler, "-c", "-o", stem + ".o", stem + ".c"])
    if made.returncode == 0:
        made = run([*compiler, "-o", stem, f"{args.build}/{test}.o", stem + ".o", *shlex.split(args.libs)])
    if made.returncode != 0:
        return f"does not build: {made.stderr.strip()}"
    killed = fails(stem)
    for end in ("", ".o", ".c"):
        os.remove(stem + end)
    return None if killed else "survives"


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--build", required=True)
    ap.add_argument("--compile", required=True)
    ap.add_argument("--libs", required=True)
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("patterns", nargs="*")
    args = ap.parse_args()
    table = list(read_table(args.patterns))
    broken = [t for t in sorted({row[4] for row in table}) if fails(f"{args.build}/{t}")]
    if broken:
        sys.exit(f"mutants: these tests fail without any change: {' '.join(broken)}")
    bad = 0
    with tempfile.TemporaryDirectory(dir=args.build) as folder, \
            concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = pool.map(lambda row: try_mutant(args, folder, *row), table)
        for (number, path, old, new, test), wrong in zip(table, results):
            if wrong:
                bad += 1
                print(f"{TABLE}:{number}: {wrong} ({path}: {old} => {new}, {test})", flush=True)
    print(f"mutants: {len(table) - bad} of {len(table)} killed")
    return 1 if bad or not table else 0


if __name__ == "__main__":
    sys.exit(main())
