# SPDX-License-Identifier: Apache-2.0
"""From a description's tables to the model: names, types and bounds, one table at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from weft.memory.model import Board, Core, Link, Region, Trace
from weft.memory.places import Toml
from weft.memory.tables import REQUIRED, U32_MAX, U64_MAX, Keys, Table, kind_of, nearest
from weft.problems import Problem

T = TypeVar("T", Core, Region, Link, Trace)

NAME = "a name of small letters, digits and _, a letter first"
BYTES = "bytes, at least 1"
OFFSET = "the offset in the region; left out: behind what is there already"
CORE: Keys = {
    "name": NAME,
    "bits": "the bits of an address, 32 or 64",
    "cache_line": "the bytes of a line of its data cache, a power of two from 16 to 256; 0: none",
    "linux": "true where Linux runs",
}
REGION: Keys = {
    "name": NAME,
    "base": "the first address; { core = address, ... } where cores see it at different ones",
    "size": BYTES,
    "cached": "true where a core's data cache holds lines of it",
    "owner": "the core whose code or data it holds",
}
LINK: Keys = {
    "name": NAME,
    "driver": "the core that owns the buffers",
    "device": "the core at the other end",
    "region": "the region that it lies in, or a base and a size of its own",
    "offset": OFFSET,
    "base": REGION["base"],
    "size": "bytes, at least what the link needs",
    "cached": REGION["cached"],
    "address": "the device address of its first byte, 32 bits",
    "buffers": "the buffers in each direction: a power of two, 2 to 32768",
    "buffer_size": "the bytes of a buffer, RPMsg header included: a multiple of 4, 64 or more",
    "align": "a power of two, 16 to 65536; a cache line at least",
    "notify": "two doorbells, of vring 0 and of vring 1: [0, 1]",
}
TRACE: Keys = {
    "name": "a name of small letters, digits and _, a letter first, 31 at most",
    "core": "the core that writes it",
    "region": "the region that it lies in",
    "offset": OFFSET,
    "size": BYTES,
}
LINKER_WORDS = ("l", "len", "o", "org")  # GNU ld reads them as ORIGIN and LENGTH
# Names of the runtime begin so: a header of ours must not redefine them.
RESERVED = ("weft", "rpmsg", "rsc", "virtio", "virtqueue")


def read(toml: Toml) -> tuple[Board, list[Problem]]:
    problems: list[Problem] = []
    kinds = {"core": CORE, "region": REGION, "link": LINK, "trace": TRACE}
    for key in toml.data:
        if key not in kinds:
            text = f"a description has no {key}; {nearest(key, list(kinds))}"
            problems.append(Problem(toml.at((key,)), text))

    def all_of(kind: str, read_one: Callable[[Table], T | None]) -> list[T]:
        found = (read_one(table) for table in tables(toml, kind, kinds[kind], problems))
        return unique([item for item in found if item is not None], toml, problems)

    cores = {core.name: core for core in all_of("core", read_core)}
    regions = {r.name: r for r in all_of("region", lambda table: read_region(table, cores))}
    links = []
    for link, region in [read_link(table, cores) for table in tables(toml, "link", LINK, problems)]:
        if region is not None:
            regions[region.name] = region
        if link is not None:
            links.append(link)
    links = unique(links, toml, problems)
    traces = all_of("trace", read_trace)
    unique([*links, *traces], toml, problems)  # the linker knows both by their names
    if "link" not in toml.data:
        problems.append(Problem(toml.at(()), "there is no [[link]]; describe one"))
    return Board(toml, cores, regions, tuple(links), tuple(traces)), problems


def tables(toml: Toml, kind: str, keys: Keys, problems: list[Problem]) -> Iterator[Table]:
    given = toml.data.get(kind, [])
    if not isinstance(given, list):
        text = f"{kind} is {kind_of(given)}; write [[{kind}]], as there may be several"
        problems.append(Problem(toml.at((kind,)), text))
        return
    for index, data in enumerate(given):
        yield Table(toml, (kind, index), data, keys, problems)


def unique(items: list[T], toml: Toml, problems: list[Problem]) -> list[T]:
    kept: dict[str, T] = {}
    for item in items:
        if item.name in kept:
            first = toml.at((*kept[item.name].place, "name"))
            text = (
                f"there is a {kept[item.name].place[0]} {item.name} already ({first}); rename one"
            )
            problems.append(Problem(toml.at((*item.place, "name")), text))
        kept.setdefault(item.name, item)
    return list(kept.values())


def read_name(table: Table) -> str | None:
    name = table.text("name")
    if name is None:
        return None
    table.called = f"{table.place[0]} {name}"
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) is None:
        table.problem(("name",), f"'{name}' cannot be a name in C; give {NAME}")
    elif name.split("_")[0] in RESERVED:
        table.problem(("name",), f"{name} begins as the names of the runtime do; choose another")
    elif table.place[0] == "region" and name in LINKER_WORDS:
        table.problem(("name",), f"{name} is a word of the linker's; choose another")
    else:
        return name
    return None


def read_core(table: Table) -> Core | None:
    name = read_name(table)
    bits = table.number("bits", 32, 64, 32)
    if bits not in (None, 32, 64):
        table.problem(("bits",), f"bits is {bits}; give {CORE['bits']}")
    line = table.power("cache_line", 0, 256, 0)
    if line is not None and 0 < line < 16:
        text = f"cache_line is {line}, below 16; give {CORE['cache_line']}"
        table.problem(("cache_line",), text)
    linux = table.flag("linux")
    if name is None or bits is None:
        return None
    return Core(table.place, name, bits, line or 0, linux)


def read_region(table: Table, cores: dict[str, Core]) -> Region | None:
    name = read_name(table)
    size = table.number("size", 1, U64_MAX)
    cached = table.flag("cached")
    owner = table.text("owner", None)
    bases = read_bases(table, cores)
    if owner is not None and owner not in cores:
        no_core(table, "owner", owner, cores)
    if name is None or size is None or bases is None:
        return None
    if owner in cores and owner not in bases:
        text = f"{owner} owns region {name} and does not see it; give its base for {owner}"
        table.problem(("base",), text)
    return Region(table.place, name, bases, size, cached, owner)


def read_bases(table: Table, cores: dict[str, Core]) -> dict[str, int] | None:
    """By core: one number is every core's."""
    value = table.value("base", REQUIRED)
    if value is None:
        return None
    if type(value) is not dict:
        base = table.number("base", 0, U64_MAX)
        return None if base is None else dict.fromkeys(cores, base)
    bases: dict[str, int] = {}
    for core, base in value.items():
        if core not in cores:
            no_core(table, "base", core, cores)
        elif type(base) is not int:
            text = f"the base for {core} is {kind_of(base)}, not a whole number"
            table.problem(("base",), f"{text}; give the address")
        elif table.bounded(("base",), f"the base for {core}", base, 0, U64_MAX) is not None:
            bases[core] = base
    return bases


def no_core(table: Table, key: str, name: str, cores: dict[str, Core]) -> None:
    table.problem((key,), f"there is no core {name}; {nearest(name, list(cores))}")


def read_core_name(table: Table, key: str, cores: dict[str, Core]) -> str | None:
    name = table.text(key)
    if name is not None and name not in cores:
        no_core(table, key, name, cores)
        return None
    return name


def read_link(table: Table, cores: dict[str, Core]) -> tuple[Link | None, Region | None]:
    """A link, and the region that it brings where it has a base of its own."""
    name = read_name(table)
    driver = read_core_name(table, "driver", cores)
    device = read_core_name(table, "device", cores)
    if driver is not None and driver == device:
        text = f"{driver} is driver and device; name the core at the other end"
        table.problem(("device",), text)
        device = None
    region = read_own_region(table, name, cores) if "base" in table.data else None
    values: dict[str, Any] = {
        "region": region.name if region else None if "base" in table.data else table.text("region"),
        "buffers": table.power("buffers", 2, 32768),
        "buffer_size": table.number("buffer_size", 64, 1 << 29),
        "notify": read_notify(table),
        "driver": driver,
        "device": device,
    }
    optional = {
        "offset": table.number("offset", 0, U64_MAX, None),
        "size": table.number("size", 1, U32_MAX, None),
        "address": table.number("address", 0, U32_MAX, None),
        "align": table.power("align", 16, 65536, None),
    }
    bad = [key for key, value in optional.items() if value is None and key in table.data]
    if name is None or bad or None in values.values():
        return None, region
    return Link(table.place, name, **values, **optional), region


def read_own_region(table: Table, name: str | None, cores: dict[str, Core]) -> Region | None:
    for key in ("region", "offset"):
        if key in table.data:
            text = f"{table.called} has a base and {key} too; remove one of them"
            table.problem((key,), text)
    bases = read_bases(table, cores)
    size = table.data.get("size")
    cached = table.flag("cached")
    if "size" not in table.data:
        table.problem((), f"{table.called} has a base and no size; give {LINK['size']}")
    if name is None or bases is None or type(size) is not int or not 1 <= size <= U32_MAX:
        return None
    return Region(table.place, f"of link {name}", bases, size, cached, None)


def read_notify(table: Table) -> tuple[int, int] | None:
    value = table.typed("notify", list, "a list", [0, 1])
    if value is None:
        return None
    if len(value) != 2 or not all(type(n) is int and 0 <= n <= U32_MAX for n in value):
        table.problem(("notify",), f"notify is {value}; give {LINK['notify']}")
        return None
    return value[0], value[1]


def read_trace(table: Table) -> Trace | None:
    name = read_name(table)
    core, region = table.text("core"), table.text("region")
    size = table.number("size", 1, U32_MAX)
    offset = table.number("offset", 0, U64_MAX, None)
    if name is not None and len(name) > 31:
        table.problem(("name",), f"{name} has {len(name)} letters, over 31; shorten it")
        return None
    if name is None or core is None or region is None or size is None:
        return None
    if offset is None and "offset" in table.data:
        return None
    return Trace(table.place, name, core, region, offset, size)
