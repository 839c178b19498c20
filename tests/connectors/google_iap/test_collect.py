"""Reading over Google's paths: signing in, pages, scopes, what is above, holes in place, nothing but questions."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.connectors.google_iap import factory, rows
from tests.connectors.google_iap.conftest import no_secret, outcomes, parts_alone
from tests.connectors.google_iap.fake import NARROW, Cloud, switched_off
from tests.connectors.google_iap.rows import DEV, LEVEL, ORGANIZATION, PROD
from tests.fakes.fields import undescribed
from tests.fakes.vendor import Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.errors import AuthFailed, OverPrivileged
from ztassess.connectors.google_iap import CONNECTOR, permissions, sessions
from ztassess.connectors.google_iap.collect import collect
from ztassess.connectors.google_iap.preflight import preflight
from ztassess.connectors.google_iap.snapshot_access import Binding
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

NOTHING_SAID = {"assertion_checked_at_origin"}


def filled(cloud: Cloud) -> None:
    """Something of every kind, so that every field is read."""
    link = rows.link(PROD, "backendServices", "admin-be")
    weighted = {"weightedBackendServices": [{"backendService": link}]}
    cloud.keys[f"deploy@{PROD}.iam.gserviceaccount.com"] = [rows.key("deploy")]
    cloud.aggregates[PROD, "networkEndpointGroups"] = [rows.endpoint_group("neg", "billing")]
    routes = cloud.aggregates[PROD, "urlMaps"][0]
    routes["defaultRouteAction"] = weighted
    routes["pathMatchers"][0] |= {
        "defaultRouteAction": weighted,
        "pathRules": [{"service": link, "routeAction": weighted}],
        "routeRules": [{"routeAction": weighted}],
    }
    cloud.aggregates[PROD, "instances"][0]["networkInterfaces"][0]["accessConfigs"] = [{"natIP": "192.0.2.1"}]
    tagged = rows.firewall_policy("tagged", targetSecureTags=[{"name": "tagValues/1"}])
    del tagged["rules"][0]["ruleName"]
    cloud.aggregates[PROD, "firewallPolicies"].append(tagged)
    encrypted = {"devicePolicy": {"allowedEncryptionStatuses": ["ENCRYPTED"]}}
    network = {"ipSubnetworks": ["192.0.2.0/24"], "requiredAccessLevels": [LEVEL], "vpcNetworkSources": [{}]}
    cloud.levels.append(rows.access_level(rows.OFFICE, conditions=[encrypted, network]))
    cloud.databases[PROD].append(rows.database("two", authorizedNetworks=[{"value": "192.0.2.1/32"}]))
    cloud.constraints.append(demands_iap())


def demands_iap(**changed):
    value = {
        "name": f"organizations/{ORGANIZATION}/customConstraints/custom.iapOnBackends",
        "resourceTypes": ["compute.googleapis.com/BackendService"],
        "methodTypes": ["CREATE", "UPDATE"],
        "condition": "resource.iap.enabled == true",
        "actionType": "ALLOW",
    }
    return value | changed


def test_everything_in_order_passes_and_nothing_secret_is_kept(cloud, run):
    snapshot = collect(run())
    reading = judge(CONNECTOR, snapshot)
    found = outcomes(reading)
    assert {check for check, word in found.items() if word != "pass"} == NOTHING_SAID
    assert len(found) == 16
    no_secret(snapshot, reading)


def test_every_field_is_described_by_google(cloud, run):
    filled(cloud)
    with heard_fields() as heard:
        collect(run())
        preflight(run())
    assert len(heard) > 120
    assert undescribed(heard, Path(__file__).parent / "fields.json") == set()


def test_only_listed_questions_are_posted(cloud, run):
    collect(run())
    posted = {request.path for request in cloud.asked(method="POST")}
    ends = (":getIamPolicy", ":testIamPermissions", ":generateAccessToken", "/v1/token")
    assert all(path.endswith(ends) for path in posted)
    assert {request.method for request in cloud.requests} == {"GET", "POST"}


def test_each_host_gets_the_narrowest_scope(cloud, run):
    collect(run())
    scopes = sorted(next(iter(scope)) for scope in cloud.tokens.values())
    assert scopes == sorted([sessions.WHOLE, *NARROW.values()])


@pytest.mark.parametrize("auth", ["workload_identity", "impersonation"])
def test_both_ways_of_signing_in_read_the_same(cloud, run, auth):
    assert len(parts_alone(run(auth=auth), "backends")["backends"]) == 2
    exchanged = cloud.asked("/v1/token")
    assert bool(exchanged) is (auth == "workload_identity")


def test_signature_of_another_key_is_refused_in_one_sentence(cloud, run):
    other = ECKey.generate_key("P-256").as_pem(private=True).decode()
    with pytest.raises(AuthFailed) as refused:
        collect(run(secrets={"federation_key": other}))
    assert "did not take our signature (invalid_grant)" in refused.value.sentence
    no_secret(refused.value.sentence)


def test_rsa_key_signs_as_well(cloud, run):
    key = RSAKey.generate_key(2048)
    cloud.public = RSAKey.import_key(key.as_pem(private=False))
    context = run(secrets={"federation_key": key.as_pem(private=True).decode()})
    assert isinstance(parts_alone(context, "buckets")["buckets"], tuple)


def test_ended_token_and_missing_right_to_impersonate_are_told_apart(cloud, run):
    with pytest.raises(AuthFailed, match="has ended"):
        collect(run(auth="impersonation", secrets={"access_token": "ya29.old"}))
    with pytest.raises(AuthFailed, match="serviceAccountTokenCreator"):
        collect(run(auth="impersonation", service_account_email="other@acme-ops.iam.gserviceaccount.com"))


def test_refused_token_is_renewed_once(cloud, run):
    cloud.fault("/storage/v1/b", Answer({"error": {"code": 401, "status": "UNAUTHENTICATED"}}, 401), times=1)
    assert isinstance(parts_alone(run(), "buckets")["buckets"], tuple)
    cloud.fault("/storage/v1/b", Answer({"error": {"code": 401, "status": "UNAUTHENTICATED"}}, 401))
    with pytest.raises(AuthFailed):
        parts_alone(run(), "buckets")


def test_pages_are_read_to_the_end(cloud, run):
    cloud.page_size = 2
    cloud.aggregates[PROD, "backendServices"] = [rows.backend(f"be-{number}") for number in range(7)]
    cloud.accounts[PROD] = [rows.account(f"a{number}") for number in range(5)]
    cloud.buckets[PROD] = [rows.bucket(f"b{number}") for number in range(5)]
    found = parts_alone(run(), "backends", "service_accounts", "buckets")
    assert len(found["backends"]) == 7
    assert len(found["service_accounts"]) == 6
    assert len(found["buckets"]) == 5
    assert len(cloud.asked(f"/compute/v1/projects/{PROD}/aggregated/backendServices")) == 4


def test_what_is_above_is_asked_once_and_counts_for_every_project_below(cloud, run):
    owner = rows.binding("roles/owner", f"serviceAccount:ci@{DEV}.iam.gserviceaccount.com")
    cloud.policies[f"organizations/{ORGANIZATION}"] = rows.policy(owner)
    snapshot = collect(run())
    above = [(each.resource, each.project) for each in snapshot.ancestors]
    assert sorted(above) == [("folders/12", PROD), ("organizations/34", DEV), ("organizations/34", PROD)]
    assert len(cloud.asked(f"/v3/organizations/{ORGANIZATION}:getIamPolicy")) == 1
    assert outcomes(judge(CONNECTOR, snapshot))["no_basic_roles_on_service_accounts"] == "fail"


def test_folders_in_a_circle_are_a_hole(cloud, run):
    cloud.folders["12"] = "folders/12"
    part = parts_alone(run(), "ancestors")["ancestors"]
    assert isinstance(part, Unavailable)
    assert part.reason == "partial_data"


def test_conditions_come_with_bindings(cloud, run):
    (door, *_) = parts_alone(run(), "iap_policies")["iap_policies"]
    assert door.bindings == (Binding(rows.ACCESSOR, ("group:support@acme.example",), rows.needs()),)


def test_condition_without_expression_is_not_taken_for_none(cloud, run):
    empty = {"role": rows.ACCESSOR, "members": ["group:x@acme.example"], "condition": {"title": "t"}}
    cloud.iap["projects/111/iap_web"] = rows.policy(empty)
    found = {each.resource: each.bindings for each in parts_alone(run(), "iap_policies")["iap_policies"]}
    assert found["projects/111/iap_web"][0].condition == "true"


def test_interface_switched_off_in_one_project_is_a_hole_that_can_still_fail(cloud, run):
    cloud.fault(f"/v2/projects/{DEV}/locations/-/services", switched_off("run.googleapis.com", DEV))
    snapshot = collect(run())
    assert isinstance(snapshot.run_services, Unavailable)
    assert snapshot.run_services.reason == "not_configured"
    assert snapshot.run_services.detail == (
        f"Enable the API run.googleapis.com in project {DEV} (free), or leave these controls unchecked."
    )
    assert [each.short for each in snapshot.run_services.read] == ["billing", "mailer"]
    found = outcomes(judge(CONNECTOR, snapshot))
    assert found["workloads_have_own_identity"] == "not_checked"
    assert found["firewall_closed"] == "pass"


def test_region_that_does_not_answer_is_a_hole(cloud, run):
    def unreached(answer):
        items = answer.value["items"] | {"regions/us-east1": {"warning": {"code": "UNREACHABLE"}}}
        return Answer({**answer.value, "items": items})

    cloud.fault(f"/compute/v1/projects/{PROD}/aggregated/backendServices", change=unreached)
    part = parts_alone(run(), "backends")["backends"]
    assert isinstance(part, Unavailable)
    assert part.reason == "partial_data"
    assert len(part.read) == 2


@pytest.mark.parametrize(
    ("path", "field", "part"),
    [
        (f"/v2/projects/{PROD}/locations/-/services", "unreachable", "run_services"),
        (f"/v1/projects/{PROD}/locations/global/entitlements", "unreachable", "entitlements"),
        (f"/compute/v1/projects/{PROD}/aggregated/instances", "unreachables", "instances"),
    ],
)
def test_list_that_names_places_it_did_not_reach_is_not_whole(cloud, run, path, field, part):
    cloud.fault(path, change=lambda answer: Answer({**answer.value, field: ["projects/x/locations/y"]}))
    found = parts_alone(run(), part)[part]
    assert isinstance(found, Unavailable)
    assert found.reason == "partial_data"


def test_sql_warning_is_a_hole(cloud, run):
    warned = {"warnings": [{"code": "REGION_UNREACHABLE"}]}
    cloud.fault(f"/v1/projects/{PROD}/instances", change=lambda answer: Answer({**answer.value, **warned}))
    assert isinstance(parts_alone(run(), "sql_instances")["sql_instances"], Unavailable)


def test_deleted_project_and_another_project_are_holes(cloud, run):
    gone = Answer({"name": "projects/111", "projectId": PROD, "state": "DELETE_REQUESTED"})
    cloud.fault(f"/v3/projects/{PROD}", gone)
    found = parts_alone(run(), "projects", "iap_policies")
    assert isinstance(found["projects"], Unavailable)
    assert isinstance(found["iap_policies"], Unavailable)


def test_keys_of_google_itself_are_none_of_ours(cloud, run):
    ours = rows.key("deploy")
    cloud.keys[f"deploy@{PROD}.iam.gserviceaccount.com"] = [ours, ours | {"keyType": "SYSTEM_MANAGED"}]
    assert len(parts_alone(run(), "keys")["keys"]) == 1


def test_own_constraint_counts_where_it_is_enforced(cloud, run):
    cloud.constraints.append(demands_iap())
    cloud.enforced = {(project, "custom.iapOnBackends") for project in (PROD, DEV)}
    assert _level(run, "enabled_on_declared_backends") == 3
    cloud.enforced.pop()
    assert _level(run, "enabled_on_declared_backends") == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"condition": "resource.iap.enabled == false"},
        {"actionType": "DENY"},
        {"methodTypes": ["CREATE"]},
        {"condition": "resource.iap.enabled == true || resource.name == 'x'"},
        {"resourceTypes": ["compute.googleapis.com/Instance"]},
    ],
)
def test_constraint_that_leaves_a_way_does_not_count(cloud, run, changed):
    cloud.constraints.append(demands_iap(**changed))
    cloud.enforced = {(project, "custom.iapOnBackends") for project in (PROD, DEV)}
    assert _level(run, "enabled_on_declared_backends") == 2


def _level(run, check):
    part = parts_alone(run(), "org_policies")["org_policies"]
    found = judge(CONNECTOR, factory.snapshot(org_policies=part)).findings
    return next(each.verdict.level for each in found if each.check == f"google_iap.{check}")


def test_writing_right_stops_the_reading(cloud, run):
    cloud.writing = {"iam.serviceAccountKeys.create"}
    with pytest.raises(OverPrivileged) as refused:
        collect(run())
    assert refused.value.sentence == (
        f"The reader account can change iam.serviceAccountKeys.create on projects/{PROD}; bind the custom role only."
    )


def test_without_organization_nothing_above_is_asked_for_levels(cloud, run):
    snapshot = collect(run(organization_id=""))
    assert isinstance(snapshot.access_levels, Unavailable)
    assert snapshot.access_levels.reason == "not_configured"
    assert not cloud.asked("/v1/accessPolicies")
    assert outcomes(judge(CONNECTOR, snapshot))["access_level_required"] == "not_checked"


def test_missing_permission_is_named_with_its_project(cloud, run):
    cloud.held.discard(permissions.FIREWALLS)
    part = parts_alone(run(), "openings")["openings"]
    assert (part.reason, part.missing_scope) == ("missing_scope", permissions.FIREWALLS)
    assert part.detail == f"Permission compute.firewalls.list is missing on projects/{PROD}."


def test_parts_are_read_side_by_side(cloud, run):
    cloud.latency = 0.02
    collect(run())
    assert cloud.most_at_once > 8
