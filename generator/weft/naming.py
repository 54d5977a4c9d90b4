# SPDX-License-Identifier: Apache-2.0
"""How names are made: C names from protobuf names, RPMsg names from services, files from files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from weft.ids import fnv1a_32

CHANNEL_MAX = 31  # bytes of an RPMsg name without its NUL


def snake(name: str) -> str:
    """SensorHub -> sensor_hub, GetHTTPStatus -> get_http_status. No two underscores in a row."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z\d])([A-Z])", r"\1_\2", name)
    return re.sub(r"__+", "_", name).strip("_").lower()


def c_type(full_name: str) -> str:
    """nanopb's name of a message or an enum."""
    return full_name.replace(".", "_")


def channel(full_name: str) -> str:
    """The RPMsg name of a service: its full name, shortened with a hash where that is too long."""
    if len(full_name.encode()) <= CHANNEL_MAX:
        return full_name
    digest = f"~{fnv1a_32(full_name):08x}"
    return full_name[: CHANNEL_MAX - len(digest)] + digest


def stem(proto: str) -> str:
    """sensor/hub.proto -> sensor/hub: what the names of the generated files begin with."""
    return str(PurePosixPath(proto).with_suffix(""))


def include_guard(header: str) -> str:
    return "WEFT_GENERATED_" + re.sub(r"[^A-Z0-9]", "_", header.upper())
