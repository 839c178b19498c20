"""Owns the requests to a tracker: through the guard, within a budget, POST to one listed path only."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from ztassess.connectors.errors import BadAnswer, ConnectorError, Unreachable
from ztassess.connectors.netguard import Answer, Budget, Guard, http_client, parse_json
from ztassess.roadmaps.trackers.issues import TrackerError

SECONDS = 60.0
REQUESTS = 200
PAGES = 30
TOO_MANY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Line:
    """The line to one tracker. Use it in a ``with`` block.

    Parameters:
        name: of the tracker, for sentences.
        base: address without a trailing slash.
        posts: regular expressions of the whole paths that may be posted to.
        headers: sent with every request; they hold the token, which is kept nowhere else.
    """

    def __init__(
        self, guard: Guard, name: str, base: str, *, posts: Collection[str], headers: Mapping[str, str]
    ) -> None:
        self.name, self._base = name, base
        self.budget = Budget(seconds=SECONDS, requests=REQUESTS, pages=PAGES)
        try:
            self._client = http_client(guard, self.budget, headers=headers, posts=posts)
        except ConnectorError as problem:
            raise TrackerError(problem.sentence) from problem

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, query: Mapping[str, str | int]) -> Any:
        """GET one page of JSON. Raises TrackerError."""
        try:
            self.budget.spend_page()
            answer = self._client.get(f"{self._base}{path}?{urlencode(query)}")
            self.refuse(answer)
            return parse_json(answer.body)
        except ConnectorError as problem:
            raise TrackerError(f"{self.name}: {problem.sentence}") from problem

    def post(self, path: str, value: Mapping[str, Any]) -> Any:
        """POST JSON and expect 201. Raises TrackerError; `unknown` where nobody can say whether it was done."""
        body = json.dumps(value, ensure_ascii=False).encode()
        try:
            answer = self._client.post(f"{self._base}{path}", body, content_type="application/json")
            self.refuse(answer)
            return parse_json(answer.body)
        except (Unreachable, BadAnswer) as problem:
            raise TrackerError(f"{self.name}: {problem.sentence}", unknown=True) from problem
        except ConnectorError as problem:
            raise TrackerError(f"{self.name}: {problem.sentence}") from problem

    def refuse(self, answer: Answer) -> None:
        """Raise TrackerError for every status but 200 and 201, in words that say what to do."""
        status = answer.status
        if status in (HTTPStatus.OK, HTTPStatus.CREATED):
            return
        limited = status in TOO_MANY or (
            status == HTTPStatus.FORBIDDEN
            and (answer.header("retry-after") is not None or answer.header("x-ratelimit-remaining") == "0")
        )
        if limited:
            after = answer.header("retry-after") or "60"
            wait = after if after.isdecimal() else "60"
            raise TrackerError(f"{self.name} asks to go slower. Push again in {wait} seconds; nothing is made twice.")
        words = {
            HTTPStatus.UNAUTHORIZED: "refused the token. Make a new one and enter it again.",
            HTTPStatus.FORBIDDEN: "does not let this token create issues there. Give it the right to write issues.",
            HTTPStatus.NOT_FOUND: "has no such place, or the token may not see it.",
            HTTPStatus.GONE: "says that issues are switched off there.",
            HTTPStatus.MOVED_PERMANENTLY: "says that this place has another name now. Enter the new one.",
        }
        if status in words:
            raise TrackerError(f"{self.name} {words[HTTPStatus(status)]}")
        unsure = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        raise TrackerError(f"{self.name} answered with status {status}{_named_fields(answer)}.", unknown=unsure)


def _named_fields(answer: Answer) -> str:
    """The fields that a tracker complains about; its own sentences are not repeated."""
    try:
        value = parse_json(answer.body)
    except ConnectorError:
        return ""
    errors = value.get("errors") if isinstance(value, dict) else None
    if isinstance(errors, dict):
        names = [str(name) for name in errors]
    elif isinstance(errors, list):
        names = [str(each.get("field", "")) for each in errors if isinstance(each, dict)]
    else:
        names = []
    names = [name for name in names if name.replace("_", "").isalnum()][:5]
    return f" about {', '.join(names)}" if names else ""
