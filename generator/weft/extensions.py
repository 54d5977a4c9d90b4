# SPDX-License-Identifier: Apache-2.0
"""Makes nanopb's options and ours known to Python's protobuf, before a descriptor is parsed."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from weft import paths, protoc
from weft.problems import refuse

POOL = descriptor_pool.Default()


def register(nanopb_protos: Path) -> None:
    """Add weft/options.proto and the nanopb.proto of this directory to the pool. Once a process."""
    include = [paths.schemas(), nanopb_protos]
    outcome = protoc.compile_protos(include, ["weft/options.proto", "nanopb.proto"])
    if outcome.descriptors is None:
        raise refuse(f"nanopb.proto in {nanopb_protos} does not compile; {' '.join(outcome.said)}")
    for file in descriptor_pb2.FileDescriptorSet.FromString(outcome.descriptors).file:
        if not _known(file.name):
            file.ClearField("source_code_info")
            POOL.AddSerializedFile(file.SerializeToString())


def _known(name: str) -> bool:
    try:
        POOL.FindFileByName(name)
    except KeyError:
        return False
    return True


def module_of(name: str, proto: str) -> ModuleType:
    """What protoc would generate as <proto>_pb2, as far as nanopb's generator uses it."""
    module = ModuleType(name)
    file = POOL.FindFileByName(proto)
    module.DESCRIPTOR = file
    for message in file.message_types_by_name.values():
        setattr(module, message.name, message_factory.GetMessageClass(message))
    for enum in file.enum_types_by_name.values():
        for value in enum.values:
            setattr(module, value.name, value.number)
    for extension in file.extensions_by_name.values():
        setattr(module, extension.name, extension)
    return module


def weft_option(options: object, name: str) -> object | None:
    """The value of (weft.<name>) where it is given, else None."""
    extension = POOL.FindExtensionByName(f"weft.{name}")
    return options.Extensions[extension] if options.HasExtension(extension) else None
