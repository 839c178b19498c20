"""Owns what the connect form asks, how each answer is parsed, and the grants to copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.certificates import parse_certificate
from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import Blocked, InputInvalid
from ztassess.connectors.kubernetes.grants import HOW_TO_CONNECT, ROLE
from ztassess.connectors.netguard import parse_url

KUBECONFIG: Final = (
    "A kubeconfig is not accepted, because it may name programs to run and files to read. "
    "Only the API server's address, its CA certificate and a token are."
)
_KUBECONFIG: Final = re.compile(
    r"\b(?:apiVersion|current-context|clusters|contexts|users|certificate-authority(?:-data)?|client-key(?:-data)?"
    r"|client-certificate(?:-data)?|auth-provider|tokenFile|exec)\b[\"']?\s*:"
)
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]+")
_LONGEST_TOKEN: Final = 16_384
_KINDS: Final = {
    "deployment": "deployment",
    "deployments": "deployment",
    "deploy": "deployment",
    "statefulset": "statefulset",
    "statefulsets": "statefulset",
    "sts": "statefulset",
    "daemonset": "daemonset",
    "daemonsets": "daemonset",
    "ds": "daemonset",
    "cronjob": "cronjob",
    "cronjobs": "cronjob",
    "cj": "cronjob",
    "pod": "pod",
    "pods": "pod",
}
_WORKLOAD_PARTS: Final = 3


def refuse_kubeconfig(text: str) -> None:
    """Raise if somebody pasted a kubeconfig.

    Raises:
        InputInvalid: it is one.
    """
    if _KUBECONFIG.search(text):
        raise InputInvalid(KUBECONFIG)


def parse_api_url(text: str) -> str:
    """The API server's address without a trailing slash.

    Raises:
        InputInvalid: a kubeconfig, not https, or no address.
    """
    refuse_kubeconfig(text)
    url = text.strip().rstrip("/")
    if not url.lower().startswith("https://"):
        raise InputInvalid("The API server's address begins with https://, such as https://k8s.example.com:6443.")
    try:
        parsed = parse_url(f"{url}/", schemes=("https",))
    except Blocked as problem:
        raise InputInvalid(
            "This is not an address that can be asked, such as https://k8s.example.com:6443."
        ) from problem
    if "?" in url or "#" in url:
        raise InputInvalid("The API server's address ends before any question mark.")
    return str(parsed).rstrip("/")


def parse_authority(text: str) -> str:
    """The cluster's CA in PEM form; empty means the system's authorities, for servers with a public certificate.

    Raises:
        InputInvalid: a kubeconfig, a private key, or no certificate.
    """
    refuse_kubeconfig(text.strip())
    return parse_certificate(text)


def parse_workloads(text: str) -> tuple[str, ...]:
    """Workloads as ``namespace/kind/name``, kinds in singular and lower case.

    Raises:
        InputInvalid: a line of another form.
    """
    refuse_kubeconfig(text)
    found: dict[str, None] = {}
    for line in re.split(r"[\n,]", text):
        entry = line.strip()
        if not entry:
            continue
        parts = [part.strip() for part in entry.split("/")]
        kind = _KINDS.get(parts[1].lower()) if len(parts) == _WORKLOAD_PARTS else None
        if kind is None or not _NAME.fullmatch(parts[0]) or not _NAME.fullmatch(parts[2]):
            raise InputInvalid(f"Write namespace/kind/name, such as shop/deployment/payments, not {entry[:80]!r}.")
        found[f"{parts[0]}/{kind}/{parts[2]}"] = None
    return tuple(found)


def parse_namespace(text: str) -> str:
    """Name of a namespace.

    Raises:
        InputInvalid: no namespace can be called so.
    """
    refuse_kubeconfig(text)
    name = text.strip() or "istio-system"
    if not _NAME.fullmatch(name):
        raise InputInvalid(f"A namespace is called otherwise than {name[:80]!r}: small letters, digits and hyphens.")
    return name


def bearer(text: str) -> str:
    """A token as it is sent.

    Raises:
        InputInvalid: a kubeconfig, or something with blanks in it.
    """
    refuse_kubeconfig(text)
    token = text.strip()
    if len(token) > _LONGEST_TOKEN or not _TOKEN.fullmatch(token):
        raise InputInvalid("The token is one line of letters, digits, dots, hyphens and underscores.")
    return token


def validate(config: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """Rules across fields; sentences by field name."""
    del config
    try:
        bearer(secrets.get("token", ""))
    except InputInvalid as problem:
        return {"token": problem.sentence}
    return {}


FIELDS: Final = (
    FormField(
        "api_url",
        "API server",
        FieldKind.URL,
        "API server address.",
        required=True,
        binds_target=True,
        parse=parse_api_url,
    ),
    FormField(
        "ca_certificate",
        "CA certificate",
        FieldKind.PEM,
        "Cluster CA. Certificate checks are never switched off.",
        binds_target=True,
        parse=parse_authority,
    ),
    FormField(
        "token",
        "Token",
        help="kubectl create token zt-assessor -n zt-assessor --duration=1h. Short-lived; paste again for a re-run.",
        required=True,
        secret=True,
        single_use=True,
    ),
    FormField(
        "sensitive_workloads",
        "Sensitive workloads",
        FieldKind.LINES,
        "Services on payment or personal-data paths, one a line: shop/deployment/payments.",
        group="Declared",
        parse=parse_workloads,
    ),
    FormField(
        "root_namespace",
        "Root namespace",
        help="Istio root namespace, if changed.",
        default="istio-system",
        group="Declared",
        parse=parse_namespace,
    ),
)

GRANTS: Final = (
    Grant(
        "Read-only role",
        "yaml",
        ROLE,
        "No secrets, no other ConfigMaps. Pods may be left out: whether proxies really run is then not checked.",
    ),
    Grant("Token and CA", "shell", HOW_TO_CONNECT, "The token ends after an hour; make a new one for the next scan."),
)
