# SPDX-License-Identifier: Apache-2.0
"""What lies where in a link's memory: as runtime/virtio/layout.c computes it, or as Linux does."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = 1024  # resource table and epoch lines
PAGE = 4096  # Linux gives each vring whole pages
LAYOUT_MAX = 0x40000000  # bytes of buffers in both directions, as in runtime/virtio/layout.c
HEADER = 16  # of an RPMsg frame


@dataclass(frozen=True)
class Layout:
    """Offsets in the link's memory; 0: device to driver, 1: driver to device."""

    head: int  # bytes in front of the vrings
    vrings: tuple[int, int]
    vring_size: int
    buffers: tuple[int, int]
    buffers_size: int  # of one direction
    size: int


def align_up(offset: int, align: int) -> int:
    return -(-offset // align) * align


def vring_size(num: int, align: int) -> int:
    """virtio 1.x, 2.7: descriptors and available ring, then the used ring."""
    return align_up(16 * num + 6 + 2 * num, align) + 6 + 8 * num


def of_weft(num: int, buffer_size: int, align: int) -> Layout:
    ring = vring_size(num, align)
    first = align_up(HEAD, align)
    second = align_up(first + ring, align)
    receive = align_up(second + ring, align)
    send = align_up(receive + num * buffer_size, align)
    end = align_up(send + num * buffer_size, align)
    return Layout(HEAD, (first, second), ring, (receive, send), num * buffer_size, end)


def of_linux(num: int, buffer_size: int, align: int) -> Layout:
    """Each vring is a carveout of whole pages; the buffers are one pool, first those to Linux.

    The table is in the firmware, not here. Linux, drivers/remoteproc/remoteproc_virtio.c and
    drivers/rpmsg/virtio_rpmsg_bus.c.
    """
    ring = vring_size(num, align)
    window = align_up(ring, PAGE)
    receive = 2 * window
    send = receive + num * buffer_size
    end = align_up(send + num * buffer_size, PAGE)
    return Layout(0, (0, window), ring, (receive, send), num * buffer_size, end)
