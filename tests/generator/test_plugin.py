# SPDX-License-Identifier: Apache-2.0
"""protoc-gen-weft behind protoc, and requests that are kept and replayed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import ERRORS, GOLDEN, nanopb_tree, read_tree, run_weft
from weft import paths


def protoc(case: Path, parameter: str, out: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """protoc with the plugin as a user installs it: a program in the environment's bin."""
    plugin = out.parent / "protoc-gen-weft"
    plugin.write_text(
        f"#!{sys.executable}\nimport sys\nfrom weft.plugin import main\nsys.exit(main())\n", "utf-8"
    )
    plugin.chmod(0o755)
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--plugin={plugin}", "-I."]
    command += [f"-I{paths.schemas()}", f"-I{nanopb_tree() / 'generator' / 'proto'}"]
    command += [f"--weft_out={out}", f"--weft_opt={parameter}", *files]
    return subprocess.run(command, cwd=case, capture_output=True, text=True, check=False)


def test_one_run_gives_everything_that_the_command_gives(tmp_path: Path) -> None:
    for case in ("oneway", "optional", "prefix"):
        out = tmp_path / case / "out"
        out.mkdir(parents=True)
        done = protoc(GOLDEN / case, f"nanopb={nanopb_tree()},mtu=496", out, "in.proto")
        assert (done.returncode, done.stderr) == (0, "")
        kept = read_tree(GOLDEN / case / "out")
        del kept["summary.txt"]
        assert read_tree(out) == kept


def test_options_files_are_found_where_the_parameter_says(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    text = (GOLDEN / "nested/in.proto").read_text(encoding="utf-8")
    (elsewhere / "in.proto").write_text(text, encoding="utf-8")
    parameter = f"nanopb={nanopb_tree()},options_path={GOLDEN / 'nested'}"
    assert protoc(elsewhere, parameter, out, "in.proto").returncode == 0
    assert protoc(elsewhere, f"nanopb={nanopb_tree()}", out, "in.proto").returncode == 1


def test_errors_go_through_protoc(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    done = protoc(ERRORS, f"nanopb={nanopb_tree()}", out, "streaming.proto")
    assert done.returncode == 1
    assert "streaming.proto:4:7: Watch is a streaming method" in done.stderr
    assert "streaming.proto:8:7: Talk is a streaming method" in done.stderr
    assert read_tree(out) == {}


def test_an_unknown_parameter_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for parameter in ("mtu=few", "color=red", "nanopb="):
        done = protoc(GOLDEN / "unary", parameter, out, "in.proto")
        assert done.returncode == 1
        assert f"'{parameter}' is not a parameter of protoc-gen-weft" in done.stderr


def test_by_hand_the_plugin_says_what_it_is() -> None:
    command = [sys.executable, "-c", "import sys; from weft.plugin import main; sys.exit(main())"]
    done = subprocess.run(command, input=b"\xff\xff", capture_output=True, check=False)
    assert done.returncode == 1
    assert b"protoc runs this" in done.stderr


def test_a_kept_request_gives_the_same_files(tmp_path: Path) -> None:
    for case in ("nested", "unary"):
        kept = tmp_path / f"{case}.request"
        saved = ["--save-request", kept, "--out", tmp_path / case, "in.proto"]
        assert run_weft("generate", *saved, cwd=GOLDEN / case).code == 0
        again = tmp_path / f"{case} again"
        ran = run_weft("generate", "--request", kept, "--out", again, cwd=GOLDEN / case)
        assert (ran.code, ran.err) == (0, "")
        assert read_tree(again) == read_tree(tmp_path / case)


def test_what_is_no_request_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"\xff\xff\xff")
    ran = run_weft("generate", "--request", "text", cwd=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "text: this is not a CodeGeneratorRequest" in ran.err
    ran = run_weft("generate", "--request", "nowhere", cwd=tmp_path)
    assert "nowhere: cannot be read" in ran.err
