"""Who has left is looked for everywhere by every name, and a list is read or refused with its line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.connectors.across.views import ANNA, BEN, BLIND, HALF, OKTA, person, service, view
from tests.fakes.vendor import context_for
from ztassess.connectors.contract import Declared, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.leavers import CONNECTOR
from ztassess.connectors.runner import Reading, read_once, read_upload
from ztassess.domain.findings import Outcome, Unavailable
from ztassess.domain.roster import Account, AccountKind, Leaver, SharedView

LIST = "email,left_at,aliases\nCleo@x.io,2026-11-01,cleo-k;ck@old.io\n"
CLEO = person("cleo@x.io")


def read(*views: SharedView, listed: str | None = LIST, **declared: object) -> Reading:
    context = context_for(CONNECTOR, {}, declared=Declared(**declared), views=views)  # type: ignore[arg-type]  # a table's values
    if listed is None:
        return read_once(CONNECTOR, context)
    return read_upload(CONNECTOR, [UploadedFile("left.csv", listed.encode())], context)


@pytest.mark.parametrize(
    ("views", "outcome"),
    [
        ([OKTA, view("aws", ANNA)], Outcome.PASS),
        ([OKTA, view("aws", CLEO)], Outcome.FAIL),
        ([view("okta", CLEO, authority=True)], Outcome.FAIL),
        ([OKTA, view("github", person("", name="CLEO-K"))], Outcome.FAIL),
        ([OKTA, view("slack", person("ck@old.io"))], Outcome.FAIL),
        ([OKTA, view("aws", person("cleo@x.io", active=None))], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", ANNA, days_old=8)], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", CLEO, days_old=8)], Outcome.FAIL),
        ([OKTA, view("aws", broken=BLIND)], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", ANNA, broken=HALF)], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", CLEO, broken=HALF)], Outcome.FAIL),
        ([OKTA, view("aws", service("ci"))], Outcome.PASS),
        ([OKTA, view("aws", service("cleo-k"))], Outcome.FAIL),
        ([OKTA, view("aws", person("", name="nobody-knows"))], Outcome.NOT_CHECKED),
        ([OKTA, view("aws", person("", name="nobody-knows", active=False))], Outcome.PASS),
        (
            [view("keycloak", person("", name="annak"), authority=True), view("db", person("", name="ANNAK"))],
            Outcome.PASS,
        ),
        ([OKTA, view("db", Account("cleo-k", "Cleo", AccountKind.SERVICE, active=True))], Outcome.FAIL),
        ([], Outcome.NOT_CHECKED),
        ([view("dns", hosts=())], Outcome.NOT_CHECKED),
    ],
)
def test_a_leaver_is_active_nowhere(views: list[SharedView], outcome: Outcome) -> None:
    assert read(*views).results[0].outcome is outcome


def test_the_place_and_the_days_are_named() -> None:
    (found,) = read(OKTA, view("aws", ANNA, CLEO)).findings
    assert found.verdict.reason == "cleo@x.io left and is still active in Aws, 22 days after leaving."
    assert found.verdict.resource == "Aws/cleo@x.io"
    assert found.verdict.seen == 2


def test_tools_that_are_not_connected_rule_out_a_pass() -> None:
    found = read(OKTA, view("aws", ANNA), tools=("okta", "aws", "slack"))
    assert found.results[0].outcome is Outcome.NOT_CHECKED
    assert "2 of 3 were searched, 1 were not connected" in found.findings[0].verdict.reason
    assert read(OKTA, view("aws", ANNA), tools=("okta", "aws")).results[0].outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("declared", "outcome"),
    [
        (None, Outcome.NOT_CHECKED),
        ((), Outcome.NOT_APPLICABLE),
        (("Cleo@x.io",), Outcome.FAIL),
        (("cleo-k",), Outcome.FAIL),
        (("dave@x.io",), Outcome.PASS),
    ],
)
def test_the_declared_list_does_without_a_file(declared: tuple[str, ...] | None, outcome: Outcome) -> None:
    views = (OKTA, view("aws", BEN, CLEO))
    found = read(*views, listed=None, leavers=declared, aliases=(("cleo-k", "cleo@x.io"),))
    assert found.results[0].outcome is outcome


def test_the_uploaded_list_goes_on_without_the_file() -> None:
    told = read(OKTA, view("aws", ANNA)).share
    assert told is not None
    assert told.leavers == (Leaver("cleo@x.io", ("cleo-k", "ck@old.io"), datetime(2026, 11, 1, tzinfo=UTC)),)
    kept = view("leavers", leavers=told.leavers)
    assert read(OKTA, view("aws", CLEO), kept, listed=None).results[0].outcome is Outcome.FAIL
    again = read(OKTA, view("aws", ANNA), kept, listed=None)
    assert again.results[0].outcome is Outcome.PASS
    assert again.share == told


def test_that_there_was_no_list_is_not_an_empty_list() -> None:
    told = read(OKTA, listed=None).share
    assert told is not None
    before = SharedView("People who left", "leavers", OKTA.taken_at, told)
    again = read(OKTA, before, listed=None)
    assert again.results[0].outcome is Outcome.NOT_CHECKED
    assert again.share is not None
    assert isinstance(again.share.leavers, Unavailable)


def test_accounts_of_nobody_are_named() -> None:
    views = (OKTA, view("aws", person("", name="root-2"), person("", name="glass")))
    (found,) = read(*views, break_glass=("Glass",)).findings
    assert found.verdict.reason == "1 of 2 accounts in Aws has no address, so whose they are is not known: root-2."
    assert read(*views, break_glass=("glass",), aliases=(("root-2", "ben@x.io"),)).results[0].outcome is Outcome.PASS


def test_empty_lines_are_nobody() -> None:
    found = read(OKTA, view("aws", person("", name="")), listed=None, leavers=("", " ", "dave@x.io"))
    assert {each.verdict.outcome for each in found.findings} == {Outcome.NOT_CHECKED}
    assert found.share is not None


def test_without_a_list_it_tells_no_leavers() -> None:
    told = read(OKTA, listed=None).share
    assert told is not None
    assert isinstance(told.leavers, Unavailable)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name\nanna", "lacks the column email"),
        ("email\nanna", "line 2, has 'anna' where an e-mail address"),
        ("email\na b@x", "line 2, has"),
        ("email,left_at\na@x,last week", "line 2, has 'last week' where a day"),
        ("email,left_at\na@x,2027-01-01", "still to come"),
        ("email\n" + "a@x\n" * 10_001, "more than 10,000 rows"),
        ("", "is empty"),
    ],
    ids=["column", "address", "space", "day", "future", "many", "empty"],
)
def test_a_list_that_cannot_be_read_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(InputInvalid, match=words):
        read(OKTA, listed=text)


def test_a_formula_that_an_export_defused_is_a_plain_address() -> None:
    told = read(OKTA, listed="email;aliases\n'+anna@x.io;'=ak\n\n;\n").share
    assert told is not None
    assert told.leavers == (Leaver("+anna@x.io", ("=ak",)),)
