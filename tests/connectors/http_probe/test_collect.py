"""What a run sends to a tool, how much of it, and what it keeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.connectors.http_probe.lab import (
    ADMIN,
    FAIL,
    PASS,
    STORE,
    Internet,
    Probe,
    Said,
    Start,
    only,
    opened,
    to_sign_in,
    unsure,
    verdicts,
    words,
)
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import Canceled
from ztassess.connectors.http_probe.collect import Pace, collect

CHECKS = ("anonymous_request_refused", "no_public_path", "forged_headers_refused", "no_basic_auth", "https_only")


def test_a_tool_behind_a_proxy_passes_every_front_check(tool: Start, probe: Probe) -> None:
    made = tool()
    snapshot = probe(internal_hosts=ADMIN, identity_hosts="login.example.com")
    assert {check: words(snapshot, check) for check in CHECKS} == dict.fromkeys(CHECKS, PASS)
    assert len(made.asked) == 12
    assert made.most_at_once == 1


def test_requests_are_anonymous_and_say_who_asks(tool: Start, probe: Probe) -> None:
    made = tool()
    probe(internal_hosts=ADMIN)
    forged = {"cf-access-jwt-assertion", "x-goog-authenticated-user-email", "x-goog-iap-jwt-assertion"}
    forged |= {"x-forwarded-user", "x-forwarded-email", "x-auth-request-email"}
    for _, headers in made.asked:
        assert headers["user-agent"] == "ztassess-probe"
        assert not {"cookie", "authorization", "origin", "referer"} & set(headers)
        assert len(forged & set(headers)) <= 1
    assert [headers["accept"] for _, headers in made.asked][:3] == ["text/html", "application/json", "text/html"]
    assert sorted(name for _, headers in made.asked for name in forged & set(headers)) == sorted(forged)
    assert made.paths[8:] == ["/health", "/metrics", "/api", "/.well-known/x"]


def test_the_operators_contact_is_named(
    tool: Start, context_of: Callable[..., ReadContext], internet: Internet
) -> None:
    made = tool()
    context = replace(context_of(internal_hosts=ADMIN), operator={"contact_url": "https://zt.example.com"})
    collect(context, Pace(0.0, 80, internet.lookup))
    assert {headers["user-agent"] for _, headers in made.asked} == {"ztassess-probe (+https://zt.example.com)"}


def test_an_open_tool_is_asked_for_nothing_more(tool: Start, probe: Probe) -> None:
    made = tool(opened)
    snapshot = probe(internal_hosts=ADMIN)
    assert made.paths == ["/", "/"]
    assert words(snapshot, "anonymous_request_refused") == FAIL
    assert words(snapshot, "no_public_path") == unsure("baseline_open")


def test_nothing_secret_enters_the_snapshot(tool: Start, probe: Probe) -> None:
    tool(opened)
    assert "CANARY-PAGE" not in repr(probe(internal_hosts=ADMIN))
    assert "state=" not in repr(probe(internal_hosts=ADMIN))


def test_neither_cookie_values_nor_query_values_enter_the_snapshot(tool: Start, probe: Probe) -> None:
    tool()
    snapshot = probe(internal_hosts=ADMIN)
    assert "secret" not in repr(snapshot)
    assert "'csrf'" in repr(snapshot)


def test_declared_paths_come_first_and_never_raise_the_number_of_requests(tool: Start, probe: Probe) -> None:
    made = tool(only(200, "/debug"))
    snapshot = probe(internal_hosts=ADMIN, identity_hosts="login.example.com", extra_paths="/debug, /a, /b, /c, /d, /e")
    assert len(made.asked) == 12
    assert made.paths[8:] == ["/debug", "/a", "/b", "/c"]
    assert words(snapshot, "no_public_path") == FAIL


def test_paths_left_over_are_named_instead_of_passed(tool: Start, probe: Probe) -> None:
    tool()
    snapshot = probe(
        internal_hosts=ADMIN, identity_hosts="login.example.com", extra_paths="/a /b".replace(" ", ",") + ",/c,/d,/e"
    )
    (verdict,) = verdicts(snapshot, "no_public_path")
    assert (verdict.outcome.value, verdict.reason_code) == ("not_checked", "partial_data")
    assert "/e could not be tried" in verdict.reason


def test_a_declared_path_is_the_one_that_is_asked(tool: Start, probe: Probe) -> None:
    made = tool()
    probe(internal_hosts="https://admin.example.com/tool/")
    assert made.paths[:8] == ["/tool/"] * 8
    assert made.paths[8:] == ["/health", "/metrics", "/api", "/.well-known/x"]


def test_two_addresses_of_one_host_are_asked_one_after_the_other(tool: Start, probe: Probe) -> None:
    made = tool()
    snapshot = probe(
        internal_hosts="https://admin.example.com/a\nhttps://admin.example.com/b", identity_hosts="login.example.com"
    )
    assert made.most_at_once == 1
    assert len(made.asked) == 24
    assert words(snapshot, "https_only") == PASS


def test_a_pause_lies_between_the_requests_to_one_host(
    tool: Start, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, waits = tool(), []
    real = threading.Event.wait

    def wait(event: threading.Event, timeout: float | None = None) -> bool:
        if timeout == 0.125:
            waits.append(len(made.asked))
            return False
        return real(event, timeout)

    monkeypatch.setattr(threading.Event, "wait", wait)
    probe(internal_hosts=ADMIN, pause=0.125)
    assert waits == list(range(1, 13))  # before each of eleven more requests, and before port 80


def test_the_pause_is_one_second_unless_a_test_says_otherwise() -> None:
    assert Pace().pause == 1.0
    assert Pace().plain_port == 80


def test_many_hosts_are_asked_side_by_side(site: Start, proven: Internet, probe: Probe) -> None:
    meet = threading.Barrier(2, timeout=20)

    def together(path: str, headers: dict[str, str]) -> Said:
        if headers["accept"] == "application/json":
            meet.wait()
        return to_sign_in(path, headers)

    for name in ("a", "b"):
        proven.put(f"{name}.example.com", f"93.184.216.{ord(name)}", 443, site(together, f"{name}.example.com").port)
    snapshot = probe(internal_hosts="https://a.example.com,https://b.example.com", identity_hosts="login.example.com")
    assert words(snapshot, "anonymous_request_refused") == PASS


def test_the_run_counts_its_requests(tool: Start, context_of: Callable[..., ReadContext], internet: Internet) -> None:
    tool()
    context = context_of(internal_hosts=ADMIN)
    collect(context, Pace(0.0, 80, internet.lookup))
    assert context.budget.requests == 13  # twelve to the address, one to port 80


def test_a_host_that_asks_to_slow_down_gets_no_further_request(tool: Start, probe: Probe) -> None:
    made = tool(lambda path, headers: (429, {"Retry-After": "60"}, b""))
    snapshot = probe(internal_hosts=ADMIN)
    assert len(made.asked) == 1
    assert words(snapshot, "anonymous_request_refused") == unsure("rate_limited")


def test_slowing_down_halfway_judges_nothing_from_the_rest(tool: Start, probe: Probe) -> None:
    seen: list[int] = []

    def page(path: str, headers: dict[str, str]) -> Said:
        seen.append(1)
        return to_sign_in(path, headers) if len(seen) < 6 else (429, {}, b"")

    made = tool(page)
    snapshot = probe(internal_hosts=ADMIN, identity_hosts="login.example.com")
    assert len(made.asked) == 6
    assert words(snapshot, "anonymous_request_refused") == PASS
    (verdict,) = verdicts(snapshot, "no_public_path")
    assert verdict.reason_code == "rate_limited"
    assert "The remaining 6 requests were not sent; nothing was judged from them." in verdict.reason
    assert words(snapshot, "forged_headers_refused") == unsure("rate_limited")


def test_a_challenge_page_counts_as_asking_to_slow_down(tool: Start, probe: Probe) -> None:
    made = tool(lambda path, headers: (403, {"cf-mitigated": "challenge"}, b"<title>Just a moment...</title>"))
    assert words(probe(internal_hosts=ADMIN), "anonymous_request_refused") == unsure("rate_limited")
    assert len(made.asked) == 1


def test_a_run_whose_time_is_over_is_partial(tool: Start, probe: Probe) -> None:
    def slow(path: str, headers: dict[str, str]) -> Said:
        time.sleep(0.2)
        return to_sign_in(path, headers)

    tool(slow)
    snapshot = probe(
        internal_hosts=ADMIN, identity_hosts="login.example.com", owned_addresses=STORE, consent="yes", seconds=0.7
    )
    assert words(snapshot, "no_public_path") == unsure("partial_data")
    assert words(snapshot, "admin_ports_closed") == unsure("partial_data")


def test_a_canceled_run_sends_nothing_more(
    tool: Start, context_of: Callable[..., ReadContext], internet: Internet
) -> None:
    made = tool()

    def cancel(part: str, seen: int) -> None:
        raise Canceled("Canceled; nothing of this scan was kept.")

    context = replace(context_of(internal_hosts=ADMIN, data_stores=f"{STORE}:5432"), progress=cancel)
    with pytest.raises(Canceled):
        collect(context, Pace(0.0, 80, internet.lookup))
    assert (STORE, 5432) not in internet.connects
    assert len(made.asked) == 12


def test_progress_is_told_per_part(tool: Start, context_of: Callable[..., ReadContext], internet: Internet) -> None:
    tool()
    told: list[tuple[str, int]] = []
    context = replace(context_of(internal_hosts=ADMIN), progress=lambda part, seen: told.append((part, seen)))
    collect(context, Pace(0.0, 80, internet.lookup))
    assert ("targets", 1) in told
