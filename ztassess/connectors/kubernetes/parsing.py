"""Owns turning workloads and what surrounds them into typed values; what is not named here never enters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ztassess.connectors.api import Row
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.kubernetes.snapshot_labels import Expression, Meta, Selector
from ztassess.connectors.kubernetes.snapshot_workloads import (
    Application,
    Container,
    Namespace,
    Pod,
    PodSpec,
    Service,
    ServiceAccount,
    Workload,
)

# Other annotations are dropped: kubectl keeps a copy of whole manifests in one of them, secrets included.
_ANNOTATIONS: Final = (
    "ambient.istio.io/",
    "argocd.argoproj.io/tracking-id",
    "config.linkerd.io/",
    "istio.io/",
    "linkerd.io/",
    "sidecar.istio.io/",
    "traffic.sidecar.istio.io/",
)


def mapping(row: Row, path: str) -> Mapping[str, str]:
    """An object whose keys are data, such as labels; empty if it is absent.

    Raises:
        BadAnswer: a value is no text.
    """
    inner = row.row(path, None)
    if inner is None:
        return {}
    if not all(isinstance(value, str) for value in inner.value.values()):
        raise BadAnswer(f"{row.kind}.{path} holds something else than text.")
    return dict(inner.value)


def meta(row: Row) -> Meta:
    """Name, age, labels, the annotations that rules read, and the controller of an object."""
    return Meta(
        namespace=row.text("metadata.namespace", ""),
        name=row.text("metadata.name"),
        created=row.moment("metadata.creationTimestamp"),
        labels=mapping(row, "metadata.labels"),
        annotations=_annotations(row),
        owner=_owner(row),
    )


def _annotations(row: Row) -> Mapping[str, str]:
    return {key: value for key, value in mapping(row, "metadata.annotations").items() if key.startswith(_ANNOTATIONS)}


def _owner(row: Row) -> tuple[str, str]:
    for each in row.rows("metadata.ownerReferences", ()):
        if each.flag("controller", absent=False):
            return each.text("kind"), each.text("name")
    return "", ""


def selector(row: Row | None) -> Selector:
    """A label selector; an absent or empty one selects everything."""
    if row is None:
        return Selector()
    expressions = tuple(
        Expression(each.text("key"), each.text("operator"), each.texts("values", ()))
        for each in row.rows("matchExpressions", ())
    )
    return Selector(mapping(row, "matchLabels"), expressions)


def namespace(row: Row) -> Namespace:
    """``v1 Namespace``."""
    return Namespace(meta(row))


def workload(kind: str, row: Row) -> Workload:
    """``apps/v1`` Deployment, StatefulSet or DaemonSet, by its pod template."""
    return _workload(kind, row, row.row("spec.template"))


def cronjob(row: Row) -> Workload:
    """``batch/v1 CronJob``, by the pod template of its jobs."""
    return _workload("CronJob", row, row.row("spec.jobTemplate.spec.template"))


def _workload(kind: str, row: Row, template: Row) -> Workload:
    return Workload(
        kind,
        meta(row),
        pod_spec(template.row("spec")),
        labels=mapping(template, "metadata.labels"),
        annotations=_annotations(template),
    )


def pod(row: Row) -> Pod:
    """``v1 Pod``."""
    return Pod(meta(row), pod_spec(row.row("spec")), row.text("status.phase", "Unknown"))


def pod_spec(row: Row) -> PodSpec:
    """``v1 PodSpec``: containers, account, and what is mounted; values of variables are never taken."""
    volumes = row.rows("volumes", ())
    secrets = [each.text("secret.secretName", "") for each in volumes if each.has("secret")]
    secrets += [
        source.text("secret.name", "")
        for each in volumes
        for source in each.rows("projected.sources", ())
        if source.has("secret")
    ]
    return PodSpec(
        containers=tuple(_container(each) for each in row.rows("containers")),
        init_containers=tuple(_container(each) for each in row.rows("initContainers", ())),
        account=row.text("serviceAccountName", "") or "default",
        automount=row.flag("automountServiceAccountToken", None),
        host_network=row.flag("hostNetwork", absent=False),
        secret_volumes=tuple(name for name in secrets if name),
        csi_drivers=tuple(each.text("csi.driver") for each in volumes if each.has("csi")),
    )


def _container(row: Row) -> Container:
    variables = row.rows("env", ())
    secret = [
        (each.text("name"), each.text("valueFrom.secretKeyRef.name", ""))
        for each in variables
        if each.has("valueFrom.secretKeyRef")
    ]
    return Container(
        name=row.text("name"),
        ports={
            each.number("containerPort"): each.text("name", "")
            for each in row.rows("ports", ())
            if each.text("protocol", "TCP") == "TCP"
        },
        always=row.text("restartPolicy", "") == "Always",
        secret_variables=tuple(secret),
        secret_sources=tuple(
            each.text("secretRef.name", "") for each in row.rows("envFrom", ()) if each.has("secretRef")
        ),
        literals=tuple(each.text("name") for each in variables if each.has("value") and each.text("value")),
        has_environment=row.has("env") or row.has("envFrom"),
    )


def service(row: Row) -> Service:
    """``v1 Service``."""
    targets = []
    for each in row.rows("spec.ports", ()):
        if each.text("protocol", "TCP") != "TCP":
            continue
        targets.append(number_or_name(each, "targetPort") or str(each.number("port")))
    return Service(meta(row), mapping(row, "spec.selector"), tuple(dict.fromkeys(targets)))


def number_or_name(row: Row, path: str) -> str:
    """An ``IntOrString`` as text; empty if it is absent.

    Raises:
        BadAnswer: it is something else.
    """
    if not row.has(path):
        return ""
    try:
        return str(row.number(path))
    except BadAnswer:
        return row.text(path)


def service_account(row: Row) -> ServiceAccount:
    """``v1 ServiceAccount``; its secrets are not looked at."""
    return ServiceAccount(meta(row), row.flag("automountServiceAccountToken", None))


def application(row: Row) -> Application:
    """``argoproj.io/v1alpha1 Application``."""
    return Application(meta(row), row.text("status.sync.status", "Unknown"))
