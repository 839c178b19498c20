"""Owns the checks of workloads themselves: an account of their own, no secrets in their environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.connectors.kubernetes.judging import all_workload_parts
from ztassess.connectors.kubernetes.membership import control_planes, own_workloads
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_workloads import Container, Workload
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[KubernetesSnapshot] = Checks("kubernetes")
_PARTS: Final = ("deployments", "statefulsets", "daemonsets", "cronjobs")
_SOURCE: Final = "GET /apis/apps/v1"
_SECRET: Final = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|PRIVATE_KEY|ACCESS_KEY|SECRET_KEY"
    r"|ENCRYPTION_KEY|SIGNING_KEY|PWD)(?:$|_)"
)
# These name where a secret is, or how long something lasts; they hold no secret.
_REFERENCE: Final = re.compile(
    r"_(?:FILE|PATH|DIR|NAME|ARN|URL|URI|ENDPOINT|TTL|EXPIRY|EXPIRATION|LIFETIME|SECONDS|MINUTES|ENABLED|LENGTH|ID"
    r"|ISSUER|AUDIENCE|HEADER|TYPE)$"
)
_NOBODY: Final = "There is no workload outside Kubernetes' and the mesh's own namespaces."


def _left_out(snapshot: KubernetesSnapshot) -> str:
    present = sorted(control_planes(snapshot) & {each.meta.name for each in rows_read(snapshot.namespaces)})
    return f" Not counted: namespaces {names(present)}." if present else ""


@CHECKS.check(
    "kubernetes.workloads_have_own_account",
    title="Each workload has its own service account",
    verifies=(Verifies("identity.workload-identity", level=2),),
    severity=Severity.HIGH,
    parts=(*_PARTS, "service_accounts", "namespaces"),
)
def workloads_have_own_account(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """Not the namespace's default account, not one that another application has too, and mounted on purpose."""
    everyone = own_workloads(snapshot)
    sharing: dict[tuple[str, str], list[str]] = {}
    for each in everyone:
        sharing.setdefault((each.meta.namespace, each.spec.account), []).append(each.app)
    automount = {(each.meta.namespace, each.meta.name): each.automount for each in rows_read(snapshot.service_accounts)}
    problems = []
    for workload in everyone:
        verdict = _account(snapshot, workload, sharing, automount, len(everyone))
        if verdict is not None:
            problems.append(verdict)
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(*all_workload_parts(snapshot), snapshot.service_accounts, snapshot.namespaces),
        seen=len(everyone),
        good=f"{len(everyone)} of {count(len(everyone), 'workload')} have an account that no other application uses."
        f"{_left_out(snapshot)}",
        nothing=_NOBODY,
        evidence=(Evidence(_SOURCE, snapshot.cluster, "workloads with a default or shared account", "0", "0"),),
    )


def _account(
    snapshot: KubernetesSnapshot,
    workload: Workload,
    sharing: dict[tuple[str, str], list[str]],
    automount: dict[tuple[str, str], bool | None],
    seen: int,
) -> Verdict | None:
    """What is wrong with the account of one workload; None if nothing is."""
    account = workload.spec.account
    key = (workload.meta.namespace, account)
    apps = list(dict.fromkeys(sharing[key]))
    field = "spec.template.spec.serviceAccountName"
    if account == "default":
        line = Evidence(_SOURCE, workload.id, field, account, "an account of its own")
        reason = f"{workload.id} runs as the default account of its namespace."
        return failed(workload.id, reason, seen=seen, evidence=(line,))
    if len(apps) > 1:
        line = Evidence(_SOURCE, workload.id, field, account, "an account of its own")
        reason = f"{workload.id} shares account {account} with other applications: {names(apps)}."
        near = f"{len(sharing[key])} workloads share account {account}."
        return failed(workload.id, reason, seen=seen, evidence=(line,), near_miss=near)
    if workload.spec.automount is not None or automount.get(key) is not None:
        return None
    if isinstance(snapshot.service_accounts, Unavailable):
        sentence = f"{workload.id} does not say whether its token is mounted, and its account could not be read."
        return not_checked(workload.id, snapshot.service_accounts, sentence, seen=seen)
    line = Evidence(_SOURCE, workload.id, "automountServiceAccountToken", "absent", "true or false, stated")
    reason = (
        f"{workload.id} mounts the token of {account} because nobody said otherwise (automountServiceAccountToken)."
    )
    return failed(workload.id, reason, seen=seen, evidence=(line,))


@CHECKS.check(
    "kubernetes.no_secrets_in_environment",
    title="Secrets are not environment variables",
    verifies=(Verifies("credentials.secrets-manager", level=1),),
    severity=Severity.MEDIUM,
    parts=(*_PARTS, "namespaces"),
)
def no_secrets_in_environment(snapshot: KubernetesSnapshot) -> Iterator[Verdict]:
    """By names only, no value is ever read: variables filled from secrets, and literals whose name says secret."""
    everyone = own_workloads(snapshot)
    problems = [verdict for each in everyone for verdict in _variables(each, len(everyone))]
    mounted = [each.id for each in everyone if each.spec.secret_volumes]
    verb = "mounts" if len(mounted) == 1 else "mount"
    near = f"{count(len(mounted), 'workload')} {verb} secrets as files: better, still static." if mounted else ""
    if not problems and everyone and not snapshot.environment_read:
        sentence = "The export holds no environment of any container, so it was left out or there is none."
        yield not_checked(snapshot.cluster, "input_missing", sentence, seen=len(everyone), near_miss=near)
        return
    drivers = sorted({driver for each in everyone for driver in each.spec.csi_drivers})
    note = f" Volumes come from {names(drivers)}." if drivers else ""
    yield from conclude(
        snapshot.cluster,
        problems,
        of=(*all_workload_parts(snapshot), snapshot.namespaces),
        seen=len(everyone),
        good=f"None of {count(len(everyone), 'workload')} has a secret in its environment, by the names of variables."
        f"{note}{_left_out(snapshot)}",
        nothing=_NOBODY,
        evidence=(Evidence(_SOURCE, snapshot.cluster, "variables that hold secrets", "0", "0"),),
        near_miss=near,
    )


def _variables(workload: Workload, seen: int) -> Iterator[Verdict]:
    containers = (*workload.spec.containers, *workload.spec.init_containers)
    literal = sorted({name for each in containers for name in each.literals if looks_secret(name)})
    if literal:
        line = Evidence(
            _SOURCE, workload.id, "env[].name with value", ", ".join(literal[:50]), "no secret in a template"
        )
        reason = f"{workload.id} has values written into its template under names of secrets: {names(literal)}."
        yield failed(f"{workload.id} literal", reason, seen=seen, evidence=(line,), level=0)
    filled = sorted({word for each in containers for word in _filled(each)})
    if filled:
        line = Evidence(_SOURCE, workload.id, "env[].valueFrom.secretKeyRef", ", ".join(filled[:50]), "a volume")
        reason = f"{workload.id} has secrets in its environment: {names(filled)}."
        yield failed(workload.id, reason, seen=seen, evidence=(line,), severity=Severity.LOW)


def _filled(container: Container) -> Iterator[str]:
    for variable, secret in container.secret_variables:
        yield f"{variable} from {secret}"
    for secret in container.secret_sources:
        yield f"all keys of {secret}"


def looks_secret(name: str) -> bool:
    """True if a variable of this name usually holds a secret."""
    upper = re.sub(r"[-.]", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).upper()
    return bool(_SECRET.search(upper)) and not _REFERENCE.search(upper)
