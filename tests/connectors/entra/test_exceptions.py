"""Accepted exceptions by the names people use: honored for whom they name, and for nobody else."""

from __future__ import annotations

from datetime import date

import pytest

from tests.connectors.entra.cases import DEVICES, USERS, capable, changed
from tests.connectors.entra.factory import FAIL, NOT_APPLICABLE, findings, snapshot
from tests.connectors.entra.tenant import BEN, grant, policy
from ztassess.connectors.contract import ResourceException
from ztassess.connectors.excepting import honor_exceptions

UNTIL = date(2027, 1, 1)


def excepted(*names: str) -> tuple[ResourceException, ...]:
    return tuple(ResourceException(name, "accepted", UNTIL) for name in names)


@pytest.mark.parametrize(
    ("check", "changes", "name"),
    [
        ("devices_known", {"devices": DEVICES[:2]}, "cleo@x.io"),
        ("devices_healthy", {"devices": changed(DEVICES, 0, isEncrypted=False)}, "laptop-anna"),
        ("headcount_covered", {"users": changed(USERS, 1, accountEnabled=False)}, "ben@x.io"),
        ("account_inventory", {"declared": {"people": ("anna@x.io", "ben@x.io")}}, "cleo@x.io"),
        ("leavers_disabled", {"declared": {"leavers": ("ben@x.io",)}}, "ben@x.io"),
        (
            "no_exclusion_gaps",
            {"policies": [policy("p", grantControls=grant("mfa"), conditions__users__excludeUsers=[BEN])]},
            "ben@x.io",
        ),
    ],
)
def test_the_one_who_is_named_is_excepted(check: str, changes: dict[str, object], name: str) -> None:
    found = findings(check, snapshot(**changes))
    assert FAIL in {each.verdict.outcome for each in found}
    assert {each.verdict.outcome for each in honor_exceptions(found, excepted(name.upper()))} == {NOT_APPLICABLE}
    assert FAIL in {each.verdict.outcome for each in honor_exceptions(found, excepted("nobody@x.io"))}


def test_more_than_can_be_listed_are_never_excepted_by_those_that_are() -> None:
    found = findings("people_mfa_capable", snapshot(**capable(0, 60)))
    named = excepted(*(f"u{each}@x.io" for each in range(50)))
    assert FAIL in {each.verdict.outcome for each in honor_exceptions(found, named)}
