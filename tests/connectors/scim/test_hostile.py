"""Answers that no SCIM service should give: none of them ends in a pass, and no secret is kept anywhere."""

from __future__ import annotations

import pytest

from tests.connectors.scim.fake import TOKEN, ScimFake, account, error
from tests.connectors.scim.readings import LEAVERS, PROVISIONING, context, outcome, read, said
from tests.fakes.vendor import CANARY, Answer
from ztassess.connectors.errors import AuthFailed, ConnectorError
from ztassess.connectors.scim import CONNECTOR
from ztassess.connectors.scim.preflight import preflight
from ztassess.domain.findings import Outcome

LIST = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1}
ANNA = account(1, "anna@x.io")
# What every answer to GET /Users must become; None: the whole reading fails.
USERS: dict[str, tuple[Answer, str | None]] = {
    "401": (error(401, "Expired"), None),
    "403": (error(403, f"Needs users:read {TOKEN}"), "missing_scope"),
    "404": (error(404), "unsupported"),
    "429": (Answer({}, 429), "rate_limited"),
    "429 with Retry-After": (Answer({}, 429, {"retry-after": "900"}), "rate_limited"),
    "500": (Answer({"error": CANARY}, 500), "upstream_error"),
    "400": (error(400, CANARY, "invalidSyntax"), "upstream_error"),
    "redirect": (Answer(status=302, headers={"location": "http://169.254.169.254/"}, raw=b""), "upstream_error"),
    "sign-in page": (Answer(raw=f"<html>{CANARY}</html>".encode(), kind="text/html"), "upstream_error"),
    "cut": (Answer(raw=b'{"totalResults": 1, "Resources": [{"id": "1", "userN'), "upstream_error"),
    "empty body": (Answer(raw=b""), "upstream_error"),
    "null": (Answer(None), "upstream_error"),
    "list": (Answer([ANNA]), "upstream_error"),
    "error with 200": (Answer(error(401, "Expired").value), "upstream_error"),
    "no total": (Answer({"Resources": [ANNA]}), "upstream_error"),
    "total as text": (Answer({**LIST, "totalResults": "many", "Resources": [ANNA]}), "upstream_error"),
    "total below zero": (Answer({**LIST, "totalResults": -1, "Resources": []}), "upstream_error"),
    "resources no list": (Answer({**LIST, "Resources": {"1": ANNA}}), "upstream_error"),
    "user no object": (Answer({**LIST, "Resources": ["anna@x.io"]}), "upstream_error"),
    "user without id": (Answer({**LIST, "Resources": [{"userName": "anna@x.io"}]}), "upstream_error"),
    "name no text": (Answer({**LIST, "Resources": [{**ANNA, "userName": 7}]}), "upstream_error"),
    "emails no list": (Answer({**LIST, "Resources": [{**ANNA, "emails": "anna@x.io"}]}), "upstream_error"),
    "emails as text": (Answer({**LIST, "Resources": [{**ANNA, "emails": ["anna@x.io"]}]}), "upstream_error"),
    "NaN": (Answer(raw=b'{"totalResults": NaN, "Resources": []}'), "upstream_error"),
    "named twice": (Answer(raw=b'{"totalResults": 0, "totalResults": 0}'), "upstream_error"),
    "deep": (Answer(raw=b'{"totalResults":' + b"[" * 9_000), "upstream_error"),
    "huge": (Answer(raw=b'{"Resources": "' + b"x" * (65 << 20) + b'"}'), "partial_data"),
    "none although one": (Answer({**LIST, "Resources": []}), "partial_data"),
    "none at all": (Answer({**LIST, "totalResults": 0}), "empty"),
}


@pytest.mark.parametrize(("answer", "reason"), USERS.values(), ids=USERS)
def test_no_broken_answer_ends_in_a_pass(fake: ScimFake, answer: Answer, reason: str | None) -> None:
    fake.users = [ANNA]
    fake.fault("/scim/v2/Users", answer)
    if reason is None:
        with pytest.raises(AuthFailed, match="The app refused the token: Expired"):
            read(fake, leavers=("dave@x.io",))
        return
    reading = read(fake, leavers=("dave@x.io",))
    assert outcome(reading) is Outcome.NOT_CHECKED
    assert {found.verdict.reason_code for found in said(reading) if found.check == LEAVERS} == {reason}
    assert outcome(reading, PROVISIONING) is Outcome.NOT_CHECKED
    assert CANARY not in repr(reading)


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        (True, Outcome.FAIL),
        ("true", Outcome.FAIL),
        ("True", Outcome.FAIL),
        (False, Outcome.PASS),
        ("FALSE", Outcome.PASS),
        (None, Outcome.NOT_CHECKED),
        ("", Outcome.NOT_CHECKED),
        ("no", Outcome.NOT_CHECKED),
        (0, Outcome.NOT_CHECKED),
        (1, Outcome.NOT_CHECKED),
        ([], Outcome.NOT_CHECKED),
        ({"value": False}, Outcome.NOT_CHECKED),
    ],
)
def test_only_false_is_inactive(fake: ScimFake, active: object, expected: Outcome) -> None:
    fake.users = [account(1, "cleo@x.io", active)]
    assert outcome(read(fake, leavers=("cleo@x.io",))) is expected


@pytest.mark.parametrize("modified", ["yesterday", 7, None, "", {"at": 1}, "2026-11-02T08:00:00Z"])
def test_a_broken_date_of_change_breaks_nothing(fake: ScimFake, modified: object) -> None:
    fake.users = [account(1, "cleo@x.io", active=False, meta={"lastModified": modified})]
    assert outcome(read(fake, leavers=("cleo@x.io",))) is Outcome.PASS


def test_what_came_before_a_break_still_fails(fake: ScimFake) -> None:
    fake.users = [account(number) for number in range(250)]
    fake.fault("/scim/v2/Users", Answer({}, 500), after=1)
    reading = read(fake, leavers=("user-007@acme.example",))
    assert outcome(reading) is Outcome.FAIL
    assert [found.verdict.outcome for found in said(reading)] == [Outcome.FAIL, Outcome.NOT_CHECKED]
    assert outcome(read(fake, leavers=("user-207@acme.example",))) is Outcome.NOT_CHECKED
    assert reading.share is not None
    assert len(reading.share.accounts.read) == 100  # type: ignore[union-attr]  # it broke off


def test_a_service_without_a_description_can_still_be_judged(fake: ScimFake) -> None:
    fake.users = [account(1, "cleo@x.io")]
    fake.fault("/scim/v2/ServiceProviderConfig", error(404))
    reading = read(fake, leavers=("cleo@x.io",))
    assert outcome(reading) is Outcome.FAIL
    (found,) = said(reading, PROVISIONING)
    assert found.verdict.reason == ("There is no /ServiceProviderConfig at this address; check the SCIM base URL.")
    rows = {row.part: row.allowed for row in preflight(context(fake)).rows}
    assert rows == {"config": False, "users": True}


@pytest.mark.parametrize("value", [{}, {"patch": {}}, {"patch": True}, {"patch": {"supported": "yes"}}, [], None])
def test_a_description_that_is_none_is_not_checked(fake: ScimFake, value: object) -> None:
    fake.users = [account(1, "cleo@x.io")]
    fake.fault("/scim/v2/ServiceProviderConfig", Answer(value))
    assert said(read(fake), PROVISIONING)[0].verdict.reason_code == "upstream_error"


def test_the_words_of_a_service_that_repeats_the_token_lose_it(fake: ScimFake) -> None:
    other = f"other-{CANARY}"
    with pytest.raises(AuthFailed) as refused:
        CONNECTOR.collect(context(fake, token=other))
    assert refused.value.sentence == "The app refused the token: Invalid token ***."
    assert len(fake.asked("/scim/v2/Users")) == 1  # a refused token is not tried again


def test_a_sentence_of_the_service_is_one_short_line(fake: ScimFake) -> None:
    fake.fault("/scim/v2/.*", error(401, "Token\r\nexpired\x1b[31m " + "x" * 5_000))
    with pytest.raises(AuthFailed) as refused:
        CONNECTOR.collect(context(fake))
    assert refused.value.sentence.startswith("The app refused the token: Token expired [31m xxx")
    assert refused.value.sentence.isprintable()
    assert len(refused.value.sentence) < 260


def test_a_refusal_of_everything_is_the_first_one_in_words(fake: ScimFake) -> None:
    fake.fault("/scim/v2/.*", error(403, "Only owners"))
    with pytest.raises(ConnectorError, match=r"does not let this token read /\w+: Only owners\."):
        preflight(context(fake))


def test_nothing_but_get_is_sent(fake: ScimFake) -> None:
    fake.users = [account(number) for number in range(150)]
    read(fake, leavers=("dave@x.io",))
    preflight(context(fake))
    assert {request.method for request in fake.requests} == {"GET"}
    assert {request.path for request in fake.requests} == {"/scim/v2/Users", "/scim/v2/ServiceProviderConfig"}
    assert fake.requests[0].headers["accept"] == "application/scim+json, application/json"
