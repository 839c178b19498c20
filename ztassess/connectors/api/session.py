"""Owns one conversation with a vendor's interface: signing in, asking, waiting, trying again, saying what failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from ztassess.connectors.api.pace import Pace, Pacer
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    Forbidden,
    Incomplete,
    NotFound,
    RateLimited,
    Refused,
    Unreachable,
)
from ztassess.connectors.netguard import Answer, HttpClient, http_client, parse_json

OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, GONE, SERVER_ERROR = 200, 401, 403, 404, 410, 500
SERVER_TRIES = 3
LONGEST_WORD, SHORTEST_SECRET = 80, 8
Params = Mapping[str, str | int | bool] | tuple[tuple[str, str], ...]
Authorize = Callable[["ApiSession", bool], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer, its JSON parsed.

    Attributes:
        value: the outermost value: an object, a list, or None for an empty body.
        answer: headers and status.
        url: what was asked, for page links.
    """

    value: Any
    answer: Answer = field(repr=False)
    url: str


class Prover(Protocol):
    """Proves each request anew, where a token alone is not enough (DPoP, RFC 9449)."""

    def headers(self, method: str, url: str, signed: Mapping[str, str]) -> Mapping[str, str]:
        """Headers for this one request.

        Parameters:
            signed: the headers of `Authorize` that go with it; empty for the token endpoint.
        """
        ...

    def asks_again(self, answer: Answer) -> bool:
        """Hear every answer; True if this one wants the same request with another proof."""
        ...


def _word(value: Any) -> str:
    """The vendor's own code of a refusal, looked for where vendors put it."""
    if not isinstance(value, dict):
        return ""
    inner = value.get("error")
    places = (value, inner if isinstance(inner, dict) else {}, _first(value.get("errors")))
    for name in ("errorCode", "code", "status", "error", "reason"):
        for place in places:
            found = place.get(name)
            if isinstance(found, str | int) and not isinstance(found, bool) and found != "":
                return str(found)
    return ""


def _first(value: Any) -> dict[str, Any]:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}


class ApiSession:
    """Made by `api_session`. Threads may share it.

    Attributes:
        vendor: the vendor's name, for sentences.
        base: origin and path prefix of every relative path.
        context: what the run was given.
    """

    def __init__(
        self,
        context: ReadContext,
        client: HttpClient,
        *,
        vendor: str,
        base: str,
        authorize: Authorize | None,
        pacer: Pacer,
        refusal: Callable[[Answer, Any, str], Exception | None] | None,
        prover: Prover | None = None,
    ) -> None:
        self.context, self.vendor, self.base, self.pacer = context, vendor, base.rstrip("/"), pacer
        self._client, self._authorize, self._refusal, self._prover = client, authorize, refusal, prover
        self._signed: Mapping[str, str] | None = None
        self._signing = threading.Lock()

    def get(
        self, path: str, params: Params = (), *, scope: str = "", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """GET one JSON document.

        Parameters:
            path: begins with ``/``, or a whole URL below `base` (a page link).
            scope: the permission that this needs, in the vendor's spelling, for the reason of a refusal.

        Raises:
            Forbidden, NotFound, Refused: 403, 404 and 410, other 4xx; with the vendor's code and the scope.
            AuthFailed: 401, after one renewal of the token.
            RateLimited: throttled for longer than one request may wait, or the customer's quota is nearly used up.
            BadAnswer: 5xx three times, or not the JSON it should be.
            Unreachable, TlsFailed, Blocked, BudgetExceeded, Canceled: see `netguard`.
        """
        return self._ask(self._url(path, params), None, "", scope, headers or {})

    def post(
        self,
        path: str,
        body: bytes,
        *,
        content_type: str = "application/json",
        scope: str = "",
        headers: Mapping[str, str] | None = None,
        signed: bool = True,
    ) -> Reply:
        """POST to one of the paths the session was made for. Raises as `get`.

        Parameters:
            signed: False for the token endpoint itself.
        """
        return self._ask(self._url(path, ()), body, content_type, scope, headers or {}, signed=signed)

    def post_form(self, path: str, values: Mapping[str, str], *, headers: Mapping[str, str] | None = None) -> Reply:
        """POST a form without our token: the way of OAuth token endpoints (RFC 6749, 4.4.2)."""
        body, kind = urlencode(dict(values)).encode(), "application/x-www-form-urlencoded"
        return self.post(path, body, content_type=kind, headers=headers, signed=False)

    def _url(self, path: str, params: Params) -> str:
        if not path.startswith("/"):
            if path != self.base and not path.startswith((f"{self.base}/", f"{self.base}?")):
                raise Incomplete(f"{self.vendor} sent a link to another server; it was not followed.")
            url = path
        else:
            url = self.base + path
        query = urlencode([(name, _text(value)) for name, value in pairs(params)])
        return f"{url}{'&' if '?' in url else '?'}{query}" if query else url

    def _ask(
        self,
        url: str,
        body: bytes | None,
        kind: str,
        scope: str,
        headers: Mapping[str, str],
        *,
        signed: bool = True,
    ) -> Reply:
        since, renewed, proven, broken, tried = time.monotonic(), False, False, 0, 0
        while True:
            sign = self._signature(None) if signed else {}
            try:
                with self.pacer:
                    proof = self._prover.headers("GET" if body is None else "POST", url, sign) if self._prover else {}
                    answer = self._send(url, body, kind, {"accept": "application/json", **sign, **proof, **headers})
                    self.pacer.note(answer)
            except Unreachable:
                broken += 1
                if broken >= SERVER_TRIES or body is not None:
                    raise
                self.pacer.wait(self.pacer.guess(tried), since)
                continue
            tried += 1
            again = self._prover is not None and self._prover.asks_again(answer)
            pause = self.pacer.throttled(answer, tried - 1)
            if pause is not None:
                if tried >= self.pacer.pace.tries:
                    raise RateLimited(f"{self.vendor} asked us to slow down.", pause)
                self.pacer.wait(pause, since)
            elif again and signed and not proven:
                proven = True
            elif answer.status == UNAUTHORIZED and signed and not renewed and self._authorize is not None:
                renewed = True
                self._signature(sign)
            elif answer.status >= SERVER_ERROR:
                broken += 1
                if broken >= SERVER_TRIES:
                    raise BadAnswer(f"{self.vendor} answered with an error of its own ({answer.status}) three times.")
                self.pacer.wait(self.pacer.guess(tried - 1), since)
            else:
                return self._reply(answer, url, scope)

    def _send(self, url: str, body: bytes | None, kind: str, headers: Mapping[str, str]) -> Answer:
        if body is None:
            return self._client.get(url, headers=headers)
        return self._client.post(url, body, content_type=kind, headers=headers)

    def _signature(self, refused: Mapping[str, str] | None) -> Mapping[str, str]:
        """The headers that sign a request; made again if these were refused and no other thread did so meanwhile."""
        if self._authorize is None:
            return {}
        with self._signing:
            if self._signed is None or self._signed is refused:
                self._signed = self._authorize(self, refused is not None)
            return self._signed

    def _reply(self, answer: Answer, url: str, scope: str) -> Reply:
        good = OK <= answer.status < 300  # noqa: PLR2004  HTTP's class of success
        try:
            value = parse_json(answer.body) if answer.body.strip() else None
        except BadAnswer:
            if good:
                what = "a web page, not JSON" if answer.body.lstrip()[:1] == b"<" else "something that is not JSON"
                raise BadAnswer(f"{self.vendor} answered with {what}.") from None
            value = None
        if good:
            return Reply(value, answer, url)
        if 300 <= answer.status < 400:  # noqa: PLR2004  HTTP's class of redirection
            raise BadAnswer(f"{self.vendor} answered with a redirect, which is not followed.")
        raise self._refused(answer, value, scope)

    def _told(self, value: Any) -> str:
        """The vendor's code or message for a sentence of ours; nothing if it repeats what we sent to sign in."""
        word = "".join(mark if mark.isprintable() else " " for mark in _word(value))
        sent = [part for header in (self._signed or {}).values() for part in header.split()]
        hidden = (each for each in (*self.context.secrets.values(), *sent) if len(each) >= SHORTEST_SECRET)
        return "" if any(each in word for each in hidden) else word[:LONGEST_WORD]

    def _refused(self, answer: Answer, value: Any, scope: str) -> Exception:
        named = self._refusal(answer, value, scope) if self._refusal else None
        if named is not None:
            return named
        status, word = answer.status, self._told(value)
        said = f" ({word})" if word else ""
        if status == UNAUTHORIZED:
            return AuthFailed(f"{self.vendor} refused the credentials{said}. Check that they are still valid.")
        if status == FORBIDDEN:
            lacks = f"it lacks {scope}" if scope else "a permission is missing"
            sentence = f"{self.vendor} does not let this credential read that: {lacks}{said}."
            return Forbidden(sentence, status=status, word=word, scope=scope)
        if status in (NOT_FOUND, GONE):
            sentence = f"{self.vendor} does not have this here; your edition or engine may lack it{said}."
            return NotFound(sentence, status=status, word=word, scope=scope)
        return Refused(f"{self.vendor} refused the question with status {status}{said}.", status=status, word=word)


def pairs(params: Params) -> list[tuple[str, Any]]:
    """The parameters of a query, in order; a name may stand several times."""
    return list(params.items()) if isinstance(params, Mapping) else list(params)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def origin(context: ReadContext, url: str) -> str:
    """The vendor's fixed address, or what the operator set in its place (``ZTASSESS_VENDOR_ENDPOINTS``).

    Parameters:
        url: for example ``https://graph.microsoft.com``; without a path.
    """
    return context.operator.get(f"endpoint {url}", url)


@contextmanager
def api_session(
    context: ReadContext,
    vendor: str,
    base: str,
    *,
    authorize: Authorize | None = None,
    pace: Pace | None = None,
    posts: tuple[str, ...] = (),
    authority: str = "",
    refusal: Callable[[Answer, Any, str], Exception | None] | None = None,
    pacer: Pacer | None = None,
    prover: Prover | None = None,
) -> Iterator[ApiSession]:
    """One session; its connections are closed at the end of the ``with`` block.

    Parameters:
        vendor: the vendor's name, for sentences.
        base: ``https://host[:port][/prefix]``. A fixed address of a vendor goes through `origin` here; an address
            that a person typed stays as it is.
        authorize: gives the headers that sign a request. Called as ``authorize(session, renew)`` before the first
            request and once more after a 401 (``renew`` True); it may use the session's `post_form`.
        posts: regular expressions of the whole paths that may be posted to.
        authority: PEM of a private certificate authority.
        refusal: the connector's own reading of an answer that is no success, as ``refusal(answer, value, scope)``;
            None where the general one fits.
        prover: proves each request anew. A token endpoint that wants another proof is asked again by `authorize`,
            because what it signed may be used once only.
    """
    address = origin(context, base)
    chosen = pacer or Pacer(pace or Pace(), context.budget, vendor, pause=context.pause)
    with http_client(
        context.guard,
        context.budget,
        ports=None,
        posts=posts,
        authority=authority,
        connections=chosen.pace.width,
    ) as client:
        yield ApiSession(
            context,
            client,
            vendor=vendor,
            base=address,
            authorize=authorize,
            pacer=chosen,
            refusal=refusal,
            prover=prover,
        )
