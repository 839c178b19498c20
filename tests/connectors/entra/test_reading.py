"""The live reading against a tenant that pages, throttles and refuses as Microsoft documents it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.connectors.entra.conftest import DECLARED, Context
from tests.connectors.entra.fake import Tenant, credential, error
from tests.connectors.entra.tenant import CLIENT, GLASS_1, GLASS_2, assignment, user
from tests.fakes.fields import undescribed
from tests.fakes.vendor import CANARY, Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.contract import Declared, parts_of
from ztassess.connectors.entra import CONNECTOR
from ztassess.connectors.entra.collect import collect
from ztassess.connectors.entra.snapshot import EntraSnapshot
from ztassess.connectors.errors import AuthFailed, InputInvalid, OverPrivileged, RateLimited
from ztassess.connectors.runner import judge, read_once
from ztassess.domain.findings import Outcome, Unavailable


def outcomes(snapshot: EntraSnapshot) -> dict[str, Outcome]:
    return {result.check.removeprefix("entra."): result.outcome for result in judge(CONNECTOR, snapshot).results}


def missing(snapshot: EntraSnapshot) -> dict[str, tuple[str, str]]:
    return {
        part.name: (part.seen.reason, part.seen.missing_scope)
        for part in parts_of(snapshot)
        if isinstance(part.seen, Unavailable)
    }


def test_a_compliant_tenant_passes_every_check(tenant: Tenant, context: Context) -> None:
    tenant.size = 2
    snapshot = collect(context())
    assert missing(snapshot) == {}
    found = outcomes(snapshot)
    assert len(found) == 23
    assert {name: word for name, word in found.items() if word is not Outcome.PASS} == {}


def test_it_signs_in_once_by_certificate_and_only_gets(tenant: Tenant, context: Context) -> None:
    collect(context())
    assert len(tenant.signed_in) == 1
    assert {(each.method, each.path.endswith("/token")) for each in tenant.requests} == {("GET", False), ("POST", True)}


def test_every_page_is_followed(tenant: Tenant, context: Context) -> None:
    tenant.size = 2
    snapshot = collect(context())
    assert not isinstance(snapshot.users, Unavailable)
    assert len(snapshot.users) == 6
    pages = [
        each for each in tenant.asked("/v1.0/users") if each.query.get("$select", "").startswith("id,userPrincipal")
    ]
    assert [each.query.get("$skiptoken") for each in pages] == [None, "2", "4"]


def test_every_field_read_is_in_the_published_description(tenant: Tenant, context: Context) -> None:
    tenant.state["groups"] = {"g1": [{"@odata.type": "#microsoft.graph.user", "id": "user-anna"}]}
    tenant.state["/roleManagement/directory/roleAssignments"].append(assignment("ra9", "g1", "Admins", kind="group"))
    tenant.state["federated"] = {"app-2": [{"id": "f1", "issuer": "https://i.example", "subject": "repo:x"}]}
    with heard_fields() as heard:
        snapshot = collect(context())
    assert snapshot.groups
    assert len(heard) > 100
    assert undescribed(heard, Path(__file__).with_name("fields.json")) == set()


def test_no_secret_enters_the_snapshot_or_a_finding(tenant: Tenant, context: Context) -> None:
    given = context()
    reading = read_once(CONNECTOR, given)
    assert CANARY not in repr(collect(given)) + repr(reading)
    assert "PRIVATE KEY" not in repr(reading) + repr(given)


@pytest.mark.parametrize(
    ("permission", "parts", "kept"),
    [
        (
            "Policy.Read.All",
            {
                "policies",
                "named_locations",
                "security_defaults",
                "methods_policy",
                "consent_settings",
                "token_lifetimes",
            },
            "leavers_disabled",
        ),
        ("AuditLog.Read.All", {"registrations", "sign_ins"}, "mfa_required_all_users"),
        ("User.Read.All", {"users", "guests"}, "access_token_lifetime"),
        ("Application.Read.All", {"applications", "service_principals"}, "devices_healthy"),
        (
            "RoleManagement.Read.Directory",
            {"role_assignments", "role_schedules", "role_eligibilities"},
            "devices_known",
        ),
        ("LicenseAssignment.Read.All", {"licenses"}, "devices_known"),
        ("Organization.Read.All", {"organization"}, "headcount_covered"),
        ("DeviceManagementManagedDevices.Read.All", {"devices"}, "mfa_required_all_users"),
        ("DeviceManagementConfiguration.Read.All", {"compliance_policies"}, "devices_known"),
        ("DeviceManagementServiceConfig.Read.All", {"device_settings"}, "devices_known"),
    ],
)
def test_a_missing_permission_is_named_and_costs_only_its_parts(
    tenant: Tenant, context: Context, permission: str, parts: set[str], kept: str
) -> None:
    tenant.permissions.discard(permission)
    snapshot = collect(context())
    assert missing(snapshot) == dict.fromkeys(parts, ("missing_scope", permission))
    found = outcomes(snapshot)
    assert found[kept] is Outcome.PASS
    for check in CONNECTOR.checks:
        if parts & set(check.parts) and found[check.id.removeprefix("entra.")] is Outcome.PASS:
            # Parts that only refine a verdict; the rule says the same without them.
            assert (permission, check.id) in REFINED, check.id


REFINED = {
    ("AuditLog.Read.All", "entra.leavers_disabled"),
    ("AuditLog.Read.All", "entra.admins_mfa_required"),
    ("User.Read.All", "entra.admins_mfa_required"),
    ("User.Read.All", "entra.no_exclusion_gaps"),
    ("Application.Read.All", "entra.app_secrets_absent"),
    ("RoleManagement.Read.Directory", "entra.super_admin_count"),
    ("LicenseAssignment.Read.All", "entra.devices_known"),
    ("LicenseAssignment.Read.All", "entra.devices_healthy"),
    ("Policy.Read.All", "entra.sign_in_risk_used"),
    ("Organization.Read.All", "entra.headcount_covered"),
    ("DeviceManagementManagedDevices.Read.All", "entra.compliant_device_required"),
    ("DeviceManagementConfiguration.Read.All", "entra.compliant_device_required"),
    ("DeviceManagementServiceConfig.Read.All", "entra.compliant_device_required"),
}


@pytest.mark.parametrize(
    ("plans", "unlicensed", "unchecked"),
    [
        (
            {"AAD_PREMIUM", "INTUNE_A"},
            {"role_schedules", "role_eligibilities"},
            {"admin_roles_just_in_time", "sign_in_risk_used"},
        ),
        (
            {"INTUNE_A"},
            {"role_schedules", "role_eligibilities", "registrations", "sign_ins"},
            {
                "admin_roles_just_in_time",
                "sign_in_risk_used",
                "people_mfa_capable",
                "mfa_phishing_resistant_share",
                "break_glass_ready",
            },
        ),
        (
            {"AAD_PREMIUM", "AAD_PREMIUM_P2"},
            {"devices", "device_settings", "compliance_policies"},
            {"devices_known", "devices_healthy"},
        ),
    ],
)
def test_a_missing_license_is_not_a_failure(
    tenant: Tenant, context: Context, plans: set[str], unlicensed: set[str], unchecked: set[str]
) -> None:
    tenant.plans = plans
    for sku in tenant.state["/subscribedSkus"]:
        sku["servicePlans"] = [each for each in sku["servicePlans"] if each["servicePlanName"] in plans]
    snapshot = collect(context())
    assert missing(snapshot) == dict.fromkeys(unlicensed, ("missing_license", ""))
    words = outcomes(snapshot)
    assert {name for name, word in words.items() if word is Outcome.NOT_CHECKED} == unchecked
    assert Outcome.FAIL not in words.values()
    detail = next(part.seen.detail for part in parts_of(snapshot) if isinstance(part.seen, Unavailable))
    assert "Intune" in detail or "not a failure" in detail


def test_a_license_denied_although_it_is_there_is_the_vendors_error(tenant: Tenant, context: Context) -> None:
    code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
    tenant.fault("/v1.0/reports/.*", error(403, code, "Neither tenant is B2C or tenant doesn't have premium license"))
    assert missing(collect(context())) == {"registrations": ("upstream_error", "")}


def test_fewer_users_than_microsoft_counts_are_partial_data(tenant: Tenant, context: Context) -> None:
    def short(answer: Answer) -> Answer:
        return Answer({**answer.value, "@odata.count": 7}) if "@odata.count" in answer.value else answer

    tenant.fault("/v1.0/users", change=short)
    snapshot = collect(context())
    assert missing(snapshot) == {"users": ("partial_data", "")}
    assert outcomes(snapshot)["leavers_disabled"] is Outcome.NOT_CHECKED
    assert "6 of 7" in snapshot.users.detail  # type: ignore[union-attr]


def test_a_fail_found_in_a_broken_list_stays_a_fail(tenant: Tenant, context: Context) -> None:
    tenant.size = 2
    tenant.state["/users"].insert(0, user("user-zoe", "zoe@x.io"))
    broken = Answer(raw=b"<html>sign in</html>", kind="text/html")

    def second_page(answer: Answer) -> Answer:
        first = answer.value["value"] and answer.value["value"][0]["id"] == "user-zoe"
        return answer if first or "@odata.count" in answer.value else broken

    tenant.fault("/v1.0/users", change=second_page)
    snapshot = collect(context())
    assert missing(snapshot)["users"] == ("upstream_error", "")
    assert outcomes(snapshot)["leavers_disabled"] is Outcome.FAIL


@pytest.mark.parametrize("header", [{}, {"retry-after": "3"}, {"retry-after": "soon"}])
def test_a_throttle_is_waited_out(tenant: Tenant, context: Context, header: dict[str, str]) -> None:
    tenant.fault("/v1.0/identity/.*", error(429, "TooManyRequests", "Too many requests", **header), times=3)
    snapshot = collect(context())
    assert missing(snapshot) == {}
    assert outcomes(snapshot)["mfa_required_all_users"] is Outcome.PASS


def test_an_endless_throttle_is_rate_limited(tenant: Tenant, context: Context) -> None:
    tenant.fault("/v1.0/identity/conditionalAccess/policies", error(429, "TooManyRequests", "no"))
    snapshot = collect(context())
    assert missing(snapshot)["policies"][0] == "rate_limited"
    assert outcomes(snapshot)["mfa_required_all_users"] is Outcome.NOT_CHECKED


def test_it_waits_for_the_next_window_when_the_units_are_nearly_used(tenant: Tenant, context: Context) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        return False

    def nearly(answer: Answer) -> Answer:
        return Answer(answer.value, headers={"x-ms-throttle-limit-percentage": "0.95"})

    given = context()
    tenant.fault("/v1.0/subscribedSkus", change=nearly)
    from dataclasses import replace

    collect(replace(given, pause=pause))
    assert pauses == [10.0]


def test_a_token_that_ended_is_renewed_once(tenant: Tenant, context: Context) -> None:
    tenant.fault("/v1.0/organization", error(401, "InvalidAuthenticationToken", "expired"), times=1)
    assert missing(collect(context())) == {}
    assert len(tenant.signed_in) == 2


def test_a_token_revoked_for_good_ends_the_scan(tenant: Tenant, context: Context) -> None:
    tenant.fault("/v1.0/organization", error(401, "InvalidAuthenticationToken", "revoked"))
    with pytest.raises(AuthFailed):
        collect(context())


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (700027, "Upload it again"),
        (700016, "does not know this application"),
        (90002, "knows no tenant"),
        (50000, "refused by Microsoft (AADSTS50000)"),
    ],
)
def test_a_refused_sign_in_says_why_without_repeating_microsoft(
    tenant: Tenant, context: Context, number: int, says: str
) -> None:
    tenant.fault("/.*/token", Tenant._refused(number, "invalid_client", 401))
    with pytest.raises(AuthFailed) as caught:
        collect(context())
    assert says in caught.value.sentence
    assert CANARY not in caught.value.sentence


@pytest.mark.parametrize(
    ("roles", "wids", "named"),
    [
        (["Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"], [], "Policy.ReadWrite.ConditionalAccess"),
        (["Sites.FullControl.All"], [], "Sites.FullControl.All"),
        (["Directory.AccessAsUser.All"], [], "Directory.AccessAsUser.All"),
        (["RoleManagement.ReadWrite.Directory"], [], "RoleManagement.ReadWrite.Directory"),
        (["Mail.Send"], [], "Mail.Send"),
        (["User.EnableDisableAccount.All"], [], "User.EnableDisableAccount.All"),
        (["Policy.Read.All"], ["62e90394-69f5-4237-9190-012177145e10"], "directory role 62e90394"),
    ],
)
def test_an_app_that_can_write_is_refused_before_any_question(
    tenant: Tenant, context: Context, roles: list[str], wids: list[str], named: str
) -> None:
    tenant.roles, tenant.wids = roles, wids
    with pytest.raises(OverPrivileged) as caught:
        collect(context())
    assert named in caught.value.sentence
    assert tenant.asked("/v1.0/.*") == []


def test_a_key_of_somebody_else_is_refused(context: Context) -> None:
    with pytest.raises(InputInvalid):
        collect(
            context(
                secrets={"certificate_key": "-----BEGIN PRIVATE KEY-----\nnothing\n-----END PRIVATE KEY-----"},
                entered={"certificate_thumbprint": credential()[1]},
            )
        )


def test_a_federated_token_signs_in_without_a_key(
    tenant: Tenant, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant, "_assertion", lambda text: {"text": text})
    snapshot = collect(context(entered={"federated": "federated"}, secrets={"federated_token": " issuer.token.here "}))
    assert tenant.signed_in == [{"text": "issuer.token.here"}]
    assert missing(snapshot) == {}


def test_groups_are_read_only_where_a_rule_needs_them(tenant: Tenant, context: Context) -> None:
    people = [{"@odata.type": "#microsoft.graph.user", "id": each} for each in (GLASS_1, GLASS_2, "x1", "x2", "x3")]
    tenant.state["groups"] = {
        "g1": [*people, {"@odata.type": "#microsoft.graph.device", "id": "no user"}],
        "g2": people,
    }
    tenant.state["/roleManagement/directory/roleAssignments"].append(assignment("ra9", "g1", "Admins", kind="group"))
    snapshot = collect(context())
    assert not isinstance(snapshot.groups, Unavailable)
    (group,) = snapshot.groups
    assert (group.id, group.members) == ("g1", (GLASS_1, GLASS_2, "x1", "x2", "x3"))
    assert outcomes(snapshot)["super_admin_count"] is Outcome.FAIL


def test_a_group_that_may_not_be_read_leaves_the_count_open(tenant: Tenant, context: Context) -> None:
    tenant.permissions.discard("GroupMember.Read.All")
    tenant.state["/roleManagement/directory/roleAssignments"].append(assignment("ra9", "g1", "Admins", kind="group"))
    reading = read_once(CONNECTOR, context())
    (finding,) = [each for each in reading.findings if each.check == "entra.super_admin_count"]
    assert (finding.verdict.outcome, finding.verdict.missing_scope) == (Outcome.NOT_CHECKED, "GroupMember.Read.All")


def test_an_emergency_group_counts_by_its_members(tenant: Tenant, context: Context) -> None:
    people = [{"@odata.type": "#microsoft.graph.user", "id": each} for each in (GLASS_1, GLASS_2)]
    tenant.state["groups"] = {"glass": people}
    for each in tenant.state["/identity/conditionalAccess/policies"]:
        each["conditions"]["users"] |= {"excludeUsers": [], "excludeGroups": ["glass"]}
    declared = Declared(break_glass=("glass",), people=DECLARED.people, leavers=(), tools=("Wiki",), sensitive_tools=())
    found = outcomes(collect(context(declared=declared)))
    assert Counter(found.values()) == {Outcome.PASS: 22, Outcome.NOT_APPLICABLE: 1}


def test_settings_that_come_back_empty_are_asked_again(tenant: Tenant, context: Context) -> None:
    def empty(answer: Answer) -> Answer:
        return Answer({"id": "dm", "settings": None})

    tenant.fault("/v1.0/deviceManagement", change=empty, times=1)
    assert outcomes(collect(context()))["devices_healthy"] is Outcome.PASS
    assert len(tenant.asked("/v1.0/deviceManagement")) == 2


def test_parts_are_read_side_by_side(tenant: Tenant, context: Context) -> None:
    tenant.latency = 0.02
    collect(context())
    assert 2 <= tenant.most_at_once <= 4


def test_everything_refused_is_no_reading(tenant: Tenant, context: Context) -> None:
    tenant.fault("/v1.0/.*", error(429, "TooManyRequests", "no"))
    with pytest.raises(RateLimited):
        collect(context())


def test_the_assertion_names_the_client(tenant: Tenant, context: Context) -> None:
    collect(context())
    assert tenant.signed_in[0]["iss"] == CLIENT


def test_a_refused_credential_is_tried_once(tenant: Tenant, context: Context) -> None:
    tenant.fault("/.*/token", Tenant._refused(700027, "invalid_client", 401))
    with pytest.raises(AuthFailed):
        collect(context())
    assert len(tenant.requests) == 1
