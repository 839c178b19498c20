"""Owns connected sockets and TLS over them: the pinned number is dialed, the peer is judged again."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Collection
from pathlib import Path

from ztassess.connectors.errors import Blocked, TlsFailed, Unreachable
from ztassess.connectors.netguard.guard import Guard, Pinned

CONNECT_SECONDS = 5.0
TLS_SECONDS = 5.0
_MAX_TRIES = 4  # addresses of one name; more would only stretch the wait


def open_socket(
    guard: Guard, host: str, port: int, *, timeout: float = CONNECT_SECONDS, ports: Collection[int] | None = None
) -> socket.socket:
    """A TCP socket connected to a judged address of a host.

    Parameters:
        timeout: seconds for look-up and connect each; stays set on the socket.
        ports: the connector's list; None accepts every port.

    Raises:
        Blocked: refused by policy, before or after connecting.
        Unreachable: ``how`` says whether it was refused, timed out or did not resolve.
    """
    return connect_pinned(guard, guard.pin(host, port, ports=ports, seconds=timeout), timeout=timeout)


def connect_pinned(guard: Guard, pinned: Pinned, *, timeout: float = CONNECT_SECONDS) -> socket.socket:
    """Connect to a target that `Guard.pin` judged; raises as `open_socket` does."""
    deadline = time.monotonic() + timeout
    problem: OSError = TimeoutError("no time to connect")
    for ip in pinned.addresses[:_MAX_TRIES]:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        sock = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.settimeout(left)
            sock.connect((ip, pinned.port))
            _judge_peer(guard, pinned, sock)
        except OSError as failed:
            problem = failed
            sock.close()
            continue
        except BaseException:
            sock.close()
            raise
        sock.settimeout(timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise Unreachable(how="timeout" if isinstance(problem, TimeoutError) else "refused") from problem


def _judge_peer(guard: Guard, pinned: Pinned, sock: socket.socket) -> None:
    peer = str(sock.getpeername()[0])
    if not guard.address_ok(peer, host=pinned.host):
        raise Blocked(f"peer: connected to {peer}")


def tls_context(guard: Guard, *, ca_pem: str = "") -> ssl.SSLContext:
    """A verifying client context, TLS 1.2 or newer.

    Parameters:
        ca_pem: certificate authorities to trust instead of the system's, as PEM text.

    Raises:
        TlsFailed: the PEM text holds no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies name and chain by default
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca_pem:
            context.load_verify_locations(cadata=ca_pem)
        else:
            context.load_verify_locations(cafile=system_roots())
            if guard.extra_ca:
                context.load_verify_locations(cafile=guard.extra_ca)
    except (ssl.SSLError, ValueError, OSError) as problem:
        raise TlsFailed(
            "The certificate authority could not be read: it must be one or more PEM certificates."
        ) from problem
    return context


def unverified_context() -> ssl.SSLContext:
    """A client context for probes that judge the certificate themselves; never for sending a credential.

    Old servers are part of what a probe judges, so the ciphers are wide; the version starts at TLS 1.2 all the same.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def start_tls(
    sock: socket.socket, context: ssl.SSLContext, host: str, *, timeout: float = TLS_SECONDS
) -> ssl.SSLSocket:
    """Hand a connected socket over to TLS with the name in SNI and, if the context verifies, in the check.

    Parameters:
        timeout: seconds for the whole handshake; CPython counts them over all its reads.

    Raises:
        TlsFailed: the handshake failed; the socket is closed.
        Unreachable: the server hung up or took too long; the socket is closed.
    """
    sock.settimeout(timeout)
    try:
        return context.wrap_socket(sock, server_hostname=host)
    except ssl.SSLCertVerificationError as problem:
        sock.close()
        raise TlsFailed(
            f"{host}: the certificate could not be verified ({problem.verify_message}).", problem.reason or ""
        ) from problem
    except ssl.SSLError as problem:
        sock.close()
        raise TlsFailed(
            f"{host}: TLS failed ({problem.reason or 'no reason given'}).", problem.reason or ""
        ) from problem
    except OSError as problem:
        sock.close()
        raise Unreachable(how="timeout" if isinstance(problem, TimeoutError) else "closed") from problem


def system_roots() -> str:
    """Path of the PEM file with the system's certificate authorities; certifi's where the system has none."""
    for path in (ssl.get_default_verify_paths().cafile, "/etc/ssl/certs/ca-certificates.crt"):
        if path and Path(path).is_file():
            return path
    import certifi

    return certifi.where()
