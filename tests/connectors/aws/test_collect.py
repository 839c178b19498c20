"""Reading an account over the wire from a real moto server: budgets, refusals, regions, ways in."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.aws.conftest import SESSION, Run, context
from tests.services.moto import MotoServer, build_account
from ztassess.connectors.aws import CONNECTOR
from ztassess.connectors.aws.client_identity import MOST_CALLS
from ztassess.connectors.aws.collect import collect
from ztassess.connectors.aws.form import LONG_LIVED
from ztassess.connectors.aws.snapshot import AwsSnapshot
from ztassess.connectors.errors import AuthFailed, Canceled, InputInvalid, Unreachable
from ztassess.connectors.netguard import Budget
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

IDENTITY_SERVICES = ("iam:", "sts:")
# Read once for each account or region by calls whose number does not depend on how much there is to list.
LISTS = (
    "Describe",
    "List",
    "GET /restapis",
    "GET /2020-05-31/distribution",
    "GET /clusters",
    "GET /detector",
    "GET /analyzer",
    "GET /2015-03-31/functions",
    "GET /v20180820/configuration/publicAccessBlock",
)
CLOSED = "User is not authorized to perform this with an explicit deny in a service control policy"


def unavailable(part: Any) -> Unavailable:
    assert isinstance(part, Unavailable), part
    return part


def test_big_account_needs_no_more_requests_than_a_small_one(moto: MotoServer, run: Run) -> None:
    build_account(moto.endpoint, users=10, roles=10)
    collect(run())
    small = Counter(moto.calls(clear=True))
    moto.reset()
    build_account(moto.endpoint)
    budget = Budget(seconds=60)
    snapshot = collect(run(budget=budget))
    big = Counter(moto.calls(clear=True))
    assert (len(snapshot.users), len(snapshot.roles)) == (200, 505)  # type: ignore[arg-type]  # would be Unavailable
    assert big == small
    assert budget.requests == big.total()
    identity = [call for call in big.elements() if call.startswith(IDENTITY_SERVICES)]
    assert len(identity) <= MOST_CALLS == 15
    assert max(Counter(identity).values()) == 1
    others = [call for call in big if not call.startswith(IDENTITY_SERVICES)]
    assert [call for call in others if not call.partition(":")[2].startswith(LISTS)] == []


def test_connection_test_and_reading_of_one_run_share_their_answers(moto: MotoServer, run: Run) -> None:
    build_account(moto.endpoint, users=5, roles=5)
    whole = run()
    CONNECTOR.preflight(whole)
    CONNECTOR.collect(whole)
    identity = [call for call in moto.calls() if call.startswith(IDENTITY_SERVICES)]
    assert len(identity) <= MOST_CALLS
    assert max(Counter(identity).values()) == 1


def test_traps_are_found_among_hundreds(moto: MotoServer, run: Run) -> None:
    build_account(moto.endpoint)
    reading = judge(CONNECTOR, collect(run()))
    failed: dict[str, set[str]] = {}
    for finding in reading.findings:
        assert finding.verdict.outcome is not Outcome.ERROR, finding
        if finding.verdict.outcome is Outcome.FAIL:
            failed.setdefault(finding.check, set()).add(finding.verdict.resource.rpartition("/")[2])
    assert failed["aws.no_admin_roles"] == {"deploy-everything", "shouting-admin"}
    assert failed["aws.no_privilege_escalation"] == {"deploy-everything", "shouting-admin", "passes-roles"}
    assert "open-to-anyone" in failed["aws.trust_policies_closed"]
    assert failed["aws.github_oidc_bound"] == {"pipeline-unbound"}
    assert failed["aws.no_console_passwords"] == {f"user-{number:03}" for number in range(0, 200, 40)}
    assert failed["aws.no_access_keys"] == {f"user-{number:03}" for number in range(0, 200, 25)}


def test_two_readings_of_one_account_are_equal(moto: MotoServer, run: Run) -> None:
    build_account(moto.endpoint, users=5, roles=20)
    regions = ("eu-north-1", "eu-west-1", "us-east-1")
    once, again = collect(run(config={"regions": regions})), collect(run(config={"regions": regions}))
    assert replace(again, taken_at=once.taken_at, report_at=once.report_at) == once
    assert once.read_regions() == regions
    assert once.enabled_regions is not None
    assert once.enabled_regions > len(regions)


def test_calls_a_server_does_not_know_are_unsupported_not_empty(run: Run) -> None:
    snapshot = collect(run())
    for part in (snapshot.client_vpn_endpoints, snapshot.analyzers, snapshot.managed_instances):
        assert unavailable(part).reason == "unsupported"


def test_one_refused_action_costs_one_part(moto: MotoServer, run: Run) -> None:
    moto.fail("iam:ListVirtualMFADevices", "AccessDenied")
    moto.fail("secretsmanager:ListSecrets", "AccessDeniedException")
    snapshot = collect(run())
    assert unavailable(snapshot.virtual_mfa_devices).missing_scope == "iam:ListVirtualMFADevices"
    assert unavailable(snapshot.virtual_mfa_devices).reason == "missing_scope"
    assert unavailable(snapshot.secrets).missing_scope == "secretsmanager:ListSecrets"
    assert not isinstance(snapshot.users, Unavailable)


def test_refused_identities_are_all_unavailable(moto: MotoServer, run: Run) -> None:
    moto.fail("iam:GetAccountAuthorizationDetails", "AccessDenied")
    snapshot = collect(run())
    for part in (snapshot.users, snapshot.groups, snapshot.roles, snapshot.policies):
        assert unavailable(part).missing_scope == "iam:GetAccountAuthorizationDetails"


def test_refusal_in_one_region_is_a_gap_there_and_nowhere_else(moto: MotoServer, run: Run) -> None:
    moto.fail("ec2:DescribeSecurityGroups", "UnauthorizedOperation", region="eu-west-1")
    snapshot = collect(run(config={"regions": ("eu-west-1", "us-east-1")}))
    assert not isinstance(snapshot.security_groups, Unavailable)
    assert {each.region for each in snapshot.security_groups} == {"us-east-1"}
    gaps = snapshot.gaps("security_groups", "instances")
    assert [(gap.region, gap.part, gap.why.missing_scope) for gap in gaps] == [
        ("eu-west-1", "security_groups", "ec2:DescribeSecurityGroups")
    ]
    assert snapshot.read_regions() == ("eu-west-1", "us-east-1")


def test_region_closed_by_the_organization_is_left_out(moto: MotoServer, run: Run) -> None:
    for service, code in (
        ("ec2:Describe", "UnauthorizedOperation"),
        ("rds:", "AccessDenied"),
        ("guardduty:", "AccessDenied"),
    ):
        moto.fail(service, code, region="eu-west-1", message=CLOSED)
    snapshot = collect(run(config={"regions": ("eu-west-1", "us-east-1")}))
    assert snapshot.closed_regions() == ("eu-west-1",)
    assert snapshot.read_regions() == ("us-east-1",)
    assert snapshot.gaps("security_groups", "database_instances", "detectors") == ()
    assert not isinstance(snapshot.database_instances, Unavailable)


def test_only_region_closed_leaves_nothing_to_judge(moto: MotoServer, run: Run) -> None:
    moto.fail("ec2:DescribeS", "UnauthorizedOperation", message=CLOSED)
    moto.fail("ec2:DescribeN", "UnauthorizedOperation", message=CLOSED)
    moto.fail("ec2:DescribeI", "UnauthorizedOperation", message=CLOSED)
    snapshot = collect(run())
    assert snapshot.closed_regions() == ("us-east-1",)
    assert unavailable(snapshot.security_groups).reason == "closed_by_organization"


def test_unknown_regions_leave_every_regional_part_unknown(moto: MotoServer, run: Run) -> None:
    moto.fail("ec2:DescribeRegions", "UnauthorizedOperation")
    snapshot = collect(run(config={"regions": ()}))
    assert unavailable(snapshot.regions).missing_scope == "ec2:DescribeRegions"
    assert unavailable(snapshot.security_groups).missing_scope == "ec2:DescribeRegions"
    chosen = collect(run())
    assert chosen.read_regions() == ("us-east-1",)
    assert chosen.enabled_regions is None


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"code": "InternalFailure", "status": "500 Internal Server Error"}, "upstream_error"),
        ({"code": "ExpiredToken"}, "partial_data"),
        ({"code": "InvalidAction", "status": "400 Bad Request"}, "unsupported"),
        ({"body": "<html", "status": "200 OK"}, "upstream_error"),
        (
            {"body": "<!doctype html><p>Sign in to the network</p>", "type": "text/html", "status": "200 OK"},
            "unsupported",
        ),
        ({"body": "<a/>", "status": "200 OK"}, "upstream_error"),
    ],
)
def test_every_fault_is_a_reason(
    fault: dict[str, str], reason: str, moto: MotoServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    moto.fail("iam:GetAccountSummary", **fault)
    assert unavailable(collect(run()).account_summary).reason == reason


def test_server_faults_are_tried_three_times_and_throttling_more(
    moto: MotoServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_, **__: True)
    moto.fail("iam:GetAccountSummary", "InternalFailure", status="500 Internal Server Error")
    moto.fail("iam:ListSAMLProviders", "Throttling", status="400 Bad Request")
    snapshot = collect(run())
    calls = Counter(moto.calls())
    assert unavailable(snapshot.saml_providers).reason == "rate_limited"
    assert calls["iam:GetAccountSummary"] == 3
    assert calls["iam:ListSAMLProviders"] > 3


def test_credential_report_still_being_built_is_not_an_empty_report(
    moto: MotoServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ztassess.connectors.aws.client_identity._REPORT_WAITS", (0.0, 0.0, 0.0, 0.0))
    moto.fail("iam:GetCredentialReport", "ReportInProgress", status="404 Not Found")
    snapshot = collect(run())
    assert "still building" in unavailable(snapshot.credential_report).detail
    identity = [call for call in moto.calls() if call.startswith(IDENTITY_SERVICES)]
    assert len(identity) <= MOST_CALLS


def test_progress_tells_counts_and_cancels(moto: MotoServer, run: Run) -> None:
    build_account(moto.endpoint, users=3, roles=4)
    told: dict[str, int] = {}
    collect(run(progress=told.__setitem__))
    assert (told["users"], told["roles"]) == (3, 9)

    def cancel(part: str, seen: int) -> None:
        raise Canceled("The scan was canceled.")

    moto.calls(clear=True)
    with pytest.raises(Canceled):
        collect(run(progress=cancel, config={"regions": ()}))
    assert len(moto.calls()) < 200  # a whole reading of thirty regions makes about nine hundred


def test_spent_budget_is_partial_data(run: Run) -> None:
    snapshot = collect(run(budget=Budget(seconds=60, requests=6)))
    assert unavailable(snapshot.analyzers).reason == "partial_data"


def test_secrets_of_the_account_and_of_the_session_stay_out(moto: MotoServer, run: Run) -> None:
    build_account(moto.endpoint, users=41, roles=3)
    snapshot = collect(run())
    assert "canary" not in repr(snapshot)
    assert "canary" not in repr(judge(CONNECTOR, snapshot))
    assert "canary" not in repr(run())


@pytest.mark.parametrize(
    ("secrets", "sentence"),
    [
        ({}, "Give a role to assume, or temporary session credentials"),
        ({**SESSION, "access_key_id": "AKIAEXAMPLEEXAMPLE12"}, LONG_LIVED),
        ({**SESSION, "session_token": ""}, "three parts"),
        ({**SESSION, "access_key_id": "nonsense"}, "starts with ASIA"),
    ],
)
def test_wrong_ways_in_say_what_to_do(secrets: dict[str, str], sentence: str, run: Run) -> None:
    with pytest.raises(InputInvalid) as problem:
        collect(run(secrets=secrets))
    assert sentence in problem.value.sentence
    assert CONNECTOR.validate is not None
    if secrets:
        assert sentence in CONNECTOR.validate({}, secrets)["access_key_id"]


def test_role_is_assumed_with_the_external_id_and_never_without(
    moto: MotoServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAINSTALLATION")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-the-installation")
    role = {"role_arn": "arn:aws:iam::123456789012:role/ztassess-reader"}
    with pytest.raises(InputInvalid, match="no external ID"):
        collect(run(config=role, secrets={}))
    snapshot = collect(run(config={**role, "external_id": "0f3c"}, secrets={}))
    assert snapshot.identity == "arn:aws:sts::123456789012:assumed-role/ztassess-reader/ztassess"
    assert moto.calls()[0] == "sts:AssumeRole"


def test_role_that_cannot_be_assumed_names_itself(moto: MotoServer, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAINSTALLATION")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-the-installation")
    moto.fail("sts:AssumeRole", "AccessDenied")
    role = "arn:aws:iam::123456789012:role/ztassess-reader"
    with pytest.raises(AuthFailed, match=f"We cannot assume {role}"):
        collect(run(config={"role_arn": role, "external_id": "0f3c"}, secrets={}))


def test_refused_session_says_so(moto: MotoServer, run: Run) -> None:
    moto.fail("sts:GetCallerIdentity", "ExpiredToken")
    with pytest.raises(AuthFailed, match="refused by AWS") as problem:
        collect(run())
    assert "canary" not in str(problem.value)


def test_nothing_listening_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(Unreachable):
        collect(context("http://127.0.0.1:9"))


def test_regions_that_are_not_switched_on_are_named(run: Run) -> None:
    with pytest.raises(InputInvalid, match="me-nowhere-1"):
        collect(run(config={"regions": ("me-nowhere-1",)}))


def test_snapshot_has_a_part_for_every_check(run: Run) -> None:
    parts = set(AwsSnapshot.__dataclass_fields__)
    assert [check.id for check in CONNECTOR.checks if not set(check.parts) <= parts] == []
    assert len(CONNECTOR.checks) == 38
