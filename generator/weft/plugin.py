# SPDX-License-Identifier: Apache-2.0
"""protoc-gen-weft: the same generator as a plugin of protoc; and requests kept in files."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from google.protobuf import message
from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse

from weft import core, nanopb
from weft.problems import RefusedError, refuse
from weft.request import Request

PARAMETERS = "mtu=BYTES, nanopb=DIR, options_path=DIR (where .options files are; may be repeated)"


@dataclass(frozen=True)
class Parameters:
    mtu: int | None = None
    nanopb: str | None = None
    options_path: tuple[str, ...] = ()


def main() -> int:
    try:
        if sys.stdin.isatty() or sys.argv[1:]:
            raise message.DecodeError
        data = sys.stdin.buffer.read()
        parsed = CodeGeneratorRequest.FromString(data)
    except message.DecodeError:
        print(
            "protoc-gen-weft: protoc runs this, with --weft_out=DIR; see also: weft",
            file=sys.stderr,
        )
        return 1
    sys.stdout.buffer.write(respond(data, parsed.parameter).SerializeToString())
    return 0


def respond(data: bytes, parameter: str) -> CodeGeneratorResponse:
    """Bad input is an answer, as protoc wants it: exit 0 and response.error."""
    response = CodeGeneratorResponse(
        supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    try:
        parameters = parse_parameter(parameter)
        tool = nanopb.Nanopb(nanopb.find(parameters.nanopb))
        result = core.generate(request_of(data, parameters), tool)
    except RefusedError as refused:
        response.error = str(refused)
        return response
    for name, text in result.files.items():
        response.file.add(name=name, content=text)
    return response


def parse_parameter(parameter: str) -> Parameters:
    result = Parameters()
    for item in filter(None, parameter.split(",")):
        key, _, value = item.partition("=")
        if key == "mtu" and value.isdigit() and int(value) > 16:
            result = replace(result, mtu=int(value))
        elif key == "nanopb" and value:
            result = replace(result, nanopb=value)
        elif key == "options_path" and value:
            result = replace(result, options_path=(*result.options_path, value))
        else:
            raise refuse(f"'{item}' is not a parameter of protoc-gen-weft; it knows {PARAMETERS}")
    return result


def request_of(data: bytes, parameters: Parameters) -> Request:
    """Parsed once nanopb's and our options are known, so that they are seen."""
    parsed = CodeGeneratorRequest.FromString(data)
    options = {}
    for file in parsed.proto_file:
        found = options_file(file.name, parameters.options_path)
        if found is not None:
            options[file.name] = found
    return Request(
        files=tuple(parsed.proto_file),
        generate=tuple(parsed.file_to_generate),
        options=options,
        mtu=parameters.mtu,
    )


def options_file(name: str, folders: tuple[str, ...]) -> str | None:
    """Beside the .proto, in the current folder or one of these: protoc does not tell where."""
    relative = PurePosixPath(name).with_suffix(".options")
    for folder in (".", *folders):
        path = os.path.normpath(Path(folder) / relative)
        if Path(path).is_file():
            return path
    return None


def load_request(path: str) -> Request:
    try:
        data = Path(path).read_bytes()
        parameters = parse_parameter(CodeGeneratorRequest.FromString(data).parameter)
    except OSError as error:
        raise refuse(f"{path}: cannot be read, {error.strerror}; check --request") from error
    except message.DecodeError as error:
        raise refuse(
            f"{path}: this is not a CodeGeneratorRequest; keep one with --save-request"
        ) from error
    return request_of(data, parameters)


def save_request(request: Request, path: str) -> None:
    folders = dict.fromkeys(os.path.relpath(Path(p).parent) for p in request.options.values())
    items = [f"options_path={folder}" for folder in folders]
    items += [] if request.mtu is None else [f"mtu={request.mtu}"]
    kept = CodeGeneratorRequest(
        file_to_generate=request.generate, proto_file=request.files, parameter=",".join(items)
    )
    try:
        Path(path).write_bytes(kept.SerializeToString())
    except OSError as error:
        raise refuse(
            f"{path}: cannot be written, {error.strerror}; check --save-request"
        ) from error


def override(request: Request, mtu: int | None, well_known: bool) -> Request:
    return replace(request, mtu=request.mtu if mtu is None else mtu, well_known=well_known)
