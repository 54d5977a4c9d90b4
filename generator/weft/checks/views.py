# SPDX-License-Identifier: Apache-2.0
"""Where (weft.view) and (weft.payload) may stand."""

from __future__ import annotations

from collections.abc import Iterator

from weft.checks.scope import Scope
from weft.model import Field, Message
from weft.problems import Problem


def check(scope: Scope, message: Message) -> Iterator[Problem]:
    for field in message.fields:
        if field.payload:
            yield from check_payload(field)
        elif field.view and not scope.is_map(field):
            yield from check_view(field)
    yield from check_place(scope, message)


def check_view(field: Field) -> Iterator[Problem]:
    if field.kind not in ("bytes", "string"):
        yield Problem(field.where, "(weft.view) is for bytes and string fields; remove it")
    elif field.label == "repeated":
        text = f"{field.name} is repeated, which (weft.view) cannot be"
        yield Problem(field.where, f"{text}; put it into a message of its own and repeat that")
    else:
        yield from check_shape(field, "(weft.view)")


def check_payload(field: Field) -> Iterator[Problem]:
    if field.kind != "bytes":
        yield Problem(field.where, "(weft.payload) is for a bytes field; remove it")
    elif field.label in ("repeated", "required", "oneof"):
        label = "in a oneof" if field.label == "oneof" else field.label
        text = f"{field.name} is {label}, which (weft.payload) cannot be"
        yield Problem(field.where, f"{text}; make it a plain field, or use (weft.view)")
    else:
        yield from check_shape(field, "(weft.payload)")


def check_shape(field: Field, option: str) -> Iterator[Problem]:
    if field.limits.fixed_length:
        text = f"{field.name} has fixed_length, which {option} does not keep"
        yield Problem(field.where, f"{text}; remove fixed_length")
    if field.default_bytes is not None:
        text = f"{field.name} has a default, which {option} does not set"
        yield Problem(field.where, f"{text}; remove the default")


def check_place(scope: Scope, message: Message) -> Iterator[Problem]:
    """A payload ends its frame: there is one, and no message around it."""
    payloads = [field for field in message.fields if field.payload]
    for field in payloads[1:]:
        text = f"{payloads[0].name} is the payload of {message.full_name} already"
        yield Problem(field.where, f"{text}; one may be written in place, use (weft.view)")
    for outer, field in scope.fields():
        if payloads and field.type_name == message.full_name:
            text = f"{message.full_name} has a payload and is inside {outer.full_name}"
            yield Problem(
                payloads[0].where,
                f"{text} ({field.where}); only a request or response may, use (weft.view)",
            )
