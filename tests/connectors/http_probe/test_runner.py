"""The shipped runner: one file, standard library only, run as a customer would, its result read back."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
import trustme

from tests.connectors.http_probe.lab import FAIL, PASS, Said, Start, have, opened, to_sign_in, to_tls, unsure, words
from tests.connectors.http_probe.test_upload import read
from ztassess.connectors.http_probe import CONNECTOR, probe
from ztassess.connectors.http_probe.snapshot import HttpProbeSnapshot

SCRIPT = Path(str(resources.files("ztassess.connectors.http_probe").joinpath("probe.py")))
ALLOWED = set(sys.stdlib_module_names)


def run(tmp_path: Path, targets: str, ca: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """A copy of the runner alone in a folder, on the system's Python, isolated from ours."""
    (tmp_path / "probe.py").write_bytes(SCRIPT.read_bytes())
    (tmp_path / "targets.txt").write_text(targets)
    return subprocess.run(
        [sys.executable, "-I", "probe.py", "targets.txt", *more],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(ca), "HTTPS_PROXY": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_runner_needs_the_standard_library_only_and_an_old_python() -> None:
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= ALLOWED


def test_the_runner_is_what_the_page_of_uploads_offers() -> None:
    assert CONNECTOR.uploads[0].download == SCRIPT.name


def test_a_customer_runs_it_inside_and_uploads_the_result(
    tmp_path: Path, site: Start, authority: tuple[trustme.CA, Path]
) -> None:
    tool, store = site(opened), site(opened, tls=False)
    url = f"https://localhost:{tool.port}/"
    targets = f"# our tools\n{url} sensitive\nidentity login.example.com\nstore 127.0.0.1:{store.port}  # cache\n"
    done = run(tmp_path, targets, authority[1])
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert (content["format"], content["vantage"]) == ("ztassess-http-probe/1", "inside")
    assert [headers["user-agent"] for _, headers in tool.asked] == ["ztassess-probe"] * 2
    assert "CANARY-PAGE" not in done.stdout
    snapshot = read(done.stdout.encode())
    assert words(snapshot, "anonymous_request_refused") == FAIL
    assert words(snapshot, "data_stores_closed") == unsure("unreachable")


MISTAKES = {
    "no file": ("", "No such file"),
    "no address": ("admin.example.com", "is not understood"),
    "plain address": ("http://admin.example.com/", "is not understood"),
    "credential": ("https://anna:pw@admin.example.com/", "is not understood"),
    "token": ("https://admin.example.com/?token=abc", "is not understood"),
    "store without port": ("store db.example.com", "is not host:port"),
    "range that is none": ("address 10.0.0.0/99", "does not appear to be"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_sentence_and_nothing_is_sent(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, sentence = MISTAKES[case]
    file = tmp_path / "targets.txt"
    if text:
        file.write_text(text + "\n")
    assert probe.main([str(file)], pause=0.0) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert sentence in told.err


Alone = Callable[..., HttpProbeSnapshot]


@pytest.fixture
def alone(
    site: Start,
    authority: tuple[trustme.CA, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Alone:
    """A run of `main` in this process, without pauses, on a tool of localhost; the snapshot of what it printed."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))

    def run(port: int, more: str = "") -> HttpProbeSnapshot:
        (tmp_path / "targets.txt").write_text(f"https://localhost:{port}/\nidentity login.example.com\n{more}")
        assert probe.main([str(tmp_path / "targets.txt")], pause=0.0) == 0
        return read(capsys.readouterr().out.encode())

    return run


def test_alone_it_sends_the_same_twelve_requests(alone: Alone, site: Start) -> None:
    tool = site(to_sign_in)
    snapshot = alone(tool.port, "path /debug\n")
    assert tool.paths == ["/"] * 8 + ["/debug", "/health", "/metrics", "/api"]
    for check in ("anonymous_request_refused", "no_public_path", "forged_headers_refused", "no_basic_auth"):
        assert words(snapshot, check) == PASS, check


def test_alone_it_asks_origins_gateways_and_ports(alone: Alone, site: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def believing(path: str, headers: dict[str, str]) -> Said:
        return (200, {}, b"ok") if "cf-access-jwt-assertion" in headers else (401, {}, b"")

    origin, plain = site(believing, "other.example.net"), site(to_tls, tls=False)
    more = f"origin 127.0.0.1:{origin.port} localhost\norigin 127.0.0.1:{plain.port} localhost\n"
    monkeypatch.setattr(probe, "ADMIN_PORTS", (22, 23))
    snapshot = alone(site(to_sign_in).port, f"{more}vpn localhost\naddress 127.0.0.1/32\nstore 127.0.0.1:1\n")
    assert {headers["host"] for _, headers in origin.asked} == {"localhost"}
    found = {each.label: each for each in have(snapshot.origins)}
    reply = found[f"127.0.0.1:{plain.port}"].talk.reply("origin_plain")
    assert reply is not None
    assert reply.status == 301
    assert words(snapshot, "forged_assertion_refused_at_origin")[0] == ("fail", "")
    assert {door.result for door in have(snapshot.data_stores)} == {"refused"}
    assert len(have(snapshot.admin_ports)) == 2
    assert [each.host for each in have(snapshot.vpn_gateways)] == ["localhost"]
    assert {door.result for door in have(snapshot.controls)} == {"open"}


def test_alone_it_gives_up_on_a_server_that_only_drips(
    alone: Alone, raw: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(sock: socket.socket) -> None:
        sock.recv(4096)
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
            sock.sendall(bytes([byte]))
            time.sleep(0.02)

    monkeypatch.setattr(probe, "LONGEST", 0.5)
    assert words(alone(raw(drip)), "anonymous_request_refused") == unsure("not_reachable")


FAILURES = {
    "hangs up": (lambda sock: None, "not_reachable"),
    "garbage": (lambda sock: (sock.recv(4096), sock.sendall(b"\x00\xff" * 100)), "unexpected_answer"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_alone_a_broken_server_is_named(alone: Alone, raw: Callable[..., int], case: str) -> None:
    handle, code = FAILURES[case]
    (word,) = words(alone(raw(handle)), "anonymous_request_refused")
    assert word[0] == "not_checked"
    assert word[1] in (code, "unexpected_answer")


def test_alone_it_verifies_certificates(alone: Alone, site: Start) -> None:
    made = site(to_sign_in, "other.example.net")
    assert words(alone(made.port), "anonymous_request_refused") == unsure("unexpected_answer")
    assert made.asked == []


def test_alone_an_endless_page_is_cut(alone: Alone, raw: Callable[..., int]) -> None:
    def forever(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        while True:
            sock.sendall(b"x" * 65536)

    snapshot = alone(raw(forever))
    (target,) = have(snapshot.targets)
    assert {reply.body_length for reply in target.talk.replies if reply.status} == {65536}
