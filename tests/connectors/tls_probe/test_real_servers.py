"""The probe against real servers: what each kind of server does to each kind of caller."""

from __future__ import annotations

import datetime as dt
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.runner import read_once, read_upload
from ztassess.connectors.tls_probe import CONNECTOR, runner
from ztassess.connectors.tls_probe.collect import collect, preflight
from ztassess.connectors.tls_probe.snapshot import ProbedTarget, TlsSnapshot
from ztassess.domain.findings import Outcome

NOW = dt.datetime.now(dt.UTC)
LOCAL = Guard(("localhost", "127.0.0.0/8"))
REQUIRED, STRANGER = "tls_probe.client_certificate_required", "tls_probe.wrong_certificate_refused"
PLAIN = "tls_probe.plaintext_refused"


def _context(*targets: str, guard: Guard = LOCAL, budget: Budget | None = None, **config: Any) -> ReadContext:
    return ReadContext({"targets": targets, **config}, guard, budget or Budget(), dt.datetime.now(dt.UTC))


def _one(context: ReadContext) -> ProbedTarget:
    snapshot = collect(context)
    assert isinstance(snapshot.targets, tuple)
    return snapshot.targets[0]


def _results(target: ProbedTarget) -> dict[str, tuple[Any, ...]]:
    return {each.variant: (each.result, each.alert or each.http_status, each.body_match) for each in target.attempts}


def _outcomes(context: ReadContext) -> dict[str, Outcome]:
    return {result.check: result.outcome for result in read_once(CONNECTOR, context).results}


PASS, FAIL, NONE, UNCHECKED = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE, Outcome.NOT_CHECKED
MATRIX = {
    "on": (PASS, PASS, PASS),
    "on_tls12_only": (PASS, PASS, PASS),
    "on_tls13_only": (PASS, PASS, PASS),
    "optional": (FAIL, NONE, PASS),
    "optional_no_ca": (FAIL, NONE, PASS),
    "off": (FAIL, NONE, PASS),
    "http": (UNCHECKED, UNCHECKED, FAIL),
    "caddy": (PASS, PASS, PASS),
}


@pytest.mark.parametrize("name", MATRIX)
def test_outcomes_on_real_servers(name: str, servers: Any) -> None:
    found = _outcomes(_context(f"localhost:{servers.ports[name]} label={name} sensitive"))
    assert (found[REQUIRED], found[STRANGER], found[PLAIN]) == MATRIX[name]


def test_nginx_refuses_at_the_http_layer(servers: Any) -> None:
    target = _one(_context(f"127.0.0.1:{servers.ports['on']}"))
    assert _results(target) == {
        "tls13_no_cert": ("http", 400, "no_certificate"),
        "tls12_no_cert": ("http", 400, "no_certificate"),
        "wrong_cert": ("http", 400, "bad_certificate"),
        "plaintext": ("http", 400, "plain_text"),
    }
    assert (target.control.protocol, target.control.alpn) == ("TLSv1.3", "http/1.1")


def test_caddy_refuses_with_alerts(servers: Any) -> None:
    target = _one(_context(f"localhost:{servers.ports['caddy']}"))
    assert _results(target) == {
        "tls13_no_cert": ("alert", 42, ""),
        "tls12_no_cert": ("alert", 42, ""),
        "wrong_cert": ("alert", 42, ""),
        "plaintext": ("http", 400, "plain_text"),
    }
    assert {each.variant: each.phase for each in target.attempts}["tls13_no_cert"] == "read"
    assert target.control.alpn == "h2"


def test_openssl_server_refuses_with_116_and_40(servers: Any, openssl_server: Callable[..., int]) -> None:
    port = openssl_server(servers.authority, "localhost")
    target = _one(_context(f"localhost:{port}"))
    found = _results(target)
    assert found["tls13_no_cert"] == ("alert", 116, "")
    assert found["tls12_no_cert"] == ("alert", 40, "")
    assert found["wrong_cert"] == ("alert", 48, "")
    twelve = target.attempt("tls12_no_cert")
    assert twelve is not None
    assert (twelve.server_hello, twelve.certificate_requested, twelve.phase) == (True, True, "handshake")
    outcomes = _outcomes(_context(f"localhost:{port}"))
    assert (outcomes[REQUIRED], outcomes[STRANGER], outcomes[PLAIN]) == (PASS, PASS, PASS)


def test_missing_protocol_is_skipped_and_said(servers: Any) -> None:
    for name, missing in (("on_tls12_only", "tls13_no_cert"), ("on_tls13_only", "tls12_no_cert")):
        context = _context(f"localhost:{servers.ports[name]}")
        attempt = _one(context).attempt(missing)
        assert attempt is not None
        assert attempt.result == "not_offered"
    row = preflight(_context(f"localhost:{servers.ports['on_tls12_only']}")).rows[0]
    assert "offers TLSv1.2 only; the missing variant was skipped" in row.detail


def test_certificate_of_a_server_that_ends_the_tls12_handshake_is_read(servers: Any) -> None:
    certificate = _one(_context(f"localhost:{servers.ports['on_tls12_only']}")).control.certificate
    assert certificate is not None
    assert "localhost" in certificate.san
    assert certificate.key.startswith(("EC", "RSA"))


def test_own_authority_is_recognized(servers: Any) -> None:
    line = f"localhost:{servers.ports['off']}"
    mine, other = servers.authority.cert_pem.bytes().decode(), trustme.CA().cert_pem.bytes().decode()
    for authority, trusted in ((mine, True), (other, False), ("", None)):
        certificate = _one(_context(line, trusted_ca=authority)).control.certificate
        assert certificate is not None
        assert certificate.trusted is trusted


def test_optional_mode_is_named_as_a_near_miss(servers: Any) -> None:
    reading = read_once(CONNECTOR, _context(f"localhost:{servers.ports['optional']} label=payments"))
    verdict = next(finding.verdict for finding in reading.findings if finding.check == REQUIRED)
    assert verdict.near_miss == "payments asks for a certificate but serves callers who have none (optional mode)."
    assert verdict.resource == f"localhost:{servers.ports['optional']}"


@pytest.mark.parametrize("path", ["/moved", "/login", "/nothing"])
def test_applications_own_answers_are_no_refusal(path: str, servers: Any) -> None:
    assert _outcomes(_context(f"localhost:{servers.ports['optional']}", http_path=path))[REQUIRED] is FAIL


def test_short_life_and_spiffe_name(servers: Any, openssl_server: Callable[..., int]) -> None:
    port = openssl_server(servers.authority, "localhost", not_after=NOW + dt.timedelta(hours=20), not_before=NOW)
    reading = read_once(CONNECTOR, _context(f"localhost:{port} sensitive"))
    outcomes = {result.check: result.outcome for result in reading.results}
    assert outcomes["tls_probe.certificate_short_lived"] is PASS
    assert outcomes["tls_probe.certificate_valid"] is PASS


def test_expired_certificate_fails(openssl_server: Callable[..., int], servers: Any) -> None:
    day = dt.timedelta(days=1)
    port = openssl_server(servers.authority, "localhost", not_before=NOW - 400 * day, not_after=NOW - day)
    reading = read_once(CONNECTOR, _context(f"localhost:{port} sensitive"))
    outcomes = {result.check: result.outcome for result in reading.results}
    assert outcomes["tls_probe.certificate_valid"] is FAIL
    short = next(finding for finding in reading.findings if finding.check == "tls_probe.certificate_short_lived")
    assert short.severity == "high"


def test_targets_that_cannot_be_tried_stay_with_their_reason(servers: Any) -> None:
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    snapshot = collect(
        _context(
            f"127.0.0.1:{port}",
            "10.0.0.1:8443",
            "db.internal:8443",
            "93.184.216.34:25",
            f"localhost:{servers.ports['on']}",
        )
    )
    assert isinstance(snapshot.targets, tuple)
    assert [(target.control.error, target.detail) for target in snapshot.targets] == [
        ("unreachable", f"127.0.0.1:{port} does not speak TLS, or nothing listens there. Nothing was judged."),
        ("blocked", "10.0.0.1 is private. Run the inside runner next to it and upload its result."),
        ("blocked", "db.internal is private. Run the inside runner next to it and upload its result."),
        ("blocked", "Port 25 of 93.184.216.34 is not probed from here, only 443 and most from 1024 on."),
        ("", ""),
    ]


def test_name_that_resolves_inside_says_nothing_about_our_network() -> None:
    guard = Guard(resolver=lambda name, seconds: ("10.0.0.1",))
    assert _one(_context("shop.example.com:8443", guard=guard)).detail == (
        "shop.example.com cannot be reached from here. Run the inside runner next to it and upload its result."
    )


def test_budget_keeps_what_was_read_and_marks_the_rest(servers: Any) -> None:
    budget = Budget(requests=6)
    lines = [f"localhost:{servers.ports[name]}" for name in ("on", "caddy", "off")]
    snapshot = collect(_context(*lines, budget=budget))
    assert isinstance(snapshot.targets, tuple)
    assert [target.control.error for target in snapshot.targets] == ["", "partial_data", "partial_data"]
    assert budget.requests == 6


def test_five_connections_to_a_target(servers: Any) -> None:
    budget = Budget()
    collect(_context(f"localhost:{servers.ports['on']}", budget=budget))
    assert budget.requests == 5


def test_progress_is_told(servers: Any) -> None:
    told: list[tuple[str, int]] = []
    lines = tuple(f"localhost:{servers.ports[name]}" for name in ("on", "off"))
    collect(
        ReadContext({"targets": lines}, LOCAL, Budget(), NOW, progress=lambda part, seen: told.append((part, seen)))
    )
    assert told == [("targets", 1), ("targets", 2)]


def test_preflight_names_no_identity_and_warns_of_a_strong_certificate(servers: Any) -> None:
    pasted = servers.authority.issue_cert("payments.example").cert_chain_pems[0].bytes().decode()
    lines = tuple(f"localhost:{servers.ports[name]}" for name in ("on", "off", "caddy", "http"))
    found = preflight(_context(*lines, client_certificate=pasted))
    assert [row.allowed for row in found.rows] == [True, True, True]
    assert found.warnings == (
        "This certificate can impersonate payments.example. Issue one for the probe alone, valid for an hour.",
        "1 more services are tried by the scan.",
    )
    assert found.refused == ""


# Hostile servers: each ends, none passes.


def _listen_only(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def _drip(connection: socket.socket) -> None:
    import time

    connection.recv(4096)
    for _ in range(1500):
        connection.sendall(b"\x16\x03\x03\x40\x00"[:1])
        time.sleep(0.01)


def _flood(connection: socket.socket) -> None:
    connection.recv(4096)
    while True:
        connection.sendall(b"\x16\x03\x03\x40\x00" + b"\x02" * 16384)


HOSTILE: dict[str, Callable[[socket.socket], None]] = {
    "silence": _listen_only,
    "dripping": _drip,
    "flood": _flood,
    "garbage": lambda connection: connection.sendall(bytes(range(256)) * 100),
    "closes": lambda connection: connection.close(),
    "half a hello": lambda connection: connection.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76"),
    "alert at once": lambda connection: connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28"),
    "ssh": lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_server_never_passes(name: str, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "SECONDS", 0.5)
    outcomes = _outcomes(_context(f"localhost:{serve(HOSTILE[name])} sensitive"))
    assert set(outcomes.values()) == {UNCHECKED}


# The runner alone.


def _run(tmp_path: Path, lines: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "targets.txt").write_text("# services\n\n" + "\n".join(lines))
    command = [sys.executable, "-I", str(Path(runner.__file__)), "targets.txt", *options]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)


def test_runners_file_gives_the_same_findings_as_the_live_probe(servers: Any, tmp_path: Path) -> None:
    lines = [f"localhost:{port} label={name} sensitive" for name, port in servers.ports.items()]
    done = _run(tmp_path, lines, "--ca", str(servers.directory / "ca.pem"))
    assert done.returncode == 0, done.stderr
    context = _context(*lines, trusted_ca=servers.authority.cert_pem.bytes().decode())
    uploaded = read_upload(CONNECTOR, [UploadedFile("result.json", done.stdout.encode())], context)
    live = read_once(CONNECTOR, context)

    def shown(reading: Any) -> list[tuple[Any, ...]]:
        return [(f.check, f.verdict.outcome, f.verdict.resource, f.verdict.seen) for f in reading.findings]

    assert shown(uploaded) == shown(live)


def test_right_certificate_is_let_in_and_its_key_stays_home(servers: Any, tmp_path: Path) -> None:
    lines = [f"localhost:{servers.ports[name]}" for name in ("on", "caddy")]
    done = _run(tmp_path, lines, "--cert", str(servers.directory / "client.pem"))
    found = json.loads(done.stdout)
    right = [each for target in found["targets"] for each in target["attempts"] if each["variant"] == "right_cert"]
    assert [each["http_status"] for each in right] == [200, 200]
    assert "PRIVATE" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        (["localhost"], ()),
        (["localhost:0"], ()),
        (["localhost:1 what=ever"], ()),
        (["localhost:1"], ("--path", "x y")),
        (["a:1"], ("--ca", "absent")),
    ],
)
def test_runner_refuses_bad_input_with_a_sentence(lines: list[str], options: tuple[str, ...], tmp_path: Path) -> None:
    done = _run(tmp_path, lines, *options)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_runner_is_understood_by_python_39_and_needs_only_its_library() -> None:
    import ast

    tree = ast.parse(Path(runner.__file__).read_text(), feature_version=(3, 9))
    imported = {alias.name.split(".")[0] for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module).split(".")[0] for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)


def test_snapshot_holds_no_page_and_no_key(servers: Any) -> None:
    snapshot: TlsSnapshot = collect(_context(f"localhost:{servers.ports['off']}"))
    assert "ok" not in repr(snapshot).replace("token", "")
    assert "PRIVATE" not in repr(snapshot)
