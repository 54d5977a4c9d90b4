# SPDX-License-Identifier: Apache-2.0
"""The other side in Python: docs/protocol.md in struct and protobuf, nothing of the runtime.

A vector is a block of lines, ended by an empty one:
    vector <name>        then a sentence
    from <who>           client, server, driver or device; `to` is the other
    at <offset>          of memory that is not a message: where in the region
    <record> <field>=<value> ...    what the bytes mean, in their order
    <what must happen>   answer, client, ends, counts; for the test of the runtime
    bytes                and lines of hex
`python tests/vectors/vectors.py <file>...` writes the hex of each vector anew from its records; of
a page of docs/, each block of code that begins with a vector's line anew from the files.
"""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf.message import DecodeError, Message

HERE = Path(__file__).resolve().parent
FILES = ("calls.txt", "rpmsg.txt", "memory.txt")

# The records of the page: names in the order of the bytes, all little endian, nothing between.
FORMATS = {
    "rpmsg": "I src I dst I reserved H len H flags",
    "name_service": "32s name I addr I flags",
    "call": "B kind B flags H credit I method I call I aux",
    "hello": "H version H major I frame_size Q fingerprint I epoch H window H reserved",
    "table": "I version I num I reserved0 I reserved1 I offset0 I offset1",
    "vdev": "I type I id I notifyid I dfeatures I gfeatures I config_len B status B num_of_vrings "
    "B reserved0 B reserved1",
    "vring": "I da I align I num I notifyid I reserved",
    "epoch": "I type I version I driver_da I device_da",
    "line": "I epoch I features I flags I reserved",
    "descriptor": "Q addr I len H flags H next",
    "available": "H flags H idx",
    "used": "H flags H idx",
    "used_entry": "I id I len",
}
RECORDS = {*FORMATS, "message", "raw", "ring"}  # a protobuf message, bytes, 16-bit numbers
HEX_FIELDS = {
    "kind", "method", "fingerprint", "da", "driver_da", "device_da", "features", "status",
}  # fmt: skip
HEX_ABOVE = 0xFFFF

# A vector on a page: a block of code that begins with the vector's line.
SHOWN = r"^```\nvector (\w+)(?:[^`]*)\n```$"

NS_ADDRESS = 53
HELLO, REQUEST, ONEWAY, HELLO_REPLY, REPLY = 0x01, 0x02, 0x03, 0x81, 0x82
METHODS = {"Wind": None, "Cut": 7, "Tick": None}
CALL_HEADER_SIZE, HELLO_SIZE, NAME_SERVICE_SIZE = 16, 24, 40


@dataclass
class Vector:
    name: str
    lines: list[str] = field(default_factory=list)
    data: bytes = b""

    def records(self) -> list[str]:
        return [line for line in self.lines if line.split()[0] in RECORDS]

    def value(self, key: str) -> str | None:
        return next((line.split()[1] for line in self.lines if line.split()[0] == key), None)


def read(path: Path) -> list[Vector]:
    vectors: list[Vector] = []
    in_bytes = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("vector "):
            vectors.append(Vector(line.split()[1], [line]))
            in_bytes = False
        elif line == "bytes":
            in_bytes = True
        elif line.strip() == "" or line.startswith("#"):
            in_bytes = False
        elif in_bytes:
            vectors[-1].data += bytes.fromhex(line)
        else:
            vectors[-1].lines.append(line)
    return vectors


def fnv1a(text: str, bits: int) -> int:
    value, prime = {32: (0x811C9DC5, 0x01000193), 64: (0xCBF29CE484222325, 0x100000001B3)}[bits]
    for byte in text.encode():
        value = (value ^ byte) * prime % 2**bits
    return value


@cache
def pool() -> descriptor_pool.DescriptorPool:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        schemas = HERE.parents[1] / "schemas"
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{HERE}", f"-I{schemas}"]
        command += ["--include_imports", f"-o{out}", "bobbin.proto"]
        subprocess.run(command, check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    result = descriptor_pool.DescriptorPool()
    for file in files.file:
        result.Add(file)
    return result


def new_message(name: str) -> Message:
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(name))()


def method_of(number: int) -> tuple[str, str] | None:
    """The types of a method's request and response, by its number."""
    for method in pool().FindServiceByName("vectors.v1.Bobbin").methods:
        if number == (METHODS[method.name] or fnv1a(method.name, 32)):
            return method.input_type.full_name, method.output_type.full_name
    return None


# ---- Encode ----


def fields_of(record: str) -> tuple[str, list[str]]:
    words = FORMATS[record].split()
    return "<" + "".join(words[::2]), words[1::2]


def encode_record(line: str) -> bytes:
    record, _, rest = line.partition(" ")
    if record == "raw":
        return bytes.fromhex(rest)
    if record == "ring":
        return b"".join(struct.pack("<H", int(word)) for word in rest.split())
    if record == "message":
        name, _, text = rest.partition(" ")
        message = text_format.Parse(text.strip()[1:-1], new_message(name))
        return message.SerializeToString(deterministic=True)
    layout, names = fields_of(record)
    said = dict(word.split("=", 1) for word in rest.split())
    if list(said) != names:
        raise ValueError(f"{record}: fields are {names}, not {list(said)}")
    return struct.pack(layout, *(v.encode() if n == "name" else int(v, 0) for n, v in said.items()))


def encode(vector: Vector) -> bytes:
    return b"".join(map(encode_record, vector.records()))


# ---- Decode ----


def shown(name: str, value: int | bytes) -> str:
    if isinstance(value, bytes):
        return value.rstrip(b"\0").decode()
    digits = {"kind": 2, "status": 2, "fingerprint": 16}.get(name, 8)
    return f"0x{value:0{digits}x}" if name in HEX_FIELDS or value > HEX_ABOVE else str(value)


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.lines: list[str] = []

    def take(self, record: str) -> dict[str, int | bytes]:
        layout, names = fields_of(record)
        size = struct.calcsize(layout)
        values = dict(zip(names, struct.unpack(layout, self.data[:size])))
        self.data = self.data[size:]
        self.lines.append(" ".join([record, *(f"{n}={shown(n, v)}" for n, v in values.items())]))
        return values

    def rest(self, message: str | None) -> list[str]:
        """What is behind the last header: a message where one can be, else raw bytes."""
        if message is not None:
            try:
                decoded = new_message(message)
                decoded.ParseFromString(self.data)
                text = text_format.MessageToString(decoded, as_one_line=True)
                return [*self.lines, f"message {message} {{ {text} }}".replace("{  }", "{}")]
            except DecodeError:
                pass
        return [*self.lines, f"raw {self.data.hex(' ')}"] if self.data else self.lines


def decode(data: bytes) -> list[str]:
    """A message as its records."""
    reader = Reader(data)
    rpmsg = reader.take("rpmsg")
    if rpmsg["len"] != len(reader.data):
        raise ValueError("len does not say what came")
    if rpmsg["dst"] == NS_ADDRESS:
        if len(reader.data) == NAME_SERVICE_SIZE:
            reader.take("name_service")
        return reader.rest(None)
    if len(reader.data) < CALL_HEADER_SIZE:
        return reader.rest(None)
    call = reader.take("call")
    kind, good = call["kind"], call["aux"] == 0
    if (kind == HELLO or (kind == HELLO_REPLY and good)) and len(reader.data) >= HELLO_SIZE:
        reader.take("hello")
        return reader.rest(None)
    method = method_of(int(call["method"]))
    if method is not None and kind in (REQUEST, ONEWAY):
        return reader.rest(method[0])
    if method is not None and kind == REPLY and good:
        return reader.rest(method[1])
    return reader.rest(None)


def decode_memory(data: bytes, records: list[str]) -> list[str]:
    """What is not a message has no header that says what it is: the records' names do."""
    reader = Reader(data)
    for line in records:
        record, _, rest = line.partition(" ")
        if record == "ring":
            size = 2 * len(rest.split())
            words = struct.unpack(f"<{size // 2}H", reader.data[:size])
            reader.lines.append("ring " + " ".join(map(str, words)))
            reader.data = reader.data[size:]
        else:
            reader.take(record)
    return reader.rest(None)


# ---- Write anew ----


def hex_lines(data: bytes) -> list[str]:
    return [data[at : at + 16].hex(" ") for at in range(0, len(data), 16)]


def rewrite(path: Path) -> None:
    out: list[str] = []
    vectors = iter(read(path))
    in_bytes = False
    for line in path.read_text(encoding="utf-8").splitlines():
        in_bytes = in_bytes and line.strip() != ""
        if not in_bytes:
            out.append(line)
        if line == "bytes":
            in_bytes = True
            out += hex_lines(encode(next(vectors)))
    path.write_text("\n".join(out) + "\n", encoding="utf-8")


def rewrite_page(path: Path) -> None:
    known = {vector.name: vector for name in FILES for vector in read(HERE / name)}

    def block(match: re.Match[str]) -> str:
        vector = known[match[1]]
        return "\n".join(["```", *vector.lines, "bytes", *hex_lines(vector.data), "```"])

    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(SHOWN, block, text, flags=re.MULTILINE), encoding="utf-8")


if __name__ == "__main__":
    for argument in map(Path, sys.argv[1:]):
        rewrite_page(argument) if argument.suffix == ".md" else rewrite(argument)
