# SPDX-License-Identifier: Apache-2.0
"""Where the generator's own data is: in a wheel beside the code, in a source tree at its top."""

from __future__ import annotations

from pathlib import Path

import grpc_tools

PACKAGE = Path(__file__).resolve().parent


def data(name: str) -> Path:
    """The folder `templates` or `schemas`."""
    installed = PACKAGE / "data" / name
    return installed if installed.is_dir() else PACKAGE.parent.parent / name


def templates() -> Path:
    return data("templates")


def schemas() -> Path:
    """The import directory that holds weft/options.proto."""
    return data("schemas")


def well_known() -> Path:
    """The import directory that holds google/protobuf/*.proto, as protoc itself has them."""
    return Path(grpc_tools.__file__).resolve().parent / "_proto"
