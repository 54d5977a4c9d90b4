# SPDX-License-Identifier: Apache-2.0
"""Every field has a largest size, and every frame fits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from weft.checks.scope import Scope
from weft.model import Field, Message, Method, Service
from weft.problems import Problem
from weft.sizes import Measured

CALL_HEADER = 16  # bytes in front of a message in an RPMsg frame
RPMSG_MAX = 65535  # the length in an RPMsg header has 16 bits
STRUCT_MAX = 65535  # of nanopb's 16-bit offsets


def check(scope: Scope) -> Iterator[Problem]:
    for message, field in scope.fields():
        if scope.is_map(field):
            continue
        yield from check_size(scope, message, field)
        yield from check_count(scope, message, field)
        yield from check_default(field)


def check_size(scope: Scope, message: Message, field: Field) -> Iterator[Problem]:
    if field.kind in ("string", "bytes") and field.limits.max_size is None:
        yield unlimited(scope, message, field, "max_size")


def check_count(scope: Scope, message: Message, field: Field) -> Iterator[Problem]:
    if field.limits.max_count is not None:
        return
    if field.label == "repeated":
        yield unlimited(scope, message, field, "max_count")
    elif field.limits.fixed_count:
        text = (
            f"{field.name} has fixed_count and no max_count; remove fixed_count, it is not repeated"
        )
        yield Problem(field.where, text)


def unlimited(scope: Scope, message: Message, field: Field, option: str) -> Problem:
    shown = scope.schema.files[message.file].shown
    options = PurePosixPath(shown.replace("\\", "/")).with_suffix(".options").name
    text = f"{field.name} has no size limit; write [(nanopb).{option} = N]"
    return Problem(
        field.where, f"{text}, or '{message.full_name}.{field.name} {option}:N' in {options}"
    )


def check_default(field: Field) -> Iterator[Problem]:
    room = field.limits.max_size
    if room is None or field.default_bytes is None:
        return
    room -= field.kind == "string"  # its NUL
    if field.default_bytes > room:
        text = (
            f"the default of {field.name} has {field.default_bytes} bytes, there is room for {room}"
        )
        yield Problem(field.where, f"{text}; shorten it or raise max_size")


def check_frames(scope: Scope, measured: Measured, mtu: int | None) -> Iterator[Problem]:
    limit = min(mtu or RPMSG_MAX, RPMSG_MAX)
    name = "the MTU of" if mtu and mtu <= RPMSG_MAX else "RPMsg's largest message,"
    for service in scope.schema.services:
        for method in service.methods:
            yield from check_method(scope, service, method, measured, limit, name)
    for message in scope.messages:
        size = measured.structs.get(message.c_type, 0)
        if size > STRUCT_MAX:
            text = f"{message.full_name} needs about {size} bytes of memory, over {STRUCT_MAX}"
            yield Problem(message.where, f"{text}; lower max_size or max_count of its fields")


def check_method(
    scope: Scope, service: Service, method: Method, measured: Measured, limit: int, name: str
) -> Iterator[Problem]:
    for role, full_name in (("request", method.request), ("response", method.response)):
        message = scope.schema.messages[full_name]
        size = measured.encoded.get(message.c_type, 0)
        if CALL_HEADER + size <= limit:
            continue
        text = (
            f"{method.name}'s {role} {full_name} has up to {size} bytes, with the call header "
            f"{CALL_HEADER + size}, over {name} {limit}"
        )
        yield Problem(
            method.where, f"{text}; lower max_size or max_count of its fields, or split it"
        )


def check_measured(scope: Scope, measured: Measured) -> list[Problem]:
    problems = [
        Problem(
            scope.schema.files[name].where,
            f"nanopb refuses this file ({said}); change what it names",
        )
        for name, said in measured.failures.items()
        if name in {file.name for file in scope.files}
    ]
    problems += [
        Problem(
            message.where,
            f"nanopb finds no largest size for {message.full_name}; give its fields limits",
        )
        for message in scope.messages
        if message.c_type not in measured.encoded and not problems
    ]
    return problems
