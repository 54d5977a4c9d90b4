# SPDX-License-Identifier: Apache-2.0
"""Memory orders, fences and compiler barriers: each weakened, or gone.

virtio/ring.h:ring_load16_acquire:ACQUIREtoRELAXED
virtio/queue.h:virtqueue_look:ring_load16_acquire:relaxed    one use of it
virtio/virtqueue.c:virtqueue_publish:ring_fence:dropped          ... :acq_rel
weft/once.h:weft_copy_once:barrier:dropped                       the compiler may look twice
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mutant import Mutant, numbered
from source import Source, function_around, sources, text

WEAKER = {
    "__ATOMIC_ACQUIRE": "__ATOMIC_RELAXED",
    "__ATOMIC_RELEASE": "__ATOMIC_RELAXED",
    "__ATOMIC_SEQ_CST": "__ATOMIC_ACQ_REL",
}


def orders(source: Source) -> Iterator[Mutant]:
    for node in source.nodes:
        strong = text(node) if node.type == "identifier" else ""
        if strong in WEAKER:
            weak = WEAKER[strong]
            change = f"{strong}to{weak}".replace("__ATOMIC_", "")
            yield source.mutant("orders", f"{function_around(node)}:{change}", node, weak)


def uses(source: Source) -> Iterator[Mutant]:
    for node, name, arguments in source.calls():
        accessor = re.fullmatch(r"ring_(load|store)\d+_(?:acquire|release)", name)
        if not accessor and name != "ring_fence":
            continue
        label = f"{function_around(node)}:{name}"
        if accessor:
            passed = ", ".join(map(text, arguments))
            new = f"__atomic_{accessor[1]}_n({passed}, __ATOMIC_RELAXED)"
            yield source.mutant("orders", f"{label}:relaxed", node, new)
        else:
            yield source.mutant("orders", f"{label}:dropped", node, "(void)0")
            new = "__atomic_thread_fence(__ATOMIC_ACQ_REL)"
            yield source.mutant("orders", f"{label}:acq_rel", node, new)


def barriers(source: Source) -> Iterator[Mutant]:
    for node in source.nodes:
        if node.type == "gnu_asm_expression" and b'"memory"' in node.text:
            label = f"{function_around(node)}:barrier:dropped"
            yield source.mutant("orders", label, node, "(void)0")


def mutants(root: Path) -> list[Mutant]:
    return numbered(
        mutant
        for source in sources(root)
        for each in (orders, uses, barriers)
        for mutant in each(source)
    )
