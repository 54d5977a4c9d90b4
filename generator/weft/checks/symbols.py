# SPDX-License-Identifier: Apache-2.0
"""Every C name that a run makes, nanopb's and ours: no two things may have the same one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from weft import keywords
from weft.checks.scope import Scope
from weft.model import Enum, Field, Message, Method, Service
from weft.problems import Location, Problem


@dataclass(frozen=True)
class Owner:
    """What a C name is made for."""

    what: str
    where: Location
    service: str = ""  # of a service and its methods
    cure: str = "rename one"


@dataclass(frozen=True)
class Symbol:
    name: str
    owner: Owner
    macro: bool = False


def check(scope: Scope) -> Iterator[Problem]:
    symbols = list(symbols_of(scope))
    clashing = yield from same_prefix(scope.schema.services)
    yield from twice(symbols, clashing)
    yield from taken(symbols)
    yield from macros_in_structs(scope, symbols)


def symbols_of(scope: Scope) -> Iterator[Symbol]:
    files = {file.name for file in scope.files}
    for message in scope.schema.messages.values():
        if message.file in files and not message.map_entry:
            yield from message_symbols(message)
    for enum in scope.schema.enums.values():
        if enum.file in files:
            yield from enum_symbols(enum)
    for service in scope.schema.services:
        yield from service_symbols(scope, service)
        yield from member_symbols(service)


def message_symbols(message: Message) -> Iterator[Symbol]:
    owner = Owner(f"message {message.full_name}", message.where)
    name = message.c_type
    statics = [f"message_{name}", f"check_{name}"]
    if message.payload is not None:
        statics.append(f"payload_{name}")
    for made in (name, f"_{name}", f"{name}_msg", *statics):
        yield Symbol(made, owner)
    for ending in (
        "size",
        "fields",
        "init_default",
        "init_zero",
        "FIELDLIST",
        "CALLBACK",
        "DEFAULT",
    ):
        yield Symbol(f"{name}_{ending}", owner, macro=True)
    for field in message.fields:
        yield from field_symbols(message, field)


def field_symbols(message: Message, field: Field) -> Iterator[Symbol]:
    owner = Owner(f"field {message.full_name}.{field.name}", field.where)
    yield Symbol(f"{message.c_type}_{field.name}_tag", owner, macro=True)
    member = f"{field.oneof}_{field.name}" if field.oneof else field.name
    if field.kind == "bytes" and not field.limits.fixed_length and not field.view:
        yield Symbol(f"{message.c_type}_{field.name}_t", owner)
    elif field.kind == "message":
        yield Symbol(f"{message.c_type}_{member}_MSGTYPE", owner, macro=True)
    elif field.kind == "enum":
        yield Symbol(f"{message.c_type}_{member}_ENUMTYPE", owner, macro=True)


def enum_symbols(enum: Enum) -> Iterator[Symbol]:
    owner = Owner(f"enum {enum.full_name}", enum.where)
    name = enum.c_type
    yield Symbol(name, owner)
    yield Symbol(f"_{name}", owner)
    for ending in ("MIN", "MAX", "ARRAYSIZE"):
        yield Symbol(f"_{name}_{ending}", owner, macro=True)
    if enum.to_string:
        yield Symbol(f"{name}_name", owner)
    if enum.validate:
        yield Symbol(f"{name}_valid", owner)
    for value in enum.values:
        owner = Owner(f"enum value {enum.full_name}.{value.name}", value.where)
        yield Symbol(value.c_name, owner)
        if not enum.long_names:
            yield Symbol(f"{name}_{value.name}", owner, macro=True)


def service_symbols(scope: Scope, service: Service) -> Iterator[Symbol]:
    prefix = service.prefix
    cure = "rename one, or give the service another (weft.c_prefix)"
    owner = Owner(f"service {service.full_name}", service.where, service.full_name, cure)
    for ending in ("client", "client_open", "client_wait", "client_close", "ops"):
        yield Symbol(f"{prefix}_{ending}", owner)
    for ending in ("server", "server_start", "server_stop"):
        yield Symbol(f"{prefix}_{ending}", owner)
    for static in ("service", "dispatch"):
        yield Symbol(f"{static}_{prefix}", owner)
    for ending in ("CHANNEL", "ID", "MAJOR", "ADDRESS", "FINGERPRINT", "FRAME_MAX"):
        yield Symbol(f"{prefix.upper()}_{ending}", owner, macro=True)
    for method in service.methods:
        owner = method_owner(service, method)
        yield from method_symbols(f"{prefix}_{method.c_name}", method, owner)
        for ending in payload_endings(scope, method):
            yield Symbol(f"{prefix}_{method.c_name}_{ending}", owner)


def method_owner(service: Service, method: Method) -> Owner:
    cure = "rename one, or give its service another (weft.c_prefix)"
    return Owner(f"method {service.full_name}.{method.name}", method.where, service.full_name, cure)


def method_symbols(name: str, method: Method, owner: Owner) -> Iterator[Symbol]:
    yield Symbol(name, owner)
    statics = ["method", "serve"]
    if not method.oneway:
        statics.append("done")
        for ending in ("start", "call", "done", "reply"):
            yield Symbol(f"{name}_{ending}", owner)
    for static in statics:
        yield Symbol(f"{static}_{name}", owner)
    for ending in ("ID", "REQUEST_MAX", "RESPONSE_MAX"):
        yield Symbol(f"{name.upper()}_{ending}", owner, macro=True)


def payload_endings(scope: Scope, method: Method) -> Iterator[str]:
    messages = scope.schema.messages
    if messages[method.request].payload is not None:
        yield from ("begin", "commit", "abort")
        if not method.oneway:
            yield "commit_start"
    if messages[method.response].payload is not None:
        yield from ("reply_begin", "reply_commit")


def member_symbols(service: Service) -> Iterator[Symbol]:
    """Members of the table of functions, which are in a space of their own."""
    for method in service.methods:
        member = f"{service.prefix}_ops.{keywords.as_member(method.c_name)}"
        yield Symbol(member, method_owner(service, method))


def same_prefix(services: tuple[Service, ...]) -> Iterator[Problem]:
    """Two services with one prefix have everything in common: said once. Returns the pairs."""
    first: dict[str, Service] = {}
    pairs = set()
    for service in services:
        other = first.setdefault(service.prefix, service)
        if other is service:
            continue
        pairs.add(frozenset((service.full_name, other.full_name)))
        text = f"the C names of {service.full_name} begin with {service.prefix}, as those of"
        place = f"{other.full_name} ({other.option('c_prefix')})"
        yield Problem(
            service.option("c_prefix"), f"{text} {place}; give one of them (weft.c_prefix)"
        )
    return pairs


def twice(symbols: list[Symbol], clashing: set[frozenset[str]]) -> Iterator[Problem]:
    """Of two things that share several names, the first name is reported."""
    first: dict[str, Owner] = {}
    reported: set[frozenset[Owner]] = set()
    for symbol in symbols:
        owner, other = symbol.owner, first.setdefault(symbol.name, symbol.owner)
        pair = frozenset((owner, other))
        if other == owner or pair in reported:
            continue
        if frozenset((owner.service, other.service)) in clashing:
            continue
        reported.add(pair)
        text = f"{owner.what} and {other.what} ({other.where}) are both {symbol.name} in C"
        yield Problem(owner.where, f"{text}; {owner.cure}")


def taken(symbols: list[Symbol]) -> Iterator[Problem]:
    """Names that we put together and that are words of C by accident."""
    for symbol in symbols:
        if symbol.owner.service and keywords.language_of(symbol.name):
            text = f"{symbol.owner.what} is {symbol.name} in C, {keywords.language_of(symbol.name)}"
            yield Problem(symbol.owner.where, f"{text}; {symbol.owner.cure}")


def macros_in_structs(scope: Scope, symbols: list[Symbol]) -> Iterator[Problem]:
    """A member with the name of a macro would be replaced by what the macro says."""
    macros = {symbol.name: symbol.owner for symbol in symbols if symbol.macro}
    for message in scope.messages:
        members = [(field.name, field.where) for field in message.fields]
        for name, where in [*members, *message.oneofs]:
            if name in macros:
                text = (
                    f"{name} is also a C macro made for {macros[name].what} ({macros[name].where})"
                )
                yield Problem(where, f"{text}; rename it")
