# SPDX-License-Identifier: Apache-2.0
"""Names that C, C++, their headers, nanopb's headers or our own generated code have taken."""

from __future__ import annotations

C = frozenset(
    """
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while alignas alignof bool constexpr false nullptr static_assert
    thread_local true typeof typeof_unqual asm fortran
    """.split()
)

CPP = frozenset(
    """
    and and_eq bitand bitor catch char8_t char16_t char32_t class co_await co_return co_yield compl
    concept const_cast consteval constinit decltype delete dynamic_cast explicit export friend
    mutable namespace new noexcept not not_eq operator or or_eq private protected public
    reinterpret_cast requires static_cast template this throw try typeid typename using virtual
    wchar_t xor xor_eq
    """.split()
)

# Macros of the headers that generated code includes, and what gcc defines without -std=c11.
MACROS = frozenset(
    """
    NULL EOF INFINITY NAN HUGE_VAL errno assert offsetof stdin stdout stderr linux unix i386 arm
    mips va_arg va_copy va_end va_list va_start INT8_C INT16_C INT32_C INT64_C UINT8_C UINT16_C
    UINT32_C UINT64_C
    """.split()
)

# Types that nanopb's structs are made of: a member of that name would hide them in C++.
MEMBER_TYPES = frozenset(
    """
    int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t size_t pb_size_t pb_byte_t
    pb_bytes_array_t pb_callback_t
    """.split()
)

# Parameters and locals of generated functions: a type of that name would be hidden by them.
LOCALS = frozenset(
    """
    arg base body call client config context done fields i in len message ops out rdev request
    response rx server status timeout_us token tx value
    """.split()
)

# Prefixes of the libraries that every image links.
LIBRARIES = ("pb", "weft", "rpmsg", "virtio", "virtqueue", "vring")


def language_of(name: str) -> str | None:
    """Whose reserved word this is, for an error text; None: it is free."""
    if name in C:
        return "a keyword of C"
    if name in CPP:
        return "a keyword of C++"
    if name in MACROS:
        return "a macro of the C headers"
    return None


def as_member(name: str) -> str:
    """A method's name as a member of the table of functions: `delete` becomes `delete_`."""
    return name if language_of(name) is None else name + "_"


def library_of(name: str) -> str | None:
    """The library whose prefix this C name begins with; None: no library of ours."""
    for library in LIBRARIES:
        if name == library or name.startswith(library + "_"):
            return library
    return None
