"""Owns reading the two configuration objects of an installation: the mesh settings of Istio and of Linkerd."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import yaml
from cryptography import x509

from ztassess.connectors.api import Row
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.kubernetes.snapshot_mesh import IstioConfig, LinkerdConfig

MOST_CHARACTERS: Final = 1024 * 1024  # Kubernetes itself stores no larger ConfigMap


def istio_config(row: Row) -> IstioConfig:
    """``data.mesh`` of the ConfigMap ``istio``: a MeshConfig as YAML (Istio, "Global Mesh Options").

    ``outboundTrafficPolicy.mode`` is ALLOW_ANY where it is not written.
    """
    mesh = _document(row.text("data.mesh"))
    policy = mesh.get("outboundTrafficPolicy")
    if policy is not None and not isinstance(policy, dict):
        raise BadAnswer("The mesh settings hold an outboundTrafficPolicy that is no object.")
    return IstioConfig(_text(mesh, "rootNamespace"), _text(policy or {}, "mode") or "ALLOW_ANY")


def linkerd_config(row: Row) -> LinkerdConfig:
    """``data.values`` of the ConfigMap ``linkerd-config``: the values of the chart without its private keys."""
    values = _document(row.text("data.values"))
    proxy = values.get("proxy")
    inbound = _text(proxy, "defaultInboundPolicy") if isinstance(proxy, dict) else ""
    pem: Any = values
    for name in ("identity", "issuer", "tls", "crtPEM"):
        pem = pem.get(name) if isinstance(pem, dict) else None
    return LinkerdConfig(inbound, certificate_end(pem) if isinstance(pem, str) and pem.strip() else None)


def certificate_end(pem: str) -> datetime:
    """The end of the first certificate of a PEM text.

    Raises:
        BadAnswer: it holds none.
    """
    try:
        return x509.load_pem_x509_certificates(pem.encode())[0].not_valid_after_utc.astimezone(UTC)
    except ValueError as problem:
        raise BadAnswer("The issuer certificate is not a certificate in PEM form.") from problem


def _document(text: str) -> dict[str, Any]:
    if len(text) > MOST_CHARACTERS:
        raise BadAnswer("The mesh settings are larger than Kubernetes stores.")
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        raise BadAnswer("The mesh settings are not valid YAML.") from problem
    if not isinstance(found, dict):
        raise BadAnswer("The mesh settings are not an object.")
    return found


def _text(values: dict[str, Any], name: str) -> str:
    found = values.get(name)
    if found is not None and not isinstance(found, str):
        raise BadAnswer(f"The mesh settings hold a {name} that is no text.")
    return found or ""
