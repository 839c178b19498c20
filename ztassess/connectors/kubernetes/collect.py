"""Owns reading a whole cluster: our own rights first, then what is installed, then all kinds side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from ztassess.connectors.api import ApiSession, read_parts, unavailable_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import ConnectorError, NotFound, OverPrivileged, Refused
from ztassess.connectors.judging import rows_read
from ztassess.connectors.kubernetes.client import (
    Rights,
    list_objects,
    open_session,
    own_rights,
    read_istio_config,
    read_linkerd_config,
    served_groups,
    served_resources,
)
from ztassess.connectors.kubernetes.kinds import KINDS, OPTIONAL_GROUPS, Kind
from ztassess.connectors.kubernetes.rights import NAMESPACES, excessive_right
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.domain.findings import Part, Unavailable

LINKERD_NAMESPACE: Final = "linkerd"
_GROUPS: Final = tuple(group for groups in OPTIONAL_GROUPS.values() for group in groups)
SETTINGS: Final = {"istio_config": "istio", "linkerd_config": "linkerd"}


@dataclass(slots=True)
class Installed:
    """What a cluster serves.

    Attributes:
        versions: the version to read each kind in, by part; a kind that is not installed is not in it.
        unknown: why it is not known whether a kind is installed, by part.
        resources: the resources of a product that are served, by the part that stands for the product.
    """

    versions: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, Unavailable] = field(default_factory=dict)
    resources: dict[str, Part[str]] = field(default_factory=dict)


def collect(context: ReadContext) -> KubernetesSnapshot:
    """Read the cluster. A kind that may not be listed becomes Unavailable, one that is not installed is empty.

    Raises:
        OverPrivileged: the account can do more than read; nothing but its rights was read.
        ConnectorError: the token was refused, or nothing at all could be read.
    """
    with open_session(context) as session:
        refuse_over_privilege(read_rights(session))
        installed = discover(session)
        found = read_parts(context, session, _readers(session, installed))
        settings = _settings(context, session, installed)
    return snapshot_of({**found, **settings}, installed, context)


def read_rights(session: ApiSession) -> list[Rights]:
    """Our own rights in the namespaces that we look at; where the question is refused, nothing is known of them."""
    found = []
    for namespace in NAMESPACES:
        try:
            found.append(own_rights(session, namespace))
        except Refused:
            found.append(Rights(namespace, (), incomplete=True))
    return found


def refuse_over_privilege(rights: list[Rights]) -> None:
    """Raise if our own account can do more than read.

    Raises:
        OverPrivileged: with the right named.
    """
    sentence = excessive_right(rights)
    if sentence:
        raise OverPrivileged(sentence)


def discover(session: ApiSession) -> Installed:
    """Which kinds are served, and in which version.

    Raises:
        AuthFailed: the token was refused.
    """
    installed = Installed()
    served: dict[tuple[str, str], frozenset[str] | Unavailable] = {}
    try:
        groups = served_groups(session)
    except ConnectorError as problem:
        return _blind(unavailable_of(problem))
    for group in _GROUPS:
        for version in groups.get(group, ()):
            try:
                served[group, version] = served_resources(session, group, version)
            except ConnectorError as problem:
                served[group, version] = unavailable_of(problem)
    for kind in KINDS:
        if not kind.optional:
            installed.versions[kind.part] = kind.versions[0]
        else:
            _choose(kind, groups.get(kind.group, ()), served, installed)
    for part, of in OPTIONAL_GROUPS.items():
        kinds = [kind for kind in KINDS if kind.group in of]
        blind = next((installed.unknown[kind.part] for kind in kinds if kind.part in installed.unknown), None)
        names = tuple(kind.resource for kind in kinds if kind.part in installed.versions)
        installed.resources[part] = names if names or blind is None else blind
    return installed


def _blind(why: Unavailable) -> Installed:
    """Nothing is known of what is installed; Kubernetes' own kinds are always there."""
    return Installed(
        versions={kind.part: kind.versions[0] for kind in KINDS if not kind.optional},
        unknown={kind.part: why for kind in KINDS if kind.optional},
        resources=dict.fromkeys(OPTIONAL_GROUPS, why),
    )


def _choose(
    kind: Kind,
    versions: Iterable[str],
    served: Mapping[tuple[str, str], frozenset[str] | Unavailable],
    installed: Installed,
) -> None:
    """Take the first version that we understand and the cluster serves."""
    announced = tuple(versions)
    offered = []
    for version in announced:
        resources = served[kind.group, version]
        if isinstance(resources, Unavailable):
            installed.unknown[kind.part] = resources
        elif kind.plural in resources:
            offered.append(version)
    known = next((version for version in kind.versions if version in offered), None)
    if known is not None:
        installed.versions[kind.part] = known
        installed.unknown.pop(kind.part, None)
    elif offered:
        detail = f"{kind.resource} is served in {', '.join(offered)} only, which is not understood here yet."
        installed.unknown[kind.part] = Unavailable("unsupported", detail=detail)


def _readers(session: ApiSession, installed: Installed) -> dict[str, Callable[[], Iterable[Any]]]:
    return {
        kind.part: partial(list_objects, session, kind, installed.versions[kind.part])
        for kind in KINDS
        if kind.part in installed.versions
    }


def _settings(context: ReadContext, session: ApiSession, installed: Installed) -> dict[str, Part[Any]]:
    """The two ConfigMaps; one that is not there although the mesh is installed cannot be judged."""
    readers: dict[str, Callable[[], Any]] = {
        "istio_config": partial(read_istio_config, session, context.config.get("root_namespace") or "istio-system"),
        "linkerd_config": partial(read_linkerd_config, session, LINKERD_NAMESPACE),
    }
    found: dict[str, Part[Any]] = {}
    for part, mesh in SETTINGS.items():
        if not rows_read(installed.resources[mesh]):
            continue
        try:
            found[part] = (readers[part](),)
        except NotFound:
            detail = f"The ConfigMap with the settings of {mesh.capitalize()} was not found where it usually is."
            found[part] = Unavailable("unsupported", detail=detail)
        except ConnectorError as problem:
            found[part] = unavailable_of(problem)
    return found


def snapshot_of(
    found: Mapping[str, Part[Any]], installed: Installed, context: ReadContext, **more: Any
) -> KubernetesSnapshot:
    """The snapshot of the parts that were read; the others are not installed, or say why they are unknown.

    Parameters:
        more: fields to set otherwise, such as ``taken_at``.
    """
    parts: dict[str, Part[Any]] = {}
    for kind in KINDS:
        parts[kind.part] = found.get(kind.part, installed.unknown.get(kind.part, ()))
    for part, mesh in SETTINGS.items():
        product = installed.resources[mesh]
        parts[part] = found.get(part, product if isinstance(product, Unavailable) else ())
    declared = context.config.get("root_namespace") or "istio-system"
    stated = next((each.root_namespace for each in rows_read(parts["istio_config"])), "")
    sensitive = context.config.get("sensitive_workloads") or ()
    fields: dict[str, Any] = {
        "taken_at": context.now,
        "cluster": urlsplit(context.config.get("api_url") or "").hostname or "cluster",
        "root_namespace": stated or declared,
        "sensitive": frozenset(sensitive) or None,
        "break_glass": frozenset(context.declared.break_glass),
        "environment_read": True,
        **installed.resources,
        **parts,
        **more,
    }
    return KubernetesSnapshot(**fields)
