# SPDX-License-Identifier: Apache-2.0
"""What a successful run says: what lies where, as each core sees it."""

from __future__ import annotations

from weft.memory.model import Board, Core, Region
from weft.memory.place import Placed, PlacedLink, PlacedTrace
from weft.memory.views import parts


def report(board: Board, placed: list[Placed]) -> str:
    lines: list[str] = []
    for item in placed:
        lines += link_lines(item) if isinstance(item, PlacedLink) else trace_lines(item)
        lines.append("")
    for region in board.regions.values():
        lines += region_lines(region, placed)
    return "\n".join(lines) + "\n"


def row(addresses: list[str], size: int, what: str) -> str:
    return "  " + "  ".join(addresses) + f"{size:12}  {what}"


def address(number: int, core: Core | None = None) -> str:
    """As wide as an address of the core, so that columns stand."""
    return f"0x{number:0{width(core)}x}"


def width(core: Core | None) -> int:
    return 12 if core is not None and core.bits == 64 else 8


def columns(cores: tuple[Core, ...]) -> str:
    return "  " + "  ".join(core.name.ljust(width(core) + 2) for core in cores) + "       bytes"


def link_lines(item: PlacedLink) -> list[str]:
    link = item.link
    sizes = f"{link.buffers} + {link.buffers} buffers of {link.buffer_size} bytes"
    cached = f", cache line {item.cache_line}" if item.cache_line else ", not cached"
    lines = [
        f"{item.name}: {link.driver} (driver) and {link.device} (device), {sizes}, "
        f"align {item.align}{cached}, device address 0x{item.address:08x}",
        columns(item.cores),
    ]
    for part in parts(item):
        addresses = [address(item.base(core) + part.offset, core) for core in item.cores]
        lines.append(row(addresses, part.size, part.what))
    return lines


def trace_lines(item: PlacedTrace) -> list[str]:
    return [
        f"{item.name}: {item.core.name} writes it",
        columns(item.cores),
        row([address(item.base(item.core), item.core)], item.trace.size, "trace buffer"),
    ]


def region_lines(region: Region, placed: list[Placed]) -> list[str]:
    seen = [f"0x{base:08x} ({core})" for core, base in region.bases.items()]
    if len(set(region.bases.values())) == 1 and len(seen) > 1:
        seen = [f"0x{next(iter(region.bases.values())):08x}"]
    lines = [f"region {region.name}: {region.size} bytes at {', '.join(seen)}"]
    if region.owner is not None:
        return [f"{lines[0]}; {region.owner}'s own"]
    end = 0
    base = next(iter(region.bases.values()))
    inside = sorted((p for p in placed if p.region is region), key=lambda p: p.offset)
    for item in inside:
        if item.offset > end:
            lines.append(row([address(base + end)], item.offset - end, "free"))
        lines.append(row([address(base + item.offset)], item.size, item.name))
        end = item.offset + item.size
    if 0 < end < region.size:
        lines.append(row([address(base + end)], region.size - end, "free"))
    return lines
