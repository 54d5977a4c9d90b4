# SPDX-License-Identifier: Apache-2.0
"""From a request to the text of every file: reads, checks, and only then prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from weft import checks, descriptors, layout, naming, render, sizes, views
from weft.checks.scope import WELL_KNOWN, foreign
from weft.model import File, Schema
from weft.nanopb import Nanopb
from weft.problems import RefusedError
from weft.request import Request


@dataclass(frozen=True)
class Result:
    files: Mapping[str, str]  # path below the output directory -> text
    schema: Schema
    views: tuple[views.FileView, ...]
    sizes: Mapping[str, int]  # C type -> bytes of the longest encoding


def generate(request: Request, nanopb: Nanopb) -> Result:
    """Every file of the run. Raises RefusedError with all that is wrong."""
    asked = frozenset(request.generate)
    request = with_well_known(request)
    reading = descriptors.read(request, nanopb)
    measured = sizes.measure(request, reading.masks, nanopb)
    problems = [*reading.problems, *checks.run(reading.schema, measured, request.mtu)]
    problems = problems or checks.run_last(reading.schema, measured)
    if problems:
        raise RefusedError(problems)
    file_views = tuple(
        views.file_view(file, reading.schema, measured.encoded) for file in reading.schema.generated
    )
    files: dict[str, str] = {}
    for file, view in zip(reading.schema.generated, file_views):
        parsed = measured.parsed[file.name]
        printed = nanopb.render(parsed, includes_of(parsed.fdesc, reading.schema))
        stem = naming.stem(file.name)
        files[f"{stem}.pb.h"] = printed.header
        files[f"{stem}.pb.c"] = printed.source
        if file.name in asked:
            files.update((stem + ending, text) for ending, text in render.render(view).items())
    return Result(files, reading.schema, file_views, measured.encoded)


def with_well_known(request: Request) -> Request:
    """Generate protobuf's own files with those that use them, unless they come from elsewhere."""
    clean = tuple(clean_comments(file) for file in request.files)
    request = replace(request, files=clean)
    if not request.well_known:
        return request
    present = {file.name for file in request.files}
    extra = [n for n in WELL_KNOWN if n in present and n not in request.generate]
    return replace(request, generate=(*request.generate, *extra))


def clean_comments(file: FileDescriptorProto) -> FileDescriptorProto:
    """nanopb copies comments into C as they are: take out what C would stumble over."""
    result = FileDescriptorProto()
    result.CopyFrom(file)
    if file.name.startswith("google/protobuf/"):  # they differ from one protoc to the next
        result.ClearField("source_code_info")
    for location in result.source_code_info.location:
        for name in ("leading_comments", "trailing_comments"):
            if location.HasField(name):
                setattr(location, name, layout.plain(getattr(location, name)))
    return result


def includes_of(file: Any, schema: Schema) -> list[str]:
    """The imports whose headers are needed."""
    return [name for name in file.dependency if has_types(schema.files[name], schema)]


def has_types(file: File, schema: Schema) -> bool:
    """Is there anything to include? Files that only declare options have no header."""
    if foreign(file.name):
        return False
    types = (*schema.messages.values(), *schema.enums.values())
    return file.reexports or any(item.file == file.name for item in types)
