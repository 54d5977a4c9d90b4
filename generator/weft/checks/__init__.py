# SPDX-License-Identifier: Apache-2.0
"""Everything that is refused, each with its place and its cure. No check stops at the first."""

from __future__ import annotations

from weft.checks import constructs, limits, names, services, symbols
from weft.checks.scope import Scope
from weft.model import Schema
from weft.problems import Problem
from weft.sizes import Measured


def run(schema: Schema, measured: Measured, mtu: int | None) -> list[Problem]:
    scope = Scope(schema)
    return [
        *constructs.check(scope),
        *limits.check(scope),
        *limits.check_frames(scope, measured, mtu),
        *names.check(scope),
        *services.check(scope),
        *symbols.check(scope),
    ]


def run_last(schema: Schema, measured: Measured) -> list[Problem]:
    """What nanopb objects to though we did not."""
    return limits.check_measured(Scope(schema), measured)
