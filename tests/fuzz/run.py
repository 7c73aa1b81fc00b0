#!/usr/bin/python3
"""run.py [--seconds N | --total N | --runs N] [--found DIR] [--coverage DIR] [--jobs N] FUZZER...: runs fuzzers,
N at a time, and prints a row for each. Exit status 1: a target crashed, leaked or broke a property; its input lies
beside the fuzzer.

--seconds: for each; --total: for all of them together; --found: keeps what was found, for the next run;
--coverage: a build that counts lines (make fuzz-coverage); says also how many of the files that the target's
first comment names were run.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_LEN = 420  # longer inputs find no more, and take longer
OPTIONS = "malloc_context_size=4:quarantine_size_mb=8:detect_stack_use_after_return=0"
LINES = re.compile(r"File '(?:\./)?([\w./]+)'\nLines executed:([\d.]+)% of (\d+)")


def aims(name):
    """The files in the target's first comment."""
    with open(os.path.join(HERE, f"{name}_fuzz.c"), encoding="utf-8") as f:
        return set(re.findall(r"src/[\w/]+\.c", f.read().split("*/")[0]))


def coverage(build, name, corpora):
    """The lines of the target's files that its corpora run, "97 % of 120"; build: of gcc --coverage."""
    for old in glob.glob(f"{build}/**/*.gcda", recursive=True):
        os.remove(old)
    subprocess.run([f"{build}/{name}_fuzz"] + corpora, check=True)
    run = total = 0
    for data in glob.glob(f"{build}/**/*.gcda", recursive=True):
        out = subprocess.run(["gcov", "-n", data], capture_output=True, text=True, check=False).stdout
        for path, share, lines in LINES.findall(out):
            if path in aims(name):
                run += round(float(share) * int(lines) / 100)
                total += int(lines)
    return f"{100 * run / max(total, 1):.0f} % of {total}"


def fuzz(fuzzer, limit, found, build):
    name = os.path.basename(fuzzer).removesuffix("_fuzz")
    corpora = [os.path.join(found, name), os.path.join(HERE, "corpus", name)]
    words = os.path.join(HERE, f"{name}.dict")
    os.makedirs(corpora[0], exist_ok=True)
    command = [fuzzer, f"-max_len={MAX_LEN}", "-entropic=0", f"-artifact_prefix={fuzzer}-"]
    command += [f"-dict={words}"] if os.path.exists(words) else []
    corpora = [c for c in corpora if os.path.isdir(c)]
    command += corpora
    command += [limit, "-print_final_stats=1", "-print_funcs=0", "-verbosity=0", "-timeout=10"]
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(command, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status  # it is waited for
        log.seek(0)
        said = log.read()
    spent = usage.ru_utime + usage.ru_stime
    runs = re.search(r"number_of_executed_units: (\d+)", said)
    if status or not runs:
        sys.stderr.write(said)
        return f"{name}: FAILED", False
    runs = int(runs.group(1))
    row = f"| {name} | {runs} | {runs / max(spent, 0.001):.0f} | {spent:.0f} |"
    return row + (f" {coverage(build, name, corpora)} |" if build else ""), True


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--total", type=int)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--found")
    parser.add_argument("--coverage")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("fuzzers", nargs="+")
    args = parser.parse_args()
    os.environ["ASAN_OPTIONS"] = OPTIONS
    seconds = args.seconds or (args.total or 60) // len(args.fuzzers) or 1
    limit = f"-runs={args.runs}" if args.runs else f"-max_total_time={seconds}"
    with tempfile.TemporaryDirectory() as scratch:
        print("| target | runs | runs/s | s |" + (" lines |" if args.coverage else ""), flush=True)
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            # each target has files of its own, but for the counts of lines: one after the other
            for row, is_good in pool.map(lambda f: fuzz(f, limit, args.found or scratch, args.coverage), args.fuzzers):
                print(row, flush=True)
                if not is_good:
                    pool.shutdown(cancel_futures=True)
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
