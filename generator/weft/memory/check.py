# SPDX-License-Identifier: Apache-2.0
"""What cannot be, of a description whose keys are all right by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from weft.memory import layout
from weft.memory.layout import align_up
from weft.memory.model import Board, Link, Trace
from weft.memory.place import Placed, PlacedLink, PlacedTrace
from weft.memory.places import Place
from weft.memory.tables import nearest
from weft.problems import Problem

SMALLER = "take fewer or smaller buffers"
LINUX_BUFFERS = 256  # in each direction: half of MAX_RPMSG_NUM_BUFS
LINUX_BUFFER_SIZE = 512  # MAX_RPMSG_BUF_SIZE


def check(board: Board, placed: Sequence[Placed]) -> list[Problem]:
    problems = [
        *names(board),
        *addresses(board),
        *region_overlaps(board),
        *(problem for item in placed for problem in position(board, item)),
        *placed_overlaps(board, placed),
        *macros(board),
    ]
    for item in placed:
        if isinstance(item, PlacedLink):
            for rule in (device_address, buffers, caches, linux):
                problems += rule(board, item)
        else:
            problems += traces(board, item, placed)
    return problems


def problem(board: Board, place: Place, text: str) -> Problem:
    return Problem(board.toml.at(place), text)


def span(start: int, size: int) -> str:
    return f"{start:#010x} to {start + size - 1:#010x}"


def names(board: Board) -> Iterator[Problem]:
    """Everything that is named is there, and who uses a region sees it."""
    for item in (*board.links, *board.traces):
        what = f"{item.place[0]} {item.name}"
        region = board.regions.get(item.region)
        if region is None:
            text = f"there is no region {item.region}; {nearest(item.region, list(board.regions))}"
            yield problem(board, (*item.place, "region"), text)
        elif region.owner is not None:
            text = (
                f"region {region.name} holds what is {region.owner}'s own; take one without owner"
            )
            yield problem(board, (*item.place, "region"), text)
        for key, core in users(item):
            if core not in board.cores:
                text = f"there is no core {core}; {nearest(core, list(board.cores))}"
                yield problem(board, (*item.place, key), text)
            elif region is not None and core not in region.bases:
                text = f"{core} does not see region {region.name}, where {what} lies"
                fix = f"give region {region.name} a base for {core}"
                yield problem(board, (*item.place, key), f"{text}; {fix}")


def users(item: Link | Trace) -> list[tuple[str, str]]:
    if isinstance(item, Trace):
        return [("core", item.core)]
    return [("driver", item.driver), ("device", item.device)]


def addresses(board: Board) -> Iterator[Problem]:
    """Whoever sees a region can say the address of its last byte."""
    for region in board.regions.values():
        for name, base in region.bases.items():
            core = board.cores[name]
            if base + region.size > 1 << core.bits:
                where = f"region {region.name} at {span(base, region.size)}"
                text = f"{where} ends beyond the {core.bits} bits of {name}"
                fix = "move it, make it smaller, or give the core bits = 64"
                yield problem(board, (*region.place, "base"), f"{text}; {fix}")


def region_overlaps(board: Board) -> Iterator[Problem]:
    for one, other in combinations(board.regions.values(), 2):
        for core in one.bases:
            if core not in other.bases:
                continue
            a, b = one.bases[core], other.bases[core]
            if a < b + other.size and b < a + one.size:
                first = board.toml.at(one.place)
                yield problem(
                    board,
                    (*other.place, "base"),
                    f"region {other.name} at {span(b, other.size)} overlaps region {one.name} at "
                    f"{span(a, one.size)} ({first}), as {core} sees them; move one of them",
                )
                break  # the others see it too: once is enough


def position(board: Board, item: Placed) -> Iterator[Problem]:
    """It is aligned for everybody, and ends inside its region and below 4 GiB."""
    source, region, unit = item.source, item.region, item.at_least
    for core in item.cores:
        base = item.base(core)
        if base % unit != 0:
            key = (*region.place, "base") if source.offset is None else (*source.place, "offset")
            text = (
                f"{item.name} begins at {base:#010x}, as {core.name} sees it, no multiple of {unit}"
            )
            yield problem(board, key, f"{text}; take {align_up(base, unit):#010x}")
            break
    if item.offset + item.size > region.size:
        left = max(region.size - item.offset, 0)
        base = next(iter(region.bases.values())) + item.offset
        text = f"{item.name} needs {item.size} bytes at {base:#010x}"
        room = f"region {region.name} has {left} left there"
        yield problem(board, source.place, f"{text}, {room}; {SMALLER}, or a larger region")
    if item.address + item.size > 1 << 32:
        text = f"the device addresses of {item.name}, {span(item.address, item.size)}, have over 32"
        fix = "give the address that the device uses, below 4 GiB"
        yield problem(
            board, source.place, f"{text} bits, which a resource table cannot hold; {fix}"
        )


def device_address(board: Board, item: PlacedLink) -> Iterator[Problem]:
    address, unit = item.link.address, item.at_least
    if address is not None and address % unit != 0:
        text = f"address is {address:#010x}, no multiple of {unit}"
        fix = f"take {align_up(address, unit):#010x}"
        yield problem(board, (*item.link.place, "address"), f"{text}; {fix}")


def placed_overlaps(board: Board, placed: Sequence[Placed]) -> Iterator[Problem]:
    for one, other in combinations(placed, 2):
        if one.region is not other.region:
            continue  # regions are looked at by themselves
        if one.offset < other.offset + other.size and other.offset < one.offset + one.size:
            base = next(iter(one.region.bases.values()))
            yield problem(
                board,
                other.source.place,
                f"{other.name} at {span(base + other.offset, other.size)} overlaps {one.name} at "
                f"{span(base + one.offset, one.size)} ({board.toml.at(one.source.place)}); "
                "change an offset, or leave it out",
            )


def buffers(board: Board, item: PlacedLink) -> Iterator[Problem]:
    link = item.link
    if link.size is not None and link.size < item.layout.size:
        text = f"{item.name} needs {item.layout.size} bytes, and has {link.size}"
        yield problem(board, (*link.place, "size"), f"{text}; {SMALLER}, or a larger size")
    if link.buffers * link.buffer_size * 4 > layout.LAYOUT_MAX:
        text = f"{link.buffers} buffers of {link.buffer_size} bytes are over 256 MiB a direction"
        yield problem(board, (*link.place, "buffer_size"), f"{text}; {SMALLER}")
    unit = max(4, item.cache_line)
    if link.buffer_size % unit != 0:
        why = "the longest cache line" if item.cache_line else "a word"
        text = f"buffer_size is {link.buffer_size}, no multiple of {unit}, {why}"
        fix = f"take {align_up(link.buffer_size, unit)}"
        yield problem(board, (*link.place, "buffer_size"), f"{text}; {fix}")


def caches(board: Board, item: PlacedLink) -> Iterator[Problem]:
    line = item.cache_line
    if item.region.cached and line == 0:
        text = f"region {item.region.name} is cached, and neither {item.driver.name} nor "
        text += f"{item.device.name} has a cache_line; give it, or remove cached"
        yield problem(board, (*item.region.place, "cached"), text)
    if item.align < line:
        text = f"align is {item.align}, below {line}, the longest cache line; take {line}"
        yield problem(board, (*item.link.place, "align"), text)
    if line != 0 and item.size % line != 0:
        text = f"size is {item.size}, no multiple of {line}, the longest cache line"
        fix = f"take {align_up(item.size, line)}"
        yield problem(board, (*item.link.place, "size"), f"{text}; {fix}")


def linux(board: Board, item: PlacedLink) -> Iterator[Problem]:
    link = item.link
    if item.device.linux:
        text = f"{link.device} runs Linux, which is always the driver; name the other core"
        yield problem(board, (*link.place, "device"), text)
    if not item.linux:
        return
    if link.buffers > LINUX_BUFFERS:
        text = f"buffers is {link.buffers}, over {LINUX_BUFFERS}, which is all that Linux uses"
        yield problem(board, (*link.place, "buffers"), f"{text}; take {LINUX_BUFFERS}")
    if link.buffer_size != LINUX_BUFFER_SIZE:
        text = f"buffer_size is {link.buffer_size}, and Linux has buffers of {LINUX_BUFFER_SIZE}"
        yield problem(board, (*link.place, "buffer_size"), f"{text}; take {LINUX_BUFFER_SIZE}")


def traces(board: Board, item: PlacedTrace, placed: Sequence[Placed]) -> Iterator[Problem]:
    """A trace is an entry of the table that Linux loads, so there must be one."""
    links = [other for other in placed if isinstance(other, PlacedLink) and other.linux]
    readers = [link for link in links if link.device is item.core]
    if not readers:
        text = (
            f"{item.core.name} is the device of no link that Linux drives, so nobody reads a trace"
        )
        yield problem(board, item.trace.place, f"{text}; remove it")
    elif readers[0].driver.name not in item.region.bases:
        name = readers[0].driver.name
        text = f"{name} does not see region {item.region.name}, where {item.name} lies"
        yield problem(board, (*item.trace.place, "region"), f"{text}; give it a base for {name}")


# What the macros of a link end in: templates/memory.h.j2.
ENDINGS = (
    "DRIVER_BASE DEVICE_BASE ADDRESS SIZE BUFFERS BUFFER_SIZE ALIGN CACHE_LINE ENTRIES NOTIFY_0 "
    "NOTIFY_1 LAYOUT_SIZE VRING_0 VRING_1 BUFFERS_0 BUFFERS_1 LAYOUT DRIVER_REGION DEVICE_REGION"
).split()


def macros(board: Board) -> Iterator[Problem]:
    """hub's HUB_DRIVER_BASE and hub_driver's HUB_DRIVER_BASE are one name."""
    taken: dict[str, Link] = {}
    for link in board.links:
        for name in (f"{link.name.upper()}_{ending}" for ending in ENDINGS):
            if name in taken:
                text = f"links {taken[name].name} and {link.name} both make the macro {name}"
                yield problem(board, (*link.place, "name"), f"{text}; rename one of them")
                break
            taken[name] = link
