# SPDX-License-Identifier: Apache-2.0
"""Runs nanopb's own generator, in this process and with our protobuf, from a nanopb source tree.

nanopb's proto/ package would run protoc and write into its tree; a package of our own stands in for
it. Nothing that nanopb prints reaches the user, and nothing is written.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from weft import extensions
from weft.extensions import weft_option
from weft.options_file import Mask
from weft.problems import refuse

ADVICE = (
    "run scripts/setup, which fetches the package nanopb, or give a nanopb source tree "
    "with --nanopb or NANOPB_DIR"
)

VIEW_HEADER = "weft/view.h"
PAYLOAD_LENGTH = 5  # bytes of the longest length before a payload, padded so that it is aligned


def find(given: str | None) -> Path:
    """The nanopb tree to use: given, or from the environment."""
    typed = given or os.environ.get("NANOPB_DIR")
    if not typed:
        raise refuse(f"nanopb is missing; {ADVICE}")
    tree = Path(typed)
    for needed in ("generator/nanopb_generator.py", "generator/proto/nanopb.proto"):
        if not (tree / needed).is_file():
            raise refuse(f"nanopb is not in {typed}, {needed} is missing; {ADVICE}")
    return tree


@dataclass(frozen=True)
class Printed:
    header: str
    source: str


class Nanopb:
    """nanopb's generator, loaded."""

    def __init__(self, tree: Path) -> None:
        self.protos = tree / "generator" / "proto"
        extensions.register(self.protos)
        self.options_module = extensions.module_of("nanopb_pb2", "nanopb.proto")
        with quiet(), stand_in(self.options_module):
            try:
                self._module = load_module(tree / "generator" / "nanopb_generator.py")
            except (Exception, SystemExit) as error:
                raise refuse(
                    f"nanopb's generator in {tree} does not load ({error}); {ADVICE}"
                ) from error
        self._args, _ = self._module.process_cmdline(["--quiet"], is_plugin=True)

    @property
    def options_class(self) -> Any:
        return self.options_module.NanoPBOptions

    def use_masks(self, masks: tuple[Mask, ...]) -> None:
        """From now on, elements get the options of these lines of a .options file."""
        self._module.Globals.separate_options = [(mask.pattern, mask.options) for mask in masks]
        self._module.Globals.matched_namemasks = set()

    def matched(self, mask: Mask) -> bool:
        return mask.pattern in self._module.Globals.matched_namemasks

    def options_of(self, descriptor: Any, inherited: Any, name: tuple[str, ...]) -> Any:
        """What nanopb's options resolve to for an element with this dotted name."""
        names = self._module.Names(name)
        return self._module.get_nanopb_suboptions(descriptor, inherited, names)

    def parse(self, file: FileDescriptorProto, masks: tuple[Mask, ...]) -> Any:
        """nanopb's own picture of a file. Raises what nanopb raises."""
        self.use_masks(masks)
        with quiet():
            top = self.options_of(file, self.options_class(), (file.name,))
            parsed = self._module.ProtoFile(file, top)
        for message in parsed.messages:
            self._use_views(parsed, message)
        return parsed

    def _use_views(self, parsed: Any, message: Any) -> None:
        """Fields with (weft.view) or (weft.payload) become struct weft_view, with their bounds."""
        options = {item.number: item.options for item in message.desc.field}
        for item in message.all_fields():
            payload = bool(weft_option(options[item.tag], "payload"))
            if not payload and not weft_option(options[item.tag], "view"):
                continue
            item.__class__ = view_class(self._module.Field, PAYLOAD_LENGTH if payload else 0)
            item.allocation, item.callback_datatype = "CALLBACK", "struct weft_view"
            message.callback_function = "weft_view_field"
            if VIEW_HEADER not in parsed.file_options.include:
                parsed.file_options.include.append(VIEW_HEADER)

    def link(self, files: Mapping[str, Any]) -> None:
        """Let each file know the types of all that it imports, directly or not."""
        for parsed in files.values():
            pending, seen = list(parsed.fdesc.dependency), set()
            while pending:
                name = pending.pop(0)
                if name in seen or name not in files:
                    continue
                seen.add(name)
                parsed.add_dependency(files[name])
                pending += files[name].fdesc.dependency

    def sizes(self, parsed: Any) -> dict[str, int]:
        """The largest encoding of each message that has one, by its C type."""
        result = {}
        with quiet():
            for message in parsed.messages:
                size = message.encoded_size(parsed.dependencies)
                if size is not None and not getattr(size, "symbols", ()):
                    result[str(message.name)] = int(getattr(size, "value", size))
        return result

    def struct_sizes(self, parsed: Any) -> dict[str, int]:
        """nanopb's estimate of each struct, which decides whether 16 bits can describe it."""
        with quiet():
            return {str(m.name): m.data_size(parsed.dependencies) for m in parsed.messages}

    def render(self, parsed: Any, includes: list[str]) -> Printed:
        header = str(Path(parsed.fdesc.name).with_suffix(".pb.h").as_posix())
        with quiet():
            return Printed(
                "".join(parsed.generate_header(includes, header, self._args)),
                "".join(parsed.generate_source(header, self._args)),
            )


def view_class(base: type, length: int) -> type:
    """nanopb's Field for what the runtime decodes and encodes: as large as if it were static."""

    class View(base):
        def encoded_size(self, dependencies: Any) -> Any:
            if self.enc_size is None:  # it has no limit: the checks say so
                return None
            self.allocation = "STATIC"
            size = super().encoded_size(dependencies)
            self.allocation = "CALLBACK"
            return size + max(0, length - (self.enc_size - self.max_size)) if length else size

        def get_initializer(self, null_init: bool, inner_init_only: bool = False) -> str:
            return "{NULL, 0}"

    return View


def load_module(path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("nanopb_generator", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # nanopb 0.4.7 asks for what protobuf 5 took away.
    module.reflection = types.SimpleNamespace(MakeClass=message_factory.GetMessageClass)
    return module


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What nanopb has to say is for its own users: we make sure that it has nothing to say."""
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):  # noqa: SIM117
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield


@contextlib.contextmanager
def stand_in(options_module: types.ModuleType) -> Iterator[None]:
    """While nanopb's generator loads: our `proto` package for its own, its environment kept in."""
    package = types.ModuleType("proto")
    package.__path__ = []
    package.nanopb_pb2 = options_module
    package.load_nanopb_pb2 = lambda: options_module
    package.TemporaryDirectory = tempfile.TemporaryDirectory
    utils = types.ModuleType("proto._utils")
    utils.invoke_protoc = None
    package._utils = utils
    modules = {
        "proto": package,
        "proto._utils": utils,
        "proto.nanopb_pb2": options_module,
        "pkg_resources": None,  # slow, deprecated, and not needed
    }
    kept = {name: sys.modules.get(name) for name in modules}
    environment, bytecode = dict(os.environ), sys.dont_write_bytecode
    sys.modules.update(modules)
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = bytecode
        os.environ.clear()
        os.environ.update(environment)
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
