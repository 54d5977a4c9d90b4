# SPDX-License-Identifier: Apache-2.0
"""Round trips and rates, round by round over all peers, each beside the round trip of a cache line.

A hypervisor moves virtual processors, and what is measured moves with them by a factor of three. So
a measurement in which the line's round trip changed is thrown away and made again, and of a peer's
rounds those count that were made in the placement that most were.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

TRIES = 3
MOVED = 1.25  # the line after, by the line before
# Nanoseconds of a line's round trip, and what lies between the two cores then.
CLASSES = ((96, "smt"), (200, "near"), (280, "mid"), (float("inf"), "far"))


class Peer(NamedTuple):
    label: str
    name: str
    size: int
    endpoints: int
    trips: int
    messages: int
    sleeps: bool = False


class Sample(NamedTuple):
    what: str  # trip, one-core, x1, x16
    values: dict[str, float]
    line: float  # ns; 0 on one core

    @property
    def place(self) -> str:
        return place_of(self.line) if self.line else "one core"


def place_of(line: float) -> str:
    return next(name for limit, name in CLASSES if line < limit)


@dataclass
class Measured:
    """By what was measured, the samples of all rounds."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    moved: int = 0  # measurements thrown away

    def of(self, what: str) -> list[Sample]:
        """Those of the placement that most have."""
        samples = self.samples.get(what, [])
        if not samples:
            return []
        place = Counter(sample.place for sample in samples).most_common(1)[0][0]
        return [sample for sample in samples if sample.place == place]

    def median(self, what: str, value: str) -> float | None:
        samples = self.of(what)
        return statistics.median(s.values[value] for s in samples) if samples else None

    def line(self) -> float | None:
        samples = self.of("trip")
        return statistics.median(s.line for s in samples) if samples else None

    def times_line(self) -> float | None:
        """The round trip by the line's, each sample by its own."""
        samples = [s for s in self.of("trip") if s.line]
        return statistics.median(s.values["p50"] / s.line for s in samples) if samples else None


def parse(output: str) -> list[tuple[str, dict[str, float], float, float]]:
    result = []
    for line in output.splitlines():
        kind, *pairs = line.split()
        values = dict(pair.split("=") for pair in pairs)
        before, after = (float(part) for part in values.pop("line").split(","))
        what = kind if kind == "trip" else f"x{values.pop('batch')}"
        result.append((what, {name: float(v) for name, v in values.items()}, before, after))
    return result


def run(program: Path, peer: Peer, *more: str) -> str:
    numbers = (peer.size, peer.endpoints, peer.trips, peer.messages)
    command = [str(program), "speed", peer.name, *map(str, numbers), *more]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"bench: {' '.join(command)}: {result.stderr.strip() or result.returncode}")
    return result.stdout


def measure(program: Path, peer: Peer, into: Measured) -> None:
    wanted = None
    for _ in range(TRIES):
        found = parse(run(program, peer))
        wanted = wanted if wanted is not None else {what for what, *_ in found}
        for what, values, before, after in found:
            if what not in wanted:
                continue
            if max(before, after) > MOVED * min(before, after):
                into.moved += 1
                continue
            sample = Sample(what, values, (before + after) / 2)
            into.samples.setdefault(what, []).append(sample)
            wanted.discard(what)
        if not wanted:
            break
    if peer.sleeps:
        ((_, values, _, _),) = parse(run(program, peer, "one"))
        into.samples.setdefault("one-core", []).append(Sample("one-core", values, 0))


def measure_all(program: Path, peers: tuple[Peer, ...], rounds: int) -> dict[Peer, Measured]:
    measured = {peer: Measured() for peer in peers}
    for number in range(rounds):
        for peer in peers:
            say(f"round {number + 1} of {rounds}: {peer.label}, {peer.size} B")
            measure(program, peer, measured[peer])
    say("")
    return measured


def say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
