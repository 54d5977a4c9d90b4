# SPDX-License-Identifier: Apache-2.0
"""From a description to the text of every file: reads, checks, and only then prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weft import layout, render
from weft.memory import check, places, read, report, views
from weft.memory.place import place
from weft.problems import RefusedError


@dataclass(frozen=True)
class Result:
    files: Mapping[str, str]
    report: str


def generate(file: str) -> Result:
    """Every file of the run. Raises RefusedError with all that is wrong."""
    board, problems = read.read(places.load(file))
    placed = place(board)
    problems += check.check(board, placed)
    if problems:
        raise RefusedError(problems)
    view = views.board_view(board, placed)
    files: dict[str, str] = {}
    for link in view.links:
        files[link.header] = show("memory.h.j2", view, link=link)
    for core, described in zip(view.cores, board.cores.values()):
        if not described.linux:
            files[f"{core.name}_memory.ld"] = show("memory.ld.j2", view, core=core)
        if core.entries:
            files[core.table] = show("resource_table.h.j2", view, core=core)
            files[f"{core.name}_resource_table.c"] = show("resource_table.c.j2", view, core=core)
        if core.carveouts:
            files[f"{core.name}_memory.dtsi"] = show("memory.dtsi.j2", view, core=core)
    return Result(files, report.report(board, placed))


def show(template: str, view: views.BoardView, **what: object) -> str:
    text = render.environment().get_template(template).render(file=view, **what)
    return layout.neat(text)
