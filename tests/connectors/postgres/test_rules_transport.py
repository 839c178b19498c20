"""How clients come in: the first matching line of pg_hba.conf decides."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ztassess.connectors.postgres.hba import cert_only, deciding, plain_lines
from ztassess.connectors.postgres.snapshot import Gap, Gaps, Setting
from ztassess.domain.findings import Unavailable

NO_HBA = Unavailable("missing_scope", "GRANT SELECT ON pg_hba_file_rules", "Optional grant missing: not checked.")
DENIED = Unavailable("partial_data", detail="A query was stopped.")
RDS = ("rds_superuser",)

Line = tuple[Any, ...]


def lines(make: SimpleNamespace, *rows: Line) -> tuple[Any, ...]:
    """Rows of (type, method, *options, {named}) numbered from 1."""
    made = []
    for number, row in enumerate(rows, 1):
        named = row[-1] if isinstance(row[-1], dict) else {}
        plain = row[:-1] if named else row
        made.append(make.hba(number, *plain, **named))
    return tuple(made)


@pytest.mark.parametrize(
    ("rows", "outcome", "severities"),
    [
        ([("hostssl", "scram-sha-256")], "pass", set()),
        ([("hostssl", "cert"), ("local", "peer")], "pass", set()),
        ([("host", "trust")], "fail", {"critical"}),
        ([("local", "trust")], "fail", {"critical"}),
        ([("host", "password")], "fail", {"high"}),
        ([("host", "md5")], "fail", {"medium"}),
        ([("host", "ident")], "fail", {"high"}),
        ([("host", "ident", {"address": "127.0.0.1", "netmask": "255.255.255.255"})], "pass", set()),
        ([("host", "newest")], "not_checked", set()),
        ([("host", "scram-sha-256", {"address": "all"}), ("host", "trust")], "pass", set()),  # never reached
        ([("host", "reject", {"address": "all"}), ("hostssl", "md5")], "pass", set()),
        ([("hostssl", "scram-sha-256", {"address": "all"}), ("host", "trust")], "fail", {"critical"}),  # plain ones are
        ([("host", "scram-sha-256", {"db": "shop"}), ("host", "trust")], "fail", {"critical"}),
        ([("host", "scram-sha-256", {"users": "app"}), ("host", "trust", {"users": "app"})], "pass", set()),
        ([("host", "scram-sha-256"), ("host", "trust", {"db": "replication"})], "fail", {"critical"}),
        (
            [("host", "scram-sha-256", {"netmask": "255.255.0.0"}), ("host", "trust")],
            "fail",
            {"critical"},
        ),
        (
            [("host", "scram-sha-256"), ("host", "trust", {"address": "10.1.0.0", "netmask": "255.255.0.0"})],
            "pass",
            set(),
        ),
        ([("host", "scram-sha-256"), ("", "", {"error": "invalid line"})], "not_checked", set()),
        ([("host", "trust"), ("", "", {"error": "invalid line"})], "fail", {"critical"}),
    ],
)
def test_authentication_methods_safe(
    make: SimpleNamespace, say: SimpleNamespace, rows: list[Line], outcome: str, severities: set[str]
) -> None:
    found = say.judge("authentication_methods_safe", make.picture(hba=lines(make, *rows)))
    assert say.outcome(found) == outcome
    assert {finding.severity.value for finding in say.failing(found).values()} == severities


def test_trust_on_the_socket_says_that_it_is_only_there(make: SimpleNamespace, say: SimpleNamespace) -> None:
    found = say.judge("authentication_methods_safe", make.picture(hba=lines(make, ("local", "trust"))))
    assert found[0].verdict.near_miss == "trust, limited to the local socket."


@pytest.mark.parametrize(
    ("part", "roles", "outcome"),
    [(NO_HBA, (), "not_checked"), (NO_HBA, RDS, "not_applicable"), ((), (), "not_checked")],
)
def test_authentication_that_nobody_may_see(
    make: SimpleNamespace, say: SimpleNamespace, part: Any, roles: tuple[str, ...], outcome: str
) -> None:
    snapshot = make.picture(hba=part, roles=tuple(make.role(name, can_login=False) for name in roles))
    found = say.judge("authentication_methods_safe", snapshot)
    assert say.outcome(found) == outcome
    if part is NO_HBA and not roles:
        assert found[0].verdict.missing_scope == NO_HBA.missing_scope


ON = (Setting("ssl", "on"),)


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ([("hostssl", "scram-sha-256")], "pass"),
        ([("host", "scram-sha-256")], "fail"),  # host matches both
        ([("hostnossl", "scram-sha-256")], "fail"),
        ([("hostnogssenc", "scram-sha-256")], "fail"),
        ([("hostgssenc", "gss")], "pass"),
        ([("hostssl", "scram-sha-256"), ("host", "reject")], "pass"),
        ([("hostnossl", "reject", {"address": "all"}), ("host", "scram-sha-256")], "pass"),
        ([("hostnossl", "reject"), ("host", "scram-sha-256", {"address": "all"})], "fail"),
        ([("host", "scram-sha-256", {"address": "all"})], "fail"),
        ([("host", "scram-sha-256", {"address": "samenet"})], "fail"),
        ([("host", "scram-sha-256", {"address": "samehost"}), ("local", "peer")], "not_applicable"),
        (
            [("host", "scram-sha-256", {"address": "127.0.0.1", "netmask": "255.255.255.255"}), ("hostssl", "cert")],
            "pass",
        ),
        ([("host", "x", {"address": "2001:db8::", "netmask": "ffff:ffff::"})], "fail"),
        ([("local", "peer")], "not_applicable"),
        ([("hostssl", "scram-sha-256"), ("", "", {"error": "invalid"})], "not_checked"),
    ],
)
def test_tls_required(make: SimpleNamespace, say: SimpleNamespace, rows: list[Line], outcome: str) -> None:
    found = say.judge("tls_required", make.picture(settings=ON, hba=lines(make, *rows)))
    assert say.outcome(found) == outcome


@pytest.mark.parametrize(
    ("values", "hba", "roles", "outcome"),
    [
        ((Setting("ssl", "off"),), NO_HBA, (), "fail"),
        (ON, NO_HBA, (), "not_checked"),  # offered is not required
        ((), NO_HBA, (), "not_checked"),
        (DENIED, NO_HBA, (), "not_checked"),
        ((*ON, Setting("rds.force_ssl", "1")), NO_HBA, RDS, "pass"),
        ((*ON, Setting("rds.force_ssl", "on")), NO_HBA, RDS, "pass"),
        ((*ON, Setting("rds.force_ssl", "0")), NO_HBA, RDS, "not_checked"),
        ((*ON, Setting("rds.force_ssl", "1")), NO_HBA, (), "not_checked"),  # anybody can name a setting
    ],
)
def test_tls_without_hba(
    make: SimpleNamespace, say: SimpleNamespace, values: Any, hba: Any, roles: tuple[str, ...], outcome: str
) -> None:
    snapshot = make.picture(settings=values, hba=hba, roles=tuple(make.role(name, can_login=False) for name in roles))
    assert say.outcome(say.judge("tls_required", snapshot)) == outcome


SENSITIVE = {"sensitive_schemas": "public.users"}


@pytest.mark.parametrize(
    ("rows", "declared", "outcome", "level"),
    [
        ([("hostssl", "scram-sha-256", "clientcert=verify-full")], SENSITIVE, "pass", None),
        ([("hostssl", "cert")], SENSITIVE, "pass", None),
        ([("hostssl", "scram-sha-256", "clientcert=verify-ca")], SENSITIVE, "fail", 1),
        ([("hostssl", "scram-sha-256")], SENSITIVE, "fail", None),
        ([("host", "scram-sha-256", "clientcert=verify-full")], SENSITIVE, "fail", None),
        ([("hostssl", "cert", {"db": "shop"}), ("hostssl", "scram-sha-256", {"db": "other"})], SENSITIVE, "pass", None),
        (
            [("hostssl", "cert", {"db": "shop"}), ("hostssl", "scram-sha-256", {"db": "sameuser"})],
            SENSITIVE,
            "fail",
            None,
        ),
        ([("hostssl", "cert"), ("host", "reject", {"address": "all"})], SENSITIVE, "pass", None),
        ([("local", "peer")], SENSITIVE, "not_applicable", None),
        ([("hostssl", "cert")], {}, "not_checked", None),
        ([("hostssl", "cert")], {"sensitive_schemas": "nowhere"}, "not_checked", None),
        ([("hostssl", "cert")], {"sensitive_schemas": "public.users\nnowhere"}, "not_checked", None),
    ],
)
def test_client_certificates_required(
    make: SimpleNamespace,
    say: SimpleNamespace,
    rows: list[Line],
    declared: dict[str, str],
    outcome: str,
    level: int | None,
) -> None:
    snapshot = make.picture(declared, relations=(make.table("users"),), hba=lines(make, *rows))
    found = say.judge("client_certificates_required", snapshot)
    assert say.outcome(found) == outcome
    assert [finding.verdict.level for finding in say.failing(found).values()] == ([level] if outcome == "fail" else [])
    if level == 1:
        assert found[0].verdict.near_miss == "verify-ca accepts any certificate of the CA under any name."


@pytest.mark.parametrize(
    ("parts", "roles", "outcome"),
    [
        ({"hba": NO_HBA}, (), "not_checked"),
        ({"hba": NO_HBA}, RDS, "not_applicable"),
        ({"relations": DENIED}, (), "not_checked"),
        ({"gaps": Gaps((Gap("billing", "databases", DENIED),))}, (), "not_checked"),
    ],
)
def test_client_certificates_unseen(
    make: SimpleNamespace, say: SimpleNamespace, parts: dict[str, Any], roles: tuple[str, ...], outcome: str
) -> None:
    plain: dict[str, Any] = {"relations": (make.table("users"),), "hba": lines(make, ("hostssl", "cert"))}
    made = tuple(make.role(name, can_login=False) for name in roles)
    snapshot = make.picture(SENSITIVE, roles=made, **{**plain, **parts})
    assert say.outcome(say.judge("client_certificates_required", snapshot)) == outcome


def test_a_role_is_cert_only_if_no_other_line_can_be_its_own(make: SimpleNamespace) -> None:
    cert = ("hostssl", "cert", {"users": "app"})
    assert cert_only(lines(make, cert, ("host", "scram-sha-256", {"users": "other"})), "app")
    assert not cert_only(lines(make, cert, ("host", "scram-sha-256", {"users": "+team"})), "app")
    assert not cert_only(lines(make, cert, ("local", "scram-sha-256")), "app")
    assert not cert_only(lines(make, ("host", "reject")), "app")


def test_lines_are_judged_in_the_order_of_the_file(make: SimpleNamespace) -> None:
    made = lines(make, ("host", "reject", {"address": "all"}), ("host", "trust"))
    assert [line.number for line in deciding(reversed(made))] == [1]
    assert list(plain_lines(made)) == []
