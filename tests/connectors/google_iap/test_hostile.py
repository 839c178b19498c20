"""Answers that Google should never give, one part at a time: each with its reason, none of them ending in a pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.google_iap import factory, rows
from tests.connectors.google_iap.conftest import no_secret, outcomes, parts_alone
from tests.connectors.google_iap.fake import error, switched_off, truncated
from tests.connectors.google_iap.rows import PROD
from tests.fakes.vendor import CANARY, Answer
from ztassess.connectors.errors import AuthFailed, ConnectorError
from ztassess.connectors.google_iap import CONNECTOR
from ztassess.connectors.google_iap.collect import collect
from ztassess.connectors.netguard import Budget
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

FIREWALLS = f"/compute/v1/projects/{PROD}/global/firewalls"
BACKENDS = f"/compute/v1/projects/{PROD}/aggregated/backendServices"
WORD = {"kind": "compute#firewallList"}
RULE = rows.firewall("r", ["10.0.0.0/8"], ["80"])
HUGE = b'{"kind": "compute#firewallList", "id": "' + b"x" * (3 << 20) + b'"}'
HOSTILE = [
    ("403", error(403, "PERMISSION_DENIED", reason="forbidden"), "missing_scope"),
    ("403 scope", error(403, "PERMISSION_DENIED", reason="ACCESS_TOKEN_SCOPE_INSUFFICIENT"), "missing_scope"),
    ("403 interface off", switched_off("compute.googleapis.com", PROD), "not_configured"),
    ("403 throttle", error(403, "PERMISSION_DENIED", reason="rateLimitExceeded"), "rate_limited"),
    ("403 day's quota", error(403, "PERMISSION_DENIED", reason="dailyLimitExceeded"), "rate_limited"),
    ("403 not JSON", Answer(None, 403, raw=b"<html>no</html>"), "missing_scope"),
    ("404", error(404, "NOT_FOUND"), "unsupported"),
    ("400", error(400, "INVALID_ARGUMENT"), "upstream_error"),
    ("429 with Retry-After", Answer({"error": {"code": 429}}, 429, {"retry-after": "1"}), "rate_limited"),
    ("429 bare", error(429, "RESOURCE_EXHAUSTED"), "rate_limited"),
    ("429 with garbage", Answer({"error": {"code": 429}}, 429, {"retry-after": "soon"}), "rate_limited"),
    ("500", error(500, "INTERNAL"), "upstream_error"),
    ("503", error(503, "UNAVAILABLE"), "rate_limited"),
    ("redirect", Answer(None, 302, {"location": "http://169.254.169.254/"}), "upstream_error"),
    ("truncated JSON", Answer(raw=b'{"kind": "compute#firewallList", "items": [{"na'), "upstream_error"),
    ("HTML with 200", Answer(raw=b"<html>Sign in</html>", kind="text/html"), "upstream_error"),
    ("empty body", Answer(raw=b""), "upstream_error"),
    ("empty object", Answer({}), "upstream_error"),
    ("another list", Answer({"kind": "compute#networkList"}), "upstream_error"),
    ("error with 200", Answer(WORD | {"error": {"code": 403}}), "upstream_error"),
    ("list for object", Answer([]), "upstream_error"),
    ("null list", Answer(WORD | {"items": None}), "upstream_error"),
    ("list of numbers", Answer(WORD | {"items": [1]}), "upstream_error"),
    ("wrong type", Answer(WORD | {"items": [RULE | {"allowed": "tcp"}]}), "upstream_error"),
    ("missing field", Answer(WORD | {"items": [{"allowed": [{"IPProtocol": "tcp"}]}]}), "upstream_error"),
    ("number for flag", Answer(WORD | {"items": [RULE | {"disabled": 0}]}), "upstream_error"),
    ("NaN", Answer(raw=b'{"kind": NaN}'), "upstream_error"),
    ("page token of another kind", Answer(WORD | {"items": [RULE], "nextPageToken": 7}), "upstream_error"),
    ("circle", Answer(WORD | {"items": [RULE], "nextPageToken": "0"}), "partial_data"),
]


def openings_of(context):
    """The firewall rules alone, and what the checks say of an organization that is in order besides."""
    part = parts_alone(context, "openings")["openings"]
    reading = judge(CONNECTOR, factory.snapshot(openings=part))
    no_secret(part, reading)
    return part, outcomes(reading)


@pytest.mark.parametrize(("answer", "reason"), [pytest.param(*case[1:], id=case[0]) for case in HOSTILE])
def test_hostile_list_of_firewalls(cloud, run, answer, reason):
    cloud.fault(FIREWALLS, answer)
    part, found = openings_of(run())
    assert isinstance(part, Unavailable)
    assert part.reason == reason
    assert found["firewall_closed"] == "not_checked"
    assert found["admin_via_iap_and_os_login"] == "not_checked"


AGGREGATED = [
    ("no items of a kind", {"kind": "compute#x", "items": {"global": {}}}),
    ("items is a list", {"kind": "compute#x", "items": []}),
    ("scope is a list", {"kind": "compute#x", "items": {"global": []}}),
    ("rows are null", {"kind": "compute#x", "items": {"global": {"backendServices": None}}}),
    ("no kind", {"items": {}}),
    ("error with 200", {"kind": "compute#x", "error": {}}),
    ("backend without scheme", {"kind": "compute#x", "items": {"global": {"backendServices": [{"name": "x"}]}}}),
    ("warned as a whole", {"kind": "compute#x", "items": {}, "warning": {"code": "PARTIAL_SUCCESS"}}),
]


@pytest.mark.parametrize("value", [pytest.param(case[1], id=case[0]) for case in AGGREGATED])
def test_hostile_aggregated_list(cloud, run, value):
    cloud.fault(BACKENDS, Answer(value))
    part = parts_alone(run(), "backends")["backends"]
    assert isinstance(part, Unavailable)
    found = outcomes(judge(CONNECTOR, factory.snapshot(backends=part)))
    checks = ("enabled_on_declared_backends", "accessors_not_public", "backends_have_cloud_armor")
    assert {found[check] for check in checks} == {"not_checked"}


POLICIES = [
    ("empty object", {}),
    ("error with 200", {"error": {"code": 403}}),
    ("bindings null and no etag", {"bindings": None}),
    ("binding without role", {"etag": "x", "bindings": [{"members": ["allUsers"]}]}),
    ("members is text", {"etag": "x", "bindings": [{"role": "r", "members": "allUsers"}]}),
    ("condition is text", {"etag": "x", "bindings": [{"role": "r", "members": [], "condition": "true"}]}),
]
RUN = ("run_policies", "run_services_not_public")
PLACES = [
    (f"/v3/projects/{PROD}:getIamPolicy", "policies", "no_basic_roles_on_service_accounts"),
    ("/v1/projects/111/iap_web/compute/services/admin-be:getIamPolicy", "iap_policies", "accessors_not_public"),
    (f"/v2/projects/{PROD}/locations/europe-west1/services/billing:getIamPolicy", *RUN),
    ("/v3/folders/12:getIamPolicy", "ancestors", "no_basic_roles_on_service_accounts"),
]


@pytest.mark.parametrize(("path", "part", "check"), PLACES)
@pytest.mark.parametrize("value", [pytest.param(case[1], id=case[0]) for case in POLICIES])
def test_hostile_policy_is_no_empty_policy(cloud, run, value, path, part, check):
    cloud.fault(path, Answer(value))
    found = parts_alone(run(), part)[part]
    assert isinstance(found, Unavailable)
    assert outcomes(judge(CONNECTOR, factory.snapshot(**{part: found})))[check] == "not_checked"


EVERY_PART = [
    (f"/v3/projects/{PROD}", "projects"),
    (f"/v1/projects/{PROD}:searchAllIamPolicies", "grants"),
    (f"/v1/projects/{PROD}/serviceAccounts", "service_accounts"),
    (f"/v1/projects/-/serviceAccounts/deploy@{PROD}.iam.gserviceaccount.com/keys", "keys"),
    (f"/v1/projects/{PROD}/locations/global/entitlements", "entitlements"),
    (f"/v2/projects/{PROD}/policies/sql.restrictPublicIp:getEffectivePolicy", "org_policies"),
    ("/v1/accessPolicies/77/accessLevels", "access_levels"),
    (f"/compute/v1/projects/{PROD}/aggregated/urlMaps", "routes"),
    (f"/compute/v1/projects/{PROD}/aggregated/networkEndpointGroups", "endpoint_groups"),
    (f"/v2/projects/{PROD}/locations/-/services", "run_services"),
    (f"/compute/v1/projects/{PROD}/aggregated/instances", "instances"),
    (f"/compute/v1/projects/{PROD}", "project_logins"),
    (f"/compute/v1/projects/{PROD}/aggregated/firewallPolicies", "policy_openings"),
    (f"/compute/v1/projects/{PROD}/aggregated/securityPolicies", "armor_policies"),
    (f"/v1/projects/{PROD}/instances", "sql_instances"),
    ("/storage/v1/b", "buckets"),
]


@pytest.mark.parametrize(("path", "part"), EVERY_PART)
@pytest.mark.parametrize(
    "answer",
    [Answer([]), Answer({"surprise": CANARY}), Answer({"error": {"code": 7}}), error(403, "PERMISSION_DENIED")],
    ids=["a list", "another object", "an error with 200", "403"],
)
def test_no_part_is_empty_because_its_answer_is_odd(cloud, run, path, part, answer):
    cloud.fault(path, answer)
    found = parts_alone(run(), part)[part]
    assert isinstance(found, Unavailable)
    judged = judge(CONNECTOR, factory.snapshot(**{part: found}))
    no_secret(found, judged)
    spoken = {check.id: check.parts for check in CONNECTOR.checks}
    # Organization policies can only raise a level; their absence lowers it and changes no outcome.
    if part not in ("org_policies", "instances"):
        for result in judged.results:
            if part in spoken[result.check]:
                assert result.outcome.value == "not_checked", result.check


def test_inventory_without_any_policy_is_no_empty_inventory(cloud, run):
    cloud.fault(f"/v1/projects/{PROD}:searchAllIamPolicies", Answer({}))
    part = parts_alone(run(), "grants")["grants"]
    assert isinstance(part, Unavailable)
    assert part.reason == "partial_data"
    assert outcomes(judge(CONNECTOR, factory.snapshot(grants=part)))["grants_listed"] == "not_checked"


def test_second_page_that_breaks_off_can_fail_but_not_pass(cloud, run):
    cloud.page_size = 1
    cloud.firewalls[PROD] = [rows.firewall("ssh", ["0.0.0.0/0"], ["22"]), rows.firewall("web", ["0.0.0.0/0"], ["80"])]
    cloud.fault(FIREWALLS, change=truncated, after=1)
    part, found = openings_of(run())
    assert isinstance(part, Unavailable)
    assert [rule.name for rule in part.read] == ["ssh"]
    assert found["firewall_closed"] == "fail"


def test_key_list_refused_for_one_account_is_a_hole(cloud, run):
    cloud.fault(f"/v1/projects/-/serviceAccounts/billing@{PROD}.iam.gserviceaccount.com/keys", error(404, "NOT_FOUND"))
    part = parts_alone(run(), "keys")["keys"]
    assert isinstance(part, Unavailable)
    assert outcomes(judge(CONNECTOR, factory.snapshot(keys=part)))["no_user_managed_keys"] == "not_checked"


def test_huge_body_ends_with_the_budget(cloud, run):
    cloud.fault(FIREWALLS, Answer(raw=HUGE))
    part, found = openings_of(replace(run(), budget=Budget(wire_bytes=1 << 20, decoded_bytes=1 << 20)))
    assert isinstance(part, Unavailable)
    assert part.reason == "partial_data"
    assert found["firewall_closed"] == "not_checked"


def test_endless_pages_end_with_the_budget(cloud, run):
    count = iter(range(10_000))
    cloud.fault(FIREWALLS, change=lambda answer: Answer(WORD | {"nextPageToken": str(1000 + next(count))}))
    part, found = openings_of(replace(run(), budget=Budget(pages=60)))
    assert isinstance(part, Unavailable)
    assert part.reason == "partial_data"
    assert found["firewall_closed"] == "not_checked"


def test_token_refused_half_way_ends_the_whole_reading(cloud, run):
    cloud.fault(FIREWALLS, error(401, "UNAUTHENTICATED"))
    with pytest.raises(AuthFailed) as refused:
        collect(run())
    no_secret(refused.value.sentence)


def test_nothing_answers_is_told_as_such(cloud, run):
    cloud.fault("/(v1/projects/(?!-).*|v2/.*|v3/.*|compute/.*|storage/.*|v1/access.*)", error(500, "INTERNAL"))
    with pytest.raises(ConnectorError) as problem:
        collect(run())
    no_secret(problem.value.sentence)


@pytest.mark.parametrize(
    "answer",
    [Answer({}), Answer([]), Answer(raw=b"<html>"), Answer({"access_token": 7}), error(500, "INTERNAL")],
    ids=["empty", "list", "HTML", "number", "500"],
)
def test_hostile_token_exchange_ends_in_one_sentence(cloud, run, answer):
    cloud.fault("/v1/token", answer)
    with pytest.raises(ConnectorError) as problem:
        collect(run())
    no_secret(problem.value.sentence)


@pytest.mark.parametrize("answer", [Answer({}), Answer({"accessToken": None}), Answer(raw=b"x")])
def test_hostile_impersonation_ends_in_one_sentence(cloud, run, answer):
    cloud.fault(".*:generateAccessToken", answer)
    with pytest.raises(ConnectorError) as problem:
        collect(run())
    no_secret(problem.value.sentence)
