"""Files of an export are known by name, read whole or refused with a sentence."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from tests.fakes.vendor import NOW, local_guard
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.exports import csv_rows, read_export, taken_at
from ztassess.connectors.netguard import Budget

CONTEXT = ReadContext({}, local_guard(), Budget(), NOW)
KNOWN = ("users", "rules*")


def file(name: str, content: str | bytes) -> UploadedFile:
    return UploadedFile(name, content.encode() if isinstance(content, str) else content)


def test_pages_of_one_list_are_documents_of_one_name() -> None:
    export = read_export(
        [
            file("users.json", "[1]"),
            file("users-2.json", "[2]"),
            file("users (3).json", b"\xff\xfe" + "[3]".encode("utf-16-le")),
            file("rules-00p1.json", b'\xef\xbb\xbf{"a": 1}'),
            file("export.json", '{"complete": true, "taken_at": "2026-11-01"}'),
        ],
        KNOWN,
        vendor="Okta",
    )
    assert export.documents == {"users": ([1], [2], [3]), "rules-00p1": ({"a": 1},)}
    assert export.complete
    assert taken_at(CONTEXT, export.about["taken_at"]) == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "No file was uploaded. We read rules-….json, users.json"),
        ([("groups.json", "[]")], "groups.json is not a file of an export of Okta"),
        ([("users.json", '[{"id": 1')], "may be cut off"),
        ([("users.json", "  ")], "users.json is empty"),
        ([("users.json", b"\xff\xd8\xff\xe0")], "not a text file"),
        ([("users.json", b"PK\x03\x04\x00\x00")], "not valid JSON"),
        ([("export.json", "[]")], "must be an object"),
        ([("users.json", '[{"a": 1, "a": 2}]')], "not valid JSON"),
        ([("users.json", "[NaN]")], "not valid JSON"),
    ],
)
def test_what_is_no_export_is_refused_in_words(files: list[tuple[str, str | bytes]], words: str) -> None:
    with pytest.raises(InputInvalid, match=words):
        read_export([file(*each) for each in files], KNOWN, vendor="Okta")


@pytest.mark.parametrize("said", [True, "true", 1, None])
def test_only_a_plain_true_states_that_nothing_is_missing(said: object) -> None:
    import json

    export = read_export([file("export.json", json.dumps({"complete": said}))], KNOWN, vendor="Okta")
    assert export.complete is (said is True)


def test_the_export_knows_better_than_the_person_when_it_was_made() -> None:
    person = dataclasses.replace(CONTEXT, exported_at=datetime(2026, 10, 1, tzinfo=UTC))
    assert taken_at(CONTEXT) == NOW
    assert taken_at(person) == datetime(2026, 10, 1, tzinfo=UTC)
    assert taken_at(person, "2026-10-05T10:00:00+02:00") == datetime(2026, 10, 5, 8, tzinfo=UTC)
    for wrong in ("yesterday", 5, "2027-01-01", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(InputInvalid, match="The export says"):
            taken_at(person, wrong)


def test_rows_of_a_table_by_column() -> None:
    table = file("leavers.csv", "\ufeffEmail;Left_At\r\n anna@x ;2026-01-01\r\n\r\nben@x;\r\n")
    assert csv_rows(table, needs=("email",)) == (
        {"email": "anna@x", "left_at": "2026-01-01"},
        {"email": "ben@x", "left_at": ""},
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,left\na,b", "lacks the column email"),
        ("email\na,b", "line 2, has more values"),
        ("email\na\nb\nc", "more than 2 rows"),
        ('email\n"a', "not a CSV file"),
        ("email,left_at\na,2026-01-01\nb", "cut off"),
    ],
)
def test_a_table_of_another_shape_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(InputInvalid, match=words):
        csv_rows(file("leavers.csv", text), needs=("email",), most=2)
