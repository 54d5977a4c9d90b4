# SPDX-License-Identifier: Apache-2.0
"""One number for all that two sides of a service must agree on: FNV-1a 64 of a canonical text.

The text has one line an item, each ended by a newline: the service; its methods by id; the messages
and enums that they reach, by name, with fields by number and values by number, then name. Names of
fields and comments are not in it: they change nothing on the wire. An example: docs/generator.md.
"""

from __future__ import annotations

from weft.ids import fnv1a_64
from weft.model import Enum, Field, Message, Method, Schema, Service


def fingerprint(service: Service, schema: Schema) -> int:
    return fnv1a_64(canonical_text(service, schema))


def canonical_text(service: Service, schema: Schema) -> str:
    lines = [f"service {service.full_name} major {service.major}"]
    lines += [method_line(method) for method in sorted(service.methods, key=lambda m: m.id)]
    types = [name for method in service.methods for name in (method.request, method.response)]
    messages = schema.reach(types)
    for message in sorted(messages, key=lambda m: m.full_name):
        lines += message_lines(message)
    used = {field.type_name for message in messages for field in message.fields}
    for name in sorted(used & set(schema.enums)):
        lines += enum_lines(schema.enums[name])
    return "".join(line + "\n" for line in lines)


def method_line(method: Method) -> str:
    kind = "oneway" if method.oneway else "unary"
    return f"method {method.name} id {method.id:08x} {kind} {method.request} {method.response}"


def message_lines(message: Message) -> list[str]:
    return [f"message {message.full_name}", *map(field_line, message.fields)]


def field_line(field: Field) -> str:
    words = [f"field {field.number} {field.label}"]
    if field.oneof:
        words.append(field.oneof)
    words.append(field.type_name if field.kind in ("message", "enum") else field.kind)
    if field.kind == "string":
        words.append(f"length {(field.limits.max_size or 1) - 1}")
    if field.kind == "bytes":
        words.append(f"{'fixed' if field.limits.fixed_length else 'size'} {field.limits.max_size}")
    if field.limits.int_size:
        words.append(f"bits {field.limits.int_size}")
    if field.label == "repeated":
        words.append(
            f"{'exactly' if field.limits.fixed_count else 'count'} {field.limits.max_count}"
        )
    return " ".join(words)


def enum_lines(enum: Enum) -> list[str]:
    values = sorted(enum.values, key=lambda value: (value.number, value.name))
    return [f"enum {enum.full_name}", *(f"value {v.number} {v.name}" for v in values)]
