# SPDX-License-Identifier: Apache-2.0
"""What a successful run says: names and sizes, a line each."""

from __future__ import annotations

from weft.core import Result
from weft.model import Service
from weft.views import CALL_HEADER, ServiceView


def summary(result: Result) -> str:
    lines: list[str] = []
    for view, file in zip(result.views, result.schema.generated):
        for printed, service in zip(view.services, file.services):
            lines += service_lines(printed, service)
    return "".join(line + "\n" for line in lines)


def service_lines(view: ServiceView, service: Service) -> list[str]:
    name = f'{service.full_name}: RPMsg name "{service.channel}"'
    if service.shortened:
        name += " (shortened: the full name is over 31 bytes)"
    if service.address is not None:
        name = f"{service.full_name}: static endpoint {service.address}"
    lines = [f"{name}, frames up to {view.frame_max.rstrip('u')} bytes"]
    for method in view.methods:
        request = f"{method.request.full_name} {size(method.request.size_max)}"
        response = f"{method.response.full_name} {size(method.response.size_max)}"
        lines.append(
            f"  {method.proto}: {request}" + (", oneway" if method.oneway else f", {response}")
        )
    return lines


def size(text: str) -> str:
    body = int(text.rstrip("u"))
    return f"{body} bytes (frame {CALL_HEADER + body})"
