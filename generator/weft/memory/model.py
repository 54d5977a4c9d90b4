# SPDX-License-Identifier: Apache-2.0
"""What a description says, settled: cores, regions of memory, and what is laid into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weft.memory.places import Place, Toml


@dataclass(frozen=True)
class Core:
    place: Place
    name: str
    bits: int  # of an address: 32 or 64
    cache_line: int  # bytes; 0: no data cache, or a coherent one
    linux: bool  # it runs Linux, which lays out the links that it drives as remoteproc does


@dataclass(frozen=True)
class Region:
    """A piece of memory. Each core that sees it has a base for it."""

    place: Place
    name: str
    bases: Mapping[str, int]
    size: int
    cached: bool  # the cores that have a data cache cache it
    owner: str | None  # the core whose code or data it holds; None: links may lie in it


@dataclass(frozen=True)
class Link:
    place: Place
    name: str
    driver: str
    device: str
    region: str
    offset: int | None  # in the region; None: behind what was placed there before
    size: int | None  # bytes; None: as many as it needs
    address: int | None  # the device address; None: the device's base
    buffers: int  # in each direction
    buffer_size: int
    align: int | None  # None: 64, or the longest cache line
    notify: tuple[int, int]


@dataclass(frozen=True)
class Trace:
    """A buffer in which a core writes a log that Linux shows in debugfs."""

    place: Place
    name: str
    core: str
    region: str
    offset: int | None
    size: int


@dataclass(frozen=True)
class Board:
    """A description. What could not be read is missing, and is among the problems."""

    toml: Toml
    cores: Mapping[str, Core]
    regions: Mapping[str, Region]
    links: tuple[Link, ...]
    traces: tuple[Trace, ...]
