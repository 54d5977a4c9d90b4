# SPDX-License-Identifier: Apache-2.0
"""The comparison of misra.py on made-up findings."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import misra

PAGE = "| Rule | Places | Why |\n|---|---|---|\n| 8.7 | 2 | Public. |\n| 11.5 | 1 | Private. |\n"
OUTPUT = (
    "misra-c2012-8.7 runtime/a.c:1:2\n"
    "misra-c2012-8.7 runtime/a.c:1:2\n"  # of a header, by a second file
    "misra-c2012-8.7 runtime/b.c:1:2\n"
    "misra-c2012-11.5 runtime/b.c:7:2\n"
    "misra-c2012-11.5 build/nanopb/pb.h:7:2\n"
)


def found(output=OUTPUT):
    return misra.places(output)


def test_what_the_page_admits_is_no_difference():
    assert misra.differences(found(), misra.admitted(PAGE)) == []


def test_a_new_rule_and_a_new_place_fail_and_are_shown():
    extra = OUTPUT + "misra-c2012-9.1 runtime/c.c:3:4\nmisra-c2012-8.7 runtime/c.c:5:6\n"
    new_place, new_rule = misra.differences(found(extra), misra.admitted(PAGE))
    assert new_place.startswith("rule 8.7: 3 places, 2 admitted") and "runtime/c.c:5:6" in new_place
    assert new_rule.startswith("rule 9.1: 1 places, 0 admitted")


def test_a_place_less_asks_for_its_row_to_come_down():
    fewer = OUTPUT.replace("misra-c2012-11.5 runtime/b.c:7:2\n", "")
    (finding,) = misra.differences(found(fewer), misra.admitted(PAGE))
    assert finding == "rule 11.5: came down to 0 places; so does its row in docs/misra.md"
    assert "11.5" not in misra.updated(PAGE, found(fewer))


def test_update_writes_the_numbers_and_keeps_the_reasons():
    more = OUTPUT + "misra-c2012-8.7 runtime/c.c:5:6\n"
    page = misra.updated(PAGE, found(more))
    assert "| 8.7 | 3 | Public. |" in page
    assert misra.differences(found(more), misra.admitted(page)) == []


def test_every_row_of_our_page_has_its_reason():
    page = misra.PAGE.read_text()
    assert len(misra.admitted(page)) == page.count("\n| ") - 1
