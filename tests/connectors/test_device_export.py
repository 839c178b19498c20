"""A list of devices that a person made: each cell understood or refused with its line, nothing guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.fakes.vendor import NOW
from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.device_export import COLUMNS, ListedDevice, device_list
from ztassess.connectors.device_form import parse_server
from ztassess.connectors.errors import InputInvalid

HEADER = ",".join(COLUMNS)


def listed(*lines: str, header: str = HEADER) -> tuple[ListedDevice, ...]:
    return device_list(UploadedFile("devices.csv", "\n".join((header, *lines)).encode()), NOW)


def test_a_line_becomes_a_device() -> None:
    assert listed("C01,Anna@Acme.example,Mac,15.1,Yes,2026-11-20", "C02,,,,,") == (
        ListedDevice("C01", "anna@acme.example", "Mac", "15.1", True, datetime(2026, 11, 20, tzinfo=UTC)),
        ListedDevice("C02", "", "", "", None, None),
    )


@pytest.mark.parametrize(("word", "value"), [("yes", True), ("TRUE", True), ("1", True), ("no", False),
                                             ("False", False), ("0", False), ("", None)])  # fmt: skip
def test_words_for_encrypted(word: str, value: bool | None) -> None:
    assert listed(f"C01,,,,{word},")[0].encrypted is value


@pytest.mark.parametrize("moment", ["2026-11-20T08:00:00Z", "2026-11-20T09:00:00+01:00", "2026-11-20 08:00"])
def test_moments_become_utc(moment: str) -> None:
    assert listed(f"C01,,,,,{moment}")[0].last_seen == datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "lists no device"),
        ([",a@acme.example,,,,"], "line 2: the serial is missing"),
        (["C01,,,,maybe,"], "line 2: encrypted is yes or no"),
        (["C01,,,,,", "C02,,,,,last week"], "line 3: last_seen is a date"),
        (["C01,,,,,2031-01-01"], "still to come"),
        (["C01,,,,,", "C01,,,,,"], "C01 is listed twice"),
        (["C01,,,,,,,"], "more values than columns"),
    ],
)
def test_cell_that_cannot_be_read_is_refused_with_its_line(lines: list[str], said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        listed(*lines)


@pytest.mark.parametrize("lacking", COLUMNS)
def test_column_that_is_missing_is_named(lacking: str) -> None:
    with pytest.raises(InputInvalid, match=f"lacks the column {lacking}"):
        listed("1,2,3,4,5", header=",".join(column for column in COLUMNS if column != lacking))


@pytest.mark.parametrize("entered", ["https://a.example", "https://A.example/", "a.example", " a.example "])
def test_address_of_a_server(entered: str) -> None:
    assert parse_server(entered, "https://x.example") == "https://a.example"


@pytest.mark.parametrize("entered", ["http://a.example", "https://a.example/b", "https://a.example?b", "https://u@a.b"])
def test_other_address_is_refused_with_an_example(entered: str) -> None:
    with pytest.raises(InputInvalid, match=r"such as https://x\.example"):
        parse_server(entered, "https://x.example")
