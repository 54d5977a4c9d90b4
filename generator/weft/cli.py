# SPDX-License-Identifier: Apache-2.0
"""The command `weft`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from weft import core, nanopb, output, paths, plugin, sources, summary
from weft.memory import generate as memory
from weft.problems import RefusedError

HELP = """\
Typed client and server stubs in plain C, from .proto files with services.

Each x.proto gives x.pb.h and x.pb.c (messages, by nanopb), x_weft.h (names, numbers, sizes),
x_client.h and x_client.c (the calling half), x_server.h and x_server.c (the serving half).
"""


MEMORY_HELP = """\
The memory between cores, from a description of it (docs/memory.md).

Each link gives x_memory.h, for both of its cores; each core x_memory.ld, for its linker script; a
core that Linux loads x_resource_table.h and .c, and Linux x_memory.dtsi. Prints what lies where.
"""


class Parser(argparse.ArgumentParser):
    """One line for a wrong argument; the usage is in --help."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def arguments() -> argparse.ArgumentParser:
    parser = Parser(prog="weft", description="Calls between the cores of one chip.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    generate = commands.add_parser(
        "generate",
        help="print C stubs from .proto files",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_generate_arguments(generate)
    shared = commands.add_parser(
        "memory",
        help="print headers and linker snippets from a description of shared memory",
        description=MEMORY_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shared.add_argument("file", metavar="FILE.toml", help="the description")
    shared.add_argument(
        "--list", action="store_true", help="print the names of what is written, not the report"
    )
    add_output_arguments(shared)
    commands.add_parser(
        "include",
        help="print the import directory that holds weft/options.proto",
        description="Print the import directory that holds weft/options.proto, for protoc -I.",
    )
    return parser


def add_generate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE.proto", help="what to generate from")
    parser.add_argument(
        "-I",
        action="append",
        default=[],
        dest="include",
        metavar="DIR",
        help="search imports here; may be repeated; a file outside of all of them adds its own",
    )
    parser.add_argument(
        "--mtu",
        type=mtu,
        metavar="BYTES",
        help="refuse a message whose frame is larger than this RPMsg payload (Linux: 496)",
    )
    parser.add_argument(
        "--nanopb",
        metavar="DIR",
        help="nanopb's source tree; default: NANOPB_DIR of the environment",
    )
    parser.add_argument(
        "--no-well-known",
        action="store_true",
        help="do not write google/protobuf/*.pb.*: they come from elsewhere",
    )
    parser.add_argument(
        "--save-request", metavar="FILE", help="also keep the input as a CodeGeneratorRequest"
    )
    parser.add_argument(
        "--request",
        metavar="FILE",
        help="generate from a kept CodeGeneratorRequest instead of files",
    )
    parser.add_argument(
        "--depfile", metavar="FILE", help="also write what was read, for make and ninja"
    )
    parser.add_argument(
        "--depfile-target",
        metavar="FILE",
        help="what depends on it; default: the first file written",
    )
    add_output_arguments(parser)


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", default=".", metavar="DIR", help="where to write; default: here")
    parser.add_argument("--quiet", action="store_true", help="print nothing when all is well")


def mtu(text: str) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        value = 0
    if value < 17:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a number of bytes above the call header's 16"
        )
    return value


def main(argv: Sequence[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # names that a terminal cannot show
    parser = arguments()
    options = parser.parse_args(argv)
    try:
        if options.command == "include":
            print(paths.schemas())
            return 0
        if options.command == "memory":
            result = memory.generate(options.file)
            output.write_all(options.out, result.files)
            if options.list:
                print("\n".join(result.files))
            elif not options.quiet:
                print(result.report, end="")
            return 0
        if bool(options.files) == bool(options.request):
            parser.error("give either .proto files or --request")
        run(options)
    except RefusedError as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    tool = nanopb.Nanopb(nanopb.find(options.nanopb))
    warnings = ""
    if options.request:
        request = plugin.load_request(options.request)
    else:
        request, warnings = sources.load(options.files, options.include, tool.protos)
    request = plugin.override(request, options.mtu, not options.no_well_known)
    if options.save_request:
        plugin.save_request(request, options.save_request)
    result = core.generate(request, tool)
    output.write_all(options.out, result.files)
    if options.depfile:
        target = options.depfile_target or str(Path(options.out) / next(iter(result.files)))
        output.write_all(".", {options.depfile: output.depfile(target, request.read_files())})
    if warnings:
        print(warnings, file=sys.stderr)
    if not options.quiet:
        print(summary.summary(result), end="")


if __name__ == "__main__":
    sys.exit(main())
