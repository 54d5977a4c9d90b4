# SPDX-License-Identifier: Apache-2.0
"""FNV-1a, which makes every number of ours that is not given: of methods, services and schemas."""

from __future__ import annotations


def fnv1a_32(text: str) -> int:
    return _fnv1a(text, offset=0x811C9DC5, prime=0x01000193, bits=32)


def fnv1a_64(text: str) -> int:
    return _fnv1a(text, offset=0xCBF29CE484222325, prime=0x100000001B3, bits=64)


def _fnv1a(text: str, offset: int, prime: int, bits: int) -> int:
    value = offset
    for byte in text.encode("utf-8"):
        value = ((value ^ byte) * prime) % (1 << bits)
    return value
