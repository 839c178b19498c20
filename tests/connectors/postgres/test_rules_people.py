"""Checks of people and passwords, over tables of (snapshot part -> outcome)."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ztassess.connectors.postgres.snapshot import Activity, Gap, Gaps, Setting
from ztassess.domain.findings import Unavailable

DENIED = Unavailable("partial_data", detail="A query was stopped.")
NO_HBA = Unavailable("missing_scope", "GRANT SELECT ON pg_hba_file_rules", "Optional grant missing.")
ANNA = {"human_roles": "anna=anna@example.com"}


@pytest.mark.parametrize(
    ("declared", "parts", "outcome"),
    [
        (ANNA, {}, "pass"),
        ({}, {}, "not_checked"),
        ({"human_roles": "anna=anna@example.com\nanna=bob@example.com"}, {}, "fail"),
        ({"human_roles": "anna"}, {}, "not_checked"),
        ({"human_roles": "anna"}, {"people": ("anna@example.com",)}, "pass"),
        ({"human_roles": "gone=gone@example.com"}, {}, "not_checked"),
        (ANNA, {"roles": DENIED}, "not_checked"),
        (ANNA, {"activity": DENIED}, "not_checked"),
        (ANNA, {"activity": (Activity("anna", "psql", "10.0.0.5", 2),)}, "pass"),
        (ANNA, {"activity": (Activity("anna", "psql", "10.0.0.5", 1), Activity("anna", "x", "10.0.0.9", 1))}, "fail"),
        (ANNA, {"activity": (Activity("anna", "psql", None, 1),)}, "pass"),
        (ANNA, {"activity": (Activity("anna", "psql", None, 2),)}, "not_checked"),
    ],
)
def test_people_have_own_roles(
    make: SimpleNamespace, say: SimpleNamespace, declared: dict[str, str], parts: dict[str, Any], outcome: str
) -> None:
    snapshot = make.picture(declared, **{"roles": (make.role("anna"), make.role("dev")), **parts})
    assert say.outcome(say.judge("people_have_own_roles", snapshot)) == outcome


def test_a_generic_name_is_the_near_miss(make: SimpleNamespace, say: SimpleNamespace) -> None:
    found = say.judge("people_have_own_roles", make.picture({"human_roles": "dev"}, roles=(make.role("dev"),)))
    assert found[0].verdict.near_miss == "Role dev looks generic."


BROWSE = {**ANNA, "sensitive_schemas": "public.users"}


@pytest.mark.parametrize(
    ("ends", "parts", "declared", "outcome"),
    [
        (None, {}, BROWSE, "pass"),
        (None, {"effective": "SELECT"}, BROWSE, "fail"),
        (None, {"columns": "SELECT"}, BROWSE, "fail"),
        (None, {"effective": "INSERT"}, BROWSE, "pass"),
        (timedelta(hours=7), {"effective": "SELECT"}, BROWSE, "pass"),
        (timedelta(hours=9), {"effective": "SELECT"}, BROWSE, "fail"),
        (timedelta(days=-1), {"effective": "SELECT"}, BROWSE, "pass"),
        (None, {"attributes": {"superuser": True}}, BROWSE, "fail"),
        (None, {"edge": "pg_read_all_data"}, BROWSE, "fail"),
        (None, {"edge": "readers", "through": "SELECT"}, BROWSE, "fail"),
        (None, {}, ANNA, "not_checked"),
        (None, {}, {"sensitive_schemas": "public.users"}, "not_checked"),
        (None, {}, {**ANNA, "sensitive_schemas": "nowhere"}, "not_checked"),
        (None, {}, {**ANNA, "sensitive_schemas": "public.users\nnowhere"}, "not_checked"),
        (None, {}, {**BROWSE, "human_roles": "gone=g@example.com"}, "not_checked"),
        (None, {"unread": "effective"}, BROWSE, "not_checked"),
        (None, {"unread": "memberships"}, BROWSE, "not_checked"),
        (None, {"gap": "databases"}, BROWSE, "not_checked"),
        (None, {"gap": "undeclared"}, BROWSE, "pass"),
    ],
)
def test_people_cannot_browse(
    make: SimpleNamespace,
    say: SimpleNamespace,
    ends: Any,
    parts: dict[str, Any],
    declared: dict[str, str],
    outcome: str,
) -> None:
    until = None if ends is None else make.now + ends
    anna = make.role("anna", valid_until=until, **parts.get("attributes", {}))
    effective = [make.may("anna", "users", parts.get("effective", ""), parts.get("columns", ""))]
    if "through" in parts:
        effective.append(make.may("readers", "users", parts["through"]))
    given: dict[str, Any] = {
        "roles": (anna, make.role("readers", can_login=False)),
        "relations": (make.table("users"), make.table("orders")),
        "effective": tuple(effective),
        "memberships": (make.member("anna", parts["edge"], inherit=False),) if "edge" in parts else (),
    }
    if "unread" in parts:
        given[parts["unread"]] = DENIED
    if "gap" in parts:
        given["gaps"] = Gaps((Gap("billing", parts["gap"], DENIED),))
    assert say.outcome(say.judge("people_cannot_browse", make.picture(declared, **given))) == outcome


def test_standing_read_says_how_long_it_lasts(make: SimpleNamespace, say: SimpleNamespace) -> None:
    anna = make.role("anna", valid_until=make.now + timedelta(days=30))
    snapshot = make.picture(
        BROWSE, roles=(anna,), relations=(make.table("users"),), effective=(make.may("anna", "users", "SELECT"),)
    )
    found = say.failing(say.judge("people_cannot_browse", snapshot))
    assert found["*/anna"].verdict.near_miss == "anna expires in 30 days."
    assert found["*/anna"].verdict.evidence[0].object == "shop.public.users"


APP = {"grant_matrix": "app: public.orders=SELECT"}
TLS_WITH_CA = (
    Setting("ssl", "on"),
    Setting("ssl_ca_file", "root.crt"),
    Setting("password_encryption", "scram-sha-256"),
)


@pytest.mark.parametrize(
    ("ends", "parts", "outcome"),
    [
        (timedelta(hours=23), {}, "pass"),
        (timedelta(hours=25), {}, "fail"),
        (None, {}, "fail"),
        (timedelta(hours=-1), {}, "not_applicable"),  # a dead role is no proof of anything
        (None, {"cert": True}, "pass"),
        (timedelta(hours=-1), {"cert": True}, "pass"),
        (None, {"hba": NO_HBA}, "fail"),  # no authority is configured, so it cannot be a certificate
        (None, {"hba": NO_HBA, "settings": TLS_WITH_CA}, "not_checked"),
        (None, {"hba": NO_HBA, "settings": DENIED}, "not_checked"),
        (timedelta(hours=1), {"hba": NO_HBA, "settings": TLS_WITH_CA}, "pass"),
        (None, {"roles": DENIED}, "not_checked"),
        (None, {"memberships": DENIED}, "not_checked"),
        (None, {"iam": True}, "pass"),
        (None, {"iam": True, "own_server": True}, "fail"),  # a role called rds_iam proves nothing elsewhere
    ],
)
def test_passwords_short_lived(
    make: SimpleNamespace, say: SimpleNamespace, ends: Any, parts: dict[str, Any], outcome: str
) -> None:
    app = make.role("app", valid_until=None if ends is None else make.now + ends)
    given: dict[str, Any] = {"roles": (app, make.role("postgres", superuser=True))}
    if parts.pop("cert", False):
        given["hba"] = (make.hba(1, "hostssl", "cert", users="app"), make.hba(2, "hostssl", "reject", address="all"))
    if parts.pop("iam", False):
        given["memberships"] = (make.member("app", "rds_iam"),)
        if not parts.pop("own_server", False):
            given["roles"] = (app, make.role("rds_superuser", can_login=False))
    found = say.judge("passwords_short_lived", make.picture(APP, **{**given, **parts}))
    assert say.outcome(found) == outcome


@pytest.mark.parametrize(
    ("ends", "sensitive", "level"),
    [
        (None, "", 0),
        (timedelta(days=90), "", 1),
        (timedelta(days=400), "", 0),
        (None, "public.users", 2),
        (None, "public.orders", 0),
        (None, "public", 0),
        (None, "nowhere", 0),
        (None, "public.users\nnowhere", 0),
    ],
)
def test_static_passwords_leave_the_level_that_still_holds(
    make: SimpleNamespace, say: SimpleNamespace, ends: Any, sensitive: str, level: int
) -> None:
    snapshot = make.picture(
        {**APP, "sensitive_schemas": sensitive},
        roles=(make.role("app", valid_until=None if ends is None else make.now + ends),),
        relations=(make.table("users"), make.table("orders")),
        effective=(make.may("app", "orders", "SELECT"),),
    )
    found = say.failing(say.judge("passwords_short_lived", snapshot))
    assert found["*/app"].verdict.level == level
    assert found["*/app"].verdict.near_miss == "scram-sha-256 is strong but static."


@pytest.mark.parametrize(
    "parts",
    [
        {"roles": "superuser"},
        {"memberships": "pg_read_all_data"},
        {"memberships": DENIED},
        {"gaps": Gaps((Gap("billing", "databases", DENIED),))},
    ],
)
def test_a_way_to_the_sensitive_table_or_an_unread_one_loses_level_two(
    make: SimpleNamespace, say: SimpleNamespace, parts: dict[str, Any]
) -> None:
    app, given = make.role("app", superuser="roles" in parts), dict(parts)
    if "roles" in parts:
        given["roles"] = (app,)
    if parts.get("memberships") == "pg_read_all_data":
        given["memberships"] = (make.member("app", "pg_read_all_data"),)
    plain = {"roles": (app,), "relations": (make.table("users"),)}
    snapshot = make.picture({**APP, "sensitive_schemas": "public.users"}, **{**plain, **given})
    found = say.failing(say.judge("passwords_short_lived", snapshot))
    assert [finding.verdict.level for finding in found.values()] == ([] if DENIED in parts.values() else [0])


def test_without_a_matrix_everyone_who_is_nothing_else_is_a_service(
    make: SimpleNamespace, say: SimpleNamespace
) -> None:
    names = ("app", "anna", "zt_auditor", "postgres")
    found = say.judge("passwords_short_lived", make.picture(ANNA, roles=tuple(map(make.role, names))))
    assert set(say.failing(found)) == {"*/app"}
