# SPDX-License-Identifier: Apache-2.0
"""examples/sensor_hub/generated, kept to be read, is what the generator prints today.

nanopb's own files are left out: they name the nanopb that printed them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/sensor_hub"
NANOPB = os.environ.get("NANOPB_DIR", str(ROOT / "build/nanopb/nanopb-0.4.7"))
MEND = (
    "run: make demo && cp build/demo/examples/sensor_hub/weft/sensor_hub/sensor_hub_*.[ch]"
    " examples/sensor_hub/generated"
)


def files(folder: Path) -> dict[str, str]:
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir())
        if path.is_file() and ".pb." not in path.name
    }


def test_the_generated_files_of_the_example_are_what_is_printed_today(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "weft.cli", "generate", "--quiet", "--nanopb", NANOPB]
    subprocess.run([*command, "--out", str(tmp_path), "sensor_hub.proto"], cwd=EXAMPLE, check=True)
    fresh, kept = files(tmp_path), files(EXAMPLE / "generated")
    assert fresh.keys() == kept.keys(), MEND
    for name, text in fresh.items():
        assert text == kept[name], f"{name} is another one now; {MEND}"
