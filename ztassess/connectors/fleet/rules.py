"""Owns the check of hosts: enrolled, encrypted, seen, and no policy failing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.devices import Device, Fact, Inventory, as_devices, flag_fact, judge_devices, seen_fact
from ztassess.connectors.fleet.snapshot import PHONES, FleetSnapshot, Host
from ztassess.connectors.judging import count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Unavailable, Verdict

CHECKS: Checks[FleetSnapshot] = Checks("fleet")
SOURCE: Final = "GET /api/v1/fleet/hosts"
# Fleet's own list of what osquery calls a Linux host; these have no enrollment in device management.
LINUX: Final = frozenset((
    "linux", "ubuntu", "debian", "rhel", "centos", "sles", "kali", "gentoo", "amzn", "pop", "arch", "linuxmint",
    "void", "nixos", "endeavouros", "manjaro", "opensuse-leap", "opensuse-tumbleweed", "tuxedo",
))  # fmt: skip
NO_POLICY: Final = "No policy is defined on any host, so that none fails says nothing."


@CHECKS.check(
    "fleet.devices_healthy",
    title="Hosts are managed, encrypted and seen",
    verifies=(Verifies("device.managed-baseline", level=2), Verifies("device.inventory", level=2)),
    severity=Severity.HIGH,
    parts=("hosts", "encryption"),
)
def devices_healthy(snapshot: FleetSnapshot) -> Iterator[Verdict]:
    """A host that only waits for its enrollment is not enrolled; a disk that is not told of is not encrypted."""
    disks = {each.host: each.encrypted for each in rows_read(snapshot.encryption)}
    hosts = rows_read(snapshot.hosts)
    note = NO_POLICY if hosts and all(host.policies == 0 for host in hosts) else ""
    yield from judge_devices(
        Inventory(
            scope=snapshot.server,
            source=SOURCE,
            devices=as_devices(snapshot.hosts, lambda host: _device(snapshot, host, disks.get(host.id))),
            noun="host",
            good="enrolled, encrypted, seen within 30 days, and fail no policy",
            people=snapshot.declared.people,
            aliases=snapshot.declared.aliases,
            note=note,
        )
    )


def _device(snapshot: FleetSnapshot, host: Host, disk: bool | None) -> Device:
    encrypted = disk if host.encrypted is None else host.encrypted
    phone = host.platform in PHONES
    return Device(
        id=host.id,
        name=host.name,
        platform=host.platform,
        owners=tuple(owner for owner in host.owners if owner),
        facts=(
            _enrolled(host),
            *(() if phone else (_encrypted(snapshot, encrypted),)),
            seen_fact("seen_time", host.seen, snapshot.taken_at),
            _policies(host),
        ),
        partly="encryption" if phone else "",
        near_miss="'Pending' is not enrolled." if host.enrollment == "Pending" else "",
    )


def _enrolled(host: Host) -> Fact:
    field, expected = "mdm.enrollment_status", "On"
    if host.platform in LINUX and not host.claimed:
        return Fact(field, host.enrollment or "absent", "listed (Linux)", good=True, words="")
    if not host.enrollment:
        return Fact(field, "absent", expected, None, "whether it is enrolled")
    good = host.enrollment.startswith(("On", "Enrolled"))
    return Fact(field, host.enrollment, expected, good, f"it is not enrolled ({host.enrollment})")


def _encrypted(snapshot: FleetSnapshot, encrypted: bool | None) -> Fact:
    missing = snapshot.encryption
    why = f" ({missing.detail.rstrip('.')})" if isinstance(missing, Unavailable) and missing.detail else ""
    return flag_fact(
        "disk_encryption_enabled",
        encrypted,
        bad="its disk is not encrypted",
        unknown=f"whether its disk is encrypted{why}",
    )


def _policies(host: Host) -> Fact:
    """The count lags behind the policies by an hour, so the worse of both counts."""
    field = "issues.failing_policies_count"
    failing = max(host.failing or 0, len(host.failed))
    if failing:
        which = f" ({names(host.failed)})" if host.failed else ""
        return Fact(
            field, str(failing), "0", good=False, words=f"it fails {count(failing, 'policy', 'policies')}{which}"
        )
    if host.failing is None:
        return Fact(field, "absent", "0", None, "whether it fails a policy")
    if host.pending:
        some = count(host.pending, "policy", "policies")
        return Fact("policies.response", f"{host.pending} not run yet", "pass", None, f"how it stands to {some}")
    return Fact(field, "0", "0", good=True, words="")
