# SPDX-License-Identifier: Apache-2.0
"""Instructions a message, exact: what callgrind counts for two numbers of messages, and the
difference. Locked ones are found by their addresses in the program's disassembly.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

FEW, MANY = 512, 2560  # messages: turns of the ring
BASELINE = Path("bench/host/instructions.txt")
GROWTH = 1.02
# The C library's copy by the features that every x86-64 has: the same count on each.
TUNABLES = "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM,-AVX_Fast_Unaligned_Load"


class Count(NamedTuple):
    """A message from one side to the other in one thread; a call there and back."""

    peer: str
    size: int
    endpoints: int
    batch: int  # sent, and told of, at once
    sender: str = "A"

    def __str__(self) -> str:
        more = f", {self.endpoints} endpoints" if self.endpoints > 1 else ""
        more += f", batches of {self.batch}" if self.batch > 1 else ""
        return f"{self.peer}, {self.size} B{more}{', device to driver' * (self.sender == 'B')}"


COUNTS = (
    Count("ring", 16, 1, 1),
    Count("virtqueue", 16, 1, 1),
    Count("virtqueue", 16, 1, 16),
    Count("rpmsg", 16, 1, 1),
    Count("rpmsg", 16, 1, 1, "B"),
    Count("rpmsg", 16, 64, 1),
    Count("rpmsg", 16, 1, 16),
    Count("rpmsg", 256, 1, 1),
    Count("rpmsg", 480, 1, 1),
    Count("rpmsg-nocopy", 16, 1, 1),
    Count("rpmsg-nocopy", 480, 1, 1),
    Count("call", 33, 1, 1),
)


@dataclass
class Counted:
    functions: Counter = field(default_factory=Counter)
    locked: float = 0

    @property
    def total(self) -> float:
        return sum(self.functions.values())


def run(*command: str, **environment: str) -> str:
    try:
        return subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            env=dict(os.environ, **environment),
        ).stdout
    except FileNotFoundError:
        sys.exit(f"bench: {command[0]} is missing: run scripts/setup ci")
    except subprocess.CalledProcessError as error:
        sys.exit(f"bench: {' '.join(command)}\n{error.stderr}")


def locked_addresses(program: Path) -> set[int]:
    """A lock prefix, an exchange with memory, a full fence."""
    locked = re.compile(r"^ *([0-9a-f]+):\t(?:lock |xchg .*\(|mfence)", re.MULTILINE)
    code = run("objdump", "-d", "--no-show-raw-insn", str(program))
    return {int(address, 16) for address in locked.findall(code)}


def executed(program: Path, count: Count, messages: int, locked: set[int]) -> Counted:
    result = Counted()
    function, object_name, skip = "", "", False
    with tempfile.NamedTemporaryFile(prefix="callgrind.") as file:
        run(
            *("valgrind", "--tool=callgrind", f"--callgrind-out-file={file.name}"),
            *("--dump-instr=yes", "--compress-strings=no", "--compress-pos=no"),
            *(str(program), "count", count.peer, str(count.size), str(count.endpoints)),
            *(str(messages), str(count.batch), count.sender),
            GLIBC_TUNABLES=TUNABLES,
            LD_BIND_NOW="1",
        )
        for line in Path(file.name).read_text().splitlines():
            if line.startswith("ob="):
                object_name = line[3:]
            elif line.startswith("fn="):
                function = line[3:].split("@")[0].split("'")[0]
            elif line.startswith("calls="):
                skip = True  # the next line is what the callee took
            elif line.startswith("0x"):
                if not skip:
                    address, _, cost = line.split()[:3]
                    result.functions[function] += int(cost)
                    if object_name.endswith(program.name) and int(address, 16) in locked:
                        result.locked += int(cost)
                skip = False
    return result


def a_message(program: Path, count: Count, locked: set[int]) -> Counted:
    few, many = (executed(program, count, messages, locked) for messages in (FEW, MANY))
    parts = {
        name: (value - few.functions[name]) / (MANY - FEW)
        for name, value in many.functions.items()
        if value != few.functions[name]
    }
    return Counted(Counter(parts), (many.locked - few.locked) / (MANY - FEW))


def all_counts(program: Path, counts: tuple[Count, ...] = COUNTS) -> dict[Count, Counted]:
    locked = locked_addresses(program)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(counts, pool.map(lambda count: a_message(program, count, locked), counts)))


# ---- What they were ----


def toolchain() -> str:
    version = run("gcc", "-dumpfullversion").strip()
    libc = " ".join(platform.libc_ver())
    return f"gcc {version}, {libc}, {platform.machine()}, -O2"


def read_baseline() -> dict[str, dict[str, float]]:
    """toolchain -> row -> instructions."""
    known: dict[str, dict[str, float]] = {}
    for line in BASELINE.read_text().splitlines() if BASELINE.exists() else ():
        if line and not line.startswith("#"):
            where, what, value = line.split(" | ")
            known.setdefault(where, {})[what] = float(value)
    return known


def write_baseline(counted: dict[Count, Counted]) -> None:
    known = read_baseline()
    known[toolchain()] = {str(count): each.total for count, each in counted.items()}
    lines = ["# Instructions a message or call; scripts/bench instructions --update writes it."]
    for where, rows in known.items():
        lines += [f"{where} | {what} | {value:.1f}" for what, value in rows.items()]
    BASELINE.write_text("\n".join(lines) + "\n")


def differences(counted: dict[Count, Counted]) -> tuple[dict[Count, str], list[str]]:
    """What to say beside each count, and which have grown too much."""
    known = read_baseline().get(toolchain())
    if known is None:
        missing = f"no row of {BASELINE} is for {toolchain()}: scripts/bench instructions --update"
        return {}, [missing]
    beside, grown = {}, []
    for count, each in counted.items():
        before = known.get(str(count))
        if before is None:
            beside[count] = "new"
            grown.append(f"{count}: not in {BASELINE}: scripts/bench instructions --update")
            continue
        change = each.total - before
        beside[count] = "as it was" if abs(change) < 0.06 else f"{change:+.1f}"
        if each.total > before * GROWTH:
            grown.append(f"{count}: {each.total:.1f} instructions, was {before:.1f}")
    return beside, grown
