"""Real nginx in front of a tool, in six ways that people set it up, asked by the probe."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.connectors.http_probe.lab import FAIL, PASS, Internet, Probe, unsure, verdicts, words

pytestmark = pytest.mark.xdist_group("http_probe_nginx")

CONFIG = """
daemon off; pid nginx.pid; error_log nginx.log; worker_processes 1; {user}
events {{}}
http {{
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  log_format asked '$server_port $request_uri'; access_log access.log asked;
  ssl_certificate server.pem; ssl_certificate_key server.pem; root {root};
  {servers}
}}
"""
SIGNED = "auth_request /_verify; error_page 401 =302 https://login.example.com/authorize?rd=$request_uri;"
VERIFY = "location = /_verify { internal; return 401; }"
WAYS = {
    "identity provider": f"{VERIFY} location / {{ {SIGNED} try_files /page =404; }}",
    "open health": f"{VERIFY} location / {{ {SIGNED} try_files /page =404; }} location = /health {{ return 200 ok; }}",
    "own login": "location / { return 302 /login; } location = /login { return 200 form; }",
    "basic auth": 'location / { auth_basic "Ask the team"; auth_basic_user_file users; try_files /page =404; }',
    "bare 403": "location / { return 403; }",
    "open": "location / { try_files /page =404; }",
    "header trusted": "location / { if ($http_x_forwarded_email = '') { return 401; } try_files /page =404; }",
    "certificate demanded": "ssl_client_certificate ca.pem; ssl_verify_client on; location / { return 200 ok; }",
}


@dataclass(frozen=True)
class Nginx:
    """Ports by the way the tool is kept, the port without TLS, and the log of requests."""

    ports: dict[str, int]
    plain: int
    log: Path

    def asked(self, way: str, at_least: int) -> list[str]:
        """Paths asked of one server, once its log holds so many or five seconds are over."""
        deadline = time.monotonic() + 5
        while True:
            lines = [line.split() for line in self.log.read_text().splitlines()]
            found = [path for port, path in lines if int(port) == self.ports[way]]
            if len(found) >= at_least or time.monotonic() > deadline:
                return found
            time.sleep(0.02)


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, authority: tuple[trustme.CA, Path]) -> Iterator[Nginx]:
    directory = tmp_path_factory.mktemp("nginx")
    authority[0].cert_pem.write_to_path(str(directory / "ca.pem"))
    authority[0].issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(directory / "server.pem"))
    (directory / "page").write_text("<title>Admin</title>CANARY-PAGE")
    (directory / "users").write_text("team:{PLAIN}secret\n")
    *tls, plain = _free_ports(len(WAYS) + 1)
    ports = dict(zip(WAYS, tls, strict=True))
    servers = [f"server {{ listen 127.0.0.1:{port} ssl; {WAYS[way]} }}" for way, port in ports.items()]
    servers.append(f"server {{ listen 127.0.0.1:{plain}; return 301 https://localhost$request_uri; }}")
    user = "user root;" if os.geteuid() == 0 else ""
    (directory / "nginx.conf").write_text(CONFIG.format(user=user, root=directory, servers="\n".join(servers)))
    command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(directory), "-c", "nginx.conf"]
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        for port in (*tls, plain):
            while True:
                with suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((directory / "nginx.log").read_text())
                time.sleep(0.02)
        yield Nginx(ports, plain, directory / "access.log")
    finally:
        process.terminate()
        process.wait(10)


EXPECTED = {
    "identity provider": (PASS, PASS, PASS, PASS),
    "open health": (PASS, FAIL, PASS, PASS),
    "own login": (FAIL, unsure("baseline_open"), unsure("baseline_open"), unsure("baseline_open")),
    "basic auth": (FAIL, unsure("baseline_open"), unsure("baseline_open"), FAIL),
    "bare 403": (unsure("refused_by_unknown"),) * 4,
    "open": (FAIL, unsure("baseline_open"), unsure("baseline_open"), unsure("baseline_open")),
    "header trusted": (unsure("refused_by_unknown"), unsure("refused_by_unknown"), FAIL, unsure("refused_by_unknown")),
    "certificate demanded": (unsure("unexpected_answer"),) * 4,
}
CHECKS = ("anonymous_request_refused", "no_public_path", "forged_headers_refused", "no_basic_auth")


@pytest.mark.parametrize("way", EXPECTED)
def test_a_tool_behind_nginx(nginx: Nginx, internet: Internet, probe: Probe, way: str) -> None:
    internet.names["localhost"] = ("127.0.0.1",)
    before, expected = len(nginx.asked(way, 0)), 2 if way == "open" else 12
    snapshot = probe(
        allow=("localhost",),
        plain_port=nginx.plain,
        internal_hosts=f"https://localhost:{nginx.ports[way]}/",
        identity_hosts="login.example.com",
    )
    assert tuple(words(snapshot, check) for check in CHECKS) == EXPECTED[way]
    assert words(snapshot, "https_only") == PASS
    assert len(nginx.asked(way, before + expected)) == before + expected
    assert "CANARY-PAGE" not in repr(snapshot)


ORIGINS = {
    "open": FAIL,
    "bare 403": unsure("refused_by_unknown"),
    "basic auth": FAIL,
    "certificate demanded": PASS,
}


@pytest.mark.parametrize("way", ORIGINS)
def test_an_origin_behind_nginx(nginx: Nginx, internet: Internet, probe: Probe, way: str) -> None:
    internet.names["localhost"] = ("127.0.0.1",)
    snapshot = probe(
        allow=("localhost", "127.0.0.0/8"),
        internal_hosts=f"https://localhost:{nginx.ports['identity provider']}/",
        origins=f"127.0.0.1:{nginx.ports[way]}",
        origin_of_probe="stranger",
    )
    assert words(snapshot, "origin_unreachable") == ORIGINS[way]


def test_an_origin_that_trusts_a_header_is_found(nginx: Nginx, internet: Internet, probe: Probe) -> None:
    internet.names["localhost"] = ("127.0.0.1",)
    snapshot = probe(
        allow=("localhost", "127.0.0.0/8"),
        internal_hosts=f"https://localhost:{nginx.ports['identity provider']}/",
        origins=f"127.0.0.1:{nginx.ports['header trusted']}",
    )
    (verdict,) = verdicts(snapshot, "forged_assertion_refused_at_origin")
    assert verdict.outcome.value == "fail"
    assert "X-Forwarded-Email" in verdict.reason
