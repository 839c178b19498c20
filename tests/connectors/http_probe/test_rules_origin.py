"""The checks past the proxy, by tables of what an origin told a stranger."""

from __future__ import annotations

import pytest

from tests.connectors.http_probe.factory import NOTHING, SIGN_IN, door, origin, reply, snapshot
from tests.connectors.http_probe.lab import FAIL, PASS, unsure, verdicts, words
from ztassess.connectors.http_probe.probe import FORGED
from ztassess.connectors.http_probe.snapshot import INSIDE, Reply, Unsent
from ztassess.domain.findings import Severity

NOT_APPLICABLE = [("not_applicable", "")]
TOKEN_HEADER = f"origin_forged:{FORGED[0][0]}"
GOOGLE = {"x-goog-iap-generated-response": "true"}


def past(status: int | None, *changed: Reply, to: str | None = None, **more: object) -> tuple[Reply, ...]:
    """The origin's answer to a stranger, and to each forged header unless changed."""
    first = reply("origin", status, to, **more)
    if status is None:
        return (first,)
    forged = {f"origin_forged:{name}": reply(f"origin_forged:{name}", status, to, **more) for name, _ in FORGED}
    forged.update({each.variant: each for each in changed})
    return (first, *forged.values())


ASSERTION = {
    "refuses everybody": (past(401), {}, PASS),
    "forbids everybody": (past(403), {}, PASS),
    "sends everybody to sign in": (past(302, to=SIGN_IN), {}, PASS),
    "answers anybody": (past(200)[:1], {}, FAIL),
    "believes an unsigned token": (past(401, reply(TOKEN_HEADER, 200)), {}, FAIL),
    "closed": (past(None, error="refused"), {}, NOT_APPLICABLE),
    "dropped": (past(None, error="timeout"), {}, NOT_APPLICABLE),
    "demands the proxy's certificate": (
        past(None, error="tls", detail="TLSV13_ALERT_CERTIFICATE_REQUIRED"),
        {},
        NOT_APPLICABLE,
    ),
    "demands the proxy's certificate, as nginx does": (
        past(400, marks=("no_client_certificate",))[:1],
        {},
        NOT_APPLICABLE,
    ),
    "wrong host name": (past(400)[:1], {}, unsure("unexpected_answer")),
    "not found": (past(404)[:1], {}, unsure("unexpected_answer")),
    "crash": (past(500)[:1], {}, unsure("unexpected_answer")),
    "breaks on a forged token": (past(401, reply(TOKEN_HEADER, 500)), {}, unsure("unexpected_answer")),
    "hung up": (past(None, error="closed"), {}, unsure("unexpected_answer")),
    "no such name": (past(None, error="name"), {}, unsure("unreachable")),
    "private": (past(None, error="private"), {}, unsure("unreachable")),
    "forged headers not sent": (past(401)[:1], {}, unsure("partial_data")),
    "slowed down": (past(401)[:3], {"unsent": Unsent(4, "rate_limited")}, unsure("rate_limited")),
    "not allowed": ((), {"unsent": Unsent(1, "consent_missing", "Prove it.")}, unsure("consent_missing")),
    "the proxy's address and port": (
        past(401),
        {"shares": "93.184.216.10", "same_port": True},
        unsure("input_missing"),
    ),
    "the proxy's machine, another port": (past(401), {"shares": "93.184.216.10"}, PASS),
    "the proxy's own sign-in": (
        past(302, to="https://accounts.google.com/o/oauth2/v2/auth", headers=GOOGLE),
        {},
        unsure("input_missing"),
    ),
    "seen from inside": (past(401), {"vantage": INSIDE}, PASS),
}


@pytest.mark.parametrize("case", ASSERTION)
def test_forged_assertion(case: str) -> None:
    replies, how, expected = ASSERTION[case]
    assert words(snapshot(origins=(origin(*replies, **how),)), "forged_assertion_refused_at_origin") == expected


def test_a_believed_token_is_critical_and_gets_the_near_miss() -> None:
    believing = origin(*past(401, reply(TOKEN_HEADER, 200)))
    (verdict,) = verdicts(snapshot(origins=(believing,)), "forged_assertion_refused_at_origin")
    assert verdict.severity is Severity.CRITICAL
    assert verdict.near_miss == ("The origin refuses anonymous requests but accepted a header with an unsigned token.")
    assert "Cf-Access-Jwt-Assertion" in verdict.reason


def test_an_unreachable_origin_beside_a_good_one_does_not_spoil_the_pass() -> None:
    origins = (origin(*past(401)), origin(*past(None, error="refused"), label="93.184.216.21:443"))
    (closed, good) = verdicts(snapshot(origins=origins), "forged_assertion_refused_at_origin")
    assert (closed.outcome.value, good.outcome.value, good.seen) == ("not_applicable", "pass", 1)
    assert good.reason.startswith("1 of 2 origins")


FORBIDDEN = {"cf-access-domain": "admin.example.com"}
DIRECT = {
    "closed": (past(None, error="refused"), {}, PASS),
    "dropped": (past(None, error="timeout"), {}, PASS),
    "demands the proxy's certificate": (past(None, error="tls", detail="TLSV13_ALERT_CERTIFICATE_REQUIRED"), {}, PASS),
    "demands the proxy's certificate, as nginx does": (past(400, marks=("no_client_certificate",)), {}, PASS),
    "403 of the proxy": (past(403, headers=FORBIDDEN), {}, PASS),
    "403 of somebody": (past(403), {}, unsure("refused_by_unknown")),
    "a page": (past(200), {}, FAIL),
    "401": (past(401), {}, FAIL),
    "sign-in": (past(302, to=SIGN_IN), {}, FAIL),
    "wrong host name": (past(400), {}, FAIL),
    "not found": (past(404), {}, FAIL),
    "plain HTTP": (
        (reply("origin", None, error="tls", detail="WRONG_VERSION_NUMBER"), reply("origin_plain", 200)),
        {},
        FAIL,
    ),
    "another alert": (past(None, error="tls", detail="SSLV3_ALERT_HANDSHAKE_FAILURE"), {}, unsure("unexpected_answer")),
    "hung up": (past(None, error="closed"), {}, unsure("unexpected_answer")),
    "no such name": (past(None, error="name"), {}, unsure("unreachable")),
    "private": (past(None, error="private"), {}, unsure("unreachable")),
    "from inside": (past(None, error="timeout"), {"vantage": INSIDE}, unsure("unreachable")),
    "open from inside": (past(200), {"vantage": INSIDE}, unsure("unreachable")),
    "the proxy itself": (
        past(None, error="timeout"),
        {"shares": "93.184.216.10", "same_port": True},
        unsure("input_missing"),
    ),
    "the proxy's own sign-in": (past(302, to="https://idp.test/", headers=GOOGLE), {}, unsure("input_missing")),
    "addresses could not be compared": (past(None, error="timeout"), {"shares": None}, unsure("partial_data")),
    "not allowed": ((), {"unsent": Unsent(1, "consent_missing", "Prove it.")}, unsure("consent_missing")),
}


@pytest.mark.parametrize("case", DIRECT)
def test_direct_origin(case: str) -> None:
    replies, how, expected = DIRECT[case]
    assert words(snapshot(origins=(origin(*replies, **how),)), "origin_unreachable") == expected


CONTROLS = {
    "refused": ((door("refused", "admin.example.com", 443),), unsure("unreachable")),
    "another host": ((door("open", "other.example.com", 443),), unsure("unreachable")),
    "over the inside": ((door("open", "admin.example.com", 443, vantage=INSIDE),), unsure("unreachable")),
    "none": (NOTHING, unsure("unreachable")),
}


@pytest.mark.parametrize("case", CONTROLS)
def test_a_closed_origin_needs_the_public_host_to_answer(case: str) -> None:
    controls, expected = CONTROLS[case]
    silent = origin(*past(None, error="timeout"))
    assert words(snapshot(origins=(silent,), controls=controls), "origin_unreachable") == expected


def test_one_run_passes_level_two_and_a_fail_leaves_nothing() -> None:
    (good,) = verdicts(snapshot(origins=(origin(*past(None, error="timeout")),)), "origin_unreachable")
    assert good.level == 2
    assert "level 3 needs a passing run on each of the last 30 days" in good.reason
    (bad,) = verdicts(snapshot(origins=(origin(*past(200)),)), "origin_unreachable")
    assert bad.level == 0
    assert bad.near_miss == (
        "The origin answers 200 to its own IP. Restricting it to the proxy's ranges is level 1; a tunnel or "
        "proxy-authenticated mTLS is level 2."
    )


@pytest.mark.parametrize("check", ["forged_assertion_refused_at_origin", "origin_unreachable"])
def test_without_declared_origins_nothing_is_judged(check: str) -> None:
    assert words(snapshot(), check) == unsure("input_missing")
