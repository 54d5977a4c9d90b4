# SPDX-License-Identifier: Apache-2.0
"""`weft memory`: from a description of the shared memory to what every core needs of it.

`places` (TOML with positions) -> `read` (the frozen `model`) -> `place` (where each thing lies)
-> `check` -> `views` and templates -> `report`.
"""
