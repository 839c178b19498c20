"""Owns what runs in a cluster: namespaces, workloads with their pod templates, pods, services, service accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ztassess.connectors.kubernetes.snapshot_labels import Labels, Meta

WORKLOAD_PARTS = ("deployments", "statefulsets", "daemonsets", "cronjobs")


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace."""

    meta: Meta


@dataclass(frozen=True, slots=True)
class Container:
    """One container; values of environment variables never enter.

    Attributes:
        ports: TCP ports it declares, by number, with their names (empty if unnamed).
        always: an init container that keeps running (``restartPolicy: Always``): a native sidecar.
        secret_variables: environment variables filled from a secret: ``(variable, secret)``.
        secret_sources: secrets of ``envFrom``, all of whose keys become variables.
        literals: names of variables with a value written into the template.
        has_environment: it has an ``env`` or ``envFrom`` field at all.
    """

    name: str
    ports: Mapping[int, str] = field(default_factory=dict)
    always: bool = False
    secret_variables: tuple[tuple[str, str], ...] = ()
    secret_sources: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    has_environment: bool = False


@dataclass(frozen=True, slots=True)
class PodSpec:
    """What a pod is made of.

    Attributes:
        account: name of the service account; ``default`` where none is named.
        automount: whether its token is mounted; None if the pod does not say.
        secret_volumes: secrets mounted as files.
        csi_drivers: drivers of CSI volumes, such as ``secrets-store.csi.k8s.io``.
    """

    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...] = ()
    account: str = "default"
    automount: bool | None = None
    host_network: bool = False
    secret_volumes: tuple[str, ...] = ()
    csi_drivers: tuple[str, ...] = ()

    @property
    def ports(self) -> dict[int, str]:
        """All declared TCP ports with their names."""
        return {number: name for each in self.containers for number, name in each.ports.items()}

    def runs(self, container: str) -> bool:
        """True if this container runs beside the others for the whole life of the pod."""
        return any(each.name == container for each in self.containers) or any(
            each.name == container and each.always for each in self.init_containers
        )


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment, StatefulSet, DaemonSet, CronJob, or a pod that belongs to none of them.

    Attributes:
        labels: of its pods (the template's).
        annotations: of its pods (the template's), as in `Meta`.
    """

    kind: str
    meta: Meta
    spec: PodSpec
    labels: Labels = field(default_factory=dict)
    annotations: Labels = field(default_factory=dict)

    @property
    def id(self) -> str:
        """``namespace/kind/name`` with the kind in lower case, as declared in the form."""
        return f"{self.meta.namespace}/{self.kind.lower()}/{self.meta.name}"

    @property
    def app(self) -> str:
        """The application it belongs to, by its usual labels; else its own name."""
        return self.labels.get("app.kubernetes.io/name") or self.labels.get("app") or self.meta.name


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod. ``phase`` is Kubernetes' word: Pending, Running, Succeeded, Failed or Unknown."""

    meta: Meta
    spec: PodSpec
    phase: str


@dataclass(frozen=True, slots=True)
class Service:
    """One service.

    Attributes:
        selector: labels of the pods behind it; empty for services without pods.
        targets: target ports, as number or name of a container port.
    """

    meta: Meta
    selector: Labels
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """One service account; ``automount`` None if it does not say."""

    meta: Meta
    automount: bool | None


@dataclass(frozen=True, slots=True)
class Application:
    """An Argo CD Application. ``sync`` is Argo CD's word: Synced, OutOfSync or Unknown."""

    meta: Meta
    sync: str
