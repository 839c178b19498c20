"""Owns the checks of services and machines: who calls them, as whom they run, how people open a shell on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ztassess.connectors.google_iap.judging import RUN, RUN_POLICY, by_resource, held, public_of
from ztassess.connectors.google_iap.members import INVOKER, PUBLIC, is_default_account
from ztassess.connectors.google_iap.ranges import past_iap
from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.connectors.google_iap.snapshot_access import ResourcePolicy
from ztassess.connectors.google_iap.snapshot_resources import RunService
from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

checks: Checks[CloudSnapshot] = Checks("google_iap")
INSTANCES = "GET compute/v1/projects/{project}/aggregated/instances"
PROJECT = "GET compute/v1/projects/{project}"
FIREWALLS = "GET compute/v1/projects/{project}/global/firewalls"


@checks.check(
    "google_iap.admin_via_iap_and_os_login",
    title="SSH uses OS Login and IAP forwarding",
    verifies=(Verifies("proxy.admin-paths", 2),),
    severity=Severity.HIGH,
    parts=("instances", "project_logins", "openings", "policy_openings"),
)
def admin_via_iap_and_os_login(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """OS Login is on for every project and machine, no SSH keys lie in metadata, SSH comes from IAP alone."""
    machines = rows_read(snapshot.instances)
    seen = len(machines)
    problems = [*_logins(snapshot, seen), *_ways_in(snapshot, seen)] if machines else []
    yield from conclude(
        snapshot.scope,
        problems,
        of=(snapshot.instances, snapshot.project_logins, snapshot.openings, snapshot.policy_openings),
        seen=seen,
        good=f"OS Login is on for {count(seen, 'instance')}, and SSH and remote desktop come through IAP alone. "
        "Hierarchical firewall policies were not read.",
        nothing="There is no virtual machine in the listed projects.",
    )


def _logins(snapshot: CloudSnapshot, seen: int) -> Iterator[Verdict]:
    machines = rows_read(snapshot.instances)
    for each in rows_read(snapshot.project_logins):
        mine = [machine for machine in machines if machine.project == each.project]
        off = [machine.name for machine in mine if machine.login.os_login is False]
        if not mine:
            continue
        where = f"projects/{each.project}"
        if each.login.os_login is not True:
            line = Evidence(PROJECT, where, "enable-oslogin", _said(each.login.os_login), "TRUE")
            reason = f"OS Login is not on for project {each.project}, which has {len(mine)} of {seen} instances."
            yield failed(where, reason, seen=seen, evidence=(line,))
        elif off:
            line = Evidence(INSTANCES, where, "enable-oslogin", f"FALSE on {names(off)}", "TRUE")
            reason = f"{len(off)} of {count(len(mine), 'instance')} in {each.project} turn OS Login off: {names(off)}."
            miss = f"OS Login is on for the project, off on {count(len(off), 'instance')}."
            yield failed(where, reason, seen=seen, evidence=(line,), near_miss=miss)
        keyed = [machine.name for machine in mine if machine.login.ssh_keys]
        if each.login.ssh_keys or keyed:
            holder = names([*(["the project"] if each.login.ssh_keys else []), *keyed])
            line = Evidence(PROJECT, where, "ssh-keys", "present", "absent")
            reason = f"SSH keys lie in the metadata of {holder} in {each.project}: key files instead of identities."
            yield failed(f"{where} ssh-keys", reason, seen=seen, evidence=(line,))


def _said(value: bool | None) -> str:
    return "not set" if value is None else "TRUE" if value else "FALSE"


def _ways_in(snapshot: CloudSnapshot, seen: int) -> Iterator[Verdict]:
    for rule in (*rows_read(snapshot.openings), *rows_read(snapshot.policy_openings)):
        if past_iap(rule):
            senders = names(rule.sources or rule.senders)
            line = Evidence(FIREWALLS, rule.name, "sourceRanges", senders, "35.235.240.0/20 for ports 22 and 3389")
            reason = f"Rule {rule.name} of {rule.project} lets SSH or remote desktop in from {senders}, past IAP."
            yield failed(
                f"projects/{rule.project}/{rule.policy or 'firewalls'}/{rule.name}", reason, seen=seen, evidence=(line,)
            )


@checks.check(
    "google_iap.run_services_not_public",
    title="Internal Cloud Run services need an identity",
    verifies=(Verifies("mesh.service-auth", 2),),
    severity=Severity.HIGH,
    parts=("run_services", "run_policies", "policies"),
)
def run_services_not_public(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """Nobody may call a declared internal service without an identity."""
    if not snapshot.inputs.internal_services and snapshot.inputs.internal_hosts is None:
        yield input_missing(snapshot.scope, "the internal Cloud Run services or hosts")
        return
    services, missing = _internal(snapshot)
    policies = by_resource(rows_read(snapshot.run_policies))
    problems = [
        verdict
        for service in services
        if (verdict := _callable(snapshot, service, policies.get(service.name), len(services))) is not None
    ]
    problems += [
        not_checked(name, "input_missing", f"No Cloud Run service of the listed projects is called {name}.")
        for name in missing
    ]
    yield from conclude(
        snapshot.scope,
        problems,
        of=(snapshot.run_services, snapshot.run_policies, snapshot.policies),
        seen=len(services),
        good=f"{len(services)} of {count(len(services), 'internal Cloud Run service')} want to know who calls.",
        nothing="None of the declared internal hosts is a Cloud Run service.",
    )


def _internal(snapshot: CloudSnapshot) -> tuple[list[RunService], list[str]]:
    """The declared internal services, and declared names that no service has."""
    services = rows_read(snapshot.run_services)
    declared, hosts = snapshot.inputs.internal_services, set(snapshot.inputs.internal_hosts or ())
    mapped = {app.serves for app in snapshot.inputs.apps}
    found = [each for each in services if each.short in declared or each.short in mapped or hosts & set(each.hosts)]
    return found, [name for name in declared if not any(each.short == name for each in services)]


def _callable(snapshot: CloudSnapshot, service: RunService, policy: ResourcePolicy | None, seen: int) -> Verdict | None:
    """A verdict if everybody may call a service, or if nobody knows; None if callers need an identity."""
    how, line = "", None
    if not service.invoker_checked:
        how = "its invoker check is switched off"
        line = Evidence(RUN, service.name, "invokerIamDisabled", "true", "false")
    for binding in policy.bindings if policy else ():
        members = public_of(binding)
        if members and not how:
            how = f"{binding.role} is given to {names(members)}"
            line = Evidence(RUN_POLICY, service.name, "bindings[].members", f"{binding.role}: {names(members)}", "none")
    for each in held(snapshot):
        if each.project == service.project and each.binding.role == INVOKER and each.member in PUBLIC and not how:
            how, line = f"{each.member} may invoke all services of the project", each.evidence
    if not how or line is None:
        if policy is not None:
            return None
        return not_checked(service.name, "partial_data", f"The policy of {service.short} was not read.", seen=seen)
    inside = service.ingress in {"INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"}
    miss = "Ingress is internal, but any caller inside is accepted." if inside else ""
    reason = f"{service.short} takes callers without identity: {how}. {seen} internal services were looked at."
    return failed(service.name, reason, seen=seen, evidence=(line,), near_miss=miss)


@checks.check(
    "google_iap.workloads_have_own_identity",
    title="No workload uses the default account",
    verifies=(Verifies("identity.workload-identity", 2),),
    severity=Severity.HIGH,
    parts=("run_services", "instances"),
)
def workloads_have_own_identity(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """Every Cloud Run service has an account of its own, and no machine has the project's default one."""
    services, machines = rows_read(snapshot.run_services), rows_read(snapshot.instances)
    identified = [machine for machine in machines if machine.accounts]
    seen = len(services) + len(identified)
    problems: list[Verdict] = []
    users: dict[str, list[str]] = defaultdict(list)
    for service in services:
        if not service.account or is_default_account(service.account):
            line = Evidence(RUN, service.name, "template.serviceAccount", service.account or "not set", "its own")
            reason = f"{service.short} runs as the default account of {service.project}."
            problems.append(failed(service.name, reason, seen=seen, evidence=(line,)))
        else:
            users[service.account].append(service.short)
    for machine in identified:
        default = [account for account in machine.accounts if is_default_account(account)]
        if default:
            line = Evidence(INSTANCES, machine.link, "serviceAccounts[].email", default[0], "its own")
            reason = f"Instance {machine.name} runs as the default account of {machine.project}."
            problems.append(failed(machine.link, reason, seen=seen, evidence=(line,)))
    problems += _shared(users, seen)
    yield from conclude(
        snapshot.scope,
        problems,
        of=(snapshot.run_services, snapshot.instances),
        seen=seen,
        good=f"{count(len(services), 'Cloud Run service')} have an account each, and none of "
        f"{count(len(identified), 'instance')} with an account has the default one.",
        nothing="There is no Cloud Run service and no virtual machine with an account.",
    )


def _shared(users: dict[str, list[str]], seen: int) -> Iterator[Verdict]:
    for account, sharing in sorted(users.items()):
        if len(sharing) > 1:
            line = Evidence(RUN, account, "template.serviceAccount", names(sharing), "one service")
            reason = f"{len(sharing)} services run as {account}: {names(sharing)}."
            miss = f"{len(sharing)} services share {account}."
            yield failed(account, reason, seen=seen, evidence=(line,), near_miss=miss)
