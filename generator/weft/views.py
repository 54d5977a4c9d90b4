# SPDX-License-Identifier: Apache-2.0
"""What the templates read: every name, number and text of the C that is printed, settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weft import REQUIRED_RUNTIME, keywords, naming
from weft.fingerprint import fingerprint
from weft.model import Field, File, Message, Method, Schema, Service

CALL_HEADER = 16  # bytes in front of a message in an RPMsg frame
ADDRESS_ANY = 0xFFFFFFFF
LARGEST_ALIGNMENT = 4  # of nanopb's pb_size_t in its widest configuration


@dataclass(frozen=True)
class MessageView:
    full_name: str
    c_type: str
    table: str
    check: str  # a function, or NULL
    size_max: str
    payload: PayloadView | None


@dataclass(frozen=True)
class CheckTest:
    """A limit that is looked at: C expressions."""

    loop: str  # goes on while this holds; empty: once
    fails: str


@dataclass(frozen=True)
class CheckView:
    function: str
    c_type: str
    tests: tuple[CheckTest, ...]
    views: bool  # looks at the body


@dataclass(frozen=True)
class PayloadView:
    table: str
    message: str
    member: str
    offset: str
    number: str
    max: str


@dataclass(frozen=True)
class MethodView:
    proto: str
    about: str
    macro: str
    id: str
    member: str  # in the table of functions
    function: str
    start: str
    call_type: str
    done_type: str
    done: str
    serve: str
    table: str
    response_table: str
    oneway: bool
    request: MessageView
    response: MessageView
    rx: bool  # the response has views
    begin: str
    commit: str
    commit_start: str
    abort: str
    reply: str
    reply_begin: str
    reply_commit: str


@dataclass(frozen=True)
class ServiceView:
    full_name: str
    about: str
    macro: str
    channel: str
    found_by: str
    id: str
    major: str
    address: str
    address_about: str
    fingerprint: str
    frame_max: str
    frame_bytes: int
    client_type: str
    client_open: str
    client_wait: str
    client_close: str
    ops_type: str
    server_type: str
    server_start: str
    server_stop: str
    table: str
    dispatch: str
    methods: tuple[MethodView, ...]


@dataclass(frozen=True)
class FileView:
    source: str
    required_runtime: int
    pb_header: str
    weft_header: str
    client_header: str
    server_header: str
    weft_guard: str
    client_guard: str
    server_guard: str
    services: tuple[ServiceView, ...]
    messages: tuple[MessageView, ...]
    checks: tuple[CheckView, ...]
    request_payloads: tuple[PayloadView, ...]
    response_payloads: tuple[PayloadView, ...]


def file_view(file: File, schema: Schema, sizes: Mapping[str, int]) -> FileView:
    stem = naming.stem(file.name)
    used = used_types(file)
    checks = check_views(schema.reach(used))
    checked = frozenset(check.c_type for check in checks)
    messages = {
        name: message_view(schema.messages[name], sizes, checked) for name in dict.fromkeys(used)
    }
    methods = [method for service in file.services for method in service.methods]
    return FileView(
        source=file.name,
        required_runtime=REQUIRED_RUNTIME,
        pb_header=f"{stem}.pb.h",
        weft_header=f"{stem}_weft.h",
        client_header=f"{stem}_client.h",
        server_header=f"{stem}_server.h",
        weft_guard=naming.include_guard(f"{stem}_weft.h"),
        client_guard=naming.include_guard(f"{stem}_client.h"),
        server_guard=naming.include_guard(f"{stem}_server.h"),
        services=tuple(service_view(s, schema, sizes, checked) for s in file.services),
        messages=tuple(messages.values()),
        checks=checks,
        request_payloads=payloads_of([messages[m.request] for m in methods]),
        response_payloads=payloads_of([messages[m.response] for m in methods if not m.oneway]),
    )


def payloads_of(messages: list[MessageView]) -> tuple[PayloadView, ...]:
    return tuple(dict.fromkeys(m.payload for m in messages if m.payload is not None))


def used_types(file: File) -> list[str]:
    """The messages that calls carry, in the order of the file."""
    methods = [method for service in file.services for method in service.methods]
    return [
        name
        for method in methods
        for name in ((method.request,) if method.oneway else (method.request, method.response))
    ]


def service_view(
    service: Service, schema: Schema, sizes: Mapping[str, int], checked: frozenset[str]
) -> ServiceView:
    prefix, about = service.prefix, service.comment.strip()
    frame = frame_bytes(service, schema, sizes)
    static = service.address is not None
    return ServiceView(
        full_name=service.full_name,
        about=about or f"{service.full_name}.",
        macro=prefix.upper(),
        channel=service.channel,
        found_by="its address" if static else "its name",
        id=f"0x{service.id:08x}u",
        major=f"{service.major}u",
        address=f"0x{service.address if static else ADDRESS_ANY:08x}u",
        address_about="a static endpoint" if static else "RPMSG_ADDR_ANY: found by its name",
        fingerprint=f"0x{fingerprint(service, schema):016x}",
        frame_max=f"{frame}u",
        frame_bytes=frame,
        client_type=f"{prefix}_client",
        client_open=f"{prefix}_client_open",
        client_wait=f"{prefix}_client_wait",
        client_close=f"{prefix}_client_close",
        ops_type=f"{prefix}_ops",
        server_type=f"{prefix}_server",
        server_start=f"{prefix}_server_start",
        server_stop=f"{prefix}_server_stop",
        table=f"service_{prefix}",
        dispatch=f"dispatch_{prefix}",
        methods=tuple(method_view(service, m, schema, sizes, checked) for m in service.methods),
    )


def frame_bytes(service: Service, schema: Schema, sizes: Mapping[str, int]) -> int:
    """Bytes of the longest frame that a service sends or receives."""
    bodies = [
        sizes[schema.messages[name].c_type]
        for method in service.methods
        for name in ((method.request,) if method.oneway else (method.request, method.response))
    ]
    return CALL_HEADER + max(bodies)


def method_view(
    service: Service,
    method: Method,
    schema: Schema,
    sizes: Mapping[str, int],
    checked: frozenset[str],
) -> MethodView:
    name = f"{service.prefix}_{method.c_name}"
    request = message_view(schema.messages[method.request], sizes, checked)
    response = message_view(schema.messages[method.response], sizes, checked)
    return MethodView(
        proto=method.name,
        about=method.comment.strip() or f"{method.name} of {service.full_name}.",
        macro=name.upper(),
        id=f"0x{method.id:08x}u",
        member=keywords.as_member(method.c_name),
        function=name,
        start=f"{name}_start",
        call_type=f"{name}_call",
        done_type=f"{name}_done",
        done=f"done_{name}",
        serve=f"serve_{name}",
        table=f"method_{name}",
        response_table="NULL" if method.oneway else f"&{response.table}",
        oneway=method.oneway,
        request=request,
        response=response,
        rx=not method.oneway and schema.has_views(method.response),
        begin=f"{name}_begin",
        commit=f"{name}_commit",
        commit_start=f"{name}_commit_start",
        abort=f"{name}_abort",
        reply=f"{name}_reply",
        reply_begin=f"{name}_reply_begin",
        reply_commit=f"{name}_reply_commit",
    )


def message_view(
    message: Message, sizes: Mapping[str, int], checked: frozenset[str]
) -> MessageView:
    return MessageView(
        full_name=message.full_name,
        c_type=message.c_type,
        table=f"message_{message.c_type}",
        check=f"check_{message.c_type}" if message.c_type in checked else "NULL",
        size_max=f"{sizes[message.c_type]}u",
        payload=payload_view(message),
    )


def payload_view(message: Message) -> PayloadView | None:
    field = message.payload
    if field is None:
        return None
    return PayloadView(
        table=f"payload_{message.c_type}",
        message=f"message_{message.c_type}",
        member=field.name,
        offset=f"(uint32_t)offsetof({message.c_type}, {field.name})",
        number=f"{message.c_type}_{field.name}_tag",
        max=f"{field.limits.max_size}u",
    )


def check_views(messages: tuple[Message, ...]) -> tuple[CheckView, ...]:
    """The messages, contained ones first, that have a limit which nanopb lets pass, or views."""
    checks: dict[str, CheckView] = {}
    for message in messages:
        tests = [test for field in message.fields for test in tests_of(message, field, checks)]
        if tests:
            name = f"check_{message.c_type}"
            views = any("body" in test.fails for test in tests)
            checks[message.full_name] = CheckView(name, message.c_type, tuple(tests), views)
    return tuple(checks.values())


def tests_of(message: Message, field: Field, checks: Mapping[str, CheckView]) -> list[CheckTest]:
    place = f"value->{field.oneof}.{field.name}" if field.oneof else f"value->{field.name}"
    loop = ""
    if field.label == "repeated":
        loop = f"i < {field.limits.max_count}u"
        if not field.limits.fixed_count:
            loop = f"i < value->{field.name}_count && {loop}"
        place += "[i]"
    fails = ""
    if field.kind == "message" and field.type_name in checks:
        fails = f"!{checks[field.type_name].function}(&{place}, body, len)"
    elif field.view:
        longest = (field.limits.max_size or 0) - (field.kind == "string")  # without a NUL
        fails = f"!weft_view_fits(&{place}, {longest}u, body, len)"
    elif field.kind == "bytes" and grows(field):
        fails = f"{place}.size > {field.limits.max_size}u"
    if not fails:
        return []
    if field.label == "optional" and not field.view:
        fails = f"value->has_{field.name} && {fails}"
    elif field.label == "oneof":
        fails = f"value->which_{field.oneof} == {message.c_type}_{field.name}_tag && {fails}"
    return [CheckTest(loop, fails)]


def grows(field: Field) -> bool:
    """Does padding behind the bytes make room for more than max_size?"""
    return not field.limits.fixed_length and (field.limits.max_size or 0) % LARGEST_ALIGNMENT != 0
