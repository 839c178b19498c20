"""What the tables of rules share: the compliant tenant in rows, and rows with one change."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tests.connectors.entra.factory import result, said, snapshot
from tests.connectors.entra.tenant import RESISTANT, compliant, grant, policy, registered, user
from ztassess.connectors.entra.snapshot_directory import PRIVILEGED_ROLES
from ztassess.domain.findings import Outcome, Unavailable

RAW = compliant()

USERS = RAW["/users"]

REPORT = RAW["/reports/authenticationMethods/userRegistrationDetails"]

ASSIGNED = RAW["/roleManagement/directory/roleAssignments"]

SCHEDULES = RAW["/roleManagement/directory/roleAssignmentScheduleInstances"]

DEVICES = RAW["/deviceManagement/managedDevices"]

PRINCIPALS = RAW["/servicePrincipals"]

APPS = RAW["/applications"]

SKUS = RAW["/subscribedSkus"]

OTHER_ROLE = next(role for role in PRIVILEGED_ROLES if PRIVILEGED_ROLES[role] == "User Administrator")


def changed(rows: list[dict[str, Any]], at: int, **values: Any) -> list[dict[str, Any]]:
    """A copy with one row changed; None as a value removes the field."""
    made = deepcopy(rows)
    for name, value in values.items():
        if value is None:
            made[at].pop(name, None)
        else:
            made[at][name] = value
    return made


def partial(part: str) -> Unavailable:
    return Unavailable("partial_data", detail="The list broke.", read=getattr(snapshot(), part))


def members(number: int, *methods: str, admins: int = 0) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    users = [user(f"u{each}", f"u{each}@x.io") for each in range(number)]
    rows = [registered(f"u{each}", f"u{each}@x.io", *methods, admin=each < admins) for each in range(number)]
    return users, rows


def mixed(resistant: int, total: int, *, admin_weak: bool = False) -> dict[str, Any]:
    users, rows = members(total, "microsoftAuthenticatorPush")
    for row in rows[:resistant]:
        row["methodsRegistered"] = ["passKeyDeviceBound"]
    rows[-1 if admin_weak else 0]["isAdmin"] = True
    return {"users": users, "registrations": rows}


def capable(able: int, total: int) -> dict[str, Any]:
    users, rows = members(total, "sms")
    for row in rows[able:]:
        row["isMfaCapable"] = False
    return {"users": users, "registrations": rows}


MFA_ONLY = [policy("p", grantControls=grant("mfa"))]

STRONG = [policy("p", grantControls=grant(combinations=RESISTANT))]

Case = tuple[str, dict[str, Any], Outcome, str]


def judged(case: Case) -> None:
    """One row of a table: the outcome, and words that a person must read."""
    check, changes, outcome, words = case
    given = snapshot(**changes)
    assert result(check, given).outcome is outcome, said(check, given)
    assert words in said(check, given)
