"""A real OpenBao, read with exactly the policy that the form shows: what is seen, refused, and left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.vault.conftest import ISSUED, Corner
from tests.fakes.fields import undescribed
from tests.fakes.vendor import CANARY, no_pause
from tests.services.openbao import OpenBao
from ztassess.connectors.api import rows
from ztassess.connectors.contract import PreflightRow
from ztassess.connectors.errors import AuthFailed, OverPrivileged, Unreachable
from ztassess.connectors.runner import judge
from ztassess.connectors.vault import CONNECTOR
from ztassess.connectors.vault.form import GRANTS
from ztassess.connectors.vault.snapshot import SYSTEM_LEASE, AppRole, DatabaseRole, SignIn, VaultSnapshot
from ztassess.domain.findings import Unavailable


def outcomes(snapshot: VaultSnapshot) -> dict[str, str]:
    return {result.check.partition(".")[2]: result.outcome.value for result in judge(CONNECTOR, snapshot).results}


def rows_of(rows: tuple[PreflightRow, ...]) -> dict[str, bool]:
    return {row.part: row.allowed for row in rows}


def test_root_namespace_is_read_whole_with_the_shown_policy(root: Corner) -> None:
    root.database(**ISSUED)
    root.do("POST", "sys/mounts/pki", {"type": "pki"})
    root.do("POST", "pki/roles/web", {"allowed_domains": ["example.com"], "max_ttl": "72h"})
    root.do("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
    root.do("POST", "kv/data/app", {"data": {"password": CANARY}})
    root.do("POST", "sys/auth/userpass", {"type": "userpass"})
    with rows.heard_fields() as heard:
        snapshot = CONNECTOR.collect(root.context(data_stores="shop"))
        assert undescribed(heard, Path(__file__).parent / "fields.json") == set()
    assert not [name for name in snapshot.__slots__ if isinstance(getattr(snapshot, name), Unavailable)]
    assert snapshot.database_roles == (DatabaseRole("database/", "app", "shop", 3600, 86400),)
    assert SignIn("userpass/", "userpass") in snapshot.sign_ins
    assert AppRole("approle/", "zt-auditor", 3600, 0, 0) in snapshot.app_roles
    mount = next(mount for mount in snapshot.mounts if mount.path == "database/")
    assert (mount.default_lease_ttl, mount.tuned_default, mount.tuned_max) == (0, SYSTEM_LEASE, SYSTEM_LEASE)
    assert CANARY not in repr(snapshot)
    assert outcomes(snapshot) == {
        "dynamic_engine_in_use": "pass",
        "database_leases_short": "pass",
        "cloud_roles_temporary": "not_applicable",
        "audit_device_enabled": "pass",
        "strong_sign_in_methods": "pass",
        "approle_secrets_bounded": "pass",
        "policies_narrow": "pass",
        "pki_names_restricted": "pass",
    }
    assert CANARY not in repr(judge(CONNECTOR, snapshot))


def test_inherited_lease_fails_with_the_real_number_of_the_server(corner: Corner) -> None:
    """A default_ttl of 0 means 768 h, or what the mount was tuned to."""
    corner.database(db_name="shop", creation_statements="CREATE ROLE x")
    finding = next(
        each
        for each in judge(CONNECTOR, CONNECTOR.collect(corner.context(data_stores="shop"))).findings
        if each.check == "vault.database_leases_short"
    )
    assert finding.verdict.outcome.value == "fail"
    assert "32 days (0 is inherited), Vault's default of 768 h" in finding.verdict.reason
    corner.do("POST", "sys/mounts/database/tune", {"default_lease_ttl": "30m", "max_lease_ttl": "2h"})
    assert outcomes(CONNECTOR.collect(corner.context(data_stores="shop")))["database_leases_short"] == "pass"


def test_engine_without_roles_is_a_fail_and_says_so(corner: Corner) -> None:
    corner.database()
    snapshot = CONNECTOR.collect(corner.context())
    assert snapshot.engine_roles == ()
    (finding,) = (f for f in judge(CONNECTOR, snapshot).findings if f.check == "vault.dynamic_engine_in_use")
    assert (finding.verdict.outcome.value, finding.verdict.level) == ("fail", 1)
    assert finding.verdict.near_miss == "A database engine is mounted but has no role."


def test_roles_that_may_not_be_listed_are_not_checked(corner: Corner) -> None:
    corner.database(**ISSUED)
    narrow = "\n".join(line for line in GRANTS[0].text.splitlines() if "+/roles" not in line)
    snapshot = CONNECTOR.collect(corner.context(corner.auditor(narrow)))
    assert isinstance(snapshot.engine_roles, Unavailable)
    assert snapshot.engine_roles.reason == "missing_scope"
    assert snapshot.engine_roles.detail == "Policy lacks 'list' on database/roles."
    found = outcomes(snapshot)
    assert (found["dynamic_engine_in_use"], found["database_leases_short"]) == ("not_checked", "not_checked")


def test_one_unreadable_engine_does_not_hide_a_bad_role_of_another(corner: Corner) -> None:
    corner.database(**{**ISSUED, "max_ttl": "720h"})
    corner.database("other", **ISSUED)
    policy = GRANTS[0].text + 'path "other/roles/" { capabilities = ["deny"] }\n'
    snapshot = CONNECTOR.collect(corner.context(corner.auditor(policy), data_stores="shop"))
    assert isinstance(snapshot.database_roles, Unavailable)
    assert [role.label for role in snapshot.database_roles.read] == ["database/app"]
    assert outcomes(snapshot)["database_leases_short"] == "fail"


def test_audit_needs_sudo_and_belongs_to_the_root_namespace(root: Corner, corner: Corner) -> None:
    policy = GRANTS[0].text.replace('["read", "sudo"]', '["read"]')
    snapshot = CONNECTOR.collect(root.context(root.auditor(policy)))
    assert isinstance(snapshot.audit_devices, Unavailable)
    assert snapshot.audit_devices.missing_scope == "sudo on sys/audit"
    inside = CONNECTOR.collect(corner.context())
    assert isinstance(inside.audit_devices, Unavailable)
    assert inside.audit_devices.reason == "unsupported"
    assert "root namespace" in inside.audit_devices.detail
    assert outcomes(inside)["audit_device_enabled"] == "not_checked"


def test_built_in_methods_of_a_namespace_keep_their_plain_type(corner: Corner) -> None:
    snapshot = CONNECTOR.collect(corner.context())
    assert SignIn("token/", "token") in snapshot.sign_ins
    assert "cubbyhole" in {mount.type for mount in snapshot.mounts}


def test_no_audit_device_and_password_sign_in_fail(root: Corner, bao: OpenBao) -> None:
    bao.do("DELETE", "sys/audit/file")
    try:
        found = outcomes(CONNECTOR.collect(root.context()))
    finally:
        bao.do("POST", "sys/audit/file", {"type": "file", "options": {"file_path": str(bao.home / "audit.log")}})
    assert found["audit_device_enabled"] == "fail"


def test_broad_policy_attached_to_a_role_fails_and_an_unattached_one_is_not_checked(corner: Corner) -> None:
    corner.do("PUT", "sys/policies/acl/ops", {"policy": 'path "*" { capabilities = ["create", "sudo"] }'})
    credential = corner.auditor()
    assert outcomes(CONNECTOR.collect(corner.context(credential)))["policies_narrow"] == "not_checked"
    corner.do("POST", "auth/approle/role/ci", {"token_policies": ["ops"]})
    snapshot = CONNECTOR.collect(corner.context(credential))
    assert outcomes(snapshot)["policies_narrow"] == "fail"
    assert outcomes(snapshot)["approle_secrets_bounded"] == "fail"


def test_any_name_and_fixed_end_of_certificates_fail(corner: Corner) -> None:
    corner.do("POST", "sys/mounts/pki", {"type": "pki"})
    corner.do("POST", "pki/roles/any", {"allow_any_name": True})
    corner.do("POST", "pki/roles/glob", {"allowed_domains": ["*"], "allow_glob_domains": True})
    corner.do("POST", "pki/roles/ages", {"allowed_domains": ["a.example"], "not_after": "2099-12-31T23:59:59Z"})
    snapshot = CONNECTOR.collect(corner.context())
    failing = {f.verdict.resource for f in judge(CONNECTOR, snapshot).findings if f.verdict.outcome.value == "fail"}
    assert {"pki/any", "pki/glob", "pki/ages"} <= failing


@pytest.mark.parametrize(
    ("addition", "named"),
    [
        ('path "kv/data/*" { capabilities = ["read"] }', "read on kv/data/*"),
        ('path "database/creds/app" { capabilities = ["read"] }', "read on database/creds/app"),
        ('path "sys/policies/acl/*" { capabilities = ["read", "update"] }', "update on sys/policies/acl/*"),
        ('path "sys/auth/*" { capabilities = ["create", "sudo"] }', "create, sudo on sys/auth/*"),
        ('path "secret/{{identity.entity.id}}/*" { capabilities = ["read"] }', "on secret/{{identity.entity.id}}/*"),
    ],
)
def test_credential_that_reads_secrets_or_writes_is_refused(corner: Corner, addition: str, named: str) -> None:
    """Also on templated paths and on single names, which asking for our capabilities on a sample would not show."""
    path = addition.split('"')[1]
    policy = "\n".join(line for line in GRANTS[0].text.splitlines() if f'"{path}"' not in line)
    credential = corner.auditor(policy + "\n" + addition)
    tested = CONNECTOR.preflight(corner.context(credential))
    assert tested.refused.startswith("This token can read secrets or change policies.")
    assert named in tested.refused
    with pytest.raises(OverPrivileged, match="can read secrets"):
        CONNECTOR.collect(corner.context(credential))


def test_root_policy_is_refused(root: Corner, bao: OpenBao) -> None:
    """An AppRole cannot get the root policy; a token of another way in may have it."""
    from ztassess.connectors.vault.reading import Reading
    from ztassess.connectors.vault.rights import own_rights

    class Session:
        context = None

        def get(self, path: str, *_: Any, **__: Any) -> Any:
            reply = bao.call("GET", path.removeprefix("/"))[1]
            return type("Reply", (), {"value": reply})()

    own = own_rights(Reading(Session()))  # type: ignore[arg-type]
    assert own.excess == ("it has the policy root",)


def test_preflight_tells_each_part_and_gives_the_token_back(root: Corner, bao: OpenBao) -> None:
    root.database(**ISSUED)
    narrow = "\n".join(line for line in GRANTS[0].text.splitlines() if "sys/auth" not in line)
    tested = CONNECTOR.preflight(root.context(root.auditor(narrow)))
    assert (tested.refused, tested.warnings) == ("", ())
    assert "zt-auditor" in tested.identity
    allowed = rows_of(tested.rows)
    assert not allowed["sign_ins"]
    assert {allowed[part] for part in ("mounts", "audit_devices", "database_roles")} == {True}
    assert {row.missing_scope for row in tested.rows if row.part == "sign_ins"} == {"read on sys/auth"}


def test_own_policy_that_cannot_be_read_is_said(corner: Corner) -> None:
    narrow = "\n".join(line for line in GRANTS[0].text.splitlines() if "sys/policies/acl/*" not in line)
    tested = CONNECTOR.preflight(corner.context(corner.auditor(narrow)))
    assert tested.warnings == ("We could not verify that this credential is read-only.",)


def audited(bao: OpenBao) -> list[dict[str, Any]]:
    lines = (bao.home / "audit.log").read_text().splitlines()
    return [entry for entry in map(json.loads, lines) if entry["type"] == "request"]


def test_every_token_is_revoked_and_nothing_but_it_is_changed(root: Corner, bao: OpenBao) -> None:
    """By the server's own audit log."""
    root.database(**ISSUED)
    credential = root.auditor()
    before = len(audited(bao))
    CONNECTOR.collect(root.context(credential))
    requests = audited(bao)[before:]
    changing = [
        (each["request"]["operation"], each["request"]["path"])
        for each in requests
        if each["request"]["operation"] not in ("read", "list")
    ]
    assert changing == [
        ("update", "auth/approle/login"),
        ("update", "sys/capabilities-self"),
        ("update", "auth/token/revoke-self"),
    ]
    accessors = bao.do("GET", "auth/token/accessors?list=true")["keys"]
    assert len(accessors) == 1  # the administrator's own
    assert not any("creds" in each["request"]["path"] or "/data/" in each["request"]["path"] for each in requests)


def test_token_is_revoked_after_a_failure_and_a_cancel(root: Corner, bao: OpenBao) -> None:
    from dataclasses import replace

    from ztassess.connectors.errors import Canceled

    def cancel(part: str, seen: int) -> None:
        raise Canceled("Canceled.")

    root.database(**ISSUED)
    with pytest.raises(Canceled):
        CONNECTOR.collect(replace(root.context(), progress=cancel))
    assert len(bao.do("GET", "auth/token/accessors?list=true")["keys"]) == 1


def test_one_scan_costs_one_use_of_the_secret(root: Corner) -> None:
    credential = root.auditor(uses=1)
    CONNECTOR.collect(root.context(credential))
    with pytest.raises(AuthFailed) as refused:
        CONNECTOR.collect(root.context(credential))
    assert credential["secret_id"] not in refused.value.sentence


def test_wrong_namespace_is_a_refusal_of_the_credential(root: Corner) -> None:
    with pytest.raises(AuthFailed, match="namespace"):
        CONNECTOR.collect(root.context(namespace="nowhere"))


def test_sealed_server_says_so_and_gets_no_secret(bao: OpenBao, root: Corner) -> None:
    context = root.context()
    bao.seal()
    try:
        with pytest.raises(Unreachable, match=r"^Vault is sealed; nothing was read\.$"):
            CONNECTOR.preflight(context)
        assert context.budget.requests == 1
    finally:
        bao.unseal()


def test_token_revoked_half_way_judges_nothing_good(root: Corner, bao: OpenBao) -> None:
    from dataclasses import replace

    root.database(**ISSUED)
    gone: list[int] = []

    def pause(seconds: float) -> bool:
        if len(gone) == 6:
            for accessor in bao.do("GET", "auth/token/accessors?list=true")["keys"]:
                found = bao.call("POST", "auth/token/lookup-accessor", {"accessor": accessor})[1]
                if found.get("data", {}).get("display_name") == "approle":
                    bao.call("POST", "auth/token/revoke-accessor", {"accessor": accessor})
        gone.append(1)
        return no_pause(seconds)

    context = replace(root.context(data_stores="shop"), pause=pause)
    snapshot = CONNECTOR.collect(context)
    assert any(isinstance(getattr(snapshot, name), Unavailable) for name in snapshot.__slots__)
    for result in judge(CONNECTOR, snapshot).results:
        if result.outcome.value == "pass":
            check = next(each for each in CONNECTOR.checks if each.id == result.check)
            assert not all(isinstance(getattr(snapshot, part), Unavailable) for part in check.parts)
