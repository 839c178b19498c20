"""What may be entered, and reading saved pages instead of the service."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.connectors.across.views import OKTA
from tests.connectors.scim.fake import LIST, account
from tests.connectors.scim.readings import outcome, said
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.contract import Declared, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.runner import Reading, parse_form, read_upload
from ztassess.connectors.scim import CONNECTOR
from ztassess.connectors.scim.form import GRANTS, token_of
from ztassess.domain.findings import Outcome

CONFIG = {"patch": {"supported": True}, "filter": {"supported": False}}


@pytest.mark.parametrize(
    ("entered", "base"),
    [
        ("https://app.example.com/scim/v2", "https://app.example.com/scim/v2"),
        (" https://App.example.com/scim/v2/ ", "https://app.example.com/scim/v2"),
        ("https://app.example.com/scim/v2/Users", "https://app.example.com/scim/v2"),
        ("https://app.example.com/scim/v2/ServiceProviderConfig/", "https://app.example.com/scim/v2"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
    ],
)
def test_the_base_is_what_stands_before_users(entered: str, base: str) -> None:
    values, problems = parse_form(CONNECTOR, {"base_url": entered}, {"bearer_token": "t"})
    assert (values, problems) == ({"base_url": base}, {})


@pytest.mark.parametrize(
    "entered", ["", "app.example.com", "http://app.example.com/scim", "https://u:p@app.example.com", "https://a.b/?x=1"]
)
def test_another_address_is_refused(entered: str) -> None:
    assert "base_url" in parse_form(CONNECTOR, {"base_url": entered}, {"bearer_token": "t"})[1]


@pytest.mark.parametrize(
    ("entered", "sent"), [("abc", "abc"), (" Bearer abc\n", "abc"), ("bearer  abc", "abc"), ("(stored)", "(stored)")]
)
def test_a_token_is_taken_with_and_without_its_word(entered: str, sent: str) -> None:
    assert token_of({"bearer_token": entered}) == sent
    assert parse_form(CONNECTOR, {"base_url": "https://a.example"}, {"bearer_token": entered})[1] == {}


@pytest.mark.parametrize("entered", ["", "a b", "a\r\nx-evil: 1", "töken", "Bearer"])
def test_a_token_that_cannot_stand_in_a_header_is_refused(entered: str) -> None:
    found = parse_form(CONNECTOR, {"base_url": "https://a.example"}, {"bearer_token": entered})[1]
    assert ("bearer_token" in found) is (entered != "Bearer")  # which may be a token for all we know


def test_the_grant_says_that_most_tokens_can_write() -> None:
    assert "Most apps offer no read-only SCIM token" in GRANTS[0].note


def files(*pages: list[dict[str, Any]], total: int | None = None, **more: Any) -> list[UploadedFile]:
    number = sum(map(len, pages)) if total is None else total
    made = {
        f"users-{index}.json": {"schemas": [LIST], "totalResults": number, "Resources": rows}
        for index, rows in enumerate(pages, start=1)
    } | {f"{name}.json": value for name, value in more.items()}
    return [UploadedFile(name, json.dumps(value).encode()) for name, value in made.items()]


def upload(given: list[UploadedFile], base: str = "", when: datetime | None = None, **declared: Any) -> Reading:
    context = context_for(
        CONNECTOR,
        {"base_url": base} if base else {},
        declared=Declared(**declared),
        views=(OKTA,),
        for_upload=True,
        exported_at=when,
    )
    return read_upload(CONNECTOR, given, context)


PAGES = ([account(1, "anna@x.io")], [account(2, "cleo@x.io", active=False)])


def test_saved_pages_are_judged_like_the_service() -> None:
    reading = upload(files(*PAGES, serviceproviderconfig=CONFIG))
    assert outcome(reading) is Outcome.PASS
    assert {part.name: part.seen for part in reading.parts if part.name in ("users", "config")} == {
        "users": 2,
        "config": 1,
    }
    still = upload(files([account(2, "cleo@x.io")]))
    assert outcome(still) is Outcome.FAIL
    assert CANARY not in repr(reading) + repr(still)


def test_missing_pages_never_pass_and_still_fail() -> None:
    half = upload(files(PAGES[0], total=250))
    assert outcome(half) is Outcome.NOT_CHECKED
    assert said(half)[0].verdict.reason == (
        "The export has 1 accounts. The app sent 1 of 250 accounts; what is missing was not judged. "
        "Save every page, without a filter."
    )
    assert outcome(upload(files([account(2, "cleo@x.io")], total=250))) is Outcome.FAIL
    assert outcome(upload(files(*PAGES, PAGES[0], total=2))) is Outcome.PASS  # a page saved twice is one page


def test_an_old_export_is_marked_with_its_date() -> None:
    made = datetime(2026, 11, 20, tzinfo=UTC)
    assert upload(files(*PAGES), when=made).findings[0].taken_at == made
    stated = upload(files(*PAGES, export={"taken_at": "2026-11-19T08:00:00Z"})).findings[0].taken_at
    assert stated == datetime(2026, 11, 19, 8, tzinfo=UTC)


def placed(host: str) -> dict[str, Any]:
    return account(1, "anna@x.io", meta={"location": f"https://{host}/scim/v2/Users/1"})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "No file was uploaded"),
        ([UploadedFile("groups.json", b"{}")], "groups.json is not a file of an export of a SCIM service"),
        (files(serviceproviderconfig=CONFIG), "users.json is needed"),
        ([UploadedFile("users.json", b'{"totalResults": 1, "Resources": [{"id"')], "may be cut off"),
        ([UploadedFile("users.json", b"<html>")], "is not valid JSON"),
        ([UploadedFile("users.json", b"[]")], "Save it again; nothing was judged"),
        ([UploadedFile("users.json", b'{"Resources": []}')], "ListResponse came without totalResults"),
        (files(*PAGES, serviceproviderconfig={}), "ServiceProviderConfig came without patch.supported"),
        (files(*PAGES, export={"taken_at": "2027-01-01"}), "still to come"),
        (files([placed("one.example")], [placed("two.example")]), "come from different services"),
        (files([placed("other.example")]), "This export is of other.example, but this connection is to app.example."),
    ],
    ids=["none", "kind", "users", "cut", "page", "list", "total", "config", "future", "mixed", "tenant"],
)
def test_another_file_is_refused_in_words(given: list[UploadedFile], words: str) -> None:
    with pytest.raises(InputInvalid, match=words):
        upload(given, base="https://app.example/scim/v2")


def test_a_location_without_a_host_says_nothing_about_the_service() -> None:
    for location in ("/Users/1", "", 7, None, "https://[bad"):
        rows = [account(1, "anna@x.io", meta={"location": location})]
        assert outcome(upload(files(rows), base="https://app.example/scim/v2")) is Outcome.PASS
