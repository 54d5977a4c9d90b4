# SPDX-License-Identifier: Apache-2.0
"""Asks nanopb how large messages get. Bad input leaves some without a size: the checks say why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weft.nanopb import Nanopb
from weft.options_file import Mask
from weft.request import Request


@dataclass(frozen=True)
class Measured:
    """By file name: nanopb's picture. By C type: the longest encoding, and about the struct."""

    parsed: Mapping[str, Any]
    encoded: Mapping[str, int]
    structs: Mapping[str, int]
    failures: Mapping[str, str]  # file name -> what nanopb said


def measure(request: Request, masks: Mapping[str, tuple[Mask, ...]], nanopb: Nanopb) -> Measured:
    parsed: dict[str, Any] = {}
    failures: dict[str, str] = {}
    for file in request.files:
        try:
            parsed[file.name] = nanopb.parse(file, masks[file.name])
        except Exception as error:  # nanopb raises plain Exceptions for what its options forbid
            failures[file.name] = " ".join(str(error).split())
    nanopb.link(parsed)
    encoded: dict[str, int] = {}
    structs: dict[str, int] = {}
    for name, picture in parsed.items():
        try:
            encoded.update(nanopb.sizes(picture))
            structs.update(nanopb.struct_sizes(picture))
        except Exception as error:  # a message without bounds, or inside itself
            failures[name] = " ".join(str(error).split())
    return Measured(parsed, encoded, structs, failures)
