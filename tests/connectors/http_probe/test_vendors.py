"""Recorded answers of vendors, replayed over TLS: the real thing passes, what only looks like it does not."""

from __future__ import annotations

import pytest

from tests.connectors.http_probe.lab import ADMIN, PASS, TOOL, Internet, Probe, Start, verdicts, words
from tests.connectors.http_probe.vendors import LOOKALIKES, VENDORS

FRONT = ("anonymous_request_refused", "no_public_path", "forged_headers_refused", "no_basic_auth")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendors_answer_is_recognized_without_declared_hosts(
    site: Start, proven: Internet, probe: Probe, vendor: str
) -> None:
    proven.put("admin.example.com", TOOL, 443, site(lambda path, headers: VENDORS[vendor](headers)).port)
    snapshot = probe(internal_hosts=ADMIN)
    assert {check: words(snapshot, check) for check in FRONT} == dict.fromkeys(FRONT, PASS)


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_vendors_cookie_or_state_is_kept(site: Start, proven: Internet, probe: Probe, vendor: str) -> None:
    proven.put("admin.example.com", TOOL, 443, site(lambda path, headers: VENDORS[vendor](headers)).port)
    kept = repr(probe(internal_hosts=ADMIN))
    assert not [value for value in ("n1234567890", "eyJ", "nonce%3A", "MTIz", "state=") if value in kept]


@pytest.mark.parametrize("answer", LOOKALIKES)
def test_a_lookalike_is_never_passed(site: Start, proven: Internet, probe: Probe, answer: str) -> None:
    proven.put("admin.example.com", TOOL, 443, site(lambda path, headers: LOOKALIKES[answer]).port)
    (verdict,) = verdicts(probe(internal_hosts=ADMIN), "anonymous_request_refused")
    assert verdict.outcome.value == "not_checked"
    assert verdict.reason_code in ("unknown_redirect", "refused_by_unknown", "unexpected_answer")


def test_a_proxy_that_hides_its_app_from_pages_but_not_from_programs_fails(
    site: Start, proven: Internet, probe: Probe
) -> None:
    def page(path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if headers["accept"] == "application/json":
            return 200, {"Content-Type": "application/json"}, b'{"users":[]}'
        return 302, {"Location": "https://acme.cloudflareaccess.com/cdn-cgi/access/login/x"}, b""

    proven.put("admin.example.com", TOOL, 443, site(page).port)
    (verdict,) = verdicts(probe(internal_hosts=ADMIN), "anonymous_request_refused")
    assert verdict.outcome.value == "fail"
    assert verdict.evidence[0].source == "GET anonymous_json"
