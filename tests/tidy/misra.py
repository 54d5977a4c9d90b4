# SPDX-License-Identifier: Apache-2.0
"""MISRA C:2012 by cppcheck's addon, against what docs/misra.md admits: misra.py [update]

A rule that is not in the page's table fails, and so does a rule with more places than its row says.
One with fewer fails too: its row comes down; "update" writes the numbers of the rows that are
there. Rules are named by their numbers; their text is not ours to print.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/misra.md"
# Registers, assembly, or a host's system calls: the ports are not under the rules.
EXCEPT = (
    "runtime/port/",
    "runtime/transport/chrdev/",
    "runtime/link/chrdev/",
    "runtime/link/ivshmem/",
)

Places = dict[str, list[str]]  # by rule


def admitted(page: str) -> dict[str, int]:
    """The table's rows: | rule | places | reason |."""
    rows = re.findall(r"^\| (\d+\.\d+) \| (\d+) \| \S.* \|$", page, re.MULTILINE)
    return {rule: int(count) for rule, count in rows}


def places(output: str) -> Places:
    found: dict[str, set[str]] = defaultdict(set)
    for rule, place in re.findall(r"^misra-c2012-([\d.]+) (runtime/\S+)$", output, re.MULTILINE):
        found[rule].add(place)
    return {rule: sorted(where) for rule, where in found.items()}


def differences(found: Places, allowed: dict[str, int]) -> list[str]:
    result = []
    for rule in sorted(
        found.keys() | allowed.keys(), key=lambda rule: [int(n) for n in rule.split(".")]
    ):
        here, limit = found.get(rule, []), allowed.get(rule, 0)
        if len(here) > limit:
            result.append(
                f"rule {rule}: {len(here)} places, {limit} admitted; mend the new one:\n  "
                + "\n  ".join(here)
            )
        elif len(here) < limit:
            result.append(
                f"rule {rule}: came down to {len(here)} places; so does its row in docs/misra.md"
            )
    return result


def run() -> str:
    listing = subprocess.run(
        ["git", "ls-files", "runtime/*.c"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [name for name in listing.stdout.split() if not name.startswith(EXCEPT)]
    nanopb = os.environ.get("NANOPB_DIR", "build/nanopb/nanopb-0.4.7")
    command = ["cppcheck", "--addon=misra", "--enable=style", "--std=c11", "--platform=unix32"]
    command += ["--quiet", "-j2", "--template={id} {file}:{line}:{column}"]
    command += ["-DPB_BUFFER_ONLY", "-DPB_NO_ERRMSG", "-Iruntime/include", "-Iruntime"]
    command += [f"-I{nanopb}", *files]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    except FileNotFoundError:
        sys.exit("cppcheck is missing: run scripts/setup ci")


def updated(page: str, found: Places) -> str:
    """The page with the numbers that were found. A new rule needs its reason: a person writes the row."""

    def row(match: re.Match[str]) -> str:
        count = len(found.get(match[1], []))
        return f"| {match[1]} | {count} |" if count else ""

    rows = re.sub(r"^\| (\d+\.\d+) \| \d+ \|", row, page, flags=re.MULTILINE)
    return re.sub(r"^ [^\n|]* \|\n", "", rows, flags=re.MULTILINE)


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["update"]):
        sys.exit(f"misra: there is no '{' '.join(arguments)}': update, or nothing")
    output = run()
    found = places(output)
    if not found:
        sys.exit(f"misra: the addon found nothing at all, which cannot be:\n{output}")
    if arguments == ["update"]:
        PAGE.write_text(updated(PAGE.read_text(), found))
    wrong = differences(found, admitted(PAGE.read_text()))
    count = sum(map(len, found.values()))
    print("\n".join(wrong) or f"misra: {count} places, all admitted")
    if not wrong:
        text = f"deviations from MISRA C:2012 | {count} | of {len(found)} rules, all in docs/misra.md\n"
        command = [ROOT / "scripts/figures", "static-misra", "scripts/static misra"]
        subprocess.run(command, input=text, text=True, check=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
