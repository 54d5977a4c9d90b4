# SPDX-License-Identifier: Apache-2.0
"""What the benchmark makes of what it measured."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench/host"))
import instructions
import speed
from instructions import Count, Counted
from speed import Measured, Sample

RPMSG = Count("rpmsg", 16, 1, 1)


def of(total: float) -> dict[Count, Counted]:
    return {RPMSG: Counted(Counter(all=total))}


@pytest.fixture(autouse=True)
def baseline(tmp_path, monkeypatch):
    monkeypatch.setattr(instructions, "BASELINE", tmp_path / "instructions.txt")
    monkeypatch.setattr(instructions, "toolchain", lambda: "a compiler")


@pytest.mark.parametrize(
    "now, says, grown",
    [(100.0, "as it was", 0), (90.0, "-10.0", 0), (102.0, "+2.0", 0), (102.1, "+2.1", 1)],
)
def test_a_rise_above_two_percent_is_named(now, says, grown):
    instructions.write_baseline(of(100.0))
    beside, names = instructions.differences(of(now))
    assert beside == {RPMSG: says}
    assert len(names) == grown


def test_what_is_not_in_the_file_is_named():
    assert "a compiler" in instructions.differences(of(1.0))[1][0]
    instructions.write_baseline(of(1.0))
    other = {Count("ring", 16, 1, 1): Counted(Counter(all=1.0))}
    assert "ring, 16 B: not in" in instructions.differences(other)[1][0]


def test_other_compilers_keep_their_rows(monkeypatch):
    instructions.write_baseline(of(1.0))
    monkeypatch.setattr(instructions, "toolchain", lambda: "another")
    instructions.write_baseline(of(2.0))
    assert instructions.read_baseline() == {
        "a compiler": {str(RPMSG): 1.0},
        "another": {str(RPMSG): 2.0},
    }


def test_only_the_placement_that_most_rounds_had_counts():
    near, far = (Sample("trip", {"p50": p50}, line) for p50, line in ((300.0, 150), (900.0, 400)))
    measured = Measured({"trip": [near, far, near]})
    assert measured.median("trip", "p50") == 300.0
    assert measured.times_line() == 2.0
    assert measured.median("x1", "mmsgs") is None


def test_a_measurement_during_which_the_cores_moved_is_made_again(monkeypatch):
    lines = iter(("150,400", "150,151"))
    answer = "trip p50=300 p99=400 line={}\n"
    monkeypatch.setattr(speed, "run", lambda *_: answer.format(next(lines)))
    measured = Measured()
    speed.measure(Path(), speed.Peer("", "ring", 16, 1, 1, 1), measured)
    assert measured.moved == 1
    assert [sample.place for sample in measured.of("trip")] == ["near"]
