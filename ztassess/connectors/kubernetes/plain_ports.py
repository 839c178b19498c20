"""Owns ports that bypass a proxy by annotation, although the proxy is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.kubernetes.injection import Proxy
from ztassess.connectors.kubernetes.membership import Meshed
from ztassess.connectors.kubernetes.snapshot_labels import Labels
from ztassess.connectors.kubernetes.snapshot_workloads import Workload

EXCLUDED: Final = "traffic.sidecar.istio.io/excludeInboundPorts"
INCLUDED: Final = "traffic.sidecar.istio.io/includeInboundPorts"
INTERCEPTION: Final = "sidecar.istio.io/interceptionMode"
AMBIENT_BYPASS: Final = "ambient.istio.io/bypass-inbound-capture"
SKIPPED: Final = "config.linkerd.io/skip-inbound-ports"
# Ports of the proxy itself, which Istio leaves out in every pod (Istio, "Ports used by Istio").
_OWN_PORTS: Final = frozenset({"15020", "15021", "15090"})


@dataclass(frozen=True, slots=True)
class Bypass:
    """An annotation by which inbound traffic reaches the application directly.

    Attributes:
        what: the ports, for a sentence.
    """

    field: str
    value: str
    what: str


def bypassing_ports(workload: Workload, meshed: Meshed, known: Sequence[int]) -> Bypass | None:
    """The annotation that lets traffic past Istio's proxy (Istio, "Resource Annotations"); None if there is none.

    Pods are asked where they were read, for a template may have changed since they were started.

    Parameters:
        known: the ports that the workload is known to listen on.
    """
    sources: list[Labels] = [pod.meta.annotations for pod in meshed.pods] or [workload.annotations]
    for source in sources:
        found = _ambient(source) if meshed.proxy is Proxy.AMBIENT else _sidecar(source, known)
        if found is not None:
            return found
    return None


def _sidecar(annotations: Labels, known: Sequence[int]) -> Bypass | None:
    excluded = [port for port in _listed(annotations.get(EXCLUDED, "")) if port not in _OWN_PORTS]
    if excluded:
        return Bypass(EXCLUDED, annotations[EXCLUDED], f"port {', '.join(excluded)}")
    included = annotations.get(INCLUDED)
    if included is not None and included.strip() != "*":
        left_out = [str(port) for port in known if str(port) not in _listed(included)]
        if left_out or not included.strip():
            return Bypass(INCLUDED, included, f"port {', '.join(left_out)}" if left_out else "all ports")
    if annotations.get(INTERCEPTION) == "NONE":
        return Bypass(INTERCEPTION, "NONE", "all ports")
    return None


def _ambient(annotations: Labels) -> Bypass | None:
    if annotations.get(AMBIENT_BYPASS) == "true":
        return Bypass(AMBIENT_BYPASS, "true", "all ports")
    return None


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def skipped_ports(annotations: Labels) -> tuple[tuple[int, int], ...]:
    """Ranges of ports that Linkerd's proxy does not see (Linkerd, "Proxy configuration"), first and last included."""
    ranges = []
    for part in _listed(annotations.get(SKIPPED, "")):
        first, _, last = part.partition("-")
        if first.isdecimal() and (not last or last.isdecimal()):
            ranges.append((int(first), int(last or first)))
    return tuple(ranges)
