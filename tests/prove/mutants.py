# SPDX-License-Identifier: Apache-2.0
"""Mutants of what is under contract: each condition dropped or off by one must lose a goal.

Functions are proved apart, by the contracts of those that they call: so one run changes each
function of a file once.
"""

from __future__ import annotations

import re
from pathlib import Path

from contracts import BUILD, ROOT, Function, prove, under_contract

GOAL_SECONDS = 1
EQUIVALENT = ROOT / "tests/prove/equivalent.txt"
TOKEN = re.compile(r"<<|>>|->|<=|>=|==|!=|<|>|&&|\|\||\b(?:0x[0-9a-f]+|\d+)u?\b|\w+")
TWINS = {
    "<=": ("<",),
    ">=": (">",),
    "<": ("<=",),
    ">": (">=",),
    "==": ("<=", ">="),
    "!=": ("<", ">"),
}


def closing(text: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError(text)


def operands(text: str, begin: int, end: int) -> list[tuple[int, int, str]]:
    """Spans of what && and || join, outermost first, each with the neutral value."""
    spans, start, joined, at = [], begin, "", begin
    pieces = []
    while at < end:
        if text[at] == "(":
            close = closing(text, at)
            spans += operands(text, at + 1, close)
            at = close
        elif text.startswith(("&&", "||"), at):
            joined = text[at : at + 2]
            pieces.append((start, at))
            start = at + 2
            at += 1
        at += 1
    if joined:
        pieces.append((start, end))
    return [(a, b, " 1 " if joined == "&&" else " 0 ") for a, b in pieces] + spans


def conditions(body: str) -> list[tuple[int, int]]:
    """What WEFT_CHECK(id, condition) checks, else what is returned or asked."""
    found = []
    for call in re.finditer(r"\bWEFT_CHECK\(", body):
        found.append((body.index(",", call.end()) + 1, closing(body, call.end() - 1)))
    if not found:
        found = [match.span(1) for match in re.finditer(r"\breturn ([^;]*);", body)]
        found += [
            (match.end(), closing(body, match.end() - 1)) for match in re.finditer(r"\bif \(", body)
        ]
    return found


def mutants(function: Function) -> list[tuple[str, str]]:
    """(what was changed, the body then)"""
    body, changes = function.body, []
    for begin, end in conditions(body):
        if "WEFT_CHECK(" in body:
            changes += [(begin, end, " 1"), (begin, end, " 0")]
        changes += operands(body, begin, end)
        for token in TOKEN.finditer(body, begin, end):
            text = token[0]
            if text[0].isdigit():
                changes.append((*token.span(), f"({text} + 1)"))
            changes += [(*token.span(), twin) for twin in TWINS.get(text, ())]
    made = {}
    for begin, end, instead in changes:
        changed = body[:begin] + instead + body[end:]
        line = body.rfind("\n", 0, begin) + 1
        about = " ".join(
            (changed[line:begin] + "[" + changed[begin : begin + len(instead)] + "]").split()
        )
        made.setdefault(changed, f"{about} for {' '.join(body[begin:end].split())}")
    return [(about, changed) for changed, about in made.items()]


def changed_copy(path: Path, changes: list[tuple[Function, str]]) -> Path:
    text = path.read_text()
    for function, body in sorted(changes, key=lambda change: -change[0].body_at):
        text = text[: function.body_at] + body + text[function.body_at + len(function.body) :]
    copy = BUILD / "mutants" / path.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text)
    return copy


def survivors_of(path: Path, those: list[Function]) -> tuple[list[str], dict[str, int]]:
    waiting = {function.name: mutants(function) for function in those}
    counts = {name: len(made) for name, made in waiting.items()}
    alive = []
    while any(waiting.values()):
        turn = [(f, *waiting[f.name].pop()) for f in those if waiting[f.name]]
        copy = changed_copy(path, [(function, body) for function, _, body in turn])
        goals = prove(copy, [function.name for function, _, _ in turn], GOAL_SECONDS)
        lost = {goal.function for goal in goals if not goal.proved}
        alive += [f"{f.name}: {about}" for f, about, _ in turn if f.name not in lost]
    return alive, counts


def main() -> list[str]:
    listed = [
        line.split(" # ")[0].strip()
        for line in EQUIVALENT.read_text().splitlines()
        if line and not line.startswith("#")
    ]
    wrong, alive, made = [], [], 0
    print(f"{'function':<34}{'mutants':>8}{'survive':>8}")
    for path, those in under_contract().items():
        survivors, counts = survivors_of(path, those)
        for name, count in counts.items():
            print(
                f"{name:<34}{count:>8}{sum(s.startswith(name + ': ') for s in survivors):>8}",
                flush=True,
            )
        alive += survivors
        made += sum(counts.values())
        wrong += [
            f"no goal is lost by {name}: it has no mutants"
            for name, count in counts.items()
            if count == 0
        ]
    wrong += [f"no goal is lost by {mutant}" for mutant in alive if mutant not in listed]
    wrong += [
        f"{mutant}: listed as equivalent, and is none or loses a goal"
        for mutant in listed
        if mutant not in alive
    ]
    print(f"{made} mutants, {len(alive)} survive, {len(listed)} of them listed as equivalent")
    return wrong
