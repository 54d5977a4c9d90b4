# SPDX-License-Identifier: Apache-2.0
"""`weft memory`: what it prints, that compilers and linkers take it, and that no side disagrees."""

from __future__ import annotations

import re
import shutil
import struct
import sys
from pathlib import Path

import pytest

from cc import WARNINGS, run
from conftest import GOLDEN, ROOT, read_tree, run_weft, tool
from test_compile import COMPILERS
from weft.memory import layout, places

MEMORY = GOLDEN / "memory"
CASES = {
    "an521": ROOT / "runtime" / "port" / "cortex_m" / "mps2_an521" / "board.toml",
    "linux": MEMORY / "linux" / "in.toml",
    "two": MEMORY / "two" / "in.toml",
}
HEADERS = sorted(MEMORY.glob("*/out/*_memory.h"))
INCLUDE = f"-I{ROOT / 'runtime' / 'include'}"
USES = """\
#include "{name}_memory.h"
extern const struct weft_region regions[];
const struct weft_region regions[] = {{
#ifdef {macro}_DRIVER_REGION
	{macro}_DRIVER_REGION,
#endif
	{macro}_DEVICE_REGION
}};
#ifdef {macro}_LAYOUT
extern const struct virtio_layout_config layout;
const struct virtio_layout_config layout = {macro}_LAYOUT;
#endif
"""


def weft_memory(description: Path, out: Path) -> str:
    ran = run_weft("memory", "--out", out, description.name, cwd=description.parent)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


@pytest.mark.parametrize("case", CASES)
def test_prints_what_is_kept(case: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    report = weft_memory(CASES[case], tmp_path)
    (tmp_path / "report.txt").write_text(report, encoding="utf-8")
    kept = MEMORY / case / "out"
    if request.config.getoption("--update", default=False):
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(tmp_path, kept)
    assert read_tree(tmp_path) == read_tree(kept)


def test_does_not_depend_on_where_and_when(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        folder = tmp_path / "a b" / seed
        folder.mkdir(parents=True)
        shutil.copy(CASES["linux"], folder)
        env = {"PYTHONHASHSEED": seed, "NANOPB_DIR": ""}
        arguments = ["memory", "--quiet", "--out", "out", folder / "in.toml"]
        ran = run_weft(*arguments, cwd=folder, env=env)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
    one, other = (read_tree(tmp_path / "a b" / seed / "out") for seed in ("1", "2"))
    assert one == other
    kept = read_tree(MEMORY / "linux" / "out")
    del kept["report.txt"]
    assert one == kept


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.stem)
def test_headers_compile_on_both_sides(header: Path, compiler: str, tmp_path: Path) -> None:
    program, package, options = COMPILERS[compiler]
    name = header.stem.removesuffix("_memory")
    source = tmp_path / "uses.c"
    source.write_text(USES.format(name=name, macro=name.upper()), encoding="utf-8")
    command = [tool(program, package), *options, *WARNINGS, INCLUDE, f"-I{header.parent}"]
    for line in ("0", "32"):
        run([*command, f"-DWEFT_CACHE_LINE={line}", "-c", source.name, "-o", "uses.o"], tmp_path)


ROLE = """\
#include "m4_resource_table.h"
#include "weft/shm.h"
extern const struct weft_shm_linux role;
const struct weft_shm_linux role = WEFT_SHM_LINUX(&m4_resource_table.vdev_cluster);
"""


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_role_is_made_of_the_declared_table(compiler: str, tmp_path: Path) -> None:
    program, package, options = COMPILERS[compiler]
    (tmp_path / "role.c").write_text(ROLE, encoding="utf-8")
    include = [INCLUDE, f"-I{MEMORY / 'linux' / 'out'}"]
    command = [tool(program, package), *options, *WARNINGS, *include]
    run([*command, "-c", "role.c", "-o", "role.o"], tmp_path)


def compile_error(header: Path, include: str, line: int, cwd: Path) -> str:
    """What a compiler says of a header that it refuses."""
    command = [tool("gcc", "gcc"), "-std=c11", include, f"-DWEFT_CACHE_LINE={line}"]
    with pytest.raises(AssertionError) as refused:
        run([*command, "-fsyntax-only", str(header)], cwd)
    return str(refused.value)


def test_a_runtime_that_lays_out_otherwise_is_refused(tmp_path: Path) -> None:
    header = MEMORY / "two" / "out" / "hub_memory.h"
    shutil.copytree(ROOT / "runtime" / "include", tmp_path / "include")
    virtio = tmp_path / "include" / "weft" / "virtio.h"
    text = virtio.read_text(encoding="utf-8")
    for old, new, says in (
        ("VIRTIO_HEAD_SIZE 1024u", "VIRTIO_HEAD_SIZE 2048u", "is not of this Weft runtime"),
        ("define VIRTIO_LAYOUT_SIZE", "define VIRTIO_LAYOUT_SUM", "needs a newer Weft runtime"),
    ):
        assert old in text
        virtio.write_text(text.replace(old, new), encoding="utf-8")
        assert says in compile_error(header, f"-I{tmp_path / 'include'}", 0, tmp_path)


def test_another_cache_line_is_refused(tmp_path: Path) -> None:
    motion = MEMORY / "linux" / "out" / "motion_memory.h"
    assert "build with WEFT_CACHE_LINE=32" in compile_error(motion, INCLUDE, 16, tmp_path)
    assert "not whole lines" in compile_error(motion, INCLUDE, 128, tmp_path)
    both = CASES["linux"].read_text(encoding="utf-8")
    both = both.replace('name = "m4"\n', 'name = "m4"\ncache_line = 32\n', 1)
    (tmp_path / "both.toml").write_text(both, encoding="utf-8")
    weft_memory(tmp_path / "both.toml", tmp_path)
    error = compile_error(tmp_path / "motion_memory.h", INCLUDE, 0, tmp_path)
    assert "motion is in cached memory: build with WEFT_CACHE_LINE=32." in error


def test_one_number_changes_both_sides(tmp_path: Path) -> None:
    text = CASES["two"].read_text(encoding="utf-8")
    assert text.count("buffers = 8\n") == 1
    (tmp_path / "in.toml").write_text(text.replace("buffers = 8\n", "buffers = 16\n"), "utf-8")
    weft_memory(tmp_path / "in.toml", tmp_path / "out")
    before, after = read_tree(MEMORY / "two" / "out"), read_tree(tmp_path / "out")
    # The link, and the one behind it; both linkers; not the link that has a memory of its own.
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"hub_memory.h", "log_memory.h", "main_memory.ld", "io_memory.ld"}
    size = layout.of_weft(16, 256, 64).size
    for core, base in (("main", 0x38000000), ("io", 0x18000000)):
        snippet = after[f"{core}_memory.ld"].decode()
        assert f"weft_hub : ORIGIN = 0x{base:08x}, LENGTH = 0x{size:x}" in snippet


FIRMWARE = """\
#include "{name}_memory.h"
extern uint8_t weft_memory_{name}_start[], weft_memory_{name}_end[];
const struct weft_region region = {macro}_{side}_REGION;
uint32_t data = 1;
void _start(void);
void _start(void) {{ data = (uint32_t)(weft_memory_{name}_end - weft_memory_{name}_start); }}
"""
SCRIPT = """\
INCLUDE {core}_memory.ld
ENTRY(_start)
SECTIONS
{{
	.text : {{ *(.text*) *(.rodata*) }} > {code}
	.resource_table : {{ KEEP(*(.resource_table)) }} > {ram} AT> {code}
	.data : {{ *(.data*) }} > {ram} AT> {code}
}}
"""


def link_firmware(out: Path, core: str, side: str, memory: tuple[str, str], *more: str) -> Path:
    """A firmware of two functions, linked by the generated snippet."""
    name = "cores" if core.startswith("core") else "cluster"
    firmware = FIRMWARE.format(name=name, macro=name.upper(), side=side)
    (out / "main.c").write_text(firmware, encoding="utf-8")
    script = SCRIPT.format(core=core, code=memory[0], ram=memory[1])
    (out / f"{core}.ld").write_text(script, encoding="utf-8")
    gcc = tool("arm-none-eabi-gcc", "gcc-arm-none-eabi")
    options = ["-mcpu=cortex-m33", "-mthumb", "-std=c11", *WARNINGS, "-Os", "-nostdlib", INCLUDE]
    command = [gcc, *options, "-Wl,--gc-sections,--fatal-warnings", f"-L{out}", "-T", f"{core}.ld"]
    run([*command, "main.c", *more, "-o", f"{core}.elf"], out)
    return out / f"{core}.elf"


def symbols(elf: Path) -> dict[str, int]:
    text = run([tool("arm-none-eabi-nm", "binutils-arm-none-eabi"), elf.name], elf.parent)
    return {line.split()[2]: int(line.split()[0], 16) for line in text.splitlines()}


@pytest.mark.parametrize(
    ("core", "side", "code", "ram", "base"),
    [
        ("core0", "DRIVER", 0x10000000, 0x30000000, 0x38000000),
        ("core1", "DEVICE", 0x10200000, 0x30010000, 0x28000000),
    ],
)
def test_a_cortex_m_image_links_with_the_snippet(
    core: str, side: str, code: int, ram: int, base: int, tmp_path: Path
) -> None:
    weft_memory(CASES["an521"], tmp_path)
    elf = link_firmware(tmp_path, core, side, (f"code{core[-1]}", f"ram{core[-1]}"))
    found = symbols(elf)
    assert found["weft_memory_cores_start"] == base
    assert found["weft_memory_cores_end"] == base + 0x10000
    assert (found["_start"] & ~1, found["data"]) == (code, ram)
    # Neither a loader nor start-up code touches what another core may be in.
    readelf = tool("arm-none-eabi-readelf", "binutils-arm-none-eabi")
    segments = run([readelf, "-lW", elf.name], tmp_path)
    loaded = re.findall(r"LOAD +0x\w+ 0x(\w+)", segments)
    assert [int(address, 16) for address in loaded] == [code, ram]


def test_linux_finds_its_table_in_the_firmware(tmp_path: Path) -> None:
    """As drivers/remoteproc reads it: the section, its entries by their offsets, packed words."""
    weft_memory(CASES["linux"], tmp_path)
    memory = ("retram", "retram")
    elf = link_firmware(tmp_path, "m4", "DEVICE", memory, "m4_resource_table.c")
    objcopy = tool("arm-none-eabi-objcopy", "binutils-arm-none-eabi")
    run([objcopy, "-O", "binary", "-j", ".resource_table", elf.name, "table"], tmp_path)
    table = (tmp_path / "table").read_bytes()
    version, count, *reserved = struct.unpack_from("<4I", table)
    assert (version, count, reserved) == (1, 2, [0, 0])
    vdev, trace = struct.unpack_from("<2I", table, 16)
    # struct fw_rsc_hdr and fw_rsc_vdev: vdev of rpmsg, features, no config, two vrings
    assert struct.unpack_from("<6I2B", table, vdev) == (3, 7, 0, 1, 0, 0, 0, 2)
    # struct fw_rsc_vdev_vring: da, align, num, notifyid, pa
    assert struct.unpack_from("<5I", table, vdev + 28) == (0x10040000, 64, 16, 0, 0)
    assert struct.unpack_from("<5I", table, vdev + 48) == (0x10041000, 64, 16, 1, 0)
    # struct fw_rsc_trace: da, len, reserved, name
    assert struct.unpack_from("<4I32s", table, trace) == (
        *(2, 0x10046000, 2048, 0),
        b"m4_log".ljust(32, b"\0"),
    )
    assert len(table) == trace + 48


def test_nodes_are_named_as_remoteproc_looks_for_them() -> None:
    text = (MEMORY / "linux" / "out" / "a7_memory.dtsi").read_text(encoding="utf-8")
    nodes = re.findall(r"(\w+): (\w+)@([0-9a-f]+) \{\n(.*?)\};", text, re.DOTALL)
    assert [node[1] for node in nodes] == ["vdev0vring0", "vdev0vring1", "vdev0buffer", "m4_log"]
    for label, _, address, body in nodes:
        assert f"reg = <0x{address} 0x" in body and f"<&{label}>" in text
    assert text.count("{") == text.count("}")


def test_positions_are_found_in_all_that_toml_allows() -> None:
    text = (
        "# [[no]]\n"
        'a = """\n'
        "[no]\n"
        'no = 1"""\n'
        "[ t . 'x y' ]\n"
        '  "q" = [ # [no]\n'
        "  1, {k = 2}, '''\n"
        "no = 1'''\n"
        "]\n"
        "b.c = {d = 1, e = [']']}  # no = 1\n\n"
        "[[list]]\nx = 1\n[[list]]\n\tx = 2\n[list.sub]\ny=1"
    )
    found = {place: spot for place, spot in places.spots(text).items() if len(place) > 1}
    assert found == {
        ("t", "x y"): (5, 1),
        ("t", "x y", "q"): (6, 3),
        ("t", "x y", "b"): (10, 1),
        ("t", "x y", "b", "c"): (10, 1),
        ("list", 0): (12, 1),
        ("list", 0, "x"): (13, 1),
        ("list", 1): (14, 1),
        ("list", 1, "x"): (15, 2),
        ("list", 1, "sub"): (16, 1),
        ("list", 1, "sub", "y"): (17, 1),
    }
    assert places.spots(text)[("a",)] == (2, 1)


def test_what_cannot_be_read_is_one_line(tmp_path: Path, write) -> None:
    write("latin.toml", b'name = "\xe9"\n')
    write("twice.toml", "[[core]]\nname = 'a'\nname = 'b'")
    for name, says in (
        ("none.toml", "none.toml: cannot be read, No such file or directory; check the path"),
        ("twice.toml", "twice.toml:3:1: this is not TOML: Cannot overwrite a value; see"),
        ("latin.toml", "latin.toml: this is not UTF-8; save the file as UTF-8"),
    ):
        ran = run_weft("memory", "--out", "out", name, cwd=tmp_path)
        assert (ran.code, ran.out) == (1, "") and ran.err.startswith(says), ran.err
        assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_every_case_is_kept() -> None:
    assert sorted(path.name for path in MEMORY.iterdir()) == sorted(CASES)


def test_a_missing_file_is_asked_for() -> None:
    ran = run_weft("memory", cwd=ROOT)
    assert ran.code == 2 and "FILE.toml" in ran.err


def test_the_page_does_what_it_says() -> None:
    run([sys.executable, "scripts/page", "docs/memory.md"], ROOT)


def test_lists_what_it_writes(tmp_path: Path) -> None:
    ran = run_weft("memory", "--list", "--out", tmp_path, "in.toml", cwd=CASES["linux"].parent)
    assert ran.code == 0
    assert sorted(ran.out.splitlines()) == sorted(read_tree(tmp_path))
