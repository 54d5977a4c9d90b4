# SPDX-License-Identifier: Apache-2.0
"""Bounds over made-up call graphs: what is added up, and what makes a bound impossible."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from graph import Bounds, Function, Graph, Share, StackError, Table, mark_tails, parse, pointer_at

EVERYTHING = ("runtime", "libc", "stub", "nanopb")


def function(name, size, *calls, group="runtime", indirect=()):
    return Function(name, name, group, size, set(calls), set(indirect))


def bound(functions, entry, table="", source=(), **options):
    graph = Graph(functions, Table.read(table), lambda path: list(source))
    return Bounds(graph, EVERYTHING, **options).of(graph.called(entry))


def node(title, size="8 bytes (static)", dynamic=0):
    label = f"{title}\\n{title}.c:1:1\\n{size}\\n{dynamic} dynamic objects"
    return f'node: {{ title: "{title}" label: "{label}" }}\n'


def test_gcc_s_graph_is_read():
    text = node("a") + 'node: { title: "b" label: "b\\nb.h:1:1" shape : ellipse }\n'
    text += 'edge: { sourcename: "a" targetname: "b" label: "a.c:2:3" }\n'
    text += 'edge: { sourcename: "a" targetname: "__indirect_call" label: "a.c:3:4" }\n'
    assert list(parse(text, "runtime")) == [function("a", 8, "b", indirect=["a.c:3:4"])]


@pytest.mark.parametrize(
    "bad",
    [node("a", "8 bytes (dynamic)"), node("a", "8 bytes (dynamic,bounded)"), node("a", dynamic=1)],
)
def test_a_frame_of_unknown_size_is_an_error(bad):
    with pytest.raises(StackError, match="no alloca"):
        list(parse(bad, "runtime"))


def test_the_deepest_path_counts_and_not_the_longest():
    functions = [
        function("a", 8, "b", "d"),
        function("b", 8, "c"),
        function("c", 8),
        function("d", 100),
    ]
    assert bound(functions, "a") == Share(runtime=108)


def test_each_byte_is_somebody_s():
    functions = [
        function("a", 8, "s"),
        function("s", 16, "n", group="stub"),
        function("n", 32, "memcpy", group="nanopb"),
        function("memcpy", 4, group="libc"),
    ]
    assert bound(functions, "a") == Share(runtime=12, stub=16, nanopb=32)


def test_a_function_that_nobody_knows_is_an_error():
    with pytest.raises(StackError, match="a calls malloc"):
        bound([function("a", 8, "malloc")], "a")


def test_recursion_is_an_error_and_is_shown():
    with pytest.raises(StackError, match="recursion: a > b > a"):
        bound([function("a", 8, "b"), function("b", 8, "a")], "a")


def test_nanopb_goes_round_once_a_level():
    functions = [
        function("decode", 10, "field", group="nanopb"),
        function("field", 20, "decode", "leaf", group="nanopb"),
        function("leaf", 1, group="nanopb"),
    ]
    assert bound(functions, "decode", depth=0).nanopb == 31
    assert bound(functions, "decode", depth=2).nanopb == 91


CODE = """\
00000000 <a>:
   0:	f7ff fffe 	bl	0 <b>
			0: R_ARM_THM_CALL	b
   4:	f7ff bffe 	b.w	0 <c>
			4: R_ARM_THM_JUMP24	c
   8:	f7ff bffe 	b.w	0 <b>
			8: R_ARM_THM_JUMP24	b
   c:	d0fe      	beq.w	0 <d>
			c: R_ARM_THM_JUMP24	d
"""


def test_what_is_only_jumped_to_stands_on_no_frame():
    functions = [function("a", 8, "b", "x.c:c"), function("b", 8), function("x.c:c", 100)]
    mark_tails(functions, CODE)
    assert functions[0].tails == {"x.c:c"}
    assert bound(functions, "a") == Share(runtime=100)


def test_a_frame_that_a_last_call_does_not_reach_counts():
    functions = [function("a", 50, "c"), function("c", 8)]
    mark_tails(functions, CODE)
    assert bound(functions, "a") == Share(runtime=50)
    graph = Graph(functions, Table.read(""))
    ways = Bounds(graph, EVERYTHING).to(graph.called("a"), "c")
    assert ways == Share(runtime=8)


def test_a_call_in_one_copy_of_an_inline_function_is_none_that_is_last():
    jumps = function("a", 8, "c")
    mark_tails([jumps], CODE)
    assert bound([jumps, function("a", 8, "c"), function("c", 100)], "a") == Share(runtime=108)


SOURCE = [
    "x = shm->role->take(vq);",
    "return (uint8_t)port_of(rdev)->ops->now_us(p);",
    "if (!cb(a))",
    "(void)0;",
]


@pytest.mark.parametrize(
    "place, pointer", [("f:1:5", "role->take"), ("f:2:17", "ops->now_us"), ("f:3:5", "cb")]
)
def test_a_pointer_is_named_as_in_the_source(place, pointer):
    assert pointer_at(place, lambda path: SOURCE) == pointer


def test_a_place_without_a_pointer_is_an_error():
    with pytest.raises(StackError, match="no name of a pointer"):
        pointer_at("f:4:8", lambda path: SOURCE)


def test_a_call_through_a_pointer_goes_to_all_who_may_be_there():
    functions = [function("a", 8, indirect=["f:1:5"]), function("b", 8), function("c", 16)]
    assert bound(functions, "a", "runtime:role->take b c user", SOURCE).runtime == 24


def test_a_pointer_without_a_row_is_an_error():
    with pytest.raises(StackError, match="runtime:role->take, which calls.txt does not know"):
        bound([function("a", 8, indirect=["f:1:5"])], "a", "runtime:cb user", SOURCE)


def test_a_row_for_nobody_is_stale():
    graph = Graph([function("a", 8)], Table.read("runtime:cb user"))
    assert Bounds(graph, EVERYTHING).of(graph.called("a")).runtime == 8
    assert graph.table.stale() == ["calls.txt: no call goes through runtime:cb"]


def test_inside_a_poll_a_wait_is_refused():
    table = "inside-poll wait look"
    functions = [
        function("rpmsg_poll", 8, "wait"),
        function("wait", 16, "rpmsg_poll", "look"),
        function("look", 4),
    ]
    assert bound(functions, "rpmsg_poll", table).runtime == 28
    assert bound(functions, "wait", table).runtime == 16 + 28
    with pytest.raises(StackError, match="recursion"):
        bound(functions, "wait")
