"""Owns what the connect form asks and how each answer is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import Blocked, InputInvalid
from ztassess.connectors.netguard import host_text
from ztassess.connectors.tls_probe import runner
from ztassess.connectors.tls_probe.certificates import read_pem

MAX_TARGETS = 50
KEY_REFUSED = "Private keys are not accepted here. Use the runner; only its result is uploaded."


def parse_targets(text: str) -> tuple[str, ...]:
    """Lines of targets, each checked; commas separate on the command line.

    Raises:
        InputInvalid: a line that is no target, the same target twice, or more than 50.
    """
    lines = tuple(" ".join(line.split()) for line in text.replace(",", "\n").splitlines() if line.strip())
    if len(lines) > MAX_TARGETS:
        raise InputInvalid(f"At most {MAX_TARGETS} services at once; use the runner for more.")
    seen: set[tuple[str, int]] = set()
    for line in lines:
        target = as_target(line)
        if (target.host, target.port) in seen:
            raise InputInvalid(f"{target.host}:{target.port} is there twice.")
        seen.add((target.host, target.port))
    return lines


def as_target(line: str) -> runner.Target:
    """The target of one line.

    Raises:
        InputInvalid: it is none.
    """
    try:
        return runner.parse_target(line)
    except ValueError as problem:
        raise InputInvalid(f"Services: {problem}") from problem


def parse_server_name(text: str) -> str:
    """A host name, or nothing.

    Raises:
        InputInvalid: it is no host name.
    """
    if not text.strip():
        return ""
    try:
        return host_text(text.strip())
    except Blocked as problem:
        raise InputInvalid("The server name must be a host name such as payments.example.com.") from problem


def parse_path(text: str) -> str:
    """A path; ``/`` if nothing was entered.

    Raises:
        InputInvalid: it does not start with ``/`` or cannot be sent.
    """
    path = text.strip() or "/"
    try:
        runner.request_of(runner.Target("", "example.com", 443, sensitive=False, server_name="example.com"), path)
    except ValueError as problem:
        raise InputInvalid(f"Path: {problem}") from problem
    return path


def parse_certificate(text: str) -> str:
    """PEM text of one or more certificates, or nothing; never a key.

    Raises:
        InputInvalid: a private key, or no certificate.
    """
    if "PRIVATE KEY" in text:
        raise InputInvalid(KEY_REFUSED)
    if text.strip():
        read_pem(text)
    return text.strip()


def validate(config: Mapping[str, Any], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """Nothing here depends on two fields; a secret given anyway could only be a key."""
    return {"": KEY_REFUSED} if any(secrets.values()) else {}


FIELDS = (
    FormField(
        "targets",
        "Services",
        FieldKind.LINES,
        "Internal services, one host:port a line. Add label=payments to name one, sensitive if it carries customer "
        "data or money, and name=host if the handshake must name another host. For private addresses run the inside "
        "runner and upload its result.",
        required=True,
        binds_target=True,
        parse=parse_targets,
    ),
    FormField(
        "server_name",
        "Server name",
        FieldKind.HOST,
        "Name to send in the TLS handshake, if it differs from the host. A name= in a line wins.",
        parse=parse_server_name,
    ),
    FormField(
        "http_path", "Path", FieldKind.TEXT, "A harmless path; only a GET is sent.", default="/", parse=parse_path
    ),
    FormField(
        "trusted_ca",
        "Your internal authority",
        FieldKind.PEM,
        "Optional: the certificate of your internal CA, to say whether it issued what the services show.",
        parse=parse_certificate,
    ),
    FormField(
        "client_certificate",
        "Client certificate",
        FieldKind.PEM,
        "Optional: the certificate you will give to the runner with --cert, without its key. It is not sent anywhere; "
        "we say whether it could be used for more than the probe.",
        parse=parse_certificate,
    ),
)
GRANTS = (
    Grant(
        title="A pod outside of the mesh, for the runner",
        language="yaml",
        text="""apiVersion: v1
kind: Pod
metadata:
  name: ztassess-tls-probe
  labels:
    sidecar.istio.io/inject: "false"
  annotations:
    sidecar.istio.io/inject: "false"
    linkerd.io/inject: disabled
spec:
  automountServiceAccountToken: false
  restartPolicy: Never
  containers:
    - name: probe
      image: python:3.12-slim
      command: ["sleep", "3600"]
      securityContext:
        allowPrivilegeEscalation: false
        runAsNonRoot: true
        runAsUser: 65534
""",
        note="No permission is needed on any system, only network access to the ports. Copy runner.py and targets.txt "
        "into the pod with kubectl cp, run it there, and delete the pod.",
    ),
)
