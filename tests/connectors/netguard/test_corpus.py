"""Every spelling of a forbidden target, over every transport: nothing denied is ever connected to."""

from __future__ import annotations

import json
import random
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from ztassess.connectors.errors import Blocked, ConnectorError, Unreachable
from ztassess.connectors.netguard import Budget, Guard, HttpClient, http_client, open_socket, parse_url
from ztassess.connectors.netguard.aws import _Clients
from ztassess.connectors.netguard.postgres import GuardedConnection, connect_postgres

PUBLIC = "93.184.216.34"
REDIRECTS = {
    "redir-to-meta": "http://169.254.169.254/latest/meta-data/",
    "redir-to-loop": "http://loop.attacker.example/",
    "redir-to-rebind": "http://rebind.attacker.example/",
    "redir-to-short": "http://127.1/",
    "redir-to-mapped": "http://[::ffff:127.0.0.1]/",
    "redir-to-userinfo": "http://public.example@127.0.0.1/",
    "redir-to-file": "file:///etc/passwd",
    "redir-to-port": "http://public.example:6379/",
    "redir-relative-to-loop": "//127.0.0.1/",
}
CORPUS = [
    (line[0], json.loads(line[2:]))
    for line in (Path(__file__).parent / "ssrf_corpus.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
Attempt = Callable[[str], Any]


def _raw_target(text: str) -> tuple[str, int]:
    """What a careless form would make of the input: whatever stands where the host should be."""
    rest = re.sub(r"^[A-Za-z+]*:?[/\\]*", "", text, count=1) if not re.match(r"^[0-9.]+", text) else text
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    found = re.fullmatch(r"(.*[^:]):(\d{1,5})", host, re.DOTALL)
    host, port = (found[1], int(found[2])) if found else (host, 443)
    return (host[1:-1] if host.startswith("[") and host.endswith("]") else host), port


@pytest.fixture(scope="module")
def clients() -> tuple[HttpClient, _Clients]:
    """Made once: reading the system's certificates takes longer than all the rest."""
    guard, budget = Guard(), Budget(seconds=600)
    return http_client(guard, budget, schemes=("http", "https"), ports=(80, 443)), _Clients(guard, budget, None, "")


@pytest.fixture
def attempts(
    lab: Any, monkeypatch: pytest.MonkeyPatch, clients: tuple[HttpClient, _Clients]
) -> Iterator[dict[str, Attempt]]:
    """One function per transport that tries to reach an input, with http, https and the ports 80 and 443 open."""
    guard, budget = Guard(), Budget(seconds=600)
    client, aws = clients

    def recorded(**keywords: Any) -> None:
        """libpq connects outside of Python, so the number it is given is what counts."""
        lab.connects.append((keywords["hostaddr"], keywords["port"]))
        raise psycopg.OperationalError("Connection refused")

    monkeypatch.setattr(GuardedConnection, "connect", recorded)

    def by_aws(text: str) -> Any:
        host, _ = _raw_target(text)
        url = f"https://{host.replace('.example', '.amazonaws.com')}/"
        return aws._http.send(AWSPreparedRequest("GET", url, {}, b"", stream_output=False))  # type: ignore[arg-type]

    def by_postgres(text: str) -> Any:
        host, port = _raw_target(text)
        keywords = {"dbname": "shop", "user": "u", "password": "p"}
        return connect_postgres(guard, budget, host=host, port=5432 if port == 443 else port, **keywords)  # type: ignore[arg-type]

    yield {
        "http": lambda text: client.get(text, redirects=3),
        "socket": lambda text: open_socket(guard, *_raw_target(text), ports=(80, 443)),
        "postgres": by_postgres,
        "aws": by_aws,
    }
    client.close()


@pytest.mark.parametrize("transport", ["http", "socket", "postgres", "aws"])
def test_public_name_is_connected_to_exactly_once(transport: str, attempts: dict[str, Attempt], lab: Any) -> None:
    with pytest.raises(Exception, match=r"Could not reach|public\.amazonaws\.com"):
        attempts[transport]("https://public.example/")
    assert lab.connects == [(PUBLIC, 5432 if transport == "postgres" else 443)]


@pytest.mark.parametrize(("verdict", "text"), CORPUS, ids=[f"{v}-{i}" for i, (v, _) in enumerate(CORPUS)])
def test_corpus_over_http(verdict: str, text: str, attempts: dict[str, Attempt], lab: Any, serve: Any) -> None:
    if verdict == "R":
        label = text.removeprefix("http://").partition(".")[0]
        lab.backstop = serve(lambda sock: sock.sendall(_redirect(REDIRECTS[label]) if sock.recv(4096) else b""))
        lab.looked_up["rebind.attacker.example"] += 1
    with pytest.raises(ConnectorError) as caught:
        attempts["http"](text)
    if verdict in "OR":
        assert lab.connects in ([(PUBLIC, 80)], [(PUBLIC, 443)])
        assert isinstance(caught.value, Blocked if verdict == "R" else Unreachable)
        return
    assert lab.connects == []
    assert isinstance(caught.value, Blocked)
    assert bool(lab.looked_up) is (verdict == "D")
    scheme = re.match(r"([a-z+]+):(?!//$)", text)
    wanted = scheme is not None and scheme[1] not in ("http", "https")
    assert caught.value.reason.startswith("scheme:") is wanted, caught.value.reason


def _redirect(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("transport", ["socket", "postgres", "aws"])
def test_corpus_over_other_transports(transport: str, attempts: dict[str, Attempt], lab: Any) -> None:
    public = 0
    for verdict, text in CORPUS:
        lab.clear()
        with pytest.raises(Exception):  # noqa: B017, PT011  urllib3 refuses some spellings in its own words
            attempts[transport](text)
        assert all(ip == PUBLIC for ip, _ in lab.connects), text
        if verdict in "PD":
            assert lab.connects == [] or verdict == "P", text
        public += len(lab.connects)
    assert public > 0


def _spellings(chance: random.Random) -> str:
    """One generated input: a denied address in some spelling, inside some URL that tries to hide it."""
    number = chance.choice(
        (0x7F000001, 0xA9FEA9FE, 0x0A000001, 0xC0A80001, 0xAC100001, 0x64646464, chance.getrandbits(24))
    )
    octets = number.to_bytes(4, "big")
    spelled = [chance.choice((str(o), hex(o), f"0{o:o}", f"{o:03d}", f"0x{o:04X}")) for o in octets]
    cut = chance.randint(0, 3)
    host = chance.choice(
        (
            ".".join(spelled),
            ".".join([*spelled[:cut], str(int.from_bytes(octets[cut:], "big"))]),
            str(number),
            hex(number),
            f"[::ffff:{socket.inet_ntoa(octets)}]",
            f"[::{socket.inet_ntoa(octets)}]",
            f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]",
            f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::]",
            "".join(chr(0xFF10 + int(c)) if c.isdigit() else c for c in socket.inet_ntoa(octets)),
            chance.choice(("loop", "meta", "mixed", "ula", "mapped6", "many")) + ".attacker.example",
            chance.choice(("localhost", "metadata.google.internal", "db", "a.svc.cluster.local")),
        )
    )
    host = chance.choice(
        ("{}", "{}.", "public.example@{}", "{}#@public.example", "{}\\@public.example", "{}%00.a", " {}")
    ).format(host)
    port = chance.choice(("", "", ":80", ":443", ":6379", ":0", ":", ":080", ":65536", ":\u0668"))
    scheme, slashes = chance.choice(("http", "https", "HTTP", "gopher")), chance.choice(("//", "//", "/", "///", ""))
    return f"{scheme}:{slashes}{host}{port}/x"


# What each transport may answer a malformed input with; anything else would be a crash.
REFUSALS = (ConnectorError, ValueError, psycopg.Error, HTTPError, BotoCoreError)


@pytest.mark.parametrize("transport", ["http", "socket", "postgres", "aws"])
def test_ten_thousand_generated_inputs(transport: str, attempts: dict[str, Attempt], lab: Any) -> None:
    chance = random.Random(20260101)  # noqa: S311  the same inputs every time
    for _ in range(10_000):
        text = _spellings(chance)
        with suppress(*REFUSALS):
            attempts[transport](text)
        assert not lab.connects, text
    with pytest.raises(Exception, match=r"Could not reach|public\.amazonaws\.com"):
        attempts[transport]("https://public.example/")
    assert len(lab.connects) == 1


# The harness itself: with one wall taken out it must see the forbidden connection.


def test_harness_notices_a_guard_that_judges_only_the_first_record(
    monkeypatch: pytest.MonkeyPatch, attempts: dict[str, Attempt], lab: Any
) -> None:
    judge = Guard._judge
    monkeypatch.setattr(Guard, "_judge", lambda self, texts, named: (*judge(self, texts[:1], named=named), *texts[1:]))
    for transport in ("http", "socket", "postgres"):
        lab.clear()
        with suppress(ConnectorError):
            attempts[transport]("https://mixed.attacker.example/")
        assert "10.0.0.5" in {ip for ip, _ in lab.connects}, transport


def test_harness_notices_a_guard_without_its_table(
    monkeypatch: pytest.MonkeyPatch, attempts: dict[str, Attempt], lab: Any
) -> None:
    monkeypatch.setattr("ztassess.connectors.netguard.guard.denial", lambda address: "")
    for transport in ("http", "socket", "postgres", "aws"):
        lab.clear()
        with suppress(*REFUSALS):
            attempts[transport]("https://meta.attacker.example/")
        assert lab.connects[0][0] == "169.254.169.254", transport


def test_harness_notices_a_redirect_that_is_not_judged(
    monkeypatch: pytest.MonkeyPatch, attempts: dict[str, Attempt], lab: Any, serve: Any
) -> None:
    monkeypatch.setattr(
        HttpClient, "_redirected", lambda self, source, location: parse_url(location, schemes=("http",))
    )
    monkeypatch.setattr("ztassess.connectors.netguard.guard.denial", lambda address: "")
    lab.backstop = serve(lambda sock: sock.sendall(_redirect(REDIRECTS["redir-to-meta"]) if sock.recv(4096) else b""))
    with suppress(ConnectorError):
        attempts["http"]("http://redir-to-meta.public.example/")
    assert ("169.254.169.254", 80) in lab.connects
