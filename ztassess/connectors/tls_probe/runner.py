#!/usr/bin/env python3
"""Owns the handshakes of the TLS probe; also runs alone, beside services that cannot be reached from outside.

    python3 runner.py targets.txt > result.json

Needs Python 3.9 or newer and nothing else; with the `cryptography` package it also shows a stranger's certificate. Run
it outside of the mesh: a sidecar would upgrade its plain text. It sends one GET per attempt and keeps no page and no
key. One target a line:

    payments.shop.svc:8443 label=payments sensitive
    10.1.2.3:443 name=origin.example.com
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import re
import socket
import ssl
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Context = ssl.SSLContext | None
    Dial = Callable[[tuple[str, int], float], socket.socket]

FORMAT = "ztassess-tls-probe/1"
OUTSIDE, INSIDE_MESH = "inside, outside the mesh", "inside the mesh"
SECONDS = 5.0
MAX_ANSWER, MAX_HEARD = 2048, 256 * 1024
UTC = timezone.utc  # noqa: UP017  datetime.UTC needs Python 3.11

# RFC 8446, 6 and RFC 5246, 7.2, by the names OpenSSL gives them; those that speak of certificates or versions.
# fmt: off
ALERTS = {
    "HANDSHAKE_FAILURE": 40, "BAD_CERTIFICATE": 42, "UNSUPPORTED_CERTIFICATE": 43, "CERTIFICATE_REVOKED": 44,
    "CERTIFICATE_EXPIRED": 45, "CERTIFICATE_UNKNOWN": 46, "UNKNOWN_CA": 48, "ACCESS_DENIED": 49, "DECRYPT_ERROR": 51,
    "PROTOCOL_VERSION": 70, "CERTIFICATE_REQUIRED": 116,
}
# fmt: on
_NO_SUCH_PROTOCOL = ("UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE", "WRONG_SSL_VERSION")
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
# Sentences of servers that answer 400 on purpose; a bare 400 says nothing.
SENTENCES = (
    ("no_certificate", b"No required SSL certificate was sent"),  # nginx, error 496
    ("bad_certificate", b"The SSL certificate error"),  # nginx, error 495
    ("plain_text", b"The plain HTTP request was sent to HTTPS port"),  # nginx, error 497
    ("plain_text", b"Client sent an HTTP request to an HTTPS server"),  # Go: Caddy, Traefik
    ("plain_text", b"speaking plain HTTP to an SSL-enabled server port"),  # Apache
)


class Target(NamedTuple):
    """One service: where to connect, what to call it, which name to send in the handshake."""

    label: str
    host: str
    port: int
    sensitive: bool
    server_name: str


def parse_target(line: str) -> Target:
    """A target from its line: ``host:port [label=text] [name=host] [sensitive]``. Raises ValueError with a sentence."""
    where, *words = line.split()
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", where)
    if found is None or not 1 <= int(found[2]) <= 65535:  # noqa: PLR2004  TCP's range
        raise ValueError(f"{where[:100]!r} is not host:port.")
    host, named, sensitive = found[1].strip("[]").lower(), {"label": "", "name": ""}, False
    for word in words:
        key, equals, value = word.partition("=")
        if word == "sensitive":
            sensitive = True
        elif key in named and value and equals:
            named[key] = value
        else:
            raise ValueError(f"{word[:100]!r} is not understood: after host:port come label=, name= or sensitive.")
    if named["name"] and not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", named["name"]):
        raise ValueError(f"{named['name'][:100]!r} is not a host name.")
    return Target(named["label"] or where, host, int(found[2]), sensitive, named["name"].lower() or host)


class Talk:
    """One TLS conversation through memory buffers, so that the part of the handshake in clear can be read too."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, name: str, round_trip: float) -> None:
        self._sock, self._deadline = sock, time.monotonic() + SECONDS
        self._settle = min(1.0, 0.05 + 2 * round_trip)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        self.heard = bytearray()

    def step(self, act: Callable[[], Any], until: float | None = None) -> Any:
        """Run a TLS operation to its end. Raises ssl.SSLError, socket.timeout, OSError."""
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                self._flush()
                self._fill(self._deadline if until is None else until)
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._flush()
                raise
            else:
                self._flush()
                return done

    def exchange(self, request: bytes) -> bytes:
        """Send a request, unless the server speaks first or refuses, and read the beginning of the answer."""
        with contextlib.suppress(socket.timeout):
            # In TLS 1.3 a refusal follows the handshake. Sending first could make the server reset the connection,
            # and the reset would overtake its alert.
            return bytes(self.step(lambda: self.tls.read(MAX_ANSWER), time.monotonic() + self._settle))
        self.step(lambda: self.tls.write(request))
        return listen(lambda: self.step(lambda: self.tls.read(MAX_ANSWER)))

    def messages(self) -> dict[int, bytes]:
        """Handshake messages in clear, by type: TLS 1.2 shows all, TLS 1.3 only its ServerHello."""
        stream, at = b"", 0
        while len(self.heard) >= at + 5 and self.heard[at] == 22:  # noqa: PLR2004  RFC 8446, 5.1: handshake
            size = int.from_bytes(self.heard[at + 3 : at + 5], "big")
            stream, at = stream + self.heard[at + 5 : at + 5 + size], at + 5 + size
        found: dict[int, bytes] = {}
        at = 0
        while len(stream) >= at + 4:
            size = int.from_bytes(stream[at + 1 : at + 4], "big")
            if len(stream) >= at + 4 + size:
                found.setdefault(stream[at], bytes(stream[at + 4 : at + 4 + size]))
            at += 4 + size
        return found

    def _flush(self) -> None:
        if self._out.pending:
            self._sock.settimeout(max(0.01, self._deadline - time.monotonic()))
            self._sock.sendall(self._out.read())

    def _fill(self, until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise socket.timeout  # noqa: UP041  another class than TimeoutError before Python 3.10
        self._sock.settimeout(left)
        received = self._sock.recv(16384)
        self.heard += received
        if len(self.heard) > MAX_HEARD:
            raise OSError("the server does not stop")
        self._in.write(received) if received else self._in.write_eof()


def listen(hear: Callable[[], bytes]) -> bytes:
    """The beginning of an answer: its head, and of a 400 also what it says."""
    answer = b""
    while len(answer) < MAX_ANSWER:
        try:
            piece = hear()
        except OSError:
            if answer:
                break
            raise
        answer += piece
        head, whole, _ = answer.partition(b"\r\n\r\n")
        if not piece or (whole and (b" 400 " not in head[:16] or any(text in answer for _, text in SENTENCES))):
            break
    return answer


def answer_of(answer: bytes) -> dict[str, Any]:
    """What an answer means: HTTP with its status and known sentence, an alert in clear, other data, or nothing."""
    found = re.match(rb"HTTP/1\.[01] ([1-5][0-9]{2})\b", answer)
    if found:
        said = next((name for name, text in SENTENCES if text in answer), None)
        return {"result": "http", "http_status": int(found[1]), "body_match": said}
    if answer[:2] == b"\x15\x03" and len(answer) >= 7:  # noqa: PLR2004  RFC 8446, 5.1: header of 5, level, description
        return {"result": "alert", "alert": answer[6]}
    return {"result": "data" if answer else "eof"}


def refusal_of(problem: OSError, *, connected: bool) -> dict[str, Any]:
    """What a broken conversation means, or one that never began."""
    if isinstance(problem, (TimeoutError, socket.timeout)):
        return {"result": "timeout"}
    if not isinstance(problem, ssl.SSLError):
        return {"result": "reset" if connected else "unreachable"}
    reason = problem.reason or ""
    alert = ALERTS.get(reason.rpartition("ALERT_")[2]) if "ALERT_" in reason else None
    if alert == ALERTS["PROTOCOL_VERSION"] or reason in _NO_SUCH_PROTOCOL:
        return {"result": "not_offered"}
    if alert is not None:
        return {"result": "alert", "alert": alert}
    if isinstance(problem, (ssl.SSLZeroReturnError, ssl.SSLEOFError)) or "EOF" in reason:
        return {"result": "eof"}
    return {"result": "not_tls" if reason in _NO_TLS else "failed"}


def tls_context(low: str = "TLSv1_2", high: str = "TLSv1_3", alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
    """A context that verifies nothing: the probe judges the server's manners, not its authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version, context.maximum_version = ssl.TLSVersion[low], ssl.TLSVersion[high]
    context.set_alpn_protocols(list(alpn))
    return context


def request_of(target: Target, path: str) -> bytes:
    """The one GET. Raises ValueError for a path that is none."""
    if not re.fullmatch(r"/[!-~]*", path):
        raise ValueError(f"{path[:100]!r} is not a path: it starts with / and has no spaces.")
    host = f"[{target.server_name}]" if ":" in target.server_name else target.server_name
    lines = (f"GET {path} HTTP/1.1", f"Host: {host}", "User-Agent: ztassess-probe", "Accept: */*", "Connection: close")
    return "\r\n".join((*lines, "", "")).encode("ascii")


@contextlib.contextmanager
def talking(dial: Dial, target: Target, context: ssl.SSLContext) -> Iterator[Talk]:
    """A conversation with a target, not begun yet; closed at the end."""
    begun = time.monotonic()
    with contextlib.closing(dial((target.host, target.port), SECONDS)) as sock:
        yield Talk(sock, context, target.server_name, time.monotonic() - begun)


def control(dial: Dial, target: Target) -> dict[str, Any]:
    """Handshake without a certificate: does it speak TLS at all, and what does it show?"""
    said: dict[str, Any] = {"server_hello": False, "protocol": None, "alpn": None, "certificate": None, "error": None}
    talk, der = None, None
    try:
        with talking(dial, target, tls_context(alpn=("h2", "http/1.1"))) as talk:
            talk.step(talk.tls.do_handshake)
            der = talk.tls.getpeercert(binary_form=True)
            said.update(server_hello=True, protocol=talk.tls.version(), alpn=talk.tls.selected_alpn_protocol())
    except OSError as problem:
        found = talk.messages() if talk else {}
        if 11 in found:  # noqa: PLR2004  RFC 5246, 7.4.2: Certificate; in clear, so this is TLS 1.2
            der = found[11][6 : 6 + int.from_bytes(found[11][3:6], "big")]
            said.update(server_hello=True, protocol="TLSv1.2")
        else:
            said["error"] = refusal_of(problem, connected=talk is not None)["result"]
    said["certificate"] = {"der": base64.b64encode(der).decode()} if der else None
    return said


def attempt(variant: str, dial: Dial, target: Target, context: ssl.SSLContext | None, request: bytes) -> dict[str, Any]:
    """One caller: shake hands as the context says (None: not at all), GET, and see what happens."""
    said: dict[str, Any] = {"variant": variant, "result": "unreachable", "alert": None, "phase": "connect"}
    said.update(http_status=None, body_match=None, server_hello=False, certificate_requested=None)
    talk = None
    try:
        if context is None:
            with contextlib.closing(dial((target.host, target.port), SECONDS)) as sock:
                said["phase"] = "read"
                said.update(answer_of(plain_exchange(sock, request)))
            return said
        with talking(dial, target, context) as talk:
            said["phase"] = "handshake"
            talk.step(talk.tls.do_handshake)
            said["phase"] = "read"
            said.update(answer_of(talk.exchange(request)))
    except OSError as problem:
        said.update(refusal_of(problem, connected=said["phase"] != "connect"))
    found = talk.messages() if talk else {}
    said["server_hello"] = 2 in found  # noqa: PLR2004  ServerHello
    said["certificate_requested"] = 13 in found if 11 in found else None  # noqa: PLR2004  visible in TLS 1.2 only
    return said


def plain_exchange(sock: socket.socket, request: bytes) -> bytes:
    """Send a request without TLS and read the beginning of the answer."""
    deadline = time.monotonic() + SECONDS

    def hear() -> bytes:
        sock.settimeout(max(0.01, deadline - time.monotonic()))
        return sock.recv(MAX_ANSWER)

    sock.settimeout(SECONDS)
    sock.sendall(request)
    return listen(hear)


def probe(
    dial: Dial,
    target: Target,
    *,
    path: str = "/",
    stranger: tuple[str, str] | None = None,
    right: tuple[str, str] | None = None,
    authority: str = "",
) -> dict[str, Any]:
    """All attempts on one target, in the form of the result file; where nobody listens only the control is tried.

    Parameters:
        dial: opens a TCP connection to (host, port) within some seconds; raises OSError.
        stranger, right: paths of certificate and key of a caller nobody knows, and of one who should be let in.
        authority: PEM text of the authority that should have signed the server's certificate.
    """
    request, first = request_of(target, path), control(dial, target)
    if first["certificate"] is not None:
        first["certificate"]["trusted"] = _trusted(dial, target, authority) if authority else None
    attempts: list[dict[str, Any]] = []
    if first["server_hello"]:
        attempts.append(attempt("tls13_no_cert", dial, target, tls_context("TLSv1_3"), request))
        attempts.append(attempt("tls12_no_cert", dial, target, tls_context(high="TLSv1_2"), request))
        for variant, pair in (("wrong_cert", stranger), ("right_cert", right)):
            if pair is not None:
                context = tls_context()
                context.load_cert_chain(*pair)
                attempts.append(attempt(variant, dial, target, context, request))
    if first["error"] not in ("unreachable", "timeout"):
        attempts.append(attempt("plaintext", dial, target, None, request))
    return {**target._asdict(), "control": first, "attempts": attempts}


def _trusted(dial: Dial, target: Target, authority: str) -> bool | None:
    """Whether the authority signed the certificate; None if nobody asked or the handshake ended for another reason."""
    context = tls_context()
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(cadata=authority)
        with talking(dial, target, context) as talk:
            talk.step(talk.tls.do_handshake)
    except ssl.SSLCertVerificationError:
        return False
    except (OSError, ValueError):
        return None
    return True


def stranger_pair(directory: Path) -> tuple[str, str] | None:
    """Paths of a self-signed certificate made now, and its key; None where cryptography is not installed."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        return None
    certificate, key, now = directory / "stranger.pem", directory / "stranger.key", datetime.now(UTC)
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ztassess stranger")])
    made = x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
    signed = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key.write_bytes(private.private_bytes(*kind))
    certificate.write_bytes(signed.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return str(certificate), str(key)


def beside_a_sidecar() -> bool:
    """True if a mesh proxy of this pod answers: Istio's health port or Linkerd's administration port."""
    for port in (15021, 4191):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return True
    return False


def main(arguments: list[str] | None = None) -> int:
    """Probe the targets of a file and print the result. Returns the exit code."""
    asked = argparse.ArgumentParser(description="Does a service demand a client certificate? Prints JSON to upload.")
    asked.add_argument("targets", type=Path, help="file with one target a line: host:port [label=] [name=] [sensitive]")
    asked.add_argument("--path", default="/", help="a harmless path; only a GET is sent")
    asked.add_argument("--cert", help="PEM file of a certificate that should be let in, made for this probe alone")
    asked.add_argument("--key", help="PEM file of its key, if it is another file")
    asked.add_argument("--ca", type=Path, help="PEM file of the authority that should sign the services' certificates")
    told = asked.parse_args(arguments)
    try:
        lines = [line.partition("#")[0] for line in told.targets.read_text(encoding="utf-8").splitlines()]
        targets = [parse_target(line) for line in lines if line.strip()]
        for target in targets:
            request_of(target, told.path)
        authority = told.ca.read_text(encoding="ascii") if told.ca else ""
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    found: dict[str, Any] = {"format": FORMAT, "taken_at": datetime.now(UTC).isoformat(timespec="seconds")}
    found.update(vantage=INSIDE_MESH if beside_a_sidecar() else OUTSIDE, targets=[])
    with tempfile.TemporaryDirectory() as directory:
        right = (told.cert, told.key or told.cert) if told.cert else None
        pairs = {"stranger": stranger_pair(Path(directory)), "right": right}
        for target in targets:
            sys.stderr.write(f"{target.label} ...\n")
            done = probe(socket.create_connection, target, path=told.path, authority=authority, **pairs)
            found["targets"].append(done)
    json.dump(found, sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
