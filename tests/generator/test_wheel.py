# SPDX-License-Identifier: Apache-2.0
"""The wheel holds all that a run needs, and works away from the source tree."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import GOLDEN, ROOT, nanopb_tree, read_tree


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("weft-*.whl"))


def test_holds_code_templates_and_schemas_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
    expected = {
        f"weft/{p.relative_to(ROOT / 'generator/weft')}" for p in sources("generator/weft", "py")
    }
    expected |= {f"weft/data/templates/{p.name}" for p in sources("templates", "j2")}
    schemas = sources("schemas", "proto")
    expected |= {f"weft/data/schemas/{p.relative_to(ROOT / 'schemas')}" for p in schemas}
    assert inside == expected


def sources(folder: str, ending: str) -> list[Path]:
    return sorted((ROOT / folder).rglob(f"*.{ending}"))


def test_generates_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "from weft import cli, paths\n"
        "assert 'site' in str(paths.templates()) and 'site' in str(paths.schemas())\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    options = [
        "generate",
        "--nanopb",
        str(nanopb_tree()),
        "--out",
        str(tmp_path / "out"),
        "in.proto",
    ]
    command = [sys.executable, "-c", code, *options]
    done = subprocess.run(
        command, cwd=GOLDEN / "oneway", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    kept = read_tree(GOLDEN / "oneway" / "out")
    del kept["summary.txt"]
    assert read_tree(tmp_path / "out") == kept
