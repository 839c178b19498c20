"""TLS and client certificates: by tables."""

from __future__ import annotations

from typing import Any

import pytest

from ztassess.connectors.mysql.snapshot import Setting
from ztassess.domain.findings import Unavailable

GONE = Unavailable("missing_scope", "GRANT SELECT ON mysql.user", "Column or table grant missing.")
BROKEN = Unavailable("upstream_error", detail="The server answered with error 1.")
FORCED = (Setting("require_secure_transport", "1"), Setting("have_ssl", "YES"))
OFFERED = (Setting("require_secure_transport", "OFF"), Setting("have_ssl", "YES"))

TLS: dict[str, tuple[Any, str]] = {
    "forced": (lambda m: {"settings": FORCED, "users": (m.account("app"),)}, "pass"),
    "forced, accounts unread": (lambda m: {"settings": FORCED, "users": GONE}, "pass"),
    "offered only": (lambda m: {"settings": OFFERED, "users": (m.account("app"),)}, "fail"),
    "every account": (lambda m: {"users": (m.account("app", tls="ANY"), m.account("b", tls="X509"))}, "pass"),
    "one without": (lambda m: {"users": (m.account("app", tls="ANY"), m.account("b"))}, "fail"),
    "local ones do not count": (
        lambda m: {"users": (m.account("app", tls="ANY"), m.account("root@localhost"))},
        "pass",
    ),
    "locked ones do not count": (
        lambda m: {"users": (m.account("app", tls="ANY"), m.account("b", locked=True))},
        "pass",
    ),
    "lock unseen counts": (lambda m: {"users": (m.account("b", locked=None),), "states": GONE}, "fail"),
    "local only": (lambda m: {"users": (m.account("root@localhost"),)}, "not_applicable"),
    "settings unread, accounts bound": (
        lambda m: {"settings": BROKEN, "users": (m.account("app", tls="ANY"),)},
        "pass",
    ),
    "settings unread": (lambda m: {"settings": BROKEN, "users": (m.account("app"),)}, "not_checked"),
    "variable unknown": (lambda m: {"settings": (), "users": (m.account("app"),)}, "fail"),
    "nothing read": (lambda m: {"settings": BROKEN, "users": GONE}, "not_checked"),
    "accounts unread": (lambda m: {"settings": OFFERED, "users": GONE}, "not_checked"),
}


@pytest.mark.parametrize("name", TLS)
def test_tls(name: str, make: Any, say: Any) -> None:
    parts, expected = TLS[name]
    found = say.judge("tls_required", make.picture(**parts(make)))
    assert say.outcome(found) == expected, found


def test_an_offer_is_a_near_miss_with_its_number(make: Any, say: Any) -> None:
    users = (make.account("app"), make.account("b"), make.account("c", tls="ANY"))
    (fail,) = say.judge("tls_required", make.picture(users=users, settings=OFFERED))
    assert fail.verdict.near_miss == "TLS is offered, not required for 2 accounts."
    assert "2 of 3 remote accounts" in fail.verdict.reason
    (off,) = say.judge("tls_required", make.picture(users=users, settings=(Setting("have_ssl", "DISABLED"),)))
    assert off.verdict.near_miss == ""


SENSITIVE = {"sensitive_schemas": "billing"}
CERTIFICATES: dict[str, tuple[dict[str, str], Any, str, int | None]] = {
    "certificate": (SENSITIVE, lambda m: {"users": (m.account("app", tls="X509"),)}, "pass", None),
    "subject": (SENSITIVE, lambda m: {"users": (m.account("app", tls="SPECIFIED"),)}, "pass", None),
    "TLS alone": (SENSITIVE, lambda m: {"users": (m.account("app", tls="ANY"),)}, "fail", 1),
    "nothing": (SENSITIVE, lambda m: {"users": (m.account("app"),)}, "fail", 0),
    "nothing, TLS forced": (SENSITIVE, lambda m: {"users": (m.account("app"),), "settings": FORCED}, "fail", 1),
    "one of two": (
        SENSITIVE,
        lambda m: {
            "users": (m.account("app", tls="X509"), m.account("b", tls="ANY")),
            "table_grants": (m.on_table("b", "billing.cards", "UPDATE"),),
        },
        "fail",
        1,
    ),
    "does not reach it": (
        SENSITIVE,
        lambda m: {"users": (m.account("app"),), "schema_grants": (m.on_schema("app", "shop", "SELECT"),)},
        "not_applicable",
        None,
    ),
    "local": (
        SENSITIVE,
        lambda m: {
            "users": (m.account("app@localhost"),),
            "schema_grants": (m.on_schema("app@localhost", "billing", "SELECT"),),
        },
        "not_applicable",
        None,
    ),
    "administrators reach everything": (
        SENSITIVE,
        lambda m: {"users": (m.account("app", tls="X509"), m.account("root@%", "SELECT"))},
        "fail",
        0,
    ),
    "undeclared": ({}, lambda m: {"users": (m.account("app"),)}, "not_checked", None),
    "misspelled": ({"sensitive_schemas": "biling"}, lambda m: {"users": (m.account("app"),)}, "not_checked", None),
    "unread accounts": (SENSITIVE, lambda m: {"users": GONE}, "not_checked", None),
    "unread grants": (SENSITIVE, lambda m: {"users": (m.account("app"),), "schema_grants": GONE}, "not_checked", None),
    "schemas unseen": (
        SENSITIVE,
        lambda m: {"users": (m.account("app", tls="X509"),), "schemas": GONE},
        "not_checked",
        None,
    ),
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_certificates(name: str, make: Any, say: Any) -> None:
    declared, parts, expected, level = CERTIFICATES[name]
    plain = {"schema_grants": (make.on_schema("app", "billing", "SELECT"),)}
    found = say.judge("client_certificates_required", make.picture(declared, **{**plain, **parts(make)}))
    assert say.outcome(found) == expected, found
    if expected == "fail":
        assert {fail.verdict.level for fail in say.failing(found).values()} == {level}


def test_any_is_told_as_what_it_lacks(make: Any, say: Any) -> None:
    grants = (make.on_schema("app", "billing", "SELECT"),)
    snapshot = make.picture(SENSITIVE, users=(make.account("app", tls="ANY"),), schema_grants=grants)
    (fail,) = say.judge("client_certificates_required", snapshot)
    assert fail.verdict.near_miss == "ANY means TLS without client certificate."
