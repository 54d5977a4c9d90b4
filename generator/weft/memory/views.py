# SPDX-License-Identifier: Apache-2.0
"""What the templates print: every number settled and written as its language writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from weft import naming
from weft.memory import layout
from weft.memory.model import Board, Core
from weft.memory.place import Placed, PlacedLink, PlacedTrace

USUAL = (16, 512, 64)  # WEFT_LINK_BUFFERS, WEFT_LINK_BUF_SIZE, and the alignment beside them


@dataclass(frozen=True)
class Part:
    """A line of the layout."""

    offset: int
    size: int
    what: str


@dataclass(frozen=True)
class LinkView:
    name: str
    macro: str
    guard: str
    header: str
    driver: str
    device: str
    linux: bool
    usual: bool  # weft_link_open() has these sizes
    cache_line: int
    both_cached: bool
    mtu: int
    driver_base: str
    device_base: str
    address: str
    size: int
    buffers: int
    buffer_size: int
    align: int
    notify: tuple[int, int]
    layout: layout.Layout
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class PieceView:
    """A piece of memory in a linker script or a device tree."""

    name: str
    title: str
    base: str
    size: str
    label: str = ""
    node: str = ""


@dataclass(frozen=True)
class TableView:
    """One entry of a resource table."""

    name: str
    what: str
    notify: tuple[int, int] = (0, 0)
    align: int = 0
    buffers: int = 0
    vrings: tuple[str, str] = ("", "")
    address: str = ""
    size: int = 0


@dataclass(frozen=True)
class CoreView:
    name: str
    regions: tuple[PieceView, ...]  # those that hold no link
    links: tuple[PieceView, ...]
    entries: tuple[TableView, ...]  # of its resource table
    table: str  # the header that declares it
    table_guard: str
    traces: tuple[PieceView, ...]
    carveouts: tuple[PieceView, ...]  # of Linux
    cells: int  # of an address in a device tree: 1 or 2


@dataclass(frozen=True)
class BoardView:
    source: str  # as the banner names it: without a folder
    links: tuple[LinkView, ...]
    cores: tuple[CoreView, ...]


def board_view(board: Board, placed: list[Placed]) -> BoardView:
    links = [item for item in placed if isinstance(item, PlacedLink)]
    traces = [item for item in placed if isinstance(item, PlacedTrace)]
    return BoardView(
        PurePath(board.toml.file).name,
        tuple(map(link_view, links)),
        tuple(core_view(core, board, links, traces) for core in board.cores.values()),
    )


def c_number(number: int) -> str:
    return f"0x{number:08x}u" if number < 1 << 32 else f"UINT64_C(0x{number:x})"


def link_view(item: PlacedLink) -> LinkView:
    link = item.link
    header = f"{link.name}_memory.h"
    return LinkView(
        name=link.name,
        macro=link.name.upper(),
        guard=naming.include_guard(header),
        header=header,
        driver=link.driver,
        device=link.device,
        linux=item.linux,
        usual=not item.linux and (link.buffers, link.buffer_size, item.align) == USUAL,
        cache_line=item.cache_line,
        both_cached=item.cache_line != 0 and all(core.cache_line for core in item.cores),
        mtu=min(link.buffer_size - layout.HEADER, 0xFFFF),
        driver_base=c_number(item.base(item.driver)),
        device_base=c_number(item.base(item.device)),
        address=c_number(item.address),
        size=item.size,
        buffers=link.buffers,
        buffer_size=link.buffer_size,
        align=item.align,
        notify=link.notify,
        layout=item.layout,
        parts=tuple(parts(item)),
    )


def parts(item: PlacedLink) -> list[Part]:
    """In the order of the address; what is aligned away belongs to nothing."""
    lay, link = item.layout, item.link
    ways = (f"{link.device} to {link.driver}", f"{link.driver} to {link.device}")
    found = [Part(0, lay.head, "resource table, epoch lines")] if lay.head else []
    found += [Part(lay.vrings[i], lay.vring_size, f"vring {i}: {ways[i]}") for i in (0, 1)]
    for i in (0, 1):
        text = f"{link.buffers} buffers, {ways[i]}"
        found.append(Part(lay.buffers[i], lay.buffers_size, text))
    if item.size > lay.size:
        found.append(Part(lay.size, item.size - lay.size, "unused"))
    return found


def core_view(
    core: Core, board: Board, links: list[PlacedLink], traces: list[PlacedTrace]
) -> CoreView:
    seen = [item for item in links if core in item.cores]
    fed = [item for item in links if item.device is core and item.linux]
    written = [item for item in traces if item.core is core]
    filled = {item.region.name for item in (*links, *traces)}
    reached = [r for r in board.regions.values() if core.name in r.bases and r.name not in filled]
    table = f"{core.name}_resource_table.h"
    return CoreView(
        name=core.name,
        regions=tuple(
            piece(r.name, f"{r.owner}'s own" if r.owner else "shared", r.bases[core.name], r.size)
            for r in reached
        ),
        links=tuple(
            piece(item.link.name, link_title(item), item.base(core), item.size) for item in seen
        ),
        entries=tuple(map(link_entry, fed)) + tuple(map(trace_entry, written)) if fed else (),
        table=table,
        table_guard=naming.include_guard(table),
        traces=tuple(
            piece(item.trace.name, "the trace buffer", item.base(core), item.size)
            for item in written
        ),
        carveouts=tuple(carveouts(core, links, traces)) if core.linux else (),
        cells=core.bits // 32,
    )


def link_title(item: PlacedLink) -> str:
    return f"link {item.link.name}: {item.link.driver} (driver), {item.link.device} (device)"


def piece(name: str, title: str, base: int, size: int) -> PieceView:
    return PieceView(name, title, f"0x{base:08x}", f"0x{size:x}")


def link_entry(item: PlacedLink) -> TableView:
    return TableView(
        name=item.link.name,
        what="vdev",
        notify=item.link.notify,
        align=item.align,
        buffers=item.link.buffers,
        vrings=tuple(c_number(item.address + offset) for offset in item.layout.vrings),
    )


def trace_entry(item: PlacedTrace) -> TableView:
    return TableView(
        name=item.trace.name,
        what="trace",
        address=c_number(item.address),
        size=item.trace.size,
    )


def carveouts(core: Core, links: list[PlacedLink], traces: list[PlacedTrace]) -> list[PieceView]:
    """remoteproc finds a link's memory by the names of the nodes: the n-th vdev of its table."""
    found: list[PieceView] = []
    counts: dict[str, int] = {}  # of the vdevs of each remote
    for item in (link for link in links if link.driver is core):
        index = counts.get(item.device.name, 0)
        counts[item.device.name] = index + 1
        first, second = item.layout.vrings
        pool = item.layout.buffers[0]
        for name, offset, end in (
            ("vring0", first, second),
            ("vring1", second, pool),
            ("buffer", pool, item.layout.size),
        ):
            base = item.base(core) + offset
            label = f"{item.link.name}_{name}"
            found.append(carveout(label, f"vdev{index}{name}", base, end - offset, core))
    for trace in traces:
        if core.name in trace.region.bases:
            name = trace.trace.name
            found.append(carveout(f"{name}_trace", name, trace.base(core), trace.size, core))
    return found


def carveout(label: str, node: str, base: int, size: int, core: Core) -> PieceView:
    return PieceView(label, "", cells(base, core), cells(size, core), label, f"{node}@{base:x}")


def cells(number: int, core: Core) -> str:
    if core.bits == 32:
        return f"0x{number:x}"
    return f"0x{number >> 32:x} 0x{number & 0xFFFFFFFF:x}"
