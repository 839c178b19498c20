"""A conversation waits as the vendor says, renews once, gives up with a sentence, and leaves quota to the customer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.connectors.api.conftest import Open, People
from tests.fakes.vendor import CANARY, NOW, Answer, local_guard
from ztassess.connectors.api import ApiSession, Pace, Reply, api_session
from ztassess.connectors.api.pace import Pacer
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    Blocked,
    Canceled,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
)
from ztassess.connectors.netguard import Budget

CLOCK = 1_800_000_000.0
QUOTA = Pace(remaining="x-left", limit="x-limit", reset="x-reset")


def sign_in(session: ApiSession, renew: bool) -> Mapping[str, str]:
    reply = session.post_form("/oauth/token", {"grant_type": "client_credentials"})
    return {"authorization": f"Bearer {reply.value['access_token']}"}


def ask(open_session: Open, pauses: list[float] | None = None, pace: Pace | None = None) -> Reply:
    with open_session(pace=pace, pauses=pauses) as session:
        reply: Reply = session.get("/users/u1")
    return reply


def test_an_answer_is_its_json(open_session: Open) -> None:
    assert ask(open_session).value == {"id": "u1", "name": "Person 1"}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("header", "pause"), [({"retry-after": "7"}, 7.0), ({"retry-after": "0"}, 0.0)])
def test_the_vendors_pause_is_kept(
    vendor: People, open_session: Open, status: int, header: dict[str, str], pause: float
) -> None:
    vendor.fault("/users/.*", Answer({}, status, header), times=2)
    pauses: list[float] = []
    assert ask(open_session, pauses).value["id"] == "u1"
    assert pauses == [pause, pause]


def test_a_pause_given_as_a_date_or_by_the_reset_header_is_kept(vendor: People) -> None:
    budget = Budget()
    pacer = Pacer(QUOTA, budget, "People Inc", clock=lambda: CLOCK)
    with api_session(ReadContext({}, local_guard(), budget, NOW), "People Inc", vendor.base, pacer=pacer) as session:
        vendor.fault("/users/.*", Answer({}, 429, {"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}), times=1)
        pacer.pace = Pace(seconds=10.0)
        with pytest.raises(RateLimited) as far:
            session.get("/users/u1")
        assert far.value.retry_after == pytest.approx(30.0)
        pacer.pace = Pace(reset="x-reset", seconds=10.0)
        for reset in ("40", str(int(CLOCK) + 40)):
            vendor.faults.clear()
            vendor.fault("/users/.*", Answer({}, 429, {"x-reset": reset}))
            with pytest.raises(RateLimited) as later:
                session.get("/users/u1")
            assert later.value.retry_after == pytest.approx(40.0)


def test_without_a_stated_pause_it_doubles_with_jitter(vendor: People, open_session: Open) -> None:
    vendor.fault("/users/.*", Answer({}, 429), times=4)
    pauses: list[float] = []
    assert ask(open_session, pauses).value["id"] == "u1"
    for nth, pause in enumerate(pauses):
        assert 0.5 * 2**nth <= pause <= 2**nth


def test_five_throttles_are_enough(vendor: People, open_session: Open) -> None:
    vendor.fault("/users/.*", Answer({}, 429, {"retry-after": "1"}))
    with pytest.raises(RateLimited, match="People Inc asked us to slow down"):
        ask(open_session, [])
    assert len(vendor.requests) == 5


def test_a_pause_longer_than_a_request_may_take_is_left_to_the_queue(vendor: People, open_session: Open) -> None:
    vendor.fault("/users/.*", Answer({}, 429, {"retry-after": "600"}))
    pauses: list[float] = []
    with pytest.raises(RateLimited) as late:
        ask(open_session, pauses)
    assert late.value.retry_after == 600
    assert pauses == []


def test_a_vendors_own_way_of_throttling_counts(vendor: People, open_session: Open) -> None:
    vendor.fault("/users/.*", Answer({"error": {"reason": "quotaExceeded"}}, 403), times=1)
    pauses: list[float] = []
    pace = Pace(throttle=lambda answer: 3.0 if b"quotaExceeded" in answer.body else None)
    assert ask(open_session, pauses, pace).value["id"] == "u1"
    assert pauses == [3.0]


def test_a_tenth_of_the_quota_stays_with_the_customer(vendor: People, open_session: Open) -> None:
    left = {"x-limit": "600", "x-left": "60", "x-reset": "30"}
    vendor.fault("/users/.*", change=lambda good: Answer(good.value, headers=left))
    with open_session(pace=QUOTA) as session:
        assert session.get("/users/u1").value["id"] == "u1"
        left["x-left"] = "59"
        assert session.get("/users/u1").value["id"] == "u1"
        with pytest.raises(RateLimited, match="a tenth of the quota") as stop:
            session.get("/users/u1")
    assert 29 <= stop.value.retry_after <= 30
    assert len(vendor.requests) == 2


def test_a_published_rate_is_kept(vendor: People, open_session: Open) -> None:
    pauses: list[float] = []
    with open_session(pace=Pace(per_second=2.0), pauses=pauses) as session:
        for _ in range(3):
            session.get("/users/u1")
    assert len(pauses) == 2
    assert 0 < pauses[0] <= 0.5 < pauses[1] <= 1.0


def test_a_token_that_ended_is_renewed_once(vendor: People, open_session: Open) -> None:
    with open_session(authorize=sign_in) as session:
        assert session.get("/number", {"page": 1}).value["total"] == 35
        vendor.tokens.clear()
        assert session.get("/number", {"page": 1}).value["total"] == 35
        vendor.fault("/number", Answer({"error": "invalid_token"}, 401))
        with pytest.raises(AuthFailed, match="invalid_token"):
            session.get("/number", {"page": 1})
    assert vendor.signed_in == 3


def test_threads_share_one_sign_in(vendor: People, open_session: Open) -> None:
    from ztassess.connectors.api import fan_out

    with open_session(authorize=sign_in) as session:
        found = list(fan_out(session, range(20), lambda nth: session.get("/number", {"page": 1}).value["total"]))
    assert found == [35] * 20
    assert vendor.signed_in == 1


@pytest.mark.parametrize(
    ("status", "value", "kind", "words"),
    [
        (403, {"errorCode": "E0000006"}, Forbidden, "users.read.*E0000006"),
        (404, {"error": {"code": "itemNotFound"}}, NotFound, "itemNotFound"),
        (410, None, NotFound, "edition"),
        (400, {"errors": [{"code": 7003}]}, Refused, "status 400.*7003"),
        (401, {"error": "invalid_client"}, AuthFailed, "invalid_client"),
        (302, None, BadAnswer, "redirect"),
        (500, None, BadAnswer, "three times"),
        (200, None, BadAnswer, "not JSON"),
    ],
)
def test_each_refusal_has_its_own_kind_and_sentence(
    vendor: People, open_session: Open, status: int, value: object, kind: type[Exception], words: str
) -> None:
    raw = b"<html>" if value is None else None
    vendor.fault("/users/.*", Answer(value, status, {"location": "/elsewhere"}, raw))
    with open_session(pauses=[]) as session, pytest.raises(kind, match=words) as refused:
        session.get("/users/u1", scope="users.read")
    assert type(refused.value) is kind
    assert len(vendor.requests) == (3 if status == 500 else 1)


@pytest.mark.parametrize("told", [f"bad token {CANARY}", f"{'x' * 70} {CANARY}", f"Bearer signed-{CANARY}"])
def test_a_refusal_that_repeats_a_secret_is_not_told(vendor: People, told: str) -> None:
    vendor.fault("/users/.*", Answer({"message": told}, 400))
    context = ReadContext({}, local_guard(), Budget(), NOW, secrets={"token": CANARY})
    signed = {"authorization": f"Bearer signed-{CANARY}"}
    with (
        api_session(context, "People Inc", vendor.base, authorize=lambda *_: signed) as session,
        pytest.raises(Refused) as refused,
    ):
        session.get("/users/u1")
    assert CANARY[:8] not in f"{refused.value!r} {refused.value} {refused.value.sentence} {refused.value.word}"


def test_a_refusal_is_told_in_one_line(vendor: People, open_session: Open) -> None:
    vendor.fault("/users/.*", Answer({"code": "E1\r\nSet: x"}, 400))
    with open_session() as session, pytest.raises(Refused) as refused:
        session.get("/users/u1")
    assert refused.value.word == "E1  Set: x"


def test_a_refusals_page_is_not_repeated(vendor: People, open_session: Open) -> None:
    vendor.fault("/users/.*", Answer({"detail": CANARY}, 403))
    with open_session() as session, pytest.raises(Forbidden) as refused:
        session.get("/users/u1")
    assert CANARY not in repr(refused.value) + str(refused.value)


def test_nothing_is_posted_but_to_the_listed_path(vendor: People, open_session: Open) -> None:
    with open_session() as session:
        for path in ("/users/u1", "/oauth/token/x", "/oauth/tokens", "/x?/oauth/token"):
            with pytest.raises(Blocked):
                session.post(path, b"{}")
    assert vendor.requests == []


def test_a_stopped_session_sends_nothing(vendor: People, open_session: Open) -> None:
    with open_session() as session:
        session.pacer.stop()
        with pytest.raises(Canceled):
            session.get("/users/u1")
    assert vendor.requests == []


def test_more_at_once_than_the_pace_allows_wait(vendor: People, open_session: Open) -> None:
    from ztassess.connectors.api import fan_out

    vendor.latency = 0.02
    with open_session(pace=Pace(width=2)) as session:
        found = [reply.value["id"] for reply in fan_out(session, range(12), lambda n: session.get(f"/users/u{n}"))]
    assert found == [f"u{number}" for number in range(12)]
    assert vendor.most_at_once == 2


def test_a_server_that_hangs_up_is_asked_again(vendor: People, open_session: Open) -> None:
    with open_session(pauses=[]) as session:
        session.get("/users/u1")
        closing = Answer(None, raw=b'{"id": "u1"}', headers={"connection": "close"})
        vendor.fault("/users/.*", closing, times=2)
        assert [session.get("/users/u1").value["id"] for _ in range(3)] == ["u1"] * 3
