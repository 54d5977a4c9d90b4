# SPDX-License-Identifier: Apache-2.0
"""Gives each link and each trace its place: where it says, else behind what came before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from weft.memory import layout
from weft.memory.layout import Layout, align_up
from weft.memory.model import Board, Core, Link, Region, Trace

LINE = 64  # of most cores: what is kept apart where nobody has said more


@dataclass(frozen=True)
class PlacedLink:
    link: Link
    driver: Core
    device: Core
    region: Region
    align: int
    cache_line: int  # the longest of both cores; 0: not cached
    layout: Layout
    offset: int  # in the region
    size: int  # what is set aside for it

    @property
    def source(self) -> Link:
        return self.link

    @property
    def linux(self) -> bool:
        return self.driver.linux

    @property
    def name(self) -> str:
        return f"link {self.link.name}"

    @property
    def at_least(self) -> int:
        """The alignment of its first byte."""
        return max(self.align, layout.PAGE) if self.linux else self.align

    @property
    def cores(self) -> tuple[Core, ...]:
        return self.driver, self.device

    @property
    def address(self) -> int:
        """The device address: the same number for both."""
        if self.link.address is not None:
            return self.link.address
        return self.base(self.device)

    def base(self, core: Core) -> int:
        return self.region.bases[core.name] + self.offset


@dataclass(frozen=True)
class PlacedTrace:
    trace: Trace
    core: Core
    region: Region
    offset: int

    at_least = layout.PAGE  # a carveout of its own

    @property
    def source(self) -> Trace:
        return self.trace

    @property
    def name(self) -> str:
        return f"trace {self.trace.name}"

    @property
    def size(self) -> int:
        return align_up(self.trace.size, layout.PAGE)

    @property
    def cores(self) -> tuple[Core, ...]:
        return (self.core,)

    @property
    def address(self) -> int:
        return self.base(self.core)

    def base(self, core: Core) -> int:
        return self.region.bases[core.name] + self.offset


Placed = Union[PlacedLink, PlacedTrace]


def place(board: Board) -> list[Placed]:
    """In the order of the file, links first. What names nothing that is there is left out."""
    placed: list[Placed] = []
    ends: dict[str, int] = {}  # of what lies in each region so far
    for link in board.links:
        found = place_link(link, board, ends.get(link.region, 0))
        if found is not None:
            placed.append(found)
            ends[link.region] = max(ends.get(link.region, 0), found.offset + found.size)
    for trace in board.traces:
        region = board.regions.get(trace.region)
        if region is None or trace.core not in region.bases:
            continue
        end = align_up(ends.get(trace.region, 0), layout.PAGE)
        offset = end if trace.offset is None else trace.offset
        ends[trace.region] = max(end, offset + trace.size)
        placed.append(PlacedTrace(trace, board.cores[trace.core], region, offset))
    return placed


def place_link(link: Link, board: Board, end: int) -> PlacedLink | None:
    region = board.regions.get(link.region)
    if region is None or not {link.driver, link.device} <= set(region.bases):
        return None
    driver, device = board.cores[link.driver], board.cores[link.device]
    line = max(driver.cache_line, device.cache_line) if region.cached else 0
    align = link.align or max(LINE, line)
    lay = layout.of_linux if driver.linux else layout.of_weft
    needs = lay(link.buffers, link.buffer_size, align)
    first = max(align, layout.PAGE) if driver.linux else align
    offset = align_up(end, first) if link.offset is None else link.offset
    size = needs.size if link.size is None else link.size
    return PlacedLink(link, driver, device, region, align, line, needs, offset, size)
