# SPDX-License-Identifier: Apache-2.0
"""weft_memory(): a description's headers and snippets, made anew when and only when it changes."""

from __future__ import annotations

import shutil

import pytest

from conftest import GOLDEN
from test_cmake import GENERATORS, Project, configure, project  # noqa: F401  (a fixture)

# The snippet says INCLUDE in a script of its own; the host's linker reads it as a chip's does.
CALLS = """\
weft_memory(TARGET board DESCRIPTION own/in.toml)
add_executable(firmware firmware.c $<TARGET_OBJECTS:board_m4_table>)
target_link_libraries(firmware PRIVATE board)
target_link_options(firmware PRIVATE
  -nostdlib -static -no-pie -Wl,-T,${PROJECT_SOURCE_DIR}/firmware.ld)
"""
FIRMWARE = """\
#include "events_memory.h"
uint32_t size(void);
uint32_t size(void) { return EVENTS_SIZE; }
"""
SCRIPT = """\
INCLUDE m4_memory.ld
ENTRY(size)
SECTIONS
{
	.text : { *(.text*) } > retram
	.resource_table : { KEEP(*(.resource_table)) } > retram
	/DISCARD/ : { *(.note*) *(.eh_frame*) *(.comment) }
}
"""


@pytest.fixture
def board(project: Project) -> Project:  # noqa: F811
    (project.folder / "own").mkdir(exist_ok=True)
    shutil.copy(GOLDEN / "memory" / "linux" / "in.toml", project.folder / "own")
    project.write("firmware.c", FIRMWARE)
    project.write("firmware.ld", SCRIPT)
    return project


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_change_of_the_description_reaches_all_sides(generator: str, board: Project) -> None:
    configured = configure(board, CALLS, generator=generator)
    assert configured.code == 0, configured.text
    assert board.builds() >= {"firmware.c", "m4_resource_table.c"}

    board.replace("own/in.toml", "offset = 0x8000", "offset = 0x9000")
    assert board.builds() == {"firmware.c"}
    assert "0x10069000" in board.generated("board/m4_memory.ld")

    # What only the linker sees: nothing is compiled, and it is linked anew.
    firmware = board.folder / "build" / "firmware"
    linked = firmware.stat().st_mtime_ns
    small = "base = { m4 = 0 }\nsize = 0x8000"
    board.replace("own/in.toml", "base = { m4 = 0 }\nsize = 0x10000", small)
    assert board.builds() == set()
    assert firmware.stat().st_mtime_ns > linked


def test_the_header_of_a_link_that_is_no_more_is_removed(board: Project) -> None:
    configured = configure(board, CALLS)
    assert configured.code == 0, configured.text
    board.builds()
    board.replace("own/in.toml", 'name = "events"', 'name = "news"')
    failed = board.build()
    assert failed.code != 0 and "events_memory.h: No such file" in failed.text
    board.replace("firmware.c", "events", "news")
    board.replace("firmware.c", "EVENTS", "NEWS")
    assert "firmware.c" in board.builds()


def test_an_error_of_the_description_stops_the_build(board: Project) -> None:
    configured = configure(board, CALLS)
    assert configured.code == 0, configured.text
    board.builds()
    before = board.generated("board/events_memory.h")
    board.replace("own/in.toml", "offset = 0x8000", "offset = 0x800")
    failed = board.build()
    assert failed.code != 0
    line = next(line for line in failed.text.splitlines() if "overlaps link motion" in line)
    assert "own/in.toml:49:1: link events at " in line
    assert board.generated("board/events_memory.h") == before


@pytest.mark.parametrize("call", ["weft_memory(TARGET b)", "weft_memory(TARGET b DESCRIPTION a b)"])
def test_wrong_arguments_are_said(call: str, board: Project) -> None:
    configured = configure(board, call)
    assert configured.code != 0
    assert "weft_memory(TARGET <t> DESCRIPTION <board.toml>), not:" in configured.words
