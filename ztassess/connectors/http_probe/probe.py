#!/usr/bin/env python3
"""Owns the requests of the HTTP probe; also runs alone, inside a network that cannot be reached from outside.

    python3 probe.py targets.txt > result.json

Needs Python 3.9 or newer and nothing else. It sends at most 12 GETs per address, one at a time and without any sign-in,
and keeps no page, no cookie and no token. One target a line:

    https://admin.example.com/ sensitive
    identity login.example.com
    path /debug
    origin 10.0.0.5:443 admin.example.com
    store db.example.com:5432
    address 203.0.113.8/29
    vpn vpn.example.com
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import html
import http.client
import ipaddress
import json
import re
import socket
import ssl
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Ask = Callable[[str, dict[str, str], "tuple[str, int] | None"], "Answer"]
    """GET a URL, over a connection to another host and port if given; certificates are then not verified."""
    Dial = Callable[[str, int], str]
    """Connect and hang up; returns the address. Both raise Failed."""

FORMAT = "ztassess-http-probe/1"
UTC = timezone.utc  # noqa: UP017  datetime.UTC needs Python 3.11
MOST, MAX_BODY, SHOWN = 12, 64 * 1024, 200
PAUSE, CONNECT, LONGEST, KNOCK = 1.0, 5.0, 20.0, 3.0
AGENT = "ztassess-probe"
PAGE, API = {"accept": "text/html"}, {"accept": "application/json"}
PATHS = ("/health", "/metrics", "/api", "/.well-known/x")
PORTALS = ("/remote/login", "/dana-na/", "/+CSCOE+/logon.html", "/global-protect/login.esp")
ADMIN_PORTS = (22, 23, 445, 1433, 2375, 3306, 3389, 5432, 5900, 6379, 6443, 9200, 11211, 27017)
VPN_PORT = 1194
_NOBODY = "ztassess-probe@example.invalid"
FORGED = (
    ("Cf-Access-Jwt-Assertion", "x"),
    ("X-Goog-Authenticated-User-Email", f"accounts.google.com:{_NOBODY}"),
    ("X-Goog-IAP-JWT-Assertion", "x"),
    ("X-Forwarded-User", "ztassess-probe"),
    ("X-Forwarded-Email", _NOBODY),
    ("X-Auth-Request-Email", _NOBODY),
)
# What is kept of an answer's headers; Location, cookies' names and the challenge are kept in parts.
KEPT = (
    *("server", "cf-access-aud", "cf-access-domain", "cf-mitigated", "retry-after"),
    *("x-goog-iap-generated-response", "x-pomerium-intercepted-response"),
)
# What a page may betray; only the word on the left is kept.
MARKS = (
    ("oauth2_start", b"/oauth2/start"),  # the sign-in page of oauth2-proxy
    ("no_client_certificate", b"No required SSL certificate was sent"),  # nginx, error 496
)
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
_REDIRECTS, _REFUSALS, _SLOW_DOWN = (301, 302, 303, 307, 308), (401, 403), 429


class Answer(NamedTuple):
    """What a server said: header names in lower case, the body cut at 64 KiB."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    address: str


class Failed(Exception):
    """No answer. ``error``: timeout, refused, name, closed, tls, private, malformed, or budget for a run's own end."""

    def __init__(self, error: str, detail: str = "") -> None:
        super().__init__(error, detail)
        self.error, self.detail = error, detail


class Step(NamedTuple):
    """One request of a plan."""

    number: int
    variant: str
    url: str
    headers: dict[str, str]


def unsigned_token() -> str:
    """An assertion that nobody signed (RFC 7519, 6: "alg" is "none")."""
    parts = ({"alg": "none", "typ": "JWT"}, {"email": _NOBODY, "sub": "ztassess-probe"})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def redacted(location: str) -> str:
    """A Location without what may be secret: query values go, but for the address a sign-in leads back to."""
    try:
        parts = urlsplit(location)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return ""
    kept = [(name, value.partition("?")[0] if name == "redirect_uri" else "") for name, value in pairs]
    query = "&".join(f"{quote(name[:40])}={quote(value[:SHOWN], safe='')}" for name, value in kept[:20])
    where = f"{parts.scheme}:" if parts.scheme else ""
    where += f"//{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
    return where + parts.path[:SHOWN] + (f"?{query}" if query else "")


def reply_of(step: Step, answer: Answer) -> dict[str, Any]:
    """The record of an answer: what the judgment needs and nothing else."""

    def every(name: str) -> list[str]:
        return [value for key, value in answer.headers if key == name]

    title = re.search(rb"<title[^>]*>(.{0,2000}?)</title", answer.body, re.IGNORECASE | re.DOTALL)
    location = next(iter(every("location")), None)
    plain = [re.sub(r'"[^"]*"', "", value) for value in every("www-authenticate")]
    challenges = [word for value in plain for word in re.findall(r"(?:^|, *)([A-Za-z-]{1,40})(?= |$|,)", value)]
    return _record(
        step,
        status=answer.status,
        location=None if location is None else redacted(location),
        headers={name: every(name)[0][:SHOWN] for name in KEPT if every(name)},
        cookie_names=sorted({value.partition("=")[0].strip()[:SHOWN] for value in every("set-cookie")}),
        www_authenticate=", ".join(challenges) or None,
        body_length=len(answer.body),
        title_sha256=title_hash(title[1].decode("utf-8", "replace")) if title else None,
        marks=[name for name, text in MARKS if text in answer.body],
    )


def _record(step: Step, **said: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"status": None, "location": None, "headers": {}, "cookie_names": [], "marks": []}
    empty.update(www_authenticate=None, body_length=None, title_sha256=None, error=None, detail="")
    return {"n": step.number, "variant": step.variant, **empty, **said}


def title_hash(title: str) -> str:
    """SHA-256 of a page's title, blanks folded."""
    return hashlib.sha256(" ".join(html.unescape(title).split()).encode()).hexdigest()


class Talk:
    """The requests to one address: one at a time, ended by the first that fails or finds us too fast."""

    def __init__(self, ask: Ask, pause: Callable[[], None], connect_to: tuple[str, int] | None = None) -> None:
        self._ask, self._pause, self._connect_to = ask, pause, connect_to
        self.requests: list[dict[str, Any]] = []
        self.resolved: str | None = None
        self.unsent: dict[str, Any] | None = None

    def run(self, steps: Sequence[Step]) -> None:
        """Send requests in turn; nothing after the end."""
        for index, step in enumerate(steps):
            if self.unsent is not None:
                self.unsent["count"] += len(steps) - index
                return
            self.send(step)

    def send(self, step: Step, *, ends: bool = True) -> dict[str, Any]:
        """Send one request and keep its record."""
        if self.requests:
            self._pause()
        try:
            answer = self._ask(step.url, step.headers, self._connect_to)
        except Failed as failed:
            said = _record(step, error=failed.error, detail=failed.detail)
            reason = "partial_data" if failed.error == "budget" else "unreachable"
        else:
            said, self.resolved, reason = reply_of(step, answer), answer.address, ""
            if answer.status == _SLOW_DOWN or said["headers"].get("cf-mitigated"):
                reason = "rate_limited"
        self.requests.append(said)
        if reason and ends:
            self.unsent = {"count": 0, "reason": reason, "detail": ""}
        return said

    def record(self, **what: Any) -> dict[str, Any]:
        """The whole conversation, in the form of the result file."""
        return {**what, "resolved": self.resolved, "requests": self.requests, "unsent": self.unsent}


def probe_target(
    ask: Ask,
    pause: Callable[[], None],
    url: str,
    *,
    extra: Sequence[str] = (),
    most: int = MOST,
    withheld: str = "",
    plain: str = "",
) -> dict[str, Any]:
    """All requests to one internal address, in the form of the result file.

    Parameters:
        extra: paths to try before the usual ones.
        most: GETs to this address; the pages of a door that stands open are not asked for.
        withheld: why only the first request may be sent; empty if all may.
        plain: the address of the same host without TLS; empty to leave it out.
    """
    talk = Talk(ask, pause)
    front = [Step(1, "anonymous_html", url, PAGE), Step(2, "anonymous_json", url, API)]
    base = "/".join(url.split("/", 3)[:3])
    room = max(0, most - len(front) - len(FORGED))
    paths = [path for path in dict.fromkeys((*extra, *PATHS)) if base + path != url]
    rest = [Step(3, f"forged:{name}", url, {**PAGE, name: value}) for name, value in FORGED]
    rest += [Step(4, f"path:{path}", base + path, PAGE) for path in paths[:room]]
    talk.send(front[0])
    if withheld and talk.unsent is None:
        talk.unsent = {"count": 0, "reason": "consent_missing", "detail": withheld}
    talk.run(front[1:])
    opened = any(said["status"] is not None and said["status"] < 300 for said in talk.requests)  # noqa: PLR2004  2xx
    if not opened:
        talk.run(rest)
    answered = any(said["status"] is not None or said["error"] == "tls" for said in talk.requests)
    if plain and answered and not withheld:
        talk.send(Step(6, "plain_http", plain, PAGE), ends=False)
    return talk.record(url=url, untried=[path for path in paths[room:] if path in extra])


def probe_origin(
    ask: Ask, pause: Callable[[], None], origin: tuple[str, int], serves: str, *, path: str = "/"
) -> dict[str, Any]:
    """Ask an origin for its public host's page, past the proxy: as a stranger, then with forged identities."""
    talk = Talk(ask, pause, origin)
    url = f"https://{serves}{path}"
    said = talk.send(Step(5, "origin", url, PAGE))
    if said["error"] == "tls" and any(word in said["detail"] for word in _NOT_TLS):
        url, talk.unsent = f"http://{serves}{path}", None
        said = talk.send(Step(5, "origin_plain", url, PAGE))
    if said["status"] in (*_REDIRECTS, *_REFUSALS):
        token = unsigned_token()
        forged = [(name, token if value == "x" else value) for name, value in FORGED]
        talk.run([Step(5, f"origin_forged:{name}", url, {**PAGE, name: value}) for name, value in forged])
    host = f"[{origin[0]}]" if ":" in origin[0] else origin[0]
    return talk.record(origin=f"{host}:{origin[1]}", serves=serves)


def probe_vpn(ask: Ask, pause: Callable[[], None], host: str) -> dict[str, Any]:
    """Ask a VPN gateway for the sign-in pages of the usual products."""
    talk = Talk(ask, pause)
    talk.run([Step(8, f"portal:{path}", f"https://{host}{path}", PAGE) for path in PORTALS])
    return talk.record(host=host)


def knock(dial: Dial, purpose: str, host: str, port: int) -> dict[str, Any]:
    """One TCP connection without payload."""
    said: dict[str, Any] = {"purpose": purpose, "host": host, "port": port, "resolved": None, "detail": ""}
    try:
        return {**said, "resolved": dial(host, port), "result": "open"}
    except Failed as failed:
        return {**said, "result": failed.error, "detail": failed.detail}


def endpoint(text: str) -> tuple[str, int]:
    """Host and port of ``host:port``. Raises ValueError with a sentence."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", text)
    if found is None or not 1 <= int(found[2]) <= 65535:  # noqa: PLR2004  TCP's range
        raise ValueError(f"{text[:100]!r} is not host:port.")
    return found[1].strip("[]").lower(), int(found[2])


def read_targets(text: str) -> dict[str, list[Any]]:
    """The targets of a file by their first word, see the top of this file. Raises ValueError with a sentence."""
    asked: dict[str, list[Any]] = {word: [] for word in ("url", "sensitive", "identity", "path", "vpn", "address")}
    asked.update(origin=[], store=[])
    for first, *words in filter(None, (line.partition("#")[0].split() for line in text.splitlines())):
        if re.fullmatch(r"https://[^/?#@\\]+(/[^?#]*)?", first) and words in ([], ["sensitive"]):
            url = first if first.count("/") > 2 else f"{first}/"  # noqa: PLR2004  the two of https://
            asked["url"].append(url)
            asked["sensitive"].extend([url] if words else [])
        elif first in ("origin", "store") and len(words) == 1 + (first == "origin"):
            asked[first].append((*endpoint(words[0]), *words[1:]))
        elif first == "address" and len(words) == 1:
            asked[first].extend(str(each) for each in ipaddress.ip_network(words[0], strict=False))
        elif first in ("identity", "path", "vpn") and len(words) == 1 and (first == "path") == words[0].startswith("/"):
            asked[first].append(words[0])
        else:
            raise ValueError(f"{' '.join([first, *words])[:100]!r} is not understood; see the top of this file.")
    return asked


def plain_ask(url: str, headers: dict[str, str], connect_to: tuple[str, int] | None = None) -> Answer:
    """GET a URL with the standard library: no proxy, no redirect, no cookie, at most 20 s and 64 KiB."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    with failures(), contextlib.closing(socket.create_connection(connect_to or (host, port), CONNECT)) as raw:
        context = ssl.create_default_context() if connect_to is None else ssl._create_unverified_context()  # noqa: S323, SLF001  an origin's certificate is not what is judged
        sock = context.wrap_socket(raw, server_hostname=host) if parts.scheme == "https" else raw
        deadline, watchdog = time.monotonic() + LONGEST, threading.Timer(LONGEST, hang_up, [sock])
        watchdog.start()
        try:
            said = _exchange(sock, parts.netloc, url.split(parts.netloc, 1)[1] or "/", headers)
            if time.monotonic() >= deadline:  # the watchdog hung up, so what came is not whole
                raise socket.timeout  # noqa: UP041  another class than TimeoutError before Python 3.10
            return said
        finally:
            watchdog.cancel()
            sock.close()


def _exchange(sock: socket.socket, authority: str, target: str, headers: dict[str, str]) -> Answer:
    address = str(sock.getpeername()[0])
    line = http.client.HTTPConnection(authority)
    line.sock = sock
    line.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
    for header in {"Host": authority, "User-Agent": AGENT, "Connection": "close", **headers}.items():
        line.putheader(*header)
    line.endheaders()
    said = line.getresponse()
    body = bytearray()
    while len(body) < MAX_BODY and (piece := said.read1(MAX_BODY - len(body))):
        body += piece
    return Answer(said.status, [(name.lower(), value) for name, value in said.getheaders()], bytes(body), address)


def hang_up(sock: socket.socket) -> None:
    """End a conversation that takes too long."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def failures() -> Iterator[None]:
    """The standard library's errors in our words."""
    try:
        yield
    except ssl.SSLError as problem:
        raise Failed("tls", problem.reason or str(problem)[:SHOWN]) from problem
    except socket.gaierror as problem:
        raise Failed("name") from problem
    except socket.timeout as problem:  # noqa: UP041  another class than TimeoutError before Python 3.10
        raise Failed("timeout") from problem
    except ConnectionRefusedError as problem:
        raise Failed("refused") from problem
    except (http.client.HTTPException, ValueError) as problem:
        raise Failed("malformed") from problem
    except OSError as problem:
        raise Failed("closed") from problem


def plain_dial(host: str, port: int) -> str:
    """Connect and hang up."""
    with failures(), contextlib.closing(socket.create_connection((host, port), KNOCK)) as sock:
        return str(sock.getpeername()[0])


def probe_all(asked: dict[str, list[Any]], vantage: str, pause: Callable[[], None]) -> dict[str, Any]:
    """Everything a targets file asks for, one after the other."""
    found: dict[str, Any] = {"format": FORMAT, "taken_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    names = {"identity_hosts": asked["identity"], "sensitive": asked["sensitive"], "extra_paths": asked["path"]}
    found.update(vantage=vantage, declared=names, targets=[])
    for url in asked["url"]:
        sys.stderr.write(f"{url} ...\n")
        plain = f"http://{re.sub(':[0-9]+$', '', urlsplit(url).netloc)}/"
        found["targets"].append(probe_target(plain_ask, pause, url, extra=asked["path"], plain=plain))
    found["origins"] = [probe_origin(plain_ask, pause, each[:2], each[2]) for each in asked["origin"]]
    found["vpn"] = [probe_vpn(plain_ask, pause, host) for host in asked["vpn"]]
    doors = [("control", part.hostname or "", part.port or 443) for part in map(urlsplit, asked["url"])]
    doors += [("store", *each) for each in asked["store"]] + [("vpn", host, VPN_PORT) for host in asked["vpn"]]
    doors += [("admin", address, port) for address in asked["address"] for port in ADMIN_PORTS]
    found["sockets"] = [knock(plain_dial, *door) for door in dict.fromkeys(doors)]
    return found


def main(arguments: list[str] | None = None, pause: float = PAUSE) -> int:
    """Probe the targets of a file and print the result. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Does an internal address refuse a stranger? Prints JSON to upload.")
    parser.add_argument("targets", type=Path, help="file with one target a line, see the top of this file")
    parser.add_argument("--vantage", choices=("inside", "internet"), default="inside", help="where this machine stands")
    told = parser.parse_args(arguments)
    try:
        asked = read_targets(told.targets.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    json.dump(probe_all(asked, told.vantage, lambda: time.sleep(pause)), sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
