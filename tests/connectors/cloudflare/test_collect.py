"""Reading the account: scopes, pages, quotas, fields of the published description, and nothing secret kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.cloudflare.account import ACCOUNT, FULL, READING, ZONE, app, record
from tests.connectors.cloudflare.fake import ANY_LIST, Cloudflare, context
from tests.fakes.fields import undescribed
from tests.fakes.vendor import CANARY, Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.cloudflare import CONNECTOR
from ztassess.connectors.cloudflare.collect import collect
from ztassess.connectors.cloudflare.preflight import preflight
from ztassess.connectors.cloudflare.scopes import OF_PART
from ztassess.connectors.errors import AuthFailed, RateLimited
from ztassess.connectors.runner import judge, read_once
from ztassess.domain.findings import Outcome, Unavailable

FIELDS = Path(__file__).with_name("fields.json")


def test_a_compliant_account_passes_every_check(fake: Cloudflare):
    reading = read_once(CONNECTOR, context(fake))
    assert {result.check: result.outcome for result in reading.results} == {
        check.id: Outcome.PASS for check in CONNECTOR.checks
    }
    assert len(reading.results) == 19


def test_every_field_that_is_read_is_published(fake: Cloudflare):
    fake.state.lists["access/apps"][0].pop("policies")
    with heard_fields() as heard:
        collect(context(fake))
        preflight(context(fake))
    assert undescribed(heard, FIELDS) == set()
    assert ("Application", "destinations") in heard


def test_nothing_secret_is_kept(fake: Cloudflare):
    snapshot = collect(context(fake))
    told = repr(snapshot) + repr(judge(CONNECTOR, snapshot)) + repr(preflight(context(fake)))
    assert CANARY not in told
    assert "anna@example.com" not in told


def test_requests_only_read(fake: Cloudflare):
    collect(context(fake))
    assert {request.method for request in fake.requests} == {"GET"}
    assert all(request.headers["authorization"].startswith("Bearer ") for request in fake.requests)


def test_pages_are_read_to_their_end_whatever_size_the_vendor_gives(fake: Cloudflare):
    fake.largest = 7
    fake.state.records[ZONE] = [record(f"h{n}.example.com", "A", "203.0.113.9") for n in range(45)]
    snapshot = collect(context(fake))
    assert not isinstance(snapshot.records, Unavailable)
    assert [each.name for each in snapshot.records] == [f"h{n}.example.com" for n in range(45)]
    assert len(fake.asked(".*/dns_records")) == 7


@pytest.mark.parametrize("group", sorted(set(OF_PART.values())))
def test_a_missing_group_is_named_and_passes_nothing(fake: Cloudflare, group: str):
    fake.token.groups = tuple(each for each in FULL if each != group)
    found = collect(context(fake))
    results = judge(CONNECTOR, found).results
    for part in (part for part, needed in OF_PART.items() if needed == group):
        unread = getattr(found, part)
        if part == "entry_points":
            unread = unread[0].rules
        assert isinstance(unread, Unavailable)
        assert (unread.reason, unread.missing_scope) == ("missing_scope", group)
        standing = {check.id for check in CONNECTOR.checks if part in check.parts}
        passing = {each.check for each in results if each.outcome is Outcome.PASS}
        assert not (passing & standing) - ENOUGH.get(part, frozenset())


# What these parts would add, other parts of the compliant account say already.
ENOUGH = {
    "organization": {
        "cloudflare.declared_hosts_behind_access",
        "cloudflare.mfa_required",
        "cloudflare.policies_name_groups",
        "cloudflare.session_duration_limited",
    },
    "groups": {"cloudflare.mfa_required", "cloudflare.device_posture_required", "cloudflare.context_selectors_used"},
    "app_authorities": {"cloudflare.admin_access_short_lived"},
}


def test_a_reading_token_leaves_only_logs_unchecked(fake: Cloudflare):
    fake.token.groups = READING
    outcomes = {result.check: result.outcome for result in read_once(CONNECTOR, context(fake)).results}
    assert {check for check, outcome in outcomes.items() if outcome is not Outcome.PASS} == {
        "cloudflare.access_logs_exported"
    }


def test_a_zone_that_is_not_visible_fails_no_other_and_passes_nothing(fake: Cloudflare):
    found = collect(context(fake, {"zones": "example.com, gone.example"}))
    assert isinstance(found.zones, Unavailable)
    assert found.zones.detail == "Zone gone.example is not in the token's zone list."
    assert [zone.name for zone in found.zones.read] == ["example.com"]
    outcomes = {result.check: result.outcome for result in judge(CONNECTOR, found).results}
    assert outcomes["cloudflare.waf_managed_rules_block"] is Outcome.NOT_CHECKED


def test_a_phase_without_a_ruleset_is_an_answer(fake: Cloudflare):
    fake.state.rulesets.clear()
    found = collect(context(fake))
    assert [point.deployed for point in found.entry_points] == [False, False, False]
    outcomes = {result.check: result.outcome for result in judge(CONNECTOR, found).results}
    assert outcomes["cloudflare.waf_managed_rules_block"] is Outcome.FAIL


def test_another_404_is_no_answer(fake: Cloudflare):
    error = {"success": False, "errors": [{"code": 7003, "message": "Could not route"}], "result": None}
    fake.fault(".*/http_request_firewall_managed/entrypoint", Answer(error, 404))
    found = collect(context(fake))
    assert isinstance(found.entry_points[0].rules, Unavailable)


def test_apps_without_policies_are_asked_for_them(fake: Cloudflare):
    fake.state.lists["access/apps"][0].pop("policies")
    found = collect(context(fake))
    assert len(fake.asked(".*/access/apps/app-admin/policies")) == 1
    assert [policy.id for policy in found.apps[0].policies] == ["policy-1"]


def test_a_policy_that_is_only_named_is_filled_from_the_reusable_ones(fake: Cloudflare):
    fake.state.lists["access/apps"][0]["policies"] = [{"id": "policy-1", "precedence": 3}]
    (policy,) = collect(context(fake)).apps[0].policies
    assert (policy.decision, policy.precedence, len(policy.require)) == ("allow", 3, 3)


def test_a_policy_that_nobody_knows_decides_nothing(fake: Cloudflare):
    fake.state.lists["access/apps"][0]["policies"] = [{"id": "gone", "precedence": 1}]
    outcomes = {result.check: result.outcome for result in read_once(CONNECTOR, context(fake)).results}
    assert outcomes["cloudflare.no_anonymous_hole"] is Outcome.NOT_CHECKED


def test_a_nearly_used_quota_is_left_alone(fake: Cloudflare):
    low = {"ratelimit": '"default";r=50;t=30', "ratelimit-policy": '"burst";q=1200;w=300'}
    fake.fault(".*/tokens/verify", change=lambda good: Answer(good.value, good.status, low))
    with pytest.raises(RateLimited):
        collect(context(fake))
    assert len(fake.requests) == 1


def test_a_block_in_the_middle_says_what_it_means(fake: Cloudflare):
    fake.fault(".*/dns_records", Answer({"success": False}, 429, {"retry-after": "300"}))
    found = collect(context(fake))
    assert found.records.reason == "rate_limited"
    assert "dashboard included" in found.records.detail


def test_a_block_at_once_makes_the_scan_wait(fake: Cloudflare):
    fake.fault(f"/client/v4/(accounts/{ACCOUNT}(?!/tokens).*|zones.*)", Answer({}, 429, {"retry-after": "300"}))
    with pytest.raises(RateLimited, match="dashboard included"):
        collect(context(fake))


def test_a_token_revoked_half_way_ends_the_reading(fake: Cloudflare):
    error = {"success": False, "errors": [{"code": 1000, "message": "Invalid API Token"}], "result": None}
    fake.fault(ANY_LIST, Answer(error, 401))
    with pytest.raises(AuthFailed):
        collect(context(fake))


def test_many_parts_are_asked_at_once(fake: Cloudflare):
    fake.latency = 0.02
    collect(context(fake))
    assert fake.most_at_once > 3


def test_a_strange_identifier_stays_one_path_segment(fake: Cloudflare):
    odd = app("odd", "odd.example.com", id="../../tokens/verify")
    odd.pop("policies")
    fake.state.lists["access/apps"] = [odd]
    found = collect(context(fake))
    assert not isinstance(found.apps, Unavailable)
    assert fake.asked(".*/access/apps/\\.\\.%2F\\.\\.%2Ftokens%2Fverify/policies")
