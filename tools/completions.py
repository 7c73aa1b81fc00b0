#!/usr/bin/python3
"""completions.py [--check] DDUMP DDUMP-WORKER DIR: completions for bash, zsh and fish, from --help.

--help is made from the tables of flags, so what it names is what there is. --check writes nothing
and fails where DIR is not what would be written.
"""

import os
import re
import subprocess
import sys

ROW = re.compile(r"^ {2}(?:-(\w), |    )?(--?)([\w-]+)(\[=)?(?: ?([^\s\]]+)\]?)?(?:  +(.*))?$")


def flags(program):
    """[(letter, dashes, name, value, is_optional, text)] in --help's order."""
    rows = []
    for line in subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout.splitlines():
        found = ROW.match(line)
        if found:
            letter, dashes, name, optional, value, text = found.groups()
            rows.append([letter, dashes, name, value, bool(optional), text or ""])
        elif line.startswith(" " * 25) and rows and line[25:26].strip():
            rows[-1][5] = (rows[-1][5] + " " + line.strip()).strip()
    return rows


def spellings(row):
    letter, dashes, name = row[:3]
    return ([f"-{letter}"] if letter else []) + [dashes + name]


def is_path(value):
    return value is not None and bool(re.search("FILE|DIR", value))


def words(value):
    """What may be typed, of a|b|c in lower case."""
    return [w for w in (value or "").split("|") if re.fullmatch(r"[a-z0-9][a-z0-9.]*", w)]


def bash(program, rows):
    name = re.sub(r"\W", "_", program)
    out = [f"# bash completion for {program}; made by tools/completions.py", f"_{name}()", "{",
           '\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}', "\tcase $before in"]
    for row in rows:
        if row[3] is None or row[4]:
            continue
        what = "-f" if is_path(row[3]) else f'-W "{" ".join(words(row[3]))}"'
        out.append(f'\t{" | ".join(spellings(row))}) COMPREPLY=($(compgen {what} -- "$word")); return ;;')
    every = " ".join(s for row in rows for s in spellings(row))
    files = "$(compgen -A hostname -- \"$word\") $(compgen -f -- \"$word\")" if program == "ddump" else ""
    out += ["\tesac", "\tcase $word in", f'\t-*) COMPREPLY=($(compgen -W "{every}" -- "$word")) ;;',
            f"\t*) COMPREPLY=({files}) ;;", "\tesac", "}", f"complete -o filenames -F _{name} {program}"]
    return "\n".join(out) + "\n"


def zsh(program, rows):
    out = [f"#compdef {program}", "# made by tools/completions.py"]
    rules = ["_arguments"]
    for row in rows:
        text = re.sub(r"([\[\]:\\'])", lambda m: "'\\''" if m[0] == "'" else "\\" + m[0], row[5] or row[2])
        action = "_files" if is_path(row[3]) else f"({' '.join(words(row[3]))})" if words(row[3]) else ""
        argument = "" if row[3] is None else f"{'::' if row[4] else ':'}{row[3].lower().replace('|', ' ')}:{action}"
        both = spellings(row)
        join = "=-" if row[4] else "=" if row[3] else ""
        for one in both:
            shut = f"({' '.join(both)})" if len(both) > 1 else ""
            rules.append(f"'{shut}{one}{join if len(one) > 2 else ''}[{text}]{argument}'")
    if program == "ddump":
        rules.append("'*:target:_alternative \"hosts:host:_hosts\" \"files:capture:_files\"'")
    return "\n".join(out + [" \\\n  ".join(rules)]) + "\n"


def fish(program, rows):
    out = [f"# fish completion for {program}; made by tools/completions.py"]
    if program != "ddump":
        out.append(f"complete -c {program} -f")
    for row in rows:
        letter, dashes, name, value, is_optional, text = row
        line = f"complete -c {program}"
        line += f" -s {letter}" if letter else ""
        if len(name) == 1:
            line += f" -s {name}"
        else:
            line += f" {'-l' if dashes == '--' else '-o'} {name}"
        if value is not None and not is_optional:
            line += " -r -F" if is_path(value) else " -x"
            line += f" -a '{' '.join(words(value))}'" if words(value) else ""
        quoted = (text or name).replace("\\", "\\\\").replace("'", "\\'")
        out.append(f"{line} -d '{quoted}'")
    return "\n".join(out) + "\n"


def main():
    is_check = sys.argv[1:2] == ["--check"]
    ddump, worker, where = sys.argv[1 + is_check:]
    stale = []
    for program, path in (("ddump", ddump), ("ddump-worker", worker)):
        rows = flags(path)
        for name, text in ((f"bash/{program}", bash(program, rows)), (f"zsh/_{program}", zsh(program, rows)),
                           (f"fish/{program}.fish", fish(program, rows))):
            place = os.path.join(where, name)
            old = open(place).read() if os.path.exists(place) else None
            if old == text:
                continue
            stale.append(name)
            if not is_check:
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "w") as f:
                    f.write(text)
    if is_check and stale:
        sys.exit(f"{' '.join(stale)}: not what the tables of flags give; run make completions")


if __name__ == "__main__":
    main()
