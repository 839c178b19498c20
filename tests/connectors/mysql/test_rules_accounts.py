"""Anonymous accounts, one account per service, issued credentials: by tables."""

from __future__ import annotations

from typing import Any

import pytest

from ztassess.domain.findings import Unavailable

GONE = Unavailable("missing_scope", "GRANT SELECT ON mysql.user", "Column or table grant missing.")
UNSEEN = Unavailable("missing_scope", "GRANT SELECT ON ztassess.account_state", "Optional view missing.")

DOORS: dict[str, tuple[Any, str]] = {
    "named, with a password": (lambda m: {"users": (m.account("app"),)}, "pass"),
    "anonymous": (lambda m: {"users": (m.account("@localhost"), m.account("app"))}, "fail"),
    "anonymous, locked": (lambda m: {"users": (m.account("@localhost", locked=True), m.account("app"))}, "pass"),
    "anonymous, lock unseen": (
        lambda m: {"users": (m.account("@localhost", locked=None, plugin="unix_socket"),), "states": UNSEEN},
        "not_checked",
    ),
    "empty password": (
        lambda m: {"users": (m.account("app"),), "states": (m.state("app", passwordless=True),)},
        "fail",
    ),
    "empty password, locked": (
        lambda m: {
            "users": (m.account("app", locked=True), m.account("b")),
            "states": (m.state("app", passwordless=True, locked=True), m.state("b")),
        },
        "pass",
    ),
    "empty password, but a certificate": (
        lambda m: {"users": (m.account("app", tls="X509"),), "states": (m.state("app", passwordless=True),)},
        "pass",
    ),
    "empty password, TLS is no proof": (
        lambda m: {"users": (m.account("app", tls="ANY"),), "states": (m.state("app", passwordless=True),)},
        "fail",
    ),
    "passwords unseen": (lambda m: {"users": (m.account("app"),), "states": UNSEEN}, "not_checked"),
    "the view does not know it": (lambda m: {"users": (m.account("app"),), "states": ()}, "not_checked"),
    "socket on MySQL": (
        lambda m: {"users": (m.account("root@localhost", plugin="auth_socket"),), "states": UNSEEN, "version": "8.4.0"},
        "pass",
    ),
    "socket on MariaDB may not be alone": (
        lambda m: {"users": (m.account("root@localhost", plugin="unix_socket", locked=None),), "states": UNSEEN},
        "not_checked",
    ),
    "tokens of the cloud": (
        lambda m: {"users": (m.account("app", plugin="AWSAuthenticationPlugin"),), "states": UNSEEN},
        "pass",
    ),
    "roles only": (lambda m: {"users": (m.account("role:r"),)}, "not_applicable"),
    "unread": (lambda m: {"users": GONE}, "not_checked"),
}


@pytest.mark.parametrize("name", DOORS)
def test_doors(name: str, make: Any, say: Any) -> None:
    parts, expected = DOORS[name]
    found = say.judge("no_anonymous_or_passwordless", make.picture(**parts(make)))
    assert say.outcome(found) == expected, found


def test_root_from_everywhere_is_a_near_miss(make: Any, say: Any) -> None:
    (unseen,) = say.judge("no_anonymous_or_passwordless", make.picture(users=(make.account("root@%"),), states=UNSEEN))
    assert unseen.verdict.near_miss == "root@% exists."
    (seen,) = say.judge("no_anonymous_or_passwordless", make.picture(users=(make.account("root@%"),)))
    assert seen.verdict.outcome.value == "pass"
    assert "root@% exists." in seen.verdict.reason


TWO = {"services": "checkout=app, search=find"}
SERVICES: dict[str, tuple[dict[str, str], Any, str]] = {
    "own accounts": (TWO, lambda m: {}, "pass"),
    "undeclared": ({}, lambda m: {}, "not_checked"),
    "a matrix is no list of services": ({"grant_matrix": "app: shop.orders=SELECT"}, lambda m: {}, "not_checked"),
    "shared": ({"services": "checkout=app, search=app"}, lambda m: {}, "fail"),
    "shared by host": ({"services": "checkout=app, search=app@10.%"}, lambda m: {}, "fail"),
    "the same name at two hosts": (
        {"services": "checkout=app@10.1.%, search=app@10.2.%"},
        lambda m: {"users": (m.account("app@10.1.%"), m.account("app@10.2.%"))},
        "pass",
    ),
    "no such account": (TWO, lambda m: {"users": (m.account("app"),)}, "not_checked"),
    "a role is no account": (TWO, lambda m: {"users": (m.account("app"), m.account("role:find"))}, "not_checked"),
    "migrates itself": (TWO, lambda m: {"schema_grants": (m.on_schema("app", "shop", "SELECT,ALTER"),)}, "fail"),
    "migrates by a role": (
        TWO,
        lambda m: {
            "users": (m.account("app"), m.account("find"), m.account("role:ddl")),
            "roles": (m.member("find", "role:ddl"),),
            "schema_grants": (m.on_schema("role:ddl", "shop", "DROP"),),
        },
        "fail",
    ),
    "migrations apart": (
        {"services": "checkout=app, migrations=deploy"},
        lambda m: {
            "users": (m.account("app"), m.account("deploy")),
            "schema_grants": (m.on_schema("deploy", "shop", "ALTER,CREATE,DROP"),),
        },
        "pass",
    ),
    "migrations share": (
        {"services": "checkout=app, migrations=app"},
        lambda m: {"schema_grants": (m.on_schema("app", "shop", "ALTER"),)},
        "fail",
    ),
    "an administrator's account": ({"services": "checkout=root"}, lambda m: {"users": (m.account("root"),)}, "fail"),
    "unread grants": (TWO, lambda m: {"schema_grants": GONE}, "not_checked"),
    "unread accounts": (TWO, lambda m: {"users": GONE}, "not_checked"),
}


@pytest.mark.parametrize("name", SERVICES)
def test_services(name: str, make: Any, say: Any) -> None:
    declared, parts, expected = SERVICES[name]
    snapshot = make.picture(declared, **{"users": (make.account("app"), make.account("find")), **parts(make)})
    found = say.judge("one_account_per_service", snapshot)
    assert say.outcome(found) == expected, found


def test_sharing_is_counted(make: Any, say: Any) -> None:
    declared = {"services": "checkout=app, search=app, mail=app"}
    found = say.judge("one_account_per_service", make.picture(declared, users=(make.account("app"),)))
    assert say.failing(found)["*/app"].verdict.near_miss == "3 services share app."


CREDENTIALS: dict[str, tuple[Any, str]] = {
    "cloud token": (lambda m: {"users": (m.account("app", plugin="AWSAuthenticationPlugin"),)}, "pass"),
    "certificate": (lambda m: {"users": (m.account("app", tls="X509"),)}, "pass"),
    "certificate of one subject": (lambda m: {"users": (m.account("app", tls="SPECIFIED"),)}, "pass"),
    "TLS alone": (lambda m: {"users": (m.account("app", tls="ANY"),)}, "fail"),
    "native password": (lambda m: {"users": (m.account("app"),)}, "fail"),
    "strong password": (lambda m: {"users": (m.account("app", plugin="caching_sha2_password"),)}, "fail"),
    "no method named": (lambda m: {"users": (m.account("app", plugin=""),)}, "fail"),
    "unknown method": (lambda m: {"users": (m.account("app", plugin="cloudsql_something"),)}, "not_checked"),
    "ldap": (lambda m: {"users": (m.account("app", plugin="authentication_ldap_simple"),)}, "not_checked"),
    "socket": (lambda m: {"users": (m.account("app@localhost", plugin="unix_socket"),)}, "not_applicable"),
    "a token, or a password": (
        lambda m: {
            "users": (m.account("app", plugin="AWSAuthenticationPlugin"),),
            "states": (m.state("app", plugins=("ed25519",)),),
        },
        "fail",
    ),
    "one of two": (
        lambda m: {"users": (m.account("app", tls="X509"), m.account("b"))},
        "fail",
    ),
    "locked": (lambda m: {"users": (m.account("app", locked=True),)}, "not_applicable"),
    "nobody": (lambda m: {"users": (m.account("root@localhost"),)}, "not_applicable"),
    "unread": (lambda m: {"users": GONE}, "not_checked"),
}


@pytest.mark.parametrize("name", CREDENTIALS)
def test_credentials(name: str, make: Any, say: Any) -> None:
    parts, expected = CREDENTIALS[name]
    found = say.judge("iam_or_certificate_authentication", make.picture(**parts(make)))
    assert say.outcome(found) == expected, found


def test_declared_services_that_are_not_there_are_no_pass(make: Any, say: Any) -> None:
    snapshot = make.picture({"grant_matrix": "app: shop.orders=SELECT"}, users=(make.account("etl", tls="X509"),))
    assert say.outcome(say.judge("iam_or_certificate_authentication", snapshot)) == "not_checked"


def test_a_strong_password_is_static_too(make: Any, say: Any) -> None:
    snapshot = make.picture(users=(make.account("app", plugin="caching_sha2_password"),))
    (fail,) = say.judge("iam_or_certificate_authentication", snapshot)
    assert fail.verdict.near_miss == "caching_sha2_password is strong but static."
    assert "static" in fail.verdict.reason
