"""Checks of people by tables: what was seen, what it means, what must never pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.github.factory import (
    ANNA,
    BEN,
    BROKEN,
    CLEO,
    FORBIDDEN,
    inputs,
    picture,
    result,
    settings,
    verdicts,
)
from ztassess.connectors.github.snapshot import Authorization, LinkedIdentity, Person, Reading
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL, UNKNOWN, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
MANY = tuple(Person(f"owner{number}", number) for number in range(12))


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"settings": settings(two_factor_required=False)}, FAIL),
        ({"settings": settings(two_factor_required=False), "without_two_factor": FORBIDDEN}, FAIL),
        ({"settings": settings(two_factor_required=None)}, UNKNOWN),  # null is "not allowed to know"
        ({"settings": FORBIDDEN}, UNKNOWN),
        ({"settings": ()}, UNKNOWN),
        ({"settings": settings(), "members": FORBIDDEN}, PASS),  # the setting holds for whoever is in it
    ],
)
def test_two_factor_follows_the_requirement(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("two_factor_required", **parts).outcome is outcome


def test_two_factor_names_who_lacks_them_and_never_lets_luck_pass() -> None:
    off = settings(two_factor_required=False)
    (named,) = verdicts("two_factor_required", settings=off, without_two_factor=(CLEO,))
    assert "1 of 4 accounts lack them: cleo" in named.reason
    assert "judged at the identity provider" in named.reason
    (lucky,) = verdicts("two_factor_required", settings=off)
    assert lucky.near_miss == "Nobody lacks two factors now, but the organization does not require them."
    (null,) = verdicts("two_factor_required", settings=settings(two_factor_required=None))
    assert null.reason_code == "forbidden_role"


@pytest.mark.parametrize(
    ("parts", "outcome", "code"),
    [
        ({}, UNKNOWN, "unsupported"),  # set up, but nobody is told whether it is required
        ({"linked_identities": (LinkedIdentity("anna", ("anna@x",)),)}, FAIL, ""),
        ({"linked_identities": BROKEN}, UNKNOWN, "unsupported"),
        ({"identity_providers": FORBIDDEN}, UNKNOWN, "missing_scope"),
        ({"identity_providers": (), "settings": settings(plan="team")}, UNKNOWN, "missing_license"),
        ({"identity_providers": ()}, FAIL, ""),
        ({"identity_providers": (), "settings": settings(plan="")}, UNKNOWN, "missing_scope"),
        ({"identity_providers": (), "settings": FORBIDDEN}, UNKNOWN, "missing_scope"),
        (
            {"identity_providers": (), "credential_authorizations": (Authorization("a", "SSH key", None, ()),)},
            UNKNOWN,
            "unsupported",
        ),
        ({"identity_providers": (), "reading": Reading(server=True)}, UNKNOWN, "unsupported"),
    ],
)
def test_single_sign_on_that_is_set_up_is_not_yet_required(parts: dict[str, Any], outcome: Outcome, code: str) -> None:
    (verdict,) = verdicts("saml_sso_enforced", **parts)
    assert (verdict.outcome, verdict.reason_code) == (outcome, code)


def test_members_without_identity_prove_that_saml_is_optional_and_break_glass_is_named() -> None:
    one = (LinkedIdentity("anna", ("anna@x",)),)
    (verdict,) = verdicts("saml_sso_enforced", linked_identities=one, inputs=inputs(break_glass=("ben",)))
    assert "1 of 3 members" in verdict.reason
    assert "cleo" in verdict.reason
    assert "1 account is left out, declared as break-glass: ben" in verdict.reason
    assert verdict.near_miss == "SAML is set up; members can still enter without it."


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"inputs": inputs(people=None)}, UNKNOWN),
        ({"inputs": inputs(aliases=()), "linked_identities": FORBIDDEN}, UNKNOWN),  # no map
        ({"inputs": inputs(aliases=())}, FAIL),  # dora is in no map
        ({"inputs": inputs(people=("anna@x",))}, FAIL),
        ({"members": FORBIDDEN}, UNKNOWN),
        ({"members": replace(BROKEN, read=(ANNA,))}, UNKNOWN),
        ({"members": ()}, UNKNOWN),  # an organization always has a member
        ({"outside_collaborators": BROKEN}, UNKNOWN),
        ({"linked_identities": replace(BROKEN, read=(LinkedIdentity("anna", ("anna@x",)),))}, UNKNOWN),
        ({"members": (ANNA,), "outside_collaborators": (), "inputs": inputs(break_glass=("anna",))}, NONE),
    ],
)
def test_inventory_needs_a_person_for_every_account(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("member_inventory", **parts).outcome is outcome


def test_inventory_allows_fewer_than_five_in_a_hundred_and_names_them() -> None:
    crowd = tuple(Person(f"p{number}", number) for number in range(39))
    listed = tuple((f"p{number}", "anna@x") for number in range(38))
    known = inputs(aliases=listed)
    (verdict,) = verdicts("member_inventory", members=crowd, outside_collaborators=(), inputs=known)
    assert verdict.outcome is PASS
    assert "nobody's: p38" in verdict.reason
    (outside,) = verdicts("member_inventory", inputs=inputs(aliases=(("anna", "anna@x"),)))
    assert outside.outcome is FAIL
    assert outside.near_miss == "1 outside collaborator has no owner."


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, PASS),
        ({"inputs": inputs(leavers=None)}, UNKNOWN),
        ({"inputs": inputs(leavers=())}, NONE),
        ({"inputs": inputs(leavers=("cleo@x",))}, FAIL),
        ({"inputs": inputs(leavers=("DORA",))}, FAIL),  # by login, an outside collaborator
        ({"inputs": inputs(aliases=())}, UNKNOWN),  # dora matches nobody, so she may have left
        ({"inputs": inputs(aliases=()), "linked_identities": FORBIDDEN}, UNKNOWN),
        ({"members": FORBIDDEN}, UNKNOWN),
        ({"members": replace(BROKEN, read=(CLEO,)), "inputs": inputs(leavers=("cleo@x",))}, FAIL),
    ],
)
def test_leavers_are_gone_and_the_unmatched_are_not_taken_for_staff(parts: dict[str, Any], outcome: Outcome) -> None:
    assert result("leavers_removed", **parts).outcome is outcome


def test_unmatched_logins_are_counted_and_named() -> None:
    (verdict,) = verdicts("leavers_removed", inputs=inputs(aliases=()))
    assert "1 of 4 logins match no person: dora" in verdict.reason
    assert verdict.near_miss == "1 login could not be matched to a person."


@pytest.mark.parametrize(
    ("parts", "outcome", "level"),
    [
        ({}, PASS, None),
        ({"owners": MANY[:4]}, PASS, None),
        ({"owners": MANY[:5]}, PASS, 1),
        ({"owners": MANY[:8]}, PASS, 1),
        ({"owners": MANY[:9]}, FAIL, None),
        ({"owners": (ANNA,)}, FAIL, None),
        ({"owners": ()}, UNKNOWN, None),
        ({"owners": FORBIDDEN}, UNKNOWN, None),
        ({"owners": replace(BROKEN, read=MANY)}, FAIL, None),
        ({"owners": replace(BROKEN, read=MANY[:3])}, UNKNOWN, None),
        ({"owners": (*MANY[:4], BEN), "inputs": inputs(break_glass=("ben",))}, PASS, None),
    ],
)
def test_owner_count_wants_two_to_four(parts: dict[str, Any], outcome: Outcome, level: int | None) -> None:
    found = result("owner_count", **parts)
    assert (found.outcome, found.level) == (outcome, level)


def test_break_glass_owner_is_named_beside_the_count() -> None:
    (verdict,) = verdicts("owner_count", owners=(*MANY[:4], BEN), inputs=inputs(break_glass=("ben",)))
    assert "declared as break-glass: ben" in verdict.reason
    (many,) = verdicts("owner_count", owners=MANY[:6])
    assert many.near_miss == "6 owners; two to four are enough."


def test_everything_unavailable_passes_nowhere() -> None:
    from dataclasses import fields

    from tests.connectors.github.conftest import outcomes

    whole = picture()
    blind = {
        each.name: Unavailable("missing_scope", "x", "hidden")
        for each in fields(whole)
        if isinstance(getattr(whole, each.name), tuple)
    }
    assert set(outcomes(replace(whole, **blind)).values()) == {UNKNOWN}


def test_everything_empty_passes_nowhere() -> None:
    from dataclasses import fields

    from tests.connectors.github.conftest import outcomes

    whole = picture()
    empty: dict[str, Any] = {each.name: () for each in fields(whole) if isinstance(getattr(whole, each.name), tuple)}
    assert PASS not in outcomes(replace(whole, **empty)).values()
