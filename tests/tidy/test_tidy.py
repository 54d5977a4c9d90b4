# SPDX-License-Identifier: Apache-2.0
"""Every rule of tidy.py on a tree that keeps it and on trees that break it."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
import faults
import tidy

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
SPDX_HASH = "# SPDX-License-Identifier: Apache-2.0\n"
BUILD = (
    SPDX_HASH + "add_library(weft virtio/ring.c)\nfile(GLOB rooms transport/shm/*.c rpmsg/*.c)\n"
)
C = "runtime/rpmsg/send.c"

# A tree that keeps every rule.
GOOD = {
    "CHANGELOG.md": "# Changelog\n\n## Unreleased\n",
    "README.md": "[log](CHANGELOG.md#unreleased), [us](#us), `[no](link)`, [them](https://a.org)\n\n## Us\n",
    "runtime/CMakeLists.txt": BUILD,
    "runtime/virtio/ring.c": SPDX + '#include "virtio/ring.h"\n#include "weft/port.h"\n',
    "runtime/virtio/ring.h": SPDX,
    "runtime/transport/shm/shm.c": SPDX + '#include "virtio/ring.h"\n#include "weft/virtio.h"\n'
    "/* malloc() in a comment is no call */\n",
    "runtime/include/weft/prefix.h": SPDX,
    "runtime/include/weft/rpmsg.h": SPDX + '#include "weft/transport.h"\n',
    C: SPDX
    + '#include "weft/rpmsg.h"\nint f(void)\n{\n'
    + '\tg(s, ops->free(x), "free()");\n' * 60
    + "}\n",
    "runtime/port/posix/core.c": SPDX
    + '#include "weft/port.h"\nvoid *f(void)\n{\n\treturn malloc(1);\n}\n',
    "runtime/port/CMakeLists.txt": SPDX_HASH + "add_library(posix posix/core.c)\n",
    "scripts/go": "#!/bin/sh\n" + SPDX_HASH + "mktemp /tmp/aXX" + "XX\n",
    "tests/golden/a.c": "int a;" + " " * 150 + "\n",
    "docs/wide.md": "a" * 200 + "\n",
}


def tree(root, files):
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return tidy.Tree(root)


def findings(rule, root, **changed):
    return [f"{f.path}:{f.line}: {f.text}" for f in rule(tree(root, {**GOOD, **changed["files"]}))]


@pytest.mark.parametrize("rule", tidy.RULES, ids=lambda rule: rule.__name__)
def test_a_tree_that_keeps_the_rules_has_no_finding(rule, tmp_path):
    assert findings(rule, tmp_path, files={}) == []


# rule, the file that breaks it, where, and words of the finding: what is wrong, and what to do instead.
BROKEN = [
    (tidy.layers, "runtime/virtio/ring.c", '#include "weft/rpmsg.h"\n', 1, "virtio is below rpmsg"),
    (
        tidy.layers,
        "runtime/virtio/ring.c",
        '\n#include "transport/shm/shm.h"\n',
        2,
        "virtio is below transport",
    ),
    (
        tidy.layers,
        "runtime/include/weft/virtio.h",
        '#include "weft/shm.h"\n',
        1,
        "virtio is below transport",
    ),
    (
        tidy.layers,
        "runtime/transport/a.c",
        '#include "rpmsg/device.h"\n',
        1,
        "transport is below rpmsg",
    ),
    (
        tidy.layers,
        C,
        '#include "virtio/ring.h"\n',
        1,
        "private to virtio; include virtio's public headers",
    ),
    (tidy.layers, "runtime/rpc/a.c", '#include "rpmsg/device.h"\n', 1, "private to rpmsg"),
    (tidy.layers, "runtime/port/posix/a.c", '#include "weft/rpmsg.h"\n', 1, "port is below rpmsg"),
    (tidy.public_headers_have_a_room, "runtime/include/weft/lost.h", "\n", 1, "add it to ROOMS"),
    (
        tidy.banned_calls,
        C,
        "\n\tp = malloc(4);\n",
        2,
        "calls malloc(); take the storage from the caller",
    ),
    (tidy.banned_calls, C, "\tif (strlen (s))\n", 1, "use strnlen"),
    (
        tidy.banned_calls,
        "runtime/port/cortex_m/a.c",
        "\tassert(x);\n",
        1,
        "a peer must not stop us",
    ),
    (
        tidy.long_bodies,
        C,
        "int f(void)\n{\n" + "\tg();\n" * 61 + "}\n",
        2,
        "f() has 61 lines, over 60",
    ),
    (
        tidy.long_bodies,
        "generator/a.py",
        "def f():\n" + "    g()\n" * 61,
        1,
        "give a part of it a name",
    ),
    (tidy.long_lines, C, "\t\t" + "a" * 105 + "\n", 1, "121 columns, over 120"),
    (tidy.long_lines, "scripts/go", "#!/bin/sh\n" + "a" * 121 + "\n", 2, "break the line"),
    (tidy.trailing_space, "README.md", "a\nb \n", 2, "remove it"),
    (tidy.trailing_space, "README.md", "a\nb", 2, "no newline"),
    (tidy.long_files, "templates/a.j2", "\n" * 451, 451, "divide it"),
    (tidy.large_files, "docs/a.svg", "a" * 262145, 1, "fetch or make it instead"),
    (tidy.licence_line, C, "int a;\n", 1, "begin with SPDX"),
    (tidy.licence_line, "scripts/go", "#!/bin/sh\ntrue\n", 1, "begin with SPDX"),
    (tidy.licence_line, "cmake/A.cmake", "a()\n", 1, "begin with SPDX"),
    (
        tidy.dead_links,
        "docs/a.md",
        "\n[a](../LICENCE)\n",
        2,
        "links to ../LICENCE, which is not there",
    ),
    (tidy.dead_links, "docs/a.md", "[a](../README.md#them)\n", 1, "a heading that is not there"),
    (tidy.unfinished, "docs/a.md", "a\nTO" + "DO: b\n", 2, "finish it"),
    (tidy.unfinished, C, "/* not imple" + "mented */\n", 1, "say what the limit is"),
    (tidy.machine_paths, "docs/a.md", "see /home" + "/me/weft\n", 1, "make it relative"),
    (tidy.machine_paths, "tests/golden/a.c", "#line 1 /root" + "/a.proto\n", 1, "make it relative"),
    (tidy.changelog, "CHANGELOG.md", "# Changelog\n\n## 1.0.0\n", 1, 'no section "Unreleased"'),
    (tidy.dead_files, "runtime/virtio/forgotten.c", "\n", 1, "no CMakeLists.txt builds it"),
    (tidy.dead_files, "runtime/rpmsg/deep/a.c", "\n", 1, "no CMakeLists.txt builds it"),
    (tidy.dead_files, "tests/unit/test_ring.c", "\n", 1, "add it there, or delete it"),
    (tidy.named_tests, "docs/a.md", "\n`tests/test_b.c:no`\n", 2, "name one that is there"),
    (tidy.evidence_table, "docs/evidence.md", "# Evidence\n", 1, "run scripts/evidence table"),
]


@pytest.mark.parametrize("rule, path, text, line, words", BROKEN)
def test_a_broken_rule_is_found_at_its_line(rule, path, text, line, words, tmp_path):
    (finding,) = findings(rule, tmp_path, files={path: text})
    assert finding.startswith(f"{path}:{line}: ")
    assert words in finding


def test_every_rule_has_a_tree_that_breaks_it():
    elsewhere = {tidy.empty_folders, tidy.fault_rows}
    assert {rule for rule, *_ in BROKEN} | elsewhere == set(tidy.RULES)


def test_an_empty_folder_is_found_and_an_ignored_one_is_not(tmp_path):
    files = tree(
        tmp_path, {**GOOD, ".gitignore": "/build/\n", "build/a": "", "runtime/rpc/a.h": ""}
    )
    (tmp_path / "build/log").mkdir()
    assert list(tidy.empty_folders(files)) == []
    (tmp_path / "runtime/service").mkdir()
    (finding,) = tidy.empty_folders(files)
    assert finding.path == "runtime/service/"


FAULTS = {
    "tests/faults.toml": """
[T1]
fault = "A"
tests = ["tests/unit/test_a.c:one_is_one", "tests/CMakeLists.txt:imports", "tests/test_b.py:test_c",
  "tests/sim/d.c:lost wake-up"]
[T2]
fault = "B"
not_applicable = "there is none"
""",
    "tests/unit/test_a.c": "\tcmocka_unit_test(one_is_one),\n\t/* two_are_two */\n",
    "tests/test_b.py": "def test_c():\n",
    "tests/sim/d.c": '\tsim_violation("lost wake-up", "core %d", 1);\n',
    "tests/CMakeLists.txt": "add_test(NAME imports COMMAND a)\n",
}


@pytest.mark.parametrize(
    "old, new, line, words",
    [
        ("[T2]", "[T3]", 1, "has no row T2"),
        ("[T2]", "[T2]\ntests = ['tests/test_b.py:test_c']", 6, "either tests or not_applicable"),
        ('not_applicable = "there is none"', "", 6, "either tests or not_applicable"),
        ("a.c:one_is_one", "a.c:two_are_two", 4, "no test tests/unit/test_a.c:two_are_two"),
        ("a.c:one_is_one", "a.c:one_is", 4, "no test"),
        ("b.py:test_c", "d.py:test_c", 4, "no test"),
        (":imports", ":import", 4, "no test"),
        (":lost wake-up", ":lost", 5, "no test"),
        ("[T1]", "[T1", 1, "is no TOML"),
    ],
)
def test_a_fault_without_a_test_is_found(old, new, line, words, tmp_path, monkeypatch):
    monkeypatch.setattr(faults, "ROWS", {"T": 2})
    assert list(tidy.fault_rows(tree(tmp_path / "good", FAULTS))) == []
    rows = FAULTS["tests/faults.toml"].replace(old, new)
    finding = next(tidy.fault_rows(tree(tmp_path / "bad", {**FAULTS, "tests/faults.toml": rows})))
    assert (finding.path, finding.line) == ("tests/faults.toml", line)
    assert words in finding.text


def test_the_table_of_evidence_is_that_of_the_faults(tmp_path):
    page = "# Evidence\n\n" + faults.table(FAULTS["tests/faults.toml"])
    files = tree(tmp_path, {**FAULTS, "docs/evidence.md": page})
    assert list(tidy.evidence_table(files)) == []


def test_a_missing_changelog_is_found(tmp_path):
    (finding,) = tidy.changelog(tree(tmp_path, {"a.md": ""}))
    assert "not there" in finding.text


def test_the_ratchet_holds_a_long_body_and_only_turns_down(tmp_path, monkeypatch):
    body = {C: "int f(void)\n{\n" + "\tg();\n" * 70 + "}\n"}
    monkeypatch.setitem(tidy.LONG_BODIES, f"{C}:f", 70)
    assert findings(tidy.long_bodies, tmp_path, files=body) == []
    monkeypatch.setitem(tidy.LONG_BODIES, f"{C}:f", 80)
    (finding,) = findings(tidy.long_bodies, tmp_path, files=body)
    assert "so does its row" in finding
    monkeypatch.setitem(tidy.LONG_BODIES, f"{C}:f", 69)
    (finding,) = findings(tidy.long_bodies, tmp_path, files=body)
    assert "over 69" in finding


def test_files_that_git_ignores_are_not_read(tmp_path):
    files = tree(tmp_path, {**GOOD, ".gitignore": "/build/\n", "build/a.c": "int a; \n"})
    assert list(tidy.trailing_space(files)) == []


def test_what_a_fuzzer_found_is_no_text(tmp_path):
    files = tree(tmp_path, {**GOOD, "tests/fuzz/corpus/fuzz_ns/001": "a \nb"})
    assert list(tidy.trailing_space(files)) == []


def test_the_command_prints_findings_and_fails(tmp_path, capsys):
    tree(tmp_path, {**GOOD, "scripts/go": "#!/bin/sh\n"})
    assert tidy.main([str(tmp_path)]) == 1
    assert capsys.readouterr().out == (
        "scripts/go:1: no licence; begin with SPDX-License-Identifier: Apache-2.0\n"
    )
    (tmp_path / "scripts/go").write_text(GOOD["scripts/go"])
    assert tidy.main([str(tmp_path)]) == 0


def test_this_repository_keeps_the_rules():
    here = tidy.Tree(Path(__file__).parents[2])
    found = [str(finding) for rule in tidy.RULES for finding in rule(here)]
    assert not found, "\n" + "\n".join(found)
