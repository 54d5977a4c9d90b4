# SPDX-License-Identifier: Apache-2.0
"""Prints the stubs of one file through the templates."""

from __future__ import annotations

from functools import lru_cache

import jinja2

from weft import layout, paths
from weft.views import FileView


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    result = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.templates()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  (this is C)
    )
    result.filters["comment"] = layout.comment
    result.filters["comment_block"] = layout.comment_block
    return result


def render(view: FileView) -> dict[str, str]:
    """The text of each file, by the ending that it adds to the stem."""
    return {
        "_weft.h": print_one("weft.h.j2", view),
        "_client.h": print_one("client.h.j2", view),
        "_client.c": print_one("client.c.j2", view),
        "_server.h": print_one("server.h.j2", view),
        "_server.c": print_one("server.c.j2", view),
    }


def print_one(template: str, view: FileView) -> str:
    text = environment().get_template(template).render(file=view)
    return layout.neat(text)
