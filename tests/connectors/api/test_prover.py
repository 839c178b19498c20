"""Requests that are proven one by one: each has its own proof, and is sent once more if the server wants another."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from tests.connectors.api.conftest import Open, People
from tests.fakes.vendor import Answer as Said
from ztassess.connectors.errors import AuthFailed
from ztassess.connectors.netguard import Answer

WANTED = Said({"error": "use_nonce"}, 401, {"x-nonce": "n1"})


class Counting:
    """Proves by a running number; a server that names a nonce is answered once more."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.asked: list[tuple[str, str, bool]] = []

    def headers(self, method: str, url: str, signed: Mapping[str, str]) -> Mapping[str, str]:
        self.asked.append((method, url.partition("?")[0].rpartition("/")[2], bool(signed)))
        return {"x-proof": str(next(self.numbers))}

    def asks_again(self, answer: Answer) -> bool:
        return answer.header("x-nonce") is not None


def authorize(session, renew: bool) -> Mapping[str, str]:
    return {"authorization": f"Bearer {session.post_form('/oauth/token', {}).value['access_token']}"}


def test_each_request_has_its_own_proof(open_session: Open, vendor: People) -> None:
    with open_session(authorize=authorize, prover=Counting()) as session:
        session.get("/link")
        session.get("/link")
    assert [request.headers["x-proof"] for request in vendor.requests] == ["1", "2", "3"]


def test_prover_knows_what_is_signed(open_session: Open) -> None:
    prover = Counting()
    with open_session(authorize=authorize, prover=prover) as session:
        session.get("/link")
    assert prover.asked == [("POST", "token", False), ("GET", "link", True)]


def test_request_that_wants_another_proof_is_sent_once_more_with_the_same_token(
    open_session: Open, vendor: People
) -> None:
    vendor.fault("/link", WANTED, times=1)
    with open_session(authorize=authorize, prover=Counting()) as session:
        assert session.get("/link").value["total"] == 35
    assert vendor.signed_in == 1
    first, second = vendor.asked("/link")
    assert first.headers["x-proof"] != second.headers["x-proof"]


def test_server_that_is_never_content_ends_in_a_refusal(open_session: Open, vendor: People) -> None:
    vendor.fault("/link", WANTED)
    with open_session(authorize=authorize, prover=Counting()) as session, pytest.raises(AuthFailed):
        session.get("/link")
    assert len(vendor.asked("/link")) == 3  # the proof once more, the token once more


def test_token_endpoint_is_not_asked_again_by_itself(open_session: Open, vendor: People) -> None:
    vendor.fault("/oauth/token", Said({"error": "use_nonce"}, 401, {"x-nonce": "n1"}))
    with open_session(authorize=authorize, prover=Counting()) as session, pytest.raises(AuthFailed):
        session.get("/link")
    assert len(vendor.asked("/oauth/token")) == 1
