# SPDX-License-Identifier: Apache-2.0
"""What the Python commands of scripts/ share: what goes wrong is one line on stderr and an exit
status, never a traceback. A fault of the command itself keeps its own.

    if __name__ == "__main__":
        trouble.run(main)
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
NAME = Path(sys.argv[0]).name


def refuse(text: str) -> NoReturn:
    """The arguments are wrong: what, and what to do."""
    print(f"{NAME}: {text}", file=sys.stderr)
    raise SystemExit(2)


def need(level: str, *tools: str) -> None:
    """Ends the command unless each tool is there; scripts/setup brings those of this level."""
    if subprocess.run([ROOT / "scripts/need", level, *tools]).returncode != 0:
        raise SystemExit(1)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        refuse(f"{message}; see scripts/{NAME} --help")


def run(main: Callable[[], int]) -> NoReturn:
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:  # as in scripts/stack | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except KeyboardInterrupt:
        status = 130
    except subprocess.CalledProcessError as failed:
        words = [failed.cmd] if isinstance(failed.cmd, str) else map(str, failed.cmd)
        sys.exit(f"{NAME}: this has failed, with exit {failed.returncode}: {shlex.join(words)}")
    except OSError as error:
        if error.filename is None:
            raise
        sys.exit(f"{NAME}: {os.fsdecode(error.filename)}: {error.strerror}")
    sys.exit(status)
