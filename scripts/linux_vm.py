# SPDX-License-Identifier: Apache-2.0
"""A Linux in QEMU and its remote core, a process of ours at the other end of QEMU's shared memory
device: what scripts/test-linux and scripts/virtual-core share.

Debian's kernel for 32-bit Arm, without KVM and without root; the module of tests/linux stands for
an SoC's remoteproc driver, the program of tests/linux/guest is pid 1.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import trouble
from trouble import ROOT

BUILD = ROOT / "build/linux"
SECONDS = float(os.environ.get("LINUX_SECONDS", "240"))  # for a run, on a machine with much to do
CROSS = "arm-linux-gnueabihf-"
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
QEMU = (
    "qemu-system-arm -M virt,highmem=off -cpu cortex-a15 -m 128M -nic none -display none"
    " -monitor none -serial stdio -chardev socket,id=c,path=socket"
    " -device ivshmem-doorbell,chardev=c,vectors=2"
).split()
# The kernel's tests of its own ciphers, and the keys of its signers, take half of its start. Freed
# memory is poisoned: what is done to it afterwards does not go unseen.
KERNEL_WORDS = (
    "console=ttyAMA0 panic=-1 loglevel=6 slub_debug=FPZ"
    " cryptomgr.notests initcall_blacklist=load_system_certificate_list"
)
# What the kernel says when something of its own has gone wrong.
KERNEL_TROUBLE = re.compile(r"BUG[: ]|WARNING:|Oops|Internal error|Call trace|Kernel panic")


def need() -> None:
    trouble.need("linux", "qemu-system-arm", f"{CROSS}gcc", "make", "cpio", "cmake", "ninja")


def step(name: str, *command: str | Path) -> None:
    if subprocess.run([ROOT / "scripts/step", name, *command], cwd=ROOT).returncode != 0:
        raise SystemExit(1)


def kernel() -> Path:
    found = subprocess.run([ROOT / "scripts/linux-kernel"], stdout=subprocess.PIPE, text=True)
    if found.returncode != 0:
        raise SystemExit(1)
    return Path(found.stdout.strip())


def build_module(home: Path) -> Path:
    """The module is built in a copy of its folder: Kbuild writes beside the sources."""
    folder = BUILD / "module" / home.name
    folder.mkdir(parents=True, exist_ok=True)
    for source in (ROOT / "tests/linux/module").iterdir():
        shutil.copy2(source, folder)
    make = ["make", "-C", home / "headers/build", "ARCH=arm", f"CROSS_COMPILE={CROSS}"]
    include = f"WEFT_INCLUDE={ROOT / 'runtime/include'}"
    step("build the kernel module", *make, f"M={folder}", include, "modules")
    return folder / "ivshmem_rproc.ko"


def build_root(home: Path, root: Path) -> None:
    """The guest's files, in a folder of their own: its modules, and the program that is pid 1."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for module in (*(home / "modules").iterdir(), build_module(home)):
        shutil.copy(module, root)
    sources = sorted((ROOT / "tests/linux/guest").glob("*.c"))
    flags = ["-std=gnu11", "-O1", "-static", *WARNINGS, f"-ffile-prefix-map={ROOT}/="]
    flags += ["-I", ROOT / "runtime/include"]
    step("build the guest's program", f"{CROSS}gcc", *flags, "-o", root / "init", *sources)


def pack(root: Path, initrd: Path) -> None:
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    command = ["cpio", "--quiet", "-o", "-H", "newc"]
    with initrd.open("wb") as file:
        subprocess.run(command, cwd=root, input=names.encode(), stdout=file, check=True)


class Speaker:
    """A process that says lines on its standard output and takes some on its input."""

    def __init__(self, command: Sequence[str | Path], folder: Path, log: IO[str]):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=pipe, stdout=pipe, stderr=log, bufsize=0
        )
        assert self.process.stdin and self.process.stdout
        self.input, self.output = self.process.stdin, self.process.stdout
        self.rest = b""

    def tell(self, line: str) -> None:
        self.input.write(line.encode() + b"\n")

    def lines(self) -> list[str] | None:
        """Whole lines of what is there to read, without waiting again; None: it has ended."""
        said = os.read(self.output.fileno(), 4096)
        if not said:
            return None
        *whole, self.rest = (self.rest + said).split(b"\n")
        return [text for line in whole if (text := line.decode(errors="replace").strip("\r"))]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


class Both:
    """The remote core, QEMU, and what they say. `core`: its command, in whose folder "socket" is
    the socket that it makes; it says "ready" when that is there."""

    def __init__(self, core: Sequence[str | Path], folder: Path, log: IO[str]):
        self.folder, self.log = folder, log
        self.remote = Speaker(core, folder, log)
        self.guest: Speaker | None = None

    def boot(self, home: Path, initrd: Path, words: str, reboots: bool = False) -> None:
        if self.remote.output.readline() != b"ready\n":
            raise RuntimeError("the remote core does not start")
        words = f"{KERNEL_WORDS} {words}"
        files = ["-kernel", home / "Image", "-initrd", initrd, "-append", words]
        reboot = [] if reboots else ["-no-reboot"]
        self.guest = Speaker([*QEMU, *reboot, *files], self.folder, self.log)

    def lines(self, deadline: float) -> Iterator[tuple[Speaker, str]]:
        """Of both, as they come and into the log, until the guest ends or is late."""
        assert self.guest
        with selectors.DefaultSelector() as selector:
            for speaker in (self.guest, self.remote):
                selector.register(speaker.output, selectors.EVENT_READ, speaker)
            while time.monotonic() < deadline:
                ready = {key.data for key, _ in selector.select(deadline - time.monotonic())}
                for speaker in (self.remote, self.guest):
                    lines = speaker.lines() if speaker in ready else []
                    if lines is None and speaker is self.remote:
                        raise RuntimeError("the remote core has died")
                    if lines is None:
                        return
                    for line in lines:
                        self.log.write(line + "\n")
                        self.log.flush()
                        yield speaker, line
        raise RuntimeError(f"not at its end after {SECONDS:.0f} s")

    def end(self) -> None:
        for speaker in (self.guest, self.remote):
            if speaker is not None:
                speaker.end()
