# SPDX-License-Identifier: Apache-2.0
"""Names that C or C++ would not take, alone or beside each other in one struct."""

from __future__ import annotations

from collections.abc import Iterator

from weft import keywords
from weft.checks.scope import Scope
from weft.model import Field, Message
from weft.problems import Location, Problem


def check(scope: Scope) -> Iterator[Problem]:
    for message in scope.messages:
        yield from check_type(scope, "message", message.c_type, message.file, message.where)
        yield from check_members(scope, message)
    for enum in scope.enums:
        yield from check_type(scope, "enum", enum.c_type, enum.file, enum.where)
        for value in enum.values:
            yield from reserved("enum value", value.c_name, value.where)
            if not enum.long_names:
                yield from hidden("enum value", value.c_name, value.where)


def check_type(scope: Scope, what: str, name: str, file: str, where: Location) -> Iterator[Problem]:
    yield from reserved(what, name, where)
    yield from hidden(what, name, where)
    library = keywords.library_of(name)
    package = scope.schema.files[file].package
    if library is not None and not (library == "weft" and package.split(".")[0] == "weft"):
        text = f"the C name {name} begins as the names of {library}_* do; choose another package"
        yield Problem(where, text)


def reserved(what: str, name: str, where: Location) -> Iterator[Problem]:
    language = keywords.language_of(name)
    if language is not None:
        yield Problem(where, f"the {what} {name} is {language}; rename it")
    elif name in keywords.MEMBER_TYPES:
        yield Problem(where, f"the {what} {name} is a type of the C headers; rename it")


def hidden(what: str, name: str, where: Location) -> Iterator[Problem]:
    if name in keywords.LOCALS:
        text = f"the C name of the {what} {name} is a parameter of generated functions"
        yield Problem(where, f"{text}; rename it, or give the file a package")


def check_members(scope: Scope, message: Message) -> Iterator[Problem]:
    """The struct of a message: its own members, and those of each union in it."""
    for field in message.fields:
        yield from reserved("field", field.name, field.where)
    for name, where in message.oneofs:
        yield from reserved("oneof", name, where)
    yield from twice(struct_members(message))
    for name, _ in message.oneofs:
        inside = [f for f in message.fields if f.oneof == name]
        yield from twice([(f.name, f"field {f.name}", f.where) for f in inside])
    yield from like_types(scope, message)


Member = tuple[str, str, Location]


def struct_members(message: Message) -> list[Member]:
    members: list[Member] = []
    for field in message.fields:
        if not field.oneof:
            members += field_members(field)
    for name, where in message.oneofs:
        members.append((name, f"oneof {name}", where))
        members.append((f"which_{name}", f"the which_ of oneof {name}", where))
    return sorted(members, key=lambda member: member[2])


def field_members(field: Field) -> Iterator[Member]:
    yield field.name, f"field {field.name}", field.where
    if field.label == "optional" and not field.view:
        yield f"has_{field.name}", f"the has_ of field {field.name}", field.where
    if field.label == "repeated" and not field.limits.fixed_count:
        yield f"{field.name}_count", f"the _count of field {field.name}", field.where


def twice(members: list[Member]) -> Iterator[Problem]:
    first: dict[str, Member] = {}
    for name, what, where in members:
        if name in first:
            _, other, place = first[name]
            text = f"{what} and {other} ({place}) are both {name} in the C struct; rename one"
            yield Problem(where, text)
        first.setdefault(name, (name, what, where))


def like_types(scope: Scope, message: Message) -> Iterator[Problem]:
    """In C++ a member must not have the name of a type that the struct uses."""
    used = {field.type_name.replace(".", "_") for field in message.fields if field.type_name}
    for name, what, where in struct_members(message):
        if name in used:
            yield Problem(where, f"{what} has the C name of the type {name}; rename one")
