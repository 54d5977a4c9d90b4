# SPDX-License-Identifier: Apache-2.0
"""Services and methods: kinds, ids, names on the wire, options."""

from __future__ import annotations

import re
from collections.abc import Iterator

from weft import keywords, naming
from weft.checks.constructs import well_known_text
from weft.checks.scope import Scope
from weft.model import Method, Service
from weft.problems import Problem

NAME_SERVICE_ADDRESS = 53
ADDRESS_ANY = 0xFFFFFFFF
MAJOR_MAX = 0xFFFF


def check(scope: Scope) -> Iterator[Problem]:
    for service in scope.schema.services:
        yield from check_channel(service)
        yield from check_prefix(scope, service)
        yield from check_numbers(service)
        if not service.methods:
            yield Problem(
                service.where, f"service {service.name} has no methods; add one or remove it"
            )
        for method in service.methods:
            yield from check_method(scope, method)
        yield from check_ids(service)
    yield from check_same_channel(scope.schema.services)
    yield from check_outputs(scope)


def check_channel(service: Service) -> Iterator[Problem]:
    where, name = service.option("name"), service.channel
    length = len(name.encode())
    if length > naming.CHANNEL_MAX:
        text = f'the RPMsg name "{name}" has {length} bytes, over {naming.CHANNEL_MAX}'
        yield Problem(where, f"{text}; shorten it, or remove (weft.name)")
    if not name:
        yield Problem(where, "the RPMsg name is empty; give one, or remove (weft.name)")
    elif not re.fullmatch(r"[!-~]+", name) or re.search(r'["\\?]', name):
        text = f"the RPMsg name {ascii(name)} has a character other than printable ASCII"
        yield Problem(where, f"{text}; use letters, digits and . - _")


def check_same_channel(services: tuple[Service, ...]) -> Iterator[Problem]:
    first: dict[str, Service] = {}
    for service in services:
        if service.address is not None:
            continue
        other = first.setdefault(service.channel, service)
        if other is not service:
            text = f'the RPMsg name "{service.channel}" is also that of {other.full_name}'
            cure = "give one of them (weft.name)"
            yield Problem(service.option("name"), f"{text} ({other.option('name')}); {cure}")


def check_prefix(scope: Scope, service: Service) -> Iterator[Problem]:
    where = service.option("c_prefix")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", service.prefix):
        text = (
            f"'{service.prefix}' cannot begin a C name; give (weft.c_prefix) letters, digits and _"
        )
        yield Problem(where, text)
        return
    library = keywords.library_of(service.prefix)
    package = scope.schema.files[service.file].package
    if library is not None and not (library == "weft" and package.split(".")[0] == "weft"):
        text = f"C names that begin with {service.prefix} are those of {library}_*"
        yield Problem(where, f"{text}; give another (weft.c_prefix)")


def check_numbers(service: Service) -> Iterator[Problem]:
    reserved = {
        0: "0 means none",
        NAME_SERVICE_ADDRESS: "53 is the name service's",
        ADDRESS_ANY: "0xffffffff means any",
    }
    if service.address in reserved:
        text = f"a static endpoint cannot have this address, {reserved[service.address]}"
        yield Problem(service.option("address"), f"{text}; give another (weft.address)")
    if not 1 <= service.major <= MAJOR_MAX:
        text = f"the major version {service.major} is not from 1 to {MAJOR_MAX}; give another"
        yield Problem(service.option("major"), text)


def check_method(scope: Scope, method: Method) -> Iterator[Problem]:
    if method.client_streaming or method.server_streaming:
        text = f"{method.name} is a streaming method, which is not supported yet"
        yield Problem(method.where, f"{text}; call it repeatedly, or use a repeated field")
    for full_name in dict.fromkeys((method.request, method.response)):
        if scope.unsupported(full_name):
            yield Problem(method.where, well_known_text(full_name))
    if method.oneway and scope.schema.messages[method.response].fields:
        text = f"{method.name} is oneway and returns {method.response}, which has fields"
        yield Problem(method.oneway_where, f"{text}; return google.protobuf.Empty")
    if method.id == 0:
        text = f"the id of {method.name} is 0, which means none; give another (weft.id)"
        yield Problem(method.id_where, text)


def check_ids(service: Service) -> Iterator[Problem]:
    first: dict[int, Method] = {}
    for method in service.methods:
        other = first.setdefault(method.id, method)
        if other is not method:
            text = f"{method.name} has the id 0x{method.id:08x} of {other.name} ({other.id_where})"
            yield Problem(method.id_where, f"{text}; give one of them another (weft.id)")


def check_outputs(scope: Scope) -> Iterator[Problem]:
    """Two files must not become one on a disk that ignores case, nor in an include guard."""
    first: dict[str, str] = {}
    for file in scope.schema.generated:
        if not re.fullmatch(r"[A-Za-z0-9_.+@ /-]+", file.name):
            text = f"the name {ascii(file.name)} cannot stand in an #include everywhere"
            yield Problem(file.where, f"{text}; use letters, digits and . _ - + @")
        other = first.setdefault(naming.include_guard(file.name), file.name)
        if other != file.name:
            shown = scope.schema.files[other].shown
            text = f"its name and that of {shown} differ in case or punctuation only"
            yield Problem(file.where, f"{text}; rename one of the files")
