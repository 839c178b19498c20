"""Manifests as the API server sends them, and snapshots made of them through the connector's own parsers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ztassess.connectors.kubernetes.kinds import KINDS, OPTIONAL_GROUPS
from ztassess.connectors.kubernetes.parsers import parse_object
from ztassess.connectors.kubernetes.rules import CHECKS
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_mesh import IstioConfig, LinkerdConfig
from ztassess.domain.checks import CheckResult, evaluate, fold
from ztassess.domain.findings import Finding, Outcome

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CANARY = "canary-4f1d-never-kept"
Manifest = dict[str, Any]
ROOT = "istio-system"


def manifest(kind: str, version: str, name: str, space: str = "", **more: Any) -> Manifest:
    """One object; ``labels``, ``annotations``, ``created`` and ``owner`` go into its metadata, the rest beside it."""
    metadata: Manifest = {"name": name, "creationTimestamp": more.pop("created", "2026-01-01T00:00:00Z")}
    if space:
        metadata["namespace"] = space
    for key in ("labels", "annotations"):
        if more.get(key):
            metadata[key] = more[key]
        more.pop(key, None)
    owner = more.pop("owner", None)
    if owner:
        metadata["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": "u", "controller": True}
        ]
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def namespace(name: str, **more: Any) -> Manifest:
    return manifest("Namespace", "v1", name, **more)


def container(name: str = "app", ports: Iterable[int] = (8080,), **more: Any) -> Manifest:
    return {"name": name, "image": "x", "ports": [{"containerPort": port} for port in ports], **more}


def template(name: str, **more: Any) -> Manifest:
    """A pod template: ``labels``, ``annotations``, ``containers``, and fields of the pod's spec."""
    metadata: Manifest = {"labels": more.pop("labels", {"app": name})}
    if more.get("annotations"):
        metadata["annotations"] = more["annotations"]
    more.pop("annotations", None)
    containers = more.pop("containers", None) or [container()]
    return {"metadata": metadata, "spec": {"containers": containers, "serviceAccountName": name, **more}}


def deployment(name: str, space: str = "shop", *, kind: str = "Deployment", **more: Any) -> Manifest:
    built = template(name, **more)
    selector = {"matchLabels": built["metadata"]["labels"]}
    if kind == "CronJob":
        spec: Manifest = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": built}}}
        return manifest(kind, "batch/v1", name, space, spec=spec)
    return manifest(kind, "apps/v1", name, space, spec={"selector": selector, "template": built})


def pod(name: str, of: str, space: str = "shop", *, proxy: str = "istio-proxy", **more: Any) -> Manifest:
    """A running pod of the Deployment ``of``; ``proxy`` is its second container, empty for none."""
    containers = more.pop("containers", None) or [container()]
    native = more.pop("native", "")
    phase = more.pop("phase", "Running")
    owner = more.pop("owner", ("ReplicaSet", f"{of}-abc12"))
    labels = {"app": of, "pod-template-hash": "abc12", **more.pop("labels", {})}
    if proxy:
        containers = [*containers, {"name": proxy}]
    spec: Manifest = {"containers": containers, "serviceAccountName": of, **more.pop("spec", {})}
    if native:
        spec["initContainers"] = [{"name": native, "restartPolicy": "Always"}]
    return manifest("Pod", "v1", name, space, labels=labels, owner=owner, spec=spec, status={"phase": phase}, **more)


def service(name: str, space: str = "shop", *, app: str | None = None, target: Any = 8080) -> Manifest:
    spec = {"selector": {"app": app or name}, "ports": [{"port": 80, "targetPort": target, "protocol": "TCP"}]}
    return manifest("Service", "v1", name, space, spec=spec)


def peer(
    name: str, space: str, mode: str | None, *, app: str = "", ports: Manifest | None = None, **more: Any
) -> Manifest:
    spec: Manifest = {}
    if mode is not None:
        spec["mtls"] = {"mode": mode}
    if app:
        spec["selector"] = {"matchLabels": {"app": app}}
    if ports is not None:
        spec["portLevelMtls"] = {port: {"mode": value} if value else {} for port, value in ports.items()}
    return manifest("PeerAuthentication", "security.istio.io/v1", name, space, spec=spec, **more)


def authz(name: str, space: str, *, action: str = "", rules: Any = None, app: str = "", **more: Any) -> Manifest:
    spec: Manifest = dict(more.pop("spec", {}))
    if action:
        spec["action"] = action
    if rules is not None:
        spec["rules"] = rules
    if app:
        spec["selector"] = {"matchLabels": {"app": app}}
    return manifest("AuthorizationPolicy", "security.istio.io/v1", name, space, spec=spec, **more)


def allow_from(*principals: str, **more: Any) -> Manifest:
    """One rule that names principals."""
    return {"from": [{"source": {"principals": list(principals)}}], **more}


def istio(kind: str, name: str, space: str, spec: Manifest, **more: Any) -> Manifest:
    group = "security" if kind == "RequestAuthentication" else "networking"
    return manifest(kind, f"{group}.istio.io/v1", name, space, spec=spec, **more)


def linkerd(kind: str, name: str, space: str, spec: Manifest, **more: Any) -> Manifest:
    versions = {"Server": "v1beta3", "ServerAuthorization": "v1beta1", "HTTPRoute": "v1beta3"}
    return manifest(kind, f"policy.linkerd.io/{versions.get(kind, 'v1alpha1')}", name, space, spec=spec, **more)


def role(name: str, rules: list[Manifest], *, space: str = "", **more: Any) -> Manifest:
    kind = "Role" if space else "ClusterRole"
    return manifest(kind, "rbac.authorization.k8s.io/v1", name, space, rules=rules, **more)


def binding(name: str, to: str, *subjects: Manifest, space: str = "", kind: str = "", **more: Any) -> Manifest:
    """A binding to a ClusterRole, or to what ``kind`` says."""
    return manifest(
        "RoleBinding" if space else "ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1",
        name,
        space,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": kind or "ClusterRole", "name": to},
        subjects=list(subjects),
        **more,
    )


def account(name: str, space: str = "shop") -> Manifest:
    return {"kind": "ServiceAccount", "name": name, "namespace": space}


def netpol(name: str, space: str = "shop", **spec: Any) -> Manifest:
    spec.setdefault("podSelector", {})
    return manifest("NetworkPolicy", "networking.k8s.io/v1", name, space, spec=spec)


_BY_KIND = {(kind.group, kind.kind): kind for kind in KINDS}


def parsed(objects: Iterable[Manifest]) -> dict[str, tuple[Any, ...]]:
    """The parts of a snapshot, each object through the parser of its kind."""
    found: dict[str, list[Any]] = {}
    for each in objects:
        group, slash, _ = each["apiVersion"].rpartition("/")
        kind = _BY_KIND[group if slash else "", each["kind"]]
        found.setdefault(kind.part, []).append(parse_object(kind, each))
    return {part: tuple(rows) for part, rows in found.items()}


def snapshot(
    *objects: Manifest,
    sensitive: Iterable[str] | None = ("shop/deployment/pay",),
    mesh: str = "istio",
    outbound: str = "ALLOW_ANY",
    inbound: str = "all-unauthenticated",
    **more: Any,
) -> KubernetesSnapshot:
    """A snapshot of these objects; the namespace ``shop`` is always there unless ``namespaces`` is given.

    Parameters:
        mesh: the installed product: ``istio``, ``linkerd``, ``both`` or nothing.
        more: parts or fields to set otherwise, such as ``pods=Unavailable(...)``.
    """
    parts = parsed(objects)
    if not any(each["kind"] == "Namespace" and each["metadata"]["name"] == "shop" for each in objects):
        parts["namespaces"] = (*parts.get("namespaces", ()), *parsed([namespace("shop")])["namespaces"])
    fields: dict[str, Any] = {kind.part: parts.get(kind.part, ()) for kind in KINDS}
    for product, groups in OPTIONAL_GROUPS.items():
        here = product == "gitops" or mesh in (product, "both")
        fields[product] = tuple(kind.resource for kind in KINDS if kind.group in groups) if here else ()
    fields |= {
        "taken_at": NOW,
        "cluster": "k8s.example.com",
        "root_namespace": ROOT,
        "sensitive": None if sensitive is None else frozenset(sensitive),
        "break_glass": frozenset(),
        "environment_read": True,
        "istio_config": (IstioConfig("", outbound),) if fields["istio"] else (),
        "linkerd_config": (LinkerdConfig(inbound, None),) if fields["linkerd"] else (),
    }
    return KubernetesSnapshot(**{**fields, **more})


def findings_of(check: str, seen: KubernetesSnapshot) -> list[Finding]:
    """The findings of one check, by its name without the prefix."""
    return evaluate([CHECKS[f"kubernetes.{check}"]], seen)


def result_of(check: str, seen: KubernetesSnapshot) -> CheckResult:
    """The folded result of one check; a rule that broke fails the test."""
    found = findings_of(check, seen)
    assert all(each.verdict.outcome is not Outcome.ERROR for each in found), found
    return fold(f"kubernetes.{check}", found)


def said(check: str, seen: KubernetesSnapshot) -> str:
    """All reasons and near misses of one check in one text."""
    return "\n".join(f"{each.verdict.reason} {each.verdict.near_miss}" for each in findings_of(check, seen))
