"""Global rights, the list of grants, hosts: by tables."""

from __future__ import annotations

from typing import Any

import pytest

from ztassess.domain.findings import Severity, Unavailable

GONE = Unavailable("missing_scope", "GRANT SELECT ON mysql.user", "Column or table grant missing.")
UNSEEN = Unavailable("missing_scope", "GRANT SELECT ON ztassess.account_state", "Optional view missing.")

GLOBAL: dict[str, tuple[Any, str]] = {
    "none": (lambda m: {"users": (m.account("app"),)}, "pass"),
    "super": (lambda m: {"users": (m.account("app", "SUPER"),)}, "fail"),
    "file": (lambda m: {"users": (m.account("app", "FILE"),)}, "fail"),
    "create user": (lambda m: {"users": (m.account("app", "CREATE USER"),)}, "fail"),
    "grant option": (lambda m: {"users": (m.account("app", "GRANT OPTION"),)}, "fail"),
    "select everywhere": (lambda m: {"users": (m.account("app", "SELECT"),)}, "fail"),
    "process only": (lambda m: {"users": (m.account("app", "PROCESS"),)}, "fail"),
    "by a role": (
        lambda m: {"users": (m.account("app"), m.account("role:r", "FILE")), "roles": (m.member("app", "role:r"),)},
        "fail",
    ),
    "a role nobody has": (lambda m: {"users": (m.account("app"), m.account("role:r", "FILE"))}, "pass"),
    "by everybody's role": (lambda m: {"users": (m.account("app"), m.account("role:PUBLIC", "SELECT"))}, "fail"),
    "without a column": (
        lambda m: {"users": (m.account("app"),), "states": (m.state("app", rights=frozenset({"SET USER"})),)},
        "fail",
    ),
    "administrator": (lambda m: {"users": (m.account("app"), m.account("root@localhost", "SUPER"))}, "pass"),
    "administrators only": (lambda m: {"users": (m.account("root@localhost", "SUPER"),)}, "not_applicable"),
    "the product's own": (
        lambda m: {"users": (m.account("app"), m.account("mysql.session@localhost", "SUPER", locked=True))},
        "pass",
    ),
    "the product's own, unlocked": (
        lambda m: {"users": (m.account("app"), m.account("mysql.session@localhost", "SUPER"))},
        "fail",
    ),
    "the product's own name at another host": (
        lambda m: {"users": (m.account("app"), m.account("mysql.session@%", "SUPER", locked=True))},
        "fail",
    ),
    "unread accounts": (lambda m: {"users": GONE}, "not_checked"),
    "unread roles": (lambda m: {"users": (m.account("app"),), "roles": GONE}, "not_checked"),
    "unread view": (lambda m: {"users": (m.account("app"),), "states": UNSEEN}, "not_checked"),
    "unread view of MySQL": (lambda m: {"users": (m.account("app"),), "states": UNSEEN, "version": "8.4.0"}, "pass"),
    "unread dynamic": (lambda m: {"users": (m.account("app"),), "dynamic": GONE, "version": "8.4.0"}, "not_checked"),
    "a fail stays": (lambda m: {"users": (m.account("app", "FILE"),), "roles": GONE, "states": UNSEEN}, "fail"),
}


@pytest.mark.parametrize("name", GLOBAL)
def test_global_rights(name: str, make: Any, say: Any) -> None:
    parts, expected = GLOBAL[name]
    found = say.judge("no_global_rights", make.picture(**parts(make)))
    assert say.outcome(found) == expected, found


def test_process_only_is_told_as_what_it_is(make: Any, say: Any) -> None:
    (fail,) = say.judge("no_global_rights", make.picture(users=(make.account("monitor", "PROCESS"),)))
    assert fail.verdict.near_miss == "PROCESS only: it shows other accounts' queries."
    assert fail.severity is Severity.MEDIUM


def test_a_service_that_is_declared_an_administrator_is_a_service(make: Any, say: Any) -> None:
    declared = {"grant_matrix": "app: shop.orders=SELECT", "administrators": "root, app"}
    found = say.judge("no_global_rights", make.picture(declared, users=(make.account("app", "SUPER"),)))
    assert say.outcome(found) == "fail"


def test_emergency_accounts_are_left_out_by_name(make: Any, say: Any) -> None:
    users = (make.account("app"), make.account("glass@%", "SUPER"))
    (found,) = say.judge("no_global_rights", make.picture(users=users, break_glass=("glass",)))
    assert found.verdict.outcome.value == "pass"
    assert "emergency, left out: glass@%" in found.verdict.reason


EXPORTED: dict[str, tuple[Any, str]] = {
    "all": (lambda m: {"users": (m.account("app"),)}, "pass"),
    "no row at all": (lambda m: {}, "not_checked"),
    **{
        f"without {part}": (lambda m, part=part: {"users": (m.account("app"),), part: GONE}, "not_checked")
        for part in ("users", "schema_grants", "table_grants", "column_grants", "roles", "dynamic")
    },
}


@pytest.mark.parametrize("name", EXPORTED)
def test_every_source_counts(name: str, make: Any, say: Any) -> None:
    parts, expected = EXPORTED[name]
    found = say.judge("grants_exported", make.picture(**parts(make)))
    assert say.outcome(found) == expected
    assert (found[0].verdict.near_miss == "Role sources were refused.") is (name == "without roles")


HOSTS: dict[str, tuple[Any, str]] = {
    "bound": (lambda m: {"users": (m.account("app@10.1.2.%"), m.account("root@localhost"))}, "pass"),
    "anywhere": (lambda m: {"users": (m.account("app@%"),)}, "fail"),
    "blank host": (lambda m: {"users": (m.account("app@"),)}, "fail"),
    "anywhere, locked": (lambda m: {"users": (m.account("app@%", locked=True), m.account("b@10.%"))}, "pass"),
    "anywhere, lock unseen": (lambda m: {"users": (m.account("app@%", locked=None),), "states": UNSEEN}, "not_checked"),
    "one sure, one unseen": (
        lambda m: {"users": (m.account("app@%", locked=None), m.account("b@%")), "states": UNSEEN},
        "fail",
    ),
    "roles have no host": (lambda m: {"users": (m.account("role:r"), m.account("b@10.%"))}, "pass"),
    "ours alone": (lambda m: {"users": (m.account("zt_auditor@%"),)}, "not_applicable"),
    "unread": (lambda m: {"users": GONE}, "not_checked"),
}


@pytest.mark.parametrize("name", HOSTS)
def test_hosts(name: str, make: Any, say: Any) -> None:
    parts, expected = HOSTS[name]
    assert say.outcome(say.judge("hosts_restricted", make.picture(**parts(make)))) == expected


def test_a_whole_network_is_said_to_be_one(make: Any, say: Any) -> None:
    (found,) = say.judge("hosts_restricted", make.picture(users=(make.account("app@10.%"),)))
    assert "10.% is the whole network: app@10.%." in found.verdict.reason
