# SPDX-License-Identifier: Apache-2.0
"""Which mutants are made of a line, and that those which are kept as patches still apply."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import ModuleType

import checks
import orders
import patches
import pytest
from bench import Verdict
from killers import evidence
from report import complaints

ROOT = Path(__file__).resolve().parents[2]


def made(tree: Path, module: ModuleType, path: str, body: str) -> dict[str, str]:
    """By id: the line of the body that the mutant has in its place."""
    file = tree / path
    text = f"int f(void)\n{{\n{body}\n}}\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    result = {}
    for mutant in module.mutants(tree):
        mutant.change.apply(tree, mutant.path)
        result[mutant.id.split(":", 1)[1]] = file.read_text().split("\n")[mutant.line - 1].strip()
        file.write_text(text)
    return result


def test_a_check_is_dropped_and_each_of_its_edges_moved(tmp_path):
    body = "\treturn WEFT_CHECK(ID, a <= b && c != 53u);"
    assert made(tmp_path, checks, "runtime/virtio/checks.h", body) == {
        "ID:dropped": "return WEFT_CHECK(ID, 1);",
        "ID:-a<=b": "return WEFT_CHECK(ID, c != 53u);",
        "ID:-c!=53u": "return WEFT_CHECK(ID, a <= b);",
        "ID:<=to<": "return WEFT_CHECK(ID, a < b && c != 53u);",
        "ID:!=to<": "return WEFT_CHECK(ID, a <= b && c < 53u);",
        "ID:!=to>": "return WEFT_CHECK(ID, a <= b && c > 53u);",
        "ID:53u+1": "return WEFT_CHECK(ID, a <= b && c != (53u + 1));",
        "ID:53u-1": "return WEFT_CHECK(ID, a <= b && c != (53u - 1));",
    }


def test_of_a_chain_each_operand_goes_alone(tmp_path):
    found = made(tmp_path, checks, "runtime/rpc/checks.h", "\treturn WEFT_CHECK(ID, a && b && c);")
    assert sorted(name for name in found if "-" in name) == ["ID:-a", "ID:-b", "ID:-c"]


def test_a_check_is_dropped_where_it_is_used_and_twice_has_a_number(tmp_path):
    body = "\tif (!check_x(a))\n\t\treturn check_x(b);"
    assert made(tmp_path, checks, "runtime/rpc/server.c", body) == {
        "f:check_x:dropped": "if (!1)",
        "f:check_x:dropped#2": "return 1;",
    }


def test_what_is_the_same_for_unsigned_numbers_is_not_made(tmp_path):
    found = made(tmp_path, checks, "runtime/rpc/checks.h", "\treturn WEFT_CHECK(ID, a == 0);")
    assert "ID:==to>=" in found
    assert "ID:==to<=" not in found


def test_orders_are_weakened_in_their_words_and_in_each_use(tmp_path):
    body = """	ring_store32_release(&line->epoch, shm->epoch);
	ring_fence();
	x = __atomic_load_n(p, __ATOMIC_ACQUIRE);
	y = ring_load16(p);
	__asm__ volatile("" : : : "memory");"""
    assert made(tmp_path, orders, "runtime/virtio/x.c", body) == {
        "f:ACQUIREtoRELAXED": "x = __atomic_load_n(p, __ATOMIC_RELAXED);",
        "f:ring_store32_release:relaxed": (
            "__atomic_store_n(&line->epoch, shm->epoch, __ATOMIC_RELAXED);"
        ),
        "f:ring_fence:dropped": "(void)0;",
        "f:ring_fence:acq_rel": "__atomic_thread_fence(__ATOMIC_ACQ_REL);",
        "f:barrier:dropped": "(void)0;",
    }


def test_every_check_is_declared_and_made():
    assert checks.undeclared(ROOT) == []


def test_every_order_of_the_ring_has_a_mutant():
    text = (ROOT / "runtime/virtio/ring.h").read_text()
    strong = sum(text.count(f"__ATOMIC_{name}") for name in ("ACQUIRE", "RELEASE", "SEQ_CST"))
    mutants = [mutant for mutant in orders.mutants(ROOT) if mutant.path.endswith("/ring.h")]
    assert len([mutant for mutant in mutants if ":barrier:" not in mutant.id]) == strong


@pytest.mark.parametrize(
    "patch", sorted(patches.HERE.glob("*/*.patch")), ids=lambda path: path.stem
)
def test_every_patch_applies(patch):
    command = ["git", "apply", "--check", str(patch)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stderr == ""


def test_a_survivor_is_a_complaint_and_so_is_a_killed_equivalent():
    dead, alive = patches.canary("dies"), patches.canary("lives")
    verdicts = [Verdict(dead, "test_x: y", 1.0), Verdict(alive, None, 1.0)]
    everything = {dead.id, alive.id}
    assert [each.split(" ")[0] for each in complaints(verdicts, {}, everything)] == ["lives"]
    assert list(complaints(verdicts, {"lives": "is the same"}, everything)) == []
    known = {"dies": "wrong", "lives": "is the same", "gone": "no longer made"}
    assert len(list(complaints(verdicts, known, everything))) == 2


def test_what_killed_is_said_in_a_line():
    assert evidence("seed 7\nviolation: fifo seed=7 step=12\n") == "fifo seed=7 step=12"
    assert evidence("[ RUN      ] a\n[       OK ] a\n[ RUN      ] b\n") == "b"
    assert evidence("[ RUN      ] a\n[  FAILED  ] a\n[ RUN      ] b\n") == "a"
    fuzz = "/w/tests/fuzz/corpus/fuzz_ns/001\n/w/tests/fuzz/corpus/fuzz_ns/regression-x\n"
    assert evidence(fuzz + "fuzz.c:7: does not hold: a == b\n") == "input regression-x"
