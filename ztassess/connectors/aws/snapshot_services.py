"""Owns the frozen values of one account's stores, logs and workloads. All regional; no environment value gets here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.domain.findings import Unavailable


@dataclass(frozen=True, slots=True)
class ParameterGroupUse:
    """A parameter group as one instance uses it; ``status`` is for example ``in-sync`` or ``pending-reboot``."""

    name: str
    status: str


@dataclass(frozen=True, slots=True)
class DatabaseInstance:
    """An RDS instance. None: AWS did not say, which is not false.

    Attributes:
        engine: for example ``postgres``, ``mysql``, ``aurora-postgresql``.
        cluster_id: of the Aurora cluster it belongs to, empty if none.
    """

    region: str
    id: str
    arn: str
    engine: str
    publicly_accessible: bool | None
    encrypted: bool | None
    iam_authentication: bool | None
    cluster_id: str = ""
    parameter_groups: tuple[ParameterGroupUse, ...] = ()
    groups: tuple[str, ...] = ()
    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseCluster:
    """An Aurora or multi-AZ cluster. None: AWS did not say."""

    region: str
    id: str
    arn: str
    engine: str
    publicly_accessible: bool | None
    encrypted: bool | None
    iam_authentication: bool | None
    parameter_group: str = ""
    parameter_status: str = ""
    members: tuple[str, ...] = ()
    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A database parameter with the value in its group; None where the group leaves it to the engine."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class ParameterGroup:
    """A parameter group in use. Only the parameters that decide about plain connections are kept.

    Attributes:
        of_cluster: True for a cluster parameter group.
        parameters: `Unavailable` where this group could not be read to its end.
    """

    region: str
    name: str
    of_cluster: bool
    parameters: tuple[Parameter, ...] | Unavailable


@dataclass(frozen=True, slots=True)
class RedshiftCluster:
    """A Redshift cluster. None: AWS did not say."""

    region: str
    id: str
    publicly_accessible: bool | None
    encrypted: bool | None


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """The account's block of public buckets. ``present`` is False where AWS says that none is configured."""

    present: bool
    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


@dataclass(frozen=True, slots=True)
class Trail:
    """A CloudTrail trail, once each, by its home region.

    Attributes:
        logging, management_events: None where that was not readable.
        management_events: True if reads and writes of the management plane are both recorded.
    """

    region: str
    arn: str
    name: str
    multi_region: bool
    organization: bool
    validated: bool
    logging: bool | None
    management_events: bool | None


@dataclass(frozen=True, slots=True)
class Detector:
    """A GuardDuty detector; ``enabled`` is None where that was not readable. A read region without one has none."""

    region: str
    id: str
    enabled: bool | None


@dataclass(frozen=True, slots=True)
class EventRule:
    """An EventBridge rule with an event pattern that mentions the console sign-in or root.

    Attributes:
        pattern: the event pattern as JSON text.
        targets: ARNs; None where they were not readable.
    """

    region: str
    arn: str
    name: str
    enabled: bool
    pattern: str
    targets: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class MetricFilter:
    """A log metric filter: what a metric alarm on log lines counts."""

    region: str
    name: str
    pattern: str
    metric: str
    namespace: str


@dataclass(frozen=True, slots=True)
class MetricAlarm:
    """A CloudWatch alarm on one metric. ``actions`` are the ARNs it calls."""

    region: str
    name: str
    metric: str
    namespace: str
    actions_enabled: bool
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Secret:
    """An entry of Secrets Manager, never its value. None: AWS did not say.

    Attributes:
        owning_service: set where an AWS service manages (and rotates) it.
    """

    region: str
    arn: str
    name: str
    rotation_enabled: bool | None
    created: datetime | None = None
    last_rotated: datetime | None = None
    last_changed: datetime | None = None
    owning_service: str = ""


@dataclass(frozen=True, slots=True)
class ManagedInstance:
    """An instance known to Systems Manager; ``online`` by its ping status."""

    region: str
    instance_id: str
    online: bool


@dataclass(frozen=True, slots=True)
class KubernetesCluster:
    """An EKS cluster. ``access_entries`` are principal ARNs; None where they were not readable."""

    region: str
    name: str
    access_entries: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class ContainerService:
    """An ECS service and the task definition it runs."""

    region: str
    cluster: str
    name: str
    task_definition: str


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a task definition: names of plain variables and of those from a secret store, never values."""

    name: str
    variables: tuple[str, ...] = ()
    secret_variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """A task definition in use. ``task_role`` is an ARN, empty if it has none."""

    region: str
    arn: str
    family: str
    task_role: str
    containers: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """The URL of a function; ``authorization`` is ``AWS_IAM`` or ``NONE``."""

    host: str
    authorization: str


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function: names of its plain variables, never values.

    Attributes:
        url: None if it has none; `Unavailable` where that was not readable.
    """

    region: str
    arn: str
    name: str
    role: str
    variables: tuple[str, ...] = ()
    url: FunctionUrl | Unavailable | None = None


@dataclass(frozen=True, slots=True)
class AnalyzerFinding:
    """A finding of Access Analyzer."""

    id: str
    active: bool
    created: datetime
    resource: str
    kind: str


@dataclass(frozen=True, slots=True)
class Analyzer:
    """An analyzer of IAM Access Analyzer.

    Attributes:
        kind: ``ACCOUNT``, ``ORGANIZATION``, ``ACCOUNT_UNUSED_ACCESS``, ``ORGANIZATION_UNUSED_ACCESS``.
        findings: the active ones; `Unavailable` where they were not readable to the end.
    """

    region: str
    arn: str
    name: str
    kind: str
    active: bool
    findings: tuple[AnalyzerFinding, ...] | Unavailable
