"""Owns a small vendor with people in pages of every kind, and sessions with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.fakes.vendor import NOW, Answer, Request, Vendor, local_guard, no_pause
from ztassess.connectors.api import ApiSession, Pace, api_session
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.netguard import Budget

SIZE = 10
Open = Callable[..., AbstractContextManager[ApiSession]]


class People(Vendor):
    """Users in pages, by each of the usual ways; a token that can be revoked."""

    def __init__(self) -> None:
        super().__init__()
        self.people = [{"id": f"u{number}", "name": f"Person {number}"} for number in range(35)]
        self.tokens = {"t0"}
        self.signed_in = 0
        self.route("POST", "/oauth/token")(self._token)
        self.route("GET", "/(link|url|token|number|offset|short)")(self._users)
        self.route("GET", "/users/(u[0-9]+)")(self._user)

    def _token(self, request: Request) -> Answer:
        self.signed_in += 1
        self.tokens = {f"t{self.signed_in}"}
        return Answer({"access_token": f"t{self.signed_in}"})

    def _user(self, request: Request) -> Answer:
        return Answer(self.people[int(request.match[1][1:])])

    def _users(self, request: Request) -> Answer:
        if request.headers.get("authorization") and request.token not in self.tokens:
            return Answer({"error": "invalid_token"}, 401)
        kind = request.match[1]
        start = int(request.query.get("offset", 0)) if kind == "offset" else 0
        if kind in ("number", "short"):
            start = (int(request.query["page"]) - 1) * SIZE
        elif kind in ("link", "url", "token"):
            start = int(request.query.get("after", 0))
        page, more = self.people[start : start + SIZE], start + SIZE < len(self.people)
        link = f"{request.base}/{kind}?after={start + SIZE}"
        headers, value = {}, {"users": page, "total": len(self.people)}
        if kind == "link" and more:
            headers = {"link": f'<{request.base}/link>; rel="self", <{link}>; rel="next"'}
        if kind == "url" and more:
            value["@odata.nextLink"] = link
        if kind == "token" and more:
            value["nextPageToken"] = str(start + SIZE)
        return Answer(page if kind == "short" else value, headers=headers)


@pytest.fixture
def vendor() -> Iterator[People]:
    with People() as made:
        yield made


@pytest.fixture
def open_session(vendor: People) -> Open:
    """Open a session with the vendor: ``open_session(pace=..., authorize=..., pauses=[])``."""

    def opened(
        *, pace: Pace | None = None, budget: Budget | None = None, pauses: list[float] | None = None, **more: Any
    ) -> AbstractContextManager[ApiSession]:
        def pause(seconds: float) -> bool:
            if pauses is not None:
                pauses.append(seconds)
            return no_pause(seconds)

        context = ReadContext({}, local_guard(), budget or Budget(pages=1000), NOW, pause=pause)
        posts = (re.escape("/oauth/token"),)
        return api_session(context, "People Inc", vendor.base, pace=pace, posts=posts, **more)

    return opened
