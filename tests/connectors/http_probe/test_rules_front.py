"""The checks of the front door, by tables of what a stranger was told."""

from __future__ import annotations

import pytest

from tests.connectors.http_probe.factory import NOTHING, SIGN_IN, reply, snapshot, target
from tests.connectors.http_probe.lab import FAIL, PASS, unsure, verdicts, words
from ztassess.connectors.http_probe.probe import FORGED
from ztassess.connectors.http_probe.snapshot import Reply, Unsent

HTML, JSON = "anonymous_html", "anonymous_json"
FRONT_CHECKS = (
    *("anonymous_request_refused", "no_public_path", "forged_headers_refused"),
    *("no_basic_auth", "https_only"),
)


def both(status: int | None, to: str | None = None, **more: object) -> tuple[Reply, Reply]:
    """The same answer to the page and to the interface."""
    return reply(HTML, status, to, **more), reply(JSON, status, to, **more)


ANONYMOUS = {
    "sign-in host": ((), PASS),
    "below a sign-in host": (both(302, "https://eu.login.example.com/x"), PASS),
    "any redirect status": (both(307, SIGN_IN), PASS),
    "page shown": (both(200), FAIL),
    "no content": (both(204), FAIL),
    "sign-in page of a single-page app": (both(200, body_length=512), FAIL),
    "own sign-in": (both(302, "/login"), FAIL),
    "own sign-in, whole address": (both(302, "https://admin.example.com/users/sign_in?next=/"), FAIL),
    "own sign-in on another port": (both(302, "https://admin.example.com:8443/signin"), FAIL),
    "own sign-in, name with a final dot": (both(302, "https://admin.example.com./login"), FAIL),
    "only a slash is added": (both(301, "https://admin.example.com"), unsure("unexpected_answer")),
    "unknown host": (both(302, "https://sso.example.net/"), unsure("unknown_redirect")),
    "name contains the sign-in host": (
        both(302, "https://login.example.com.attacker.test/"),
        unsure("unknown_redirect"),
    ),
    "name ends like the sign-in host": (both(302, "https://evil-login.example.com/"), unsure("unknown_redirect")),
    "sign-in host as user name": (both(302, "https://login.example.com@attacker.test/"), unsure("unexpected_answer")),
    "sign-in host before a backslash": (
        both(302, "https://attacker.test\\@login.example.com/"),
        unsure("unexpected_answer"),
    ),
    "sign-in host in the query": (
        both(302, "https://attacker.test/?to=https://login.example.com/"),
        unsure("unknown_redirect"),
    ),
    "protocol-relative": (both(302, "//login.example.com/authorize"), PASS),
    "to the sign-in host without encryption": (both(302, "http://login.example.com/"), unsure("unexpected_answer")),
    "to metadata": (both(302, "http://169.254.169.254/latest/meta-data/"), unsure("unknown_redirect")),
    "to a script": (both(302, "javascript:alert(1)"), unsure("unexpected_answer")),
    "nowhere": (both(302), unsure("unexpected_answer")),
    "shared password": (both(401, challenges=("basic",)), FAIL),
    "digest": (both(401, challenges=("digest",)), FAIL),
    "bare 403": (both(403), unsure("refused_by_unknown")),
    "bare 401": (both(401), unsure("refused_by_unknown")),
    "401 with a bearer challenge": (both(401, challenges=("bearer",)), unsure("refused_by_unknown")),
    "403 with a fingerprint": (both(403, headers={"cf-access-domain": "admin.example.com"}), PASS),
    "not found": (both(404), unsure("unexpected_answer")),
    "crash": (both(500), unsure("unexpected_answer")),
    "too many requests": (both(429), unsure("rate_limited")),
    "timeout": (both(None, error="timeout"), unsure("not_reachable")),
    "refused": (both(None, error="refused"), unsure("not_reachable")),
    "no such name": (both(None, error="name"), unsure("not_reachable")),
    "private address": (both(None, error="private", detail="a private"), unsure("not_reachable")),
    "bad certificate": (both(None, error="tls", detail="CERTIFICATE_VERIFY_FAILED"), unsure("unexpected_answer")),
    "not HTTP": (both(None, error="malformed"), unsure("unexpected_answer")),
    "end of the run": (both(None, error="budget"), unsure("partial_data")),
    "interface open, page refused": ((reply(JSON, 200),), FAIL),
    "interface unsure, page refused": ((reply(JSON, 404),), unsure("unexpected_answer")),
    "page unsure, interface open": ((reply(HTML, 404), reply(JSON, 200)), FAIL),
    "page open, interface refused": ((reply(HTML, 200),), FAIL),
}


@pytest.mark.parametrize("case", ANONYMOUS)
def test_anonymous_request(case: str) -> None:
    changed, expected = ANONYMOUS[case]
    assert words(snapshot(targets=(target(*changed),)), "anonymous_request_refused") == expected


def test_an_interface_that_was_not_asked_is_not_passed() -> None:
    lacking = target(without=(JSON,))
    assert words(snapshot(targets=(lacking,)), "anonymous_request_refused") == unsure("partial_data")


def test_a_bare_401_to_a_program_belongs_to_the_proxy_that_answered_the_page() -> None:
    page = reply(HTML, 302, "https://idp.example.net/", cookie_names=("_oauth2_proxy_csrf",))
    assert words(snapshot(targets=(target(page, reply(JSON, 401)),)), "anonymous_request_refused") == PASS
    assert words(snapshot(targets=(target(reply(JSON, 401)),)), "anonymous_request_refused") == unsure(
        "refused_by_unknown"
    )


def test_own_sign_in_gets_the_near_miss() -> None:
    (verdict,) = verdicts(snapshot(targets=(target(*both(302, "/login")),)), "anonymous_request_refused")
    assert verdict.near_miss == (
        "admin.example.com redirects to its own sign-in page. That page is reachable by anyone; put the proxy in front "
        "of it."
    )
    assert verdict.evidence[0].observed == "302 to https://admin.example.com/login"


def test_an_unknown_redirect_is_shown_to_be_added() -> None:
    (verdict,) = verdicts(
        snapshot(targets=(target(*both(302, "https://sso.example.net/")),)), "anonymous_request_refused"
    )
    assert "leads to sso.example.net" in verdict.reason
    assert "add it" in verdict.reason


def test_each_bad_tool_is_named_with_the_denominator() -> None:
    tools = (
        target(is_sensitive=True),
        target(*both(200), url="https://b.example.com/"),
        target(*both(403), url="https://c.example.com/"),
    )
    found = verdicts(snapshot(targets=tools), "anonymous_request_refused")
    assert [(each.resource, each.outcome.value) for each in found] == [
        ("https://b.example.com/", "fail"),
        ("https://c.example.com/", "not_checked"),
    ]
    assert "1 of 3 internal addresses refused a stranger." in found[0].reason
    assert found[0].seen == 3


def test_a_pass_counts_the_sensitive_tools() -> None:
    tools = (target(is_sensitive=True), target(url="https://b.example.com/"))
    (verdict,) = verdicts(snapshot(targets=tools), "anonymous_request_refused")
    assert verdict.reason == "2 of 2 internal addresses refused a stranger. Of 1 sensitive tool, 1 did."
    assert verdict.seen == 2


@pytest.mark.parametrize("check", FRONT_CHECKS)
def test_without_targets_nothing_passes(check: str) -> None:
    assert words(snapshot(targets=NOTHING), check) == unsure("input_missing")


OAUTH2 = reply(HTML, 302, "https://idp.example.net/", cookie_names=("_oauth2_proxy_csrf",))
CLOUDFLARE = {"cf-access-aud": "7376"}
PATHS = {
    "all refused": ((), {}, PASS),
    "health open": ((reply("path:/health", 200),), {}, FAIL),
    "open while the page is refused by somebody unknown": ((*both(403), reply("path:/health", 200)), {}, FAIL),
    "page itself open": (both(200), {}, unsure("baseline_open")),
    "page itself its own sign-in": ((*both(302, "/login"), reply("path:/health", 200)), {}, unsure("baseline_open")),
    "page itself not judged": ((*both(404), reply("path:/health", 200)), {}, unsure("unexpected_answer")),
    "page itself not reachable": (both(None, error="timeout"), {}, unsure("not_reachable")),
    "path gives 404": ((reply("path:/api", 404),), {}, unsure("unexpected_answer")),
    "path times out": ((reply("path:/api", None, error="timeout"),), {}, unsure("unexpected_answer")),
    "path refused by the app": (
        (*both(403, headers=CLOUDFLARE), reply("path:/api", 403)),
        {},
        unsure("unexpected_answer"),
    ),
    "path refused by the same proxy": (
        (*both(403, headers=CLOUDFLARE), *(reply(f"path:{p}", 403, headers=CLOUDFLARE) for p in ("/api", "/health"))),
        {},
        PASS,
    ),
    "own page of oauth2-proxy": ((OAUTH2, reply("path:/ping", 200)), {}, PASS),
    "the same path without that proxy": ((reply("path:/ping", 200),), {}, FAIL),
    "below the own pages of oauth2-proxy": ((OAUTH2, reply("path:/oauth2/x", 200)), {}, FAIL),
    "no path asked": ((), {"without": ("path:",)}, unsure("partial_data")),
    "a declared path left over": ((), {"untried": ("/e",)}, unsure("partial_data")),
    "ended too early": ((), {"unsent": Unsent(2, "rate_limited")}, unsure("rate_limited")),
    "ended too early, but something was open": (
        (reply("path:/health", 200),),
        {"unsent": Unsent(2, "partial_data")},
        FAIL,
    ),
}


@pytest.mark.parametrize("case", PATHS)
def test_paths(case: str) -> None:
    changed, how, expected = PATHS[case]
    assert words(snapshot(targets=(target(*changed, **how),)), "no_public_path") == expected


def test_an_open_path_gets_the_near_miss() -> None:
    opened = target(reply("path:/health", 200), reply("path:/metrics", 206))
    (verdict,) = verdicts(snapshot(targets=(opened,)), "no_public_path")
    assert verdict.reason == "https://admin.example.com/: /health, /metrics answered a stranger, of 4 paths tried."
    assert verdict.near_miss == (
        "/health answers without sign-in (status 200). If it is a health check, move it to a port that is not public."
    )


HEADER = f"forged:{FORGED[4][0]}"
HEADERS = {
    "all refused": ((), {}, PASS),
    "one opens the door": ((reply(HEADER, 200),), {}, FAIL),
    "one opens a door of which we do not know who keeps it": ((*both(403), reply(HEADER, 200)), {}, FAIL),
    "one opens the app's own sign-in": ((*both(302, "/login"), reply(HEADER, 200)), {}, FAIL),
    "door open anyway": (both(200), {"without": ("forged:",)}, unsure("baseline_open")),
    "door open anyway, headers sent all the same": ((*both(200), reply(HEADER, 200)), {}, unsure("baseline_open")),
    "own sign-in, headers change nothing": (both(302, "/login"), {}, unsure("baseline_open")),
    "who refuses is not known": (both(403), {}, unsure("refused_by_unknown")),
    "a header leads elsewhere": ((reply(HEADER, 302, "/home"),), {}, unsure("unexpected_answer")),
    "a header breaks the app": ((reply(HEADER, 500),), {}, unsure("unexpected_answer")),
    "a header gets no answer": ((reply(HEADER, None, error="timeout"),), {}, unsure("unexpected_answer")),
    "a header reaches the app, which refuses": (
        (*both(403, headers=CLOUDFLARE), reply(HEADER, 403)),
        {},
        unsure("unexpected_answer"),
    ),
    "one header was not tried": ((), {"without": (HEADER,)}, unsure("partial_data")),
    "slowed down": ((), {"without": ("forged:",), "unsent": Unsent(10, "rate_limited")}, unsure("rate_limited")),
}


@pytest.mark.parametrize("case", HEADERS)
def test_forged_headers(case: str) -> None:
    changed, how, expected = HEADERS[case]
    assert words(snapshot(targets=(target(*changed, **how),)), "forged_headers_refused") == expected


def test_a_pass_claims_nothing_about_the_app() -> None:
    (verdict,) = verdicts(snapshot(), "forged_headers_refused")
    assert "Whether the app verifies the signed assertion is tested at the origin." in verdict.reason


BASIC = {
    "behind a proxy": ((), PASS),
    "basic": (both(401, challenges=("basic",)), FAIL),
    "digest": (both(401, challenges=("digest",)), FAIL),
    "basic on one path only": ((reply("path:/metrics", 401, challenges=("bearer", "basic")),), FAIL),
    "bare 401": (both(401), unsure("refused_by_unknown")),
    "bearer": (both(401, challenges=("bearer",)), unsure("refused_by_unknown")),
    "open": (both(200), unsure("baseline_open")),
    "silent": (both(None, error="timeout"), unsure("not_reachable")),
}


@pytest.mark.parametrize("case", BASIC)
def test_basic_auth(case: str) -> None:
    changed, expected = BASIC[case]
    assert words(snapshot(targets=(target(*changed),)), "no_basic_auth") == expected


def test_a_password_prompt_gets_the_near_miss() -> None:
    (verdict,) = verdicts(snapshot(targets=(target(*both(401, challenges=("basic",))),)), "no_basic_auth")
    assert verdict.near_miss == "admin.example.com asks for HTTP Basic credentials. MFA cannot be enforced there."


PLAIN = {
    "redirect": ((), {}, PASS),
    "308": ((reply("plain_http", 308, "https://admin.example.com/x"),), {}, PASS),
    "see other": ((reply("plain_http", 303, "https://admin.example.com/"),), {}, unsure("unexpected_answer")),
    "closed": ((reply("plain_http", None, error="refused"),), {}, PASS),
    "dropped": ((reply("plain_http", None, error="timeout"),), {}, PASS),
    "a page": ((reply("plain_http", 200),), {}, FAIL),
    "redirect to another host": (
        (reply("plain_http", 301, "https://www.example.com/"),),
        {},
        unsure("unexpected_answer"),
    ),
    "redirect without encryption": (
        (reply("plain_http", 301, "http://admin.example.com/x"),),
        {},
        unsure("unexpected_answer"),
    ),
    "forbidden": ((reply("plain_http", 403),), {}, unsure("unexpected_answer")),
    "not HTTP": ((reply("plain_http", None, error="malformed"),), {}, unsure("unexpected_answer")),
    "not asked": ((), {"without": ("plain_http",)}, unsure("partial_data")),
    "host not reachable": (both(None, error="name"), {"without": ("plain_http",)}, unsure("not_reachable")),
}


@pytest.mark.parametrize("case", PLAIN)
def test_plain_http(case: str) -> None:
    changed, how, expected = PLAIN[case]
    assert words(snapshot(targets=(target(*changed, **how),)), "https_only") == expected


def test_a_plain_page_gets_the_near_miss() -> None:
    (verdict,) = verdicts(snapshot(targets=(target(reply("plain_http", 200)),)), "https_only")
    assert verdict.near_miss == "Port 80 answers 200 instead of redirecting."


@pytest.mark.parametrize("check", FRONT_CHECKS)
def test_one_tool_that_could_not_be_judged_keeps_all_from_passing(check: str) -> None:
    silent = target(*both(None, error="timeout"), url="https://b.example.com/", without=("forged:", "path:", "plain_"))
    outcomes = [outcome for outcome, _ in words(snapshot(targets=(target(), silent)), check)]
    assert outcomes == ["not_checked"]
