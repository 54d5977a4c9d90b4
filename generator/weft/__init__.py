# SPDX-License-Identifier: Apache-2.0
"""The generator: from a .proto with a service to typed client and server stubs in plain C.

The path of a file: sources (what was asked for) -> protoc -> descriptors (frozen model) -> checks
(all errors at once) -> nanopb (messages) and render (stubs) -> output (written when all is well).
"""

# Printed into what is generated: stubs refuse to compile with an older runtime.
REQUIRED_RUNTIME = 100
