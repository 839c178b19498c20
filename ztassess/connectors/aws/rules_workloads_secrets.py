"""Owns the checks of secrets: those in the manager rotate, none are plain variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.snapshot import AwsSnapshot, Secret
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

ROTATED = timedelta(days=90)

_SECRET_PARTS = ("SECRET", "PASSWORD", "PASSWD", "TOKEN")
_SECRET_ENDINGS = ("_KEY", "APIKEY")
# These name where a secret is, or how long something lasts; they hold no secret.
_REFERENCES = ("_ARN", "_NAME", "_PATH", "_FILE", "_URL", "_URI", "_TTL", "PUBLIC_KEY")


@checks.check(
    "aws.secrets_rotated",
    title="Managed secrets rotate",
    verifies=(Verifies("credentials.secrets-manager", 2),),
    severity=Severity.MEDIUM,
    parts=("secrets",),
)
def secrets_rotated(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Each entry of Secrets Manager rotates by itself, or was changed in the last 90 days."""
    if isinstance(snapshot.secrets, Unavailable):
        yield not_checked(snapshot.account, snapshot.secrets)
        return
    secrets = snapshot.secrets
    since = snapshot.taken_at - ROTATED
    late = [
        (snapshot.taken_at - each.last_rotated).days
        for each in secrets
        if each.rotation_enabled and each.last_rotated is not None and each.last_rotated < since
    ]
    yield from conclude(
        snapshot,
        [verdict for each in secrets for verdict in _secret(snapshot, each, len(secrets))],
        parts=("secrets",),
        seen=len(secrets),
        good=f"Each of {counted(len(secrets), 'secret')} rotates by itself or was changed in the last 90 days.",
        nothing="Secrets Manager holds no secret.",
        evidence=(Evidence("secretsmanager.list_secrets", snapshot.account, "secrets that do not rotate", "0", "0"),),
        near_miss=f"Rotation is on; the last one was {max(late)} days ago." if late else "",
    )


def _secret(snapshot: AwsSnapshot, secret: Secret, seen: int) -> Iterator[Verdict]:
    if secret.rotation_enabled or secret.owning_service:
        return
    changed = secret.last_changed or secret.created
    if changed is not None and changed >= snapshot.taken_at - ROTATED:
        return
    where = f"The secret {secret.name} ({secret.region})"
    if changed is None:
        yield not_checked(secret.arn, "partial_data", f"{where}: AWS did not say when it was changed.", seen=1)
        return
    days = (snapshot.taken_at - changed).days
    yield failed(
        secret.arn,
        f"{where} does not rotate and was last changed {days} days ago.",
        seen=seen,
        evidence=(
            Evidence(
                "secretsmanager.list_secrets",
                secret.arn,
                "RotationEnabled, LastChangedDate",
                f"false, {changed.date()}",
                "true, or within 90 days",
            ),
        ),
    )


@checks.check(
    "aws.no_secrets_in_task_environment",
    title="Secrets are not plain variables",
    verifies=(
        Verifies("credentials.secrets-manager", 2),
        Verifies("credentials.no-secrets-in-code", 2, supporting=True),
    ),
    severity=Severity.HIGH,
    parts=("task_definitions", "functions"),
)
def no_secrets_in_task_environment(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """No plain variable of a task or a function is named like a secret. Only names are read, never values."""
    parts = {"task_definitions": snapshot.task_definitions, "functions": snapshot.functions}
    unreadable = [not_checked(name, part) for name, part in parts.items() if isinstance(part, Unavailable)]
    holders = list(_variables(snapshot))
    problems = [
        _plain(resource, label, source, found, len(holders))
        for resource, label, source, names in holders
        if (found := [name for name in names if looks_secret(name)])
    ]
    yield from conclude(
        snapshot,
        [*problems, *unreadable],
        parts=("task_definitions", "functions"),
        seen=len(holders),
        good=f"None of {counted(len(holders), 'task or function', 'tasks and functions')} has a plain variable"
        " named like a secret.",
        nothing="There is no task definition in use and no function.",
        evidence=(Evidence("ecs, lambda", snapshot.account, "plain variables named like secrets", "0", "0"),),
    )


def looks_secret(name: str) -> bool:
    """True if a variable is named like a secret, in any case; names that only say where a secret is are not."""
    upper = name.upper()
    if upper.endswith(_REFERENCES):
        return False
    return upper.endswith(_SECRET_ENDINGS) or any(part in upper for part in _SECRET_PARTS)


def _variables(snapshot: AwsSnapshot) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Resource, label, source and names of plain variables, for each task definition and function."""
    if not isinstance(snapshot.task_definitions, Unavailable):
        for task in snapshot.task_definitions:
            names = tuple(name for container in task.containers for name in container.variables)
            yield task.arn, f"task {task.family}", "ecs.describe_task_definition", names
    if not isinstance(snapshot.functions, Unavailable):
        for each in snapshot.functions:
            yield each.arn, f"function {each.name}", "lambda.list_functions", each.variables


def _plain(resource: str, label: str, source: str, found: Sequence[str], seen: int) -> Verdict:
    return failed(
        resource,
        f"The {label} has {counted(len(found), 'plain variable')} named like a secret: {listed(found)}.",
        seen=seen,
        evidence=tuple(
            Evidence(source, resource, "environment name", name, "in the secrets block") for name in found[:50]
        ),
        near_miss=f"{counted(len(found), 'name')} look{'s' * (len(found) == 1)} secret; values were not stored.",
    )
