"""Administrators by a table: how many, and whether they hold or activate their roles."""

from __future__ import annotations

import pytest

from tests.connectors.entra.cases import (
    ASSIGNED,
    OTHER_ROLE,
    SCHEDULES,
    Case,
    changed,
    judged,
)
from tests.connectors.entra.factory import (
    DENIED,
    FAIL,
    NOT_CHECKED,
    PASS,
    UNLICENSED,
    result,
    said,
    snapshot,
)
from tests.connectors.entra.tenant import (
    ANNA,
    BEN,
    CLEO,
    assignment,
)
from ztassess.connectors.entra.snapshot_directory import Group
from ztassess.domain.findings import Outcome

CASES: list[Case] = [
    ("super_admin_count", {}, PASS, "2 people can act as Global Administrator: anna@x.io, ben@x.io."),
    ("super_admin_count", {}, PASS, "left out, declared as break-glass"),
    (
        "super_admin_count",
        {"role_assignments": [assignment(f"r{each}", f"u{each}", f"u{each}@x.io") for each in range(9)]},
        FAIL,
        "9 people",
    ),
    (
        "super_admin_count",
        {
            "role_assignments": [assignment("r1", "g1", "Admins", kind="group")],
            "groups": (Group("g1", (ANNA, BEN, CLEO)),),
        },
        PASS,
        "0 direct, 3 through groups.",
    ),
    (
        "super_admin_count",
        {
            "role_assignments": [*ASSIGNED, assignment("r9", "g1", "Admins", kind="group")],
            "groups": (Group("g1", DENIED),),
        },
        NOT_CHECKED,
        "",
    ),
    (
        "super_admin_count",
        {"role_assignments": [*ASSIGNED, assignment("r9", "app", "robot", kind="servicePrincipal")]},
        PASS,
        "Apps with the role, not counted: robot.",
    ),
    ("super_admin_count", {"role_assignments": ASSIGNED[:1], "role_eligibilities": []}, FAIL, "1 person"),
    ("super_admin_count", {"role_assignments": [], "role_eligibilities": UNLICENSED}, FAIL, "0 people"),
    ("super_admin_count", {"role_assignments": ASSIGNED[2:]}, PASS, "2 people can act"),
    ("super_admin_count", {"role_assignments": ASSIGNED[:1], "role_eligibilities": DENIED}, NOT_CHECKED, ""),
    ("super_admin_count", {"role_assignments": DENIED}, NOT_CHECKED, ""),
    ("admin_roles_just_in_time", {}, PASS, "2 principals may activate one."),
    (
        "admin_roles_just_in_time",
        {"role_schedules": changed(SCHEDULES, 0, assignmentType="Assigned", endDateTime=None)},
        FAIL,
        "2 eligible, 1 still permanently active.",
    ),
    (
        "admin_roles_just_in_time",
        {"role_schedules": changed(SCHEDULES, 0, assignmentType="Assigned")},
        FAIL,
        "holds Global Administrator until",
    ),
    # Emergency accounts are declared by name and hold their roles by id: without the users, nobody can tell them.
    ("admin_roles_just_in_time", {"users": DENIED}, NOT_CHECKED, ""),
    ("admin_roles_just_in_time", {"role_eligibilities": []}, FAIL, "Nobody is eligible"),
    (
        "admin_roles_just_in_time",
        {"role_schedules": [], "role_eligibilities": []},
        NOT_CHECKED,
        "No administrator is visible",
    ),
    ("admin_roles_just_in_time", {"role_assignments": []}, NOT_CHECKED, "No administrator is visible"),
    (
        "admin_roles_just_in_time",
        {"role_schedules": UNLICENSED, "role_eligibilities": UNLICENSED},
        NOT_CHECKED,
        "P1/P2",
    ),
    (
        "admin_roles_just_in_time",
        {"role_eligibilities": UNLICENSED, "role_schedules": changed(SCHEDULES, 0, assignmentType="Assigned")},
        NOT_CHECKED,
        "P1/P2",
    ),
    (
        "admin_roles_just_in_time",
        {
            "role_schedules": [
                *SCHEDULES,
                {
                    **SCHEDULES[2],
                    "id": "x",
                    "principalId": "app",
                    "principal": {
                        "@odata.type": "#microsoft.graph.servicePrincipal",
                        "id": "app",
                        "displayName": "robot",
                    },
                },
            ]
        },
        PASS,
        "not counted: robot",
    ),
    (
        "admin_roles_just_in_time",
        {
            "role_schedules": [
                *SCHEDULES,
                {**SCHEDULES[2], "id": "x", "principalId": "who", "roleDefinitionId": OTHER_ROLE, "principal": None},
            ]
        },
        FAIL,
        "who holds User Administrator for good",
    ),
    ("admin_roles_just_in_time", {"role_assignments": DENIED}, NOT_CHECKED, ""),
]


@pytest.mark.parametrize("case", CASES)
def test_outcome_and_words_follow_what_was_seen(case: Case) -> None:
    judged(case)


@pytest.mark.parametrize(
    ("number", "outcome", "level"),
    [(1, FAIL, 0), (2, PASS, None), (4, PASS, None), (5, FAIL, 1), (8, FAIL, 1), (9, FAIL, 0)],
)
def test_global_administrators_are_counted(number: int, outcome: Outcome, level: int | None) -> None:
    assigned = [assignment(f"r{each}", f"u{each}", f"u{each}@x.io") for each in range(number)]
    found = result("super_admin_count", snapshot(role_assignments=assigned, role_eligibilities=[]))
    assert (found.outcome, found.level) == (outcome, level)


def test_one_person_twice_is_one_person() -> None:
    assigned = [assignment("r1", ANNA, "anna@x.io"), assignment("r2", "g1", "Admins", kind="group")]
    given = snapshot(role_assignments=assigned, role_eligibilities=[], groups=(Group("g1", (ANNA, BEN)),))
    assert "2 people can act as Global Administrator: anna@x.io, ben@x.io." in said("super_admin_count", given)
