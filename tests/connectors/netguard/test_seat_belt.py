"""The worker's second wall: an audit hook that stays, tried in processes of their own, and a scrubbed environment."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.netguard import Guard, install_seat_belt, scrub_environment

START = """
import socket, sys
from ztassess.connectors.errors import Blocked
from ztassess.connectors.netguard import Guard, install_seat_belt
install_seat_belt(Guard({allowed!r}), {internal!r})
def attempt(address, family=socket.AF_INET):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.settimeout(0.2)
    try:
        sock.connect(address)
    except Blocked as problem:
        print("blocked", problem.reason)
    except OSError:
        print("tried")
    else:
        print("connected")
"""
Serve = Callable[[Callable[[socket.socket], None]], int]


def _in_a_worker(*lines: str, allowed: tuple[str, ...] = (), internal: tuple[str, ...] = ()) -> list[str]:
    code = START.format(allowed=allowed, internal=internal) + "\n".join(lines)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return [line.partition(" ")[0] for line in done.stdout.splitlines()]


def test_denied_addresses_are_refused_in_any_form(tmp_path: Path) -> None:
    denied = [
        *("('169.254.169.254', 80)", "('10.0.0.1', 5432)", "('127.0.0.1', 22)", "('localhost', 22)", "('0.0.0.0', 80)"),
        *("('127.1', 80)", "('2130706433', 80)", "('', 80)"),
        *(
            "('::1', 80, 0, 0), socket.AF_INET6",
            "('fe80::1%lo', 80), socket.AF_INET6",
            "('::ffff:127.0.0.1', 80), socket.AF_INET6",
        ),
        *("'/var/run/docker.sock', socket.AF_UNIX", "b'/run/x', socket.AF_UNIX", "b'\\0abstract', socket.AF_UNIX"),
    ]
    said = _in_a_worker(*(f"attempt({address})" for address in denied), internal=(str(tmp_path / "other.sock"),))
    assert said == ["blocked"] * len(denied)


def test_standard_library_clients_are_refused_too() -> None:
    lines = ["import urllib.request"]
    for url in ("http://127.0.0.1:1/", "http://localhost:1/"):
        lines += ["try:", f"    urllib.request.urlopen({url!r}, timeout=1)", "except Blocked:", "    print('blocked')"]
    assert _in_a_worker(*lines) == ["blocked", "blocked"]


def test_internal_targets_are_open_on_their_port_only(serve: Serve, tmp_path: Path) -> None:
    port, path = serve(lambda connection: connection.close()), str(tmp_path / "redis.sock")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    said = _in_a_worker(
        f"attempt(('127.0.0.1', {port}))",
        f"attempt(('localhost', {port}))",
        f"attempt(('127.0.0.1', {port + 1}))",
        f"attempt({path!r}, socket.AF_UNIX)",
        internal=(f"localhost:{port}", path),
    )
    listener.close()
    assert said == ["connected", "connected", "blocked", "connected"]


def test_internal_ranges_and_listed_private_targets_are_open(serve: Serve) -> None:
    port = serve(lambda connection: connection.close())
    assert _in_a_worker(f"attempt(('127.0.0.1', {port}))", internal=("127.0.0.0/8",)) == ["connected"]
    assert _in_a_worker(f"attempt(('127.0.0.1', {port}))", allowed=("127.0.0.0/8",)) == ["connected"]


def test_public_addresses_stay_open() -> None:
    """The control: a public address is let through. Only the hook is asked, nothing is sent."""
    judge = "from ztassess.connectors.netguard.seat_belt import _SeatBelt"
    line = "_SeatBelt(Guard(), ())('socket.connect', (socket.socket(), ('93.184.216.34', 443))); print('open')"
    assert _in_a_worker(judge, line) == ["open"]


@pytest.mark.parametrize("entry", ["localhost", "localhost:", "host:port", ":80", ""])
def test_internal_entry_without_a_port_is_refused(entry: str) -> None:
    with pytest.raises(InputInvalid):
        install_seat_belt(Guard(), [entry])


def test_environment_is_scrubbed() -> None:
    found = {
        **dict.fromkeys(("HTTP_PROXY", "https_proxy", "ALL_PROXY", "NO_PROXY", "PGPASSWORD", "PGSERVICE"), "x"),
        **dict.fromkeys(
            ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ENDPOINT_URL", "KUBECONFIG", "NETRC", "SSLKEYLOGFILE"), "x"
        ),
        **dict.fromkeys(("PATH", "HOME", "ZTASSESS_ALLOW_PRIVATE_TARGETS", "DATABASE_URL", "REDIS_URL"), "stays"),
    }
    gone = scrub_environment(found, keep=("AWS_PROFILE",))
    assert set(found) == {"PATH", "HOME", "ZTASSESS_ALLOW_PRIVATE_TARGETS", "DATABASE_URL", "REDIS_URL", "AWS_PROFILE"}
    assert len(gone) == 11
