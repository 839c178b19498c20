"""Vault's checks by tables: what was seen, what it means, what must never pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.vendor import NOW
from ztassess.connectors.vault.rules import CHECKS
from ztassess.connectors.vault.snapshot import (
    AppRole,
    AuditDevice,
    CertificateRole,
    CloudRole,
    DatabaseRole,
    EngineRole,
    Mount,
    PathRule,
    Policy,
    SignIn,
    SignInRole,
    VaultSnapshot,
)
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding, Outcome, Unavailable

PASS, FAIL = Outcome.PASS, Outcome.FAIL
NOT_CHECKED, NOT_APPLICABLE = Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
HOUR, DAY = 3600, 86_400
NO = Unavailable("missing_scope", "read on it", "Policy lacks 'read' on it.")
KV, DB, PKI, AWS = Mount("kv/", "kv"), Mount("database/", "database"), Mount("pki/", "pki"), Mount("aws/", "aws")
GCP = Mount("gcp/", "gcp")
SHORT = DatabaseRole("database/", "app", "shop", HOUR, DAY)
EMPTY = VaultSnapshot(NOW, "https://vault.example", "", (), (), (), (), (), (), (), (), (), (), ())
BOUNDED = AppRole("approle/", "ci", DAY, 10, HOUR)
STORES: dict[str, Any] = {"data_stores": frozenset({"shop"})}


def findings(check: str, **parts: Any) -> list[Finding]:
    found = evaluate([CHECKS[f"vault.{check}"]], replace(EMPTY, **parts))
    assert all(finding.verdict.outcome is not Outcome.ERROR for finding in found), found
    return found


def outcome(check: str, **parts: Any) -> Outcome:
    return fold(check, findings(check, **parts)).outcome


def test_ids_titles_and_controls_are_the_stable_ones() -> None:
    assert {check.id.partition(".")[2]: (check.severity.value, len(check.verifies)) for check in CHECKS} == {
        "dynamic_engine_in_use": ("high", 1),
        "database_leases_short": ("high", 1),
        "cloud_roles_temporary": ("high", 1),
        "audit_device_enabled": ("high", 2),
        "strong_sign_in_methods": ("medium", 1),
        "approle_secrets_bounded": ("high", 1),
        "policies_narrow": ("high", 1),
        "pki_names_restricted": ("medium", 1),
    }


def issued(mount: Mount, kind: str = "roles") -> EngineRole:
    return EngineRole(mount.path, mount.type, kind, "app")


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"mounts": (KV, DB), "engine_roles": (issued(DB),)}, PASS),
        ({"mounts": (KV,)}, FAIL),
        ({"mounts": (KV, DB)}, FAIL),
        ({"mounts": (DB,), "static_roles": (issued(DB, "static-roles"),)}, FAIL),
        ({"mounts": (DB,), "engine_roles": NO}, NOT_CHECKED),
        ({"mounts": (KV, DB, PKI), "engine_roles": replace(NO, read=(issued(PKI),))}, PASS),
        ({"mounts": NO, "engine_roles": (issued(DB),)}, NOT_CHECKED),
        ({"mounts": (Mount("transit/", "transit"),)}, NOT_APPLICABLE),
    ],
)
def test_dynamic_engine_in_use(parts: dict[str, Any], word: Outcome) -> None:
    assert outcome("dynamic_engine_in_use", **parts) is word


def test_key_value_only_still_stands_at_level_one_and_static_roles_are_named() -> None:
    (stored,) = findings("dynamic_engine_in_use", mounts=(KV,))
    assert stored.verdict.level == 1
    (static,) = findings("dynamic_engine_in_use", mounts=(DB,), static_roles=(issued(DB, "static-roles"),))
    assert static.verdict.near_miss.startswith("Only static roles: database/app")


@pytest.mark.parametrize(
    ("role", "mount", "word"),
    [
        ({}, DB, PASS),
        ({"default_ttl": DAY}, DB, PASS),
        ({"default_ttl": 0}, DB, PASS),  # capped by the role's own longest, 24 h
        ({"default_ttl": 0, "max_ttl": 0}, DB, FAIL),
        ({"default_ttl": 0, "max_ttl": 0}, replace(DB, tuned_default=HOUR, tuned_max=DAY), PASS),
        ({"default_ttl": 0, "max_ttl": 0}, replace(DB, default_lease_ttl=HOUR, max_lease_ttl=DAY), PASS),
        ({"default_ttl": 0, "max_ttl": 0}, replace(DB, default_lease_ttl=HOUR), FAIL),
        ({"max_ttl": 0}, DB, FAIL),
        ({"max_ttl": 0}, replace(DB, max_lease_ttl=DAY), PASS),
        ({"max_ttl": 30 * DAY}, DB, FAIL),
        ({"max_ttl": 30 * DAY}, replace(DB, max_lease_ttl=DAY), PASS),  # the mount's longest caps the role's
        ({"default_ttl": DAY + 1, "max_ttl": 2 * DAY}, DB, FAIL),
    ],
)
def test_lease_of_zero_is_inherited_never_immediate(role: dict[str, int], mount: Mount, word: Outcome) -> None:
    parts = {"mounts": (mount,), "database_roles": (replace(SHORT, **role),), **STORES}
    assert outcome("database_leases_short", **parts) is word


@pytest.mark.parametrize(
    ("parts", "word", "level"),
    [
        (STORES, PASS, None),
        ({"data_stores": frozenset({"database/shop"})}, PASS, None),
        ({"data_stores": None}, NOT_CHECKED, None),
        ({"data_stores": frozenset({"shop", "ledger"})}, NOT_CHECKED, None),
        ({"data_stores": frozenset({"shop", "ledger"}), "sensitive_stores": frozenset({"shop"})}, PASS, 2),
        ({"data_stores": frozenset({"shop", "ledger"}), "sensitive_stores": frozenset({"ledger"})}, FAIL, 1),
        ({"sensitive_stores": frozenset({"shop"})}, PASS, 2),
        ({**STORES, "database_roles": ()}, NOT_APPLICABLE, None),
        ({**STORES, "mounts": (KV,), "database_roles": ()}, NOT_APPLICABLE, None),
        ({**STORES, "database_roles": NO}, NOT_CHECKED, None),
        ({**STORES, "mounts": NO}, NOT_CHECKED, None),
        ({**STORES, "database_roles": replace(NO, read=(SHORT,))}, NOT_CHECKED, None),
        ({**STORES, "database_roles": replace(NO, read=(replace(SHORT, max_ttl=9 * DAY),))}, FAIL, 1),
    ],
)
def test_short_leases_count_for_the_declared_stores(parts: dict[str, Any], word: Outcome, level: int | None) -> None:
    given = {"mounts": (DB,), "database_roles": (SHORT,), **parts}
    result = fold("x", findings("database_leases_short", **given))
    assert (result.outcome, result.level) == (word, level)


def test_renewal_is_the_near_miss() -> None:
    role = replace(SHORT, max_ttl=30 * DAY)
    (finding,) = findings("database_leases_short", mounts=(DB,), database_roles=(role,), **STORES)
    assert finding.verdict.near_miss == "Issued for 1 h, renewable up to 30 days."
    assert finding.verdict.seen == 1


CLOUD = CloudRole("aws/", "aws", "deploy", ("assumed_role",), HOUR)


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"mounts": (AWS,), "cloud_roles": (CLOUD,)}, PASS),
        ({"mounts": (AWS,), "cloud_roles": (replace(CLOUD, credentials=("iam_user",)),)}, FAIL),
        ({"mounts": (AWS,), "cloud_roles": (replace(CLOUD, max_ttl=0),)}, FAIL),
        ({"mounts": (AWS,), "cloud_roles": (replace(CLOUD, max_ttl=12 * HOUR),)}, FAIL),
        ({"mounts": (replace(AWS, tuned_max=HOUR),), "cloud_roles": (replace(CLOUD, max_ttl=0),)}, PASS),
        ({"mounts": (AWS,), "cloud_roles": (), "static_roles": (issued(AWS, "static-roles"),)}, FAIL),
        ({"mounts": (AWS,), "cloud_roles": (CLOUD,), "static_roles": NO}, NOT_CHECKED),
        ({"mounts": (DB, GCP), "cloud_roles": (CloudRole("gcp/", "gcp", "v", ("access_token",)),)}, PASS),
        ({"mounts": (GCP,), "cloud_roles": (CloudRole("gcp/", "gcp", "v", ("service_account_key",)),)}, FAIL),
        ({"mounts": (GCP,), "cloud_roles": (CloudRole("azure/", "azure", "v", ("client_secret",)),)}, NOT_CHECKED),
        ({"mounts": (AWS,), "cloud_roles": ()}, NOT_APPLICABLE),
        ({"mounts": (KV,), "cloud_roles": ()}, NOT_APPLICABLE),
        ({"mounts": (AWS,), "cloud_roles": NO}, NOT_CHECKED),
        ({"mounts": NO, "cloud_roles": ()}, NOT_CHECKED),
    ],
)
def test_cloud_roles_temporary(parts: dict[str, Any], word: Outcome) -> None:
    assert outcome("cloud_roles_temporary", **parts) is word


def test_users_of_aws_are_the_near_miss() -> None:
    (finding,) = findings(
        "cloud_roles_temporary", mounts=(AWS,), cloud_roles=(replace(CLOUD, credentials=("iam_user",)),)
    )
    assert finding.verdict.near_miss == "aws/deploy issues IAM users."


FILE, NULL = AuditDevice("file/", "file"), AuditDevice("null/", "file", discards=True)


@pytest.mark.parametrize(
    ("devices", "word"),
    [
        ((FILE,), PASS),
        ((FILE, AuditDevice("socket/", "socket")), PASS),
        ((), FAIL),
        ((NULL,), FAIL),
        ((NULL, FILE), PASS),
        (Unavailable("missing_scope", "sudo on sys/audit"), NOT_CHECKED),
        (Unavailable("upstream_error"), NOT_CHECKED),
    ],
)
def test_audit_device_enabled(devices: Any, word: Outcome) -> None:
    assert outcome("audit_device_enabled", audit_devices=devices) is word


def test_one_audit_device_is_a_near_miss_and_clear_text_is_said() -> None:
    (finding,) = findings("audit_device_enabled", audit_devices=(replace(FILE, raw=True),))
    assert finding.verdict.near_miss == "One device: if it blocks, Vault stops."
    assert "secrets in clear text" in finding.verdict.reason
    (finding,) = findings("audit_device_enabled", audit_devices=(FILE, FILE))
    assert finding.verdict.near_miss == ""


TOKEN, USERPASS = SignIn("token/", "token"), SignIn("userpass/", "userpass")
OIDC, KUBERNETES = SignIn("oidc/", "oidc"), SignIn("kubernetes/", "kubernetes")
OIDC_ROLE = SignInRole("oidc/", "oidc", "people", ("dev",))


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"sign_ins": (TOKEN, OIDC), "sign_in_roles": (OIDC_ROLE,)}, PASS),
        ({"sign_ins": (TOKEN, OIDC, USERPASS), "sign_in_roles": (OIDC_ROLE,)}, PASS),
        ({"sign_ins": (TOKEN, SignIn("cert/", "cert"))}, PASS),
        ({"sign_ins": (TOKEN, OIDC), "sign_in_roles": NO}, PASS),
        ({"sign_ins": (TOKEN, OIDC)}, FAIL),
        ({"sign_ins": (TOKEN, USERPASS)}, FAIL),
        ({"sign_ins": (TOKEN,)}, FAIL),
        ({"sign_ins": (TOKEN, SignIn("ldap/", "ldap"))}, NOT_CHECKED),
        ({"sign_ins": NO}, NOT_CHECKED),
        ({"sign_ins": ()}, NOT_APPLICABLE),
    ],
)
def test_strong_sign_in_methods(parts: dict[str, Any], word: Outcome) -> None:
    assert outcome("strong_sign_in_methods", **parts) is word


def test_password_beside_identity_is_the_near_miss() -> None:
    (finding,) = findings("strong_sign_in_methods", sign_ins=(OIDC, USERPASS), sign_in_roles=(OIDC_ROLE,))
    assert finding.verdict.near_miss == "userpass is still enabled next to OIDC."


APPROLE = SignIn("approle/", "approle")


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"app_roles": (BOUNDED,)}, PASS),
        ({"app_roles": (replace(BOUNDED, secret_id_num_uses=0),)}, PASS),
        ({"app_roles": (replace(BOUNDED, secret_id_ttl=0),)}, PASS),
        ({"app_roles": (BOUNDED, replace(BOUNDED, secret_id_ttl=0, secret_id_num_uses=0))}, FAIL),
        ({"app_roles": (replace(BOUNDED, bind_secret_id=False),)}, FAIL),
        ({"app_roles": ()}, NOT_APPLICABLE),
        ({"app_roles": (), "sign_ins": (TOKEN,)}, NOT_APPLICABLE),
        ({"app_roles": NO}, NOT_CHECKED),
        ({"app_roles": (BOUNDED,), "sign_ins": NO}, NOT_CHECKED),
    ],
)
def test_approle_secrets_bounded(parts: dict[str, Any], word: Outcome) -> None:
    assert outcome("approle_secrets_bounded", **{"sign_ins": (APPROLE,), **parts}) is word


def test_unlimited_uses_within_a_lifetime_are_the_near_miss() -> None:
    role = replace(BOUNDED, secret_id_ttl=30 * DAY, secret_id_num_uses=0, token_max_ttl=0)
    (finding,) = findings("approle_secrets_bounded", sign_ins=(APPROLE,), app_roles=(role,))
    assert finding.verdict.near_miss == "approle/ci: Unlimited uses within 30 days."
    assert "token_max_ttl" in finding.verdict.reason


def policy(path: str, *capabilities: str) -> Policy:
    return Policy("ops", (PathRule("sys/mounts", ("read",)), PathRule(path, capabilities)))


HELD = (SignInRole("approle/", "approle", "ci", ("ops",)),)


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"policies": (policy("secret/*", "create", "update"),)}, PASS),
        ({"policies": (policy("*", "create"),)}, FAIL),
        ({"policies": (policy("+/*", "read", "sudo"),)}, FAIL),
        ({"policies": (policy("+/+/*", "update"),)}, FAIL),
        ({"policies": (policy("*", "patch"),)}, FAIL),
        ({"policies": (policy("*", "read", "list"),)}, PASS),
        ({"policies": (policy("*", "deny"),)}, PASS),
        ({"policies": (policy("*", "create"),), "sign_in_roles": ()}, NOT_CHECKED),
        ({"policies": (policy("*", "create"),), "sign_in_roles": NO}, NOT_CHECKED),
        ({"policies": replace(NO, read=(policy("*", "create"),))}, FAIL),
        ({"policies": replace(NO, read=(policy("secret/*", "create"),))}, NOT_CHECKED),
        ({"policies": NO}, NOT_CHECKED),
        ({"policies": ()}, NOT_APPLICABLE),
    ],
)
def test_policies_narrow(parts: dict[str, Any], word: Outcome) -> None:
    assert outcome("policies_narrow", **{"sign_in_roles": HELD, **parts}) is word


def test_policy_that_reads_everything_is_the_near_miss() -> None:
    (finding,) = findings("policies_narrow", policies=(policy("*", "read"),))
    assert finding.verdict.near_miss == "Policy ops reads every secret."


WEB = CertificateRole("pki/", "web", any_name=False, max_ttl=3 * DAY)


@pytest.mark.parametrize(
    ("role", "mount", "word"),
    [
        (WEB, PKI, PASS),
        (replace(WEB, max_ttl=90 * DAY), PKI, PASS),
        (replace(WEB, max_ttl=91 * DAY), PKI, FAIL),
        (replace(WEB, any_name=True), PKI, FAIL),
        (replace(WEB, max_ttl=0), PKI, PASS),
        (replace(WEB, max_ttl=0), replace(PKI, max_lease_ttl=365 * DAY), FAIL),
        (replace(WEB, not_after=NOW + timedelta(days=3650)), PKI, FAIL),
        (replace(WEB, not_after=NOW + timedelta(days=30)), PKI, PASS),
    ],
)
def test_pki_names_restricted(role: CertificateRole, mount: Mount, word: Outcome) -> None:
    assert outcome("pki_names_restricted", mounts=(mount,), certificate_roles=(role,)) is word


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"certificate_roles": NO}, NOT_CHECKED),
        ({"mounts": NO, "certificate_roles": (WEB,)}, NOT_CHECKED),
        ({"certificate_roles": ()}, NOT_APPLICABLE),
        ({"mounts": (KV,)}, NOT_APPLICABLE),
        ({"certificate_roles": replace(NO, read=(replace(WEB, any_name=True),))}, FAIL),
    ],
)
def test_certificate_roles_that_are_missing_or_unread(parts: dict[str, Any], word: Outcome) -> None:
    assert outcome("pki_names_restricted", **{"mounts": (PKI,), **parts}) is word


def test_any_name_is_named_with_its_days() -> None:
    role = replace(WEB, any_name=True, max_ttl=0)
    (finding,) = findings("pki_names_restricted", mounts=(PKI,), certificate_roles=(role,))
    assert finding.verdict.near_miss == "pki/web may sign any name for 32 days."


def test_inherited_default_is_told_with_its_real_length() -> None:
    role = replace(SHORT, default_ttl=0, max_ttl=0)
    (finding,) = findings("database_leases_short", mounts=(DB,), database_roles=(role,), **STORES)
    assert "issues for 32 days (0 is inherited), Vault's default of 768 h" in finding.verdict.reason
    assert finding.verdict.near_miss == ""
