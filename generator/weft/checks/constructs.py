# SPDX-License-Identifier: Apache-2.0
"""Constructs of protobuf that have no place in fixed storage, and what comes later."""

from __future__ import annotations

from collections.abc import Iterator

from weft.checks import views
from weft.checks.scope import WELL_KNOWN_WORDS, Scope, foreign
from weft.model import Enum, Field, Message
from weft.problems import Problem

REQUIRED_MAX = 64  # what nanopb counts without PB_MAX_REQUIRED_FIELDS
NUMBER_MAX = 65535  # nanopb's without PB_FIELD_32BIT


def check(scope: Scope) -> Iterator[Problem]:
    yield from check_files(scope)
    for message in scope.messages:
        yield from check_message(message)
        for field in message.fields:
            yield from check_field(scope, field)
        yield from views.check(scope, message)
    yield from check_cycles(scope)
    for enum in scope.enums:
        yield from check_enum(enum)


def check_files(scope: Scope) -> Iterator[Problem]:
    for file in scope.files:
        if file.syntax not in ("proto2", "proto3"):
            text = 'editions are not supported; write syntax = "proto3"'
            yield Problem(file.syntax_where, text)
        if file.generate:
            for where in file.extensions:
                text = (
                    "extensions are not supported; declare options in a file that is only imported"
                )
                yield Problem(where, text)


def check_message(message: Message) -> Iterator[Problem]:
    for where in message.extension_ranges:
        yield Problem(where, "extension ranges are not supported; remove it")
    required = sum(field.label == "required" for field in message.fields)
    if required > REQUIRED_MAX:
        text = f"{message.full_name} has {required} required fields, nanopb counts {REQUIRED_MAX}"
        yield Problem(message.where, f"{text}; make some optional")


def check_field(scope: Scope, field: Field) -> Iterator[Problem]:
    if field.kind == "group":
        yield Problem(field.where, "groups are not supported; use a message")
    elif scope.is_map(field):
        text = "maps are not supported; use a repeated message with a key and a value"
        yield Problem(field.where, text)
    elif scope.unsupported(field.type_name):
        yield Problem(field.where, well_known_text(field.type_name))
    if field.number > NUMBER_MAX:
        text = f"the field number {field.number} is over {NUMBER_MAX}, nanopb's largest"
        yield Problem(field.where, f"{text}; give a smaller one")


def well_known_text(full_name: str) -> str:
    return (
        f"{full_name} is not supported; of protobuf's own messages use {WELL_KNOWN_WORDS}, "
        "or write one of your own"
    )


def check_enum(enum: Enum) -> Iterator[Problem]:
    """nanopb's functions are a switch over the values: no number may come twice."""
    if not (enum.to_string or enum.validate):
        return
    first: dict[int, str] = {}
    for value in enum.values:
        if value.number in first:
            text = f"{value.name} and {first[value.number]} are one number"
            cure = "remove one, or nanopb's enum_to_string and enum_validate"
            yield Problem(value.where, f"{text}; {cure}")
        first.setdefault(value.number, value.name)


def check_cycles(scope: Scope) -> Iterator[Problem]:
    done: set[str] = set()
    for message in scope.messages:
        yield from walk(scope, message, (), done)


def walk(
    scope: Scope, message: Message, path: tuple[str, ...], done: set[str]
) -> Iterator[Problem]:
    """Each field that leads back to a message on the path closes a cycle."""
    if message.full_name in done:
        return
    path = (*path, message.full_name)
    for field in message.fields:
        inner = scope.schema.messages.get(field.type_name)
        if inner is None or foreign(inner.file):
            continue
        if inner.full_name in path:
            cycle = " -> ".join((*path[path.index(inner.full_name) :], inner.full_name))
            text = f"a message cannot contain itself: {cycle}; refer to it by a number or a name"
            yield Problem(field.where, text)
        else:
            yield from walk(scope, inner, path, done)
    done.add(message.full_name)
