"""Owns the real servers the probe is tried on: nginx, Caddy, and a small one that answers as Envoy does."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

NGINX = """
daemon off; pid nginx.pid; error_log nginx.log; worker_processes 1; {user}
events {{}}
http {{
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  ssl_certificate server.pem; ssl_certificate_key server.pem; ssl_client_certificate ca.pem;
  ssl_protocols TLSv1.2 TLSv1.3;
  {servers}
}}
"""
CADDY = """{{
  admin off
  auto_https off
}}
https://localhost:{port} {{
  tls {directory}/server.pem {directory}/server.pem {{
    client_auth {{
      mode require_and_verify
      trusted_ca_cert_file {directory}/ca.pem
    }}
  }}
  respond ok
}}
"""


@dataclass(frozen=True)
class Servers:
    """Ports by what stands there, and the files of their authority."""

    ports: dict[str, int]
    authority: trustme.CA
    directory: Path


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def _await(process: subprocess.Popen[bytes], ports: list[int]) -> None:
    deadline = time.monotonic() + 30
    for port in ports:
        while True:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("a server did not start")
            time.sleep(0.05)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """nginx in five modes and Caddy, each on a free loopback port."""
    directory, authority = tmp_path_factory.mktemp("servers"), trustme.CA()
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(directory / "server.pem")
    )
    authority.issue_cert("probe.example").private_key_and_cert_chain_pem.write_to_path(str(directory / "client.pem"))
    names = ("on", "optional", "optional_no_ca", "off", "on_tls12_only", "on_tls13_only", "http", "caddy")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    commands = {
        "nginx": [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(directory), "-c", "nginx.conf"],
        "caddy": ["caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"],
    }
    (directory / "nginx.conf").write_text(_nginx(ports))
    (directory / "Caddyfile").write_text(CADDY.format(port=ports["caddy"], directory=directory))
    environment = {"HOME": str(directory), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    running: list[subprocess.Popen[bytes]] = []
    try:
        for name, command in commands.items():
            log = (directory / f"{name}.out").open("wb")
            running.append(subprocess.Popen(command, cwd=directory, env=environment, stdout=log, stderr=log))
        _await(running[0], [port for name, port in ports.items() if name != "caddy"])
        _await(running[1], [ports["caddy"]])
        yield Servers(ports, authority, directory)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(10)


def _nginx(ports: dict[str, int]) -> str:
    verify = {"on_tls12_only": "on", "on_tls13_only": "on"}
    only = {"on_tls12_only": "ssl_protocols TLSv1.2;", "on_tls13_only": "ssl_protocols TLSv1.3;"}
    blocks = [
        f"server {{ listen 127.0.0.1:{port} ssl; ssl_verify_client {verify.get(name, name)}; {only.get(name, '')} "
        "location / { return 200 ok; } location /moved { return 302 /; } location /login { return 403; } }"
        for name, port in ports.items()
        if name not in ("http", "caddy")
    ]
    blocks.append(f"server {{ listen 127.0.0.1:{ports['http']}; location / {{ return 200 ok; }} }}")
    return NGINX.format(user="user root;" if os.geteuid() == 0 else "", servers="\n".join(blocks))


@pytest.fixture
def openssl_server(serve: Callable[[Callable[[socket.socket], None]], int]) -> Callable[..., int]:
    """A TLS server on OpenSSL that demands certificates as Envoy does: alert 116 in TLS 1.3, 40 in TLS 1.2."""

    def start(authority: trustme.CA, *names: str, demand: bool = True, **wanted: object) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names, **wanted).configure_cert(context)  # type: ignore[arg-type]
        if demand:
            context.verify_mode = ssl.CERT_REQUIRED
            authority.configure_trust(context)

        def handle(connection: socket.socket) -> None:
            connection.settimeout(10)
            tls = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            try:
                tls.do_handshake()
                tls.recv(4096)
                tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            except ssl.SSLError:
                pass
            with socket.socket(fileno=tls.detach()) as plain, suppress(OSError):
                plain.shutdown(socket.SHUT_WR)  # close in order, or a reset would overtake the alert
                while plain.recv(4096):
                    pass

        return serve(handle)

    return start
