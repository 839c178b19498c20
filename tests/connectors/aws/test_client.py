"""Calls to AWS: pages, breaks, what each answer becomes; botocore's own stub stands in where moto has one page only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.stub import ANY, Stubber

from tests.connectors.aws.factory import role
from ztassess.connectors.aws import client_firewall, client_services, client_workloads
from ztassess.connectors.aws.client import Aws, action_of
from ztassess.connectors.aws.client_directory import (
    organization_accounts,
    organization_path,
    service_control_policies,
    session_seconds,
)
from ztassess.connectors.aws.client_errors import Refused
from ztassess.connectors.aws.client_identity import credential_report, identities
from ztassess.connectors.aws.collect_identity import directory, directory_regions, part
from ztassess.connectors.aws.collect_regions import read_group, regional_groups
from ztassess.connectors.aws.parsing_services import parse_database_instance
from ztassess.connectors.aws.snapshot import WafRule
from ztassess.connectors.errors import BadAnswer, Canceled
from ztassess.domain.findings import Unavailable

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Stubs:
    """One stubbed client for each service, whatever the region."""

    def __init__(self) -> None:
        self.session = botocore.session.Session()
        self.session.set_credentials("testing", "testing")
        self.stubs: dict[str, Stubber] = {}

    def __call__(self, service: str, region: str) -> Any:
        return self.of(service).client

    def of(self, service: str) -> Stubber:
        if service not in self.stubs:
            stub = Stubber(self.session.create_client(service, region_name="eu-west-1"))
            stub.activate()
            self.stubs[service] = stub
        return self.stubs[service]

    def forget(self, region: str) -> None:
        """Nothing to free."""


@pytest.fixture
def stubs() -> Stubs:
    return Stubs()


@pytest.fixture
def aws(stubs: Stubs) -> Aws:
    return Aws(stubs)


def named(number: int) -> dict[str, Any]:
    return {
        "RoleName": f"role-{number}",
        "Path": "/",
        "RoleId": "AROAEXAMPLEEXAMPLE",
        "Arn": f"arn:aws:iam::111122223333:role/role-{number}",
        "CreateDate": NOW,
        "AssumeRolePolicyDocument": '{"Statement": []}',
    }


def test_identities_are_read_over_all_pages(aws: Aws, stubs: Stubs) -> None:
    stub = stubs.of("iam")
    for page in range(3):
        answer: dict[str, Any] = {"RoleDetailList": [named(page)], "IsTruncated": page < 2}
        asked: dict[str, Any] = {"MaxItems": 500}
        if page < 2:
            answer["Marker"] = f"page-{page + 1}"
        if page:
            asked["Marker"] = f"page-{page}"
        stub.add_response("get_account_authorization_details", answer, asked)
    assert [each.name for each in identities(aws).roles] == ["role-0", "role-1", "role-2"]
    assert aws.calls == {("iam", "get_account_authorization_details"): 1}


def test_half_a_list_of_identities_is_none(aws: Aws, stubs: Stubs) -> None:
    stub = stubs.of("iam")
    stub.add_response(
        "get_account_authorization_details", {"RoleDetailList": [named(0)], "IsTruncated": True, "Marker": "m"}
    )
    stub.add_client_error("get_account_authorization_details", "Throttling", "slow down", 400)
    with pytest.raises(Refused) as problem:
        identities(aws)
    assert problem.value.why.reason == "partial_data"
    assert "broke off" in problem.value.why.detail


def test_items_before_a_break_are_kept_beside_the_gap(aws: Aws, stubs: Stubs) -> None:
    stub = stubs.of("secretsmanager")
    stub.add_response(
        "list_secrets",
        {"SecretList": [{"ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:one", "Name": "one"}], "NextToken": "next"},
    )
    stub.add_client_error("list_secrets", "InternalServiceError", "broken", 500)
    stubs.of("accessanalyzer").add_client_error("list_analyzers", "AccessDeniedException", "no", 403)
    group = next(each for each in regional_groups("", ()) if each[0].name == "secrets")
    found = read_group(aws, "eu-west-1", group)
    assert [each.name for each in found.items["secrets"]] == ["one"]
    assert [(gap.part, gap.why.reason) for gap in found.gaps] == [
        ("secrets", "partial_data"),
        ("analyzers", "missing_scope"),
    ]


def test_part_that_needs_another_shares_its_gap(aws: Aws, stubs: Stubs) -> None:
    stubs.of("elbv2").add_client_error("describe_load_balancers", "AccessDenied", "no", 403)
    group = next(each for each in regional_groups("", ()) if each[0].name == "load_balancers")
    found = read_group(aws, "eu-west-1", group)
    assert [gap.part for gap in found.gaps] == ["load_balancers", "listeners"]
    assert {gap.why.missing_scope for gap in found.gaps} == {"elasticloadbalancing:DescribeLoadBalancers"}


def test_lists_without_a_paginator_are_followed(aws: Aws, stubs: Stubs) -> None:
    stub = stubs.of("wafv2")
    entry = {"Name": "acl", "Id": "1", "ARN": "arn:aws:wafv2:eu-west-1:1:regional/webacl/acl/1"}
    stub.add_response("list_web_acls", {"WebACLs": [], "NextMarker": "m"}, {"Scope": "REGIONAL", "Limit": 100})
    stub.add_response("list_web_acls", {"WebACLs": [entry]}, {"Scope": "REGIONAL", "Limit": 100, "NextMarker": "m"})
    visible = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
    managed = {
        "VendorName": "AWS",
        "Name": "Common",
        "RuleActionOverrides": [{"Name": "size", "ActionToUse": {"Count": {}}}],
    }
    rules = [
        {
            "Name": "common",
            "Priority": 0,
            "Statement": {"ManagedRuleGroupStatement": managed},
            "OverrideAction": {"None": {}},
            "VisibilityConfig": visible,
        },
        {
            "Name": "rate",
            "Priority": 1,
            "Statement": {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP"}},
            "Action": {"Block": {}},
            "VisibilityConfig": visible,
        },
    ]
    acl = entry | {"DefaultAction": {"Allow": {}}, "Rules": rules, "VisibilityConfig": visible}
    stub.add_response("get_web_acl", {"WebACL": acl})
    stub.add_client_error("get_logging_configuration", "WAFNonexistentItemException", "none", 400)
    stub.add_client_error("list_resources_for_web_acl", "AccessDeniedException", "no", 403)
    (found,) = client_firewall.web_acls(aws, "eu-west-1")
    assert (found.default_action, found.logging, found.resources) == ("allow", False, None)
    assert found.rules == (
        WafRule("common", "AWS/Common", "none", "", rate_based=False, counted_rules=("size",)),
        WafRule("rate", "", "", "block", rate_based=True),
    )


def test_chain_of_pages_without_end_is_cut(aws: Aws, stubs: Stubs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ztassess.connectors.aws.client._MOST_PAGES", 3)
    for page in range(5):
        stubs.of("ec2").add_response("describe_instances", {"Reservations": [], "NextToken": f"t{page}"})
    with pytest.raises(Refused) as problem:
        list(aws.items("ec2", "describe_instances", "Reservations", "eu-west-1"))
    assert problem.value.why.reason == "partial_data"


def test_stopped_reading_calls_nothing_more(aws: Aws) -> None:
    aws.stop()
    with pytest.raises(Canceled):
        aws.call("iam", "get_account_summary")


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("iam", "ListVirtualMFADevices", "iam:ListVirtualMFADevices"),
        ("elbv2", "DescribeListeners", "elasticloadbalancing:DescribeListeners"),
        ("sso-admin", "ListInstances", "sso:ListInstances"),
        ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
        ("accessanalyzer", "ListFindingsV2", "access-analyzer:ListFindings"),
        ("apigateway", "GetStages", "apigateway:GET"),
    ],
)
def test_missing_action_has_the_name_iam_gives_it(service: str, operation: str, action: str) -> None:
    assert action_of(service, operation) == action


def test_garbled_answer_is_partial_data_not_a_crash() -> None:
    def broken() -> Any:
        raise KeyError("Arn")

    assert part("roles", broken)["roles"].reason == "partial_data"

    def refused() -> Any:
        raise BadAnswer("A policy document is not valid JSON.")

    assert part("roles", refused)["roles"].detail == "A policy document is not valid JSON."


def test_report_is_asked_again_until_it_is_there(aws: Aws, stubs: Stubs) -> None:
    stub, waits = stubs.of("iam"), []
    stub.add_response("generate_credential_report", {"State": "STARTED"})
    stub.add_client_error("get_credential_report", "ReportNotPresent", "wait", 410)
    stub.add_client_error("get_credential_report", "ReportInProgress", "wait", 404)
    content = b"user,arn,password_enabled,password_last_used\n<root_account>,arn:aws:iam::111122223333:root,N/A,N/A\n"
    stub.add_response("get_credential_report", {"Content": content, "ReportFormat": "text/csv", "GeneratedTime": NOW})
    rows, made = credential_report(aws, waits.append)
    assert (len(rows), made, waits) == (1, NOW, [0.0, 2.0, 4.0])
    assert rows[0].keys is None, "a report without the key columns says nothing about keys"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT8H", 28800), ("PT1H30M", 5400), ("P1D", 86400), ("PT45S", 45), ("", 3600)],
)
def test_session_durations(text: str, seconds: int) -> None:
    assert session_seconds(text) == seconds


@pytest.mark.parametrize("text", ["8h", "PT", "P", "PT-8H", "8"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        session_seconds(text)


def test_account_in_no_organization_is_an_answer(aws: Aws, stubs: Stubs) -> None:
    stub = stubs.of("organizations")
    for operation in ("describe_organization", "list_parents", "list_policies"):
        stub.add_client_error(operation, "AWSOrganizationsNotInUseException", "none", 400)
    assert list(organization_accounts(aws)) == []
    assert list(organization_path(aws, "111122223333")) == []
    assert list(service_control_policies(aws)) == []


def test_path_to_the_root_of_the_organization(aws: Aws, stubs: Stubs) -> None:
    stub = stubs.of("organizations")
    stub.add_response(
        "list_parents", {"Parents": [{"Id": "ou-1", "Type": "ORGANIZATIONAL_UNIT"}]}, {"ChildId": "111122223333"}
    )
    stub.add_response("list_parents", {"Parents": [{"Id": "r-1", "Type": "ROOT"}]}, {"ChildId": "ou-1"})
    assert list(organization_path(aws, "111122223333")) == ["ou-1", "r-1"]


def test_home_region_of_identity_center_is_read_from_its_roles() -> None:
    def reserved(path: str) -> Any:
        return role("AWSReservedSSO_dev_0123456789abcdef", path=path)

    away = (reserved("/aws-reserved/sso.amazonaws.com/eu-central-1/"),)
    at_home = (reserved("/aws-reserved/sso.amazonaws.com/"),)
    assert directory_regions(away, ("us-west-2",)) == ("eu-central-1",)
    assert directory_regions(at_home, ("us-west-2",)) == ("us-east-1",)
    assert directory_regions((), ("us-west-2",)) == ("us-west-2",)
    assert directory_regions(Unavailable("missing_scope"), ("us-west-2",)) == ("us-west-2",)


def test_refused_identity_center_is_not_its_absence(aws: Aws, stubs: Stubs) -> None:
    stubs.of("sso-admin").add_client_error("list_instances", "AccessDeniedException", "no", 403)
    found = directory(lambda: aws, "111122223333", ("eu-west-1",))
    assert {value.missing_scope for value in found.values()} == {"sso:ListInstances"}
    assert set(found) == {"identity_centers", "permission_sets", "assignments"}


def test_environment_values_never_leave_the_parser(aws: Aws, stubs: Stubs) -> None:
    stub = stubs.of("ecs")
    container = {
        "name": "web",
        "environment": [{"name": "DB_PASSWORD", "value": "canary-value"}],
        "secrets": [{"name": "API_KEY", "valueFrom": "arn:aws:ssm:::parameter/canary"}],
    }
    definition = {"taskDefinitionArn": "arn:task", "family": "web", "containerDefinitions": [container]}
    stub.add_response("describe_task_definition", {"taskDefinition": definition})
    service = client_workloads.ContainerService("eu-west-1", "cluster", "web", "arn:task")
    (found,) = client_workloads.task_definitions(aws, "eu-west-1", [service])
    assert found.containers[0].variables == ("DB_PASSWORD",)
    assert found.containers[0].secret_variables == ("API_KEY",)
    assert "canary" not in repr(found)
    function = {
        "FunctionArn": "arn:fn",
        "FunctionName": "fn",
        "Role": "arn:role",
        "Environment": {"Variables": {"TOKEN": "canary-value"}},
    }
    stubs.of("lambda").add_response("list_functions", {"Functions": [function]})
    stubs.of("lambda").add_client_error("get_function_url_config", "ResourceNotFoundException", "none", 404)
    (lambda_function,) = client_workloads.functions(aws, "eu-west-1")
    assert (lambda_function.variables, lambda_function.url) == (("TOKEN",), None)
    assert "canary" not in repr(lambda_function)


def test_urls_of_declared_functions_are_asked_first(aws: Aws, stubs: Stubs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ztassess.connectors.aws.client_workloads._MOST_URLS", 1)
    listed = [{"FunctionArn": f"arn:{name}", "FunctionName": name} for name in ("a", "b")]
    stubs.of("lambda").add_response("list_functions", {"Functions": listed})
    answer = {
        "FunctionUrl": "https://x0123456789.lambda-url.eu-west-1.on.aws/",
        "AuthType": "NONE",
        "FunctionArn": "arn:" + "b" * 40,
    }
    answer |= dict.fromkeys(("CreationTime", "LastModifiedTime"), "2026-11-23T00:00:00Z")
    stubs.of("lambda").add_response("get_function_url_config", answer, {"FunctionName": "b"})
    first, second = client_workloads.functions(aws, "eu-west-1", ["b"])
    assert isinstance(first.url, Unavailable)
    assert isinstance(second.url, client_workloads.FunctionUrl)
    assert second.url.host == "x0123456789.lambda-url.eu-west-1.on.aws"


def test_every_parameter_group_in_use_is_read_once(aws: Aws, stubs: Stubs) -> None:
    group = {"DBParameterGroupName": "shared", "ParameterApplyStatus": "in-sync"}
    raw = {"Engine": "postgres", "DBParameterGroups": [group]}
    names = ({"DBInstanceIdentifier": name} for name in ("one", "two"))
    use = [parse_database_instance(raw | name, "eu-west-1") for name in names]
    parameters = [
        {"ParameterName": "rds.force_ssl", "ParameterValue": "1"},
        {"ParameterName": "port", "ParameterValue": "1"},
    ]
    stubs.of("rds").add_response(
        "describe_db_parameters", {"Parameters": parameters}, {"DBParameterGroupName": "shared"}
    )
    (found,) = client_services.parameter_groups(aws, "eu-west-1", use, [])
    assert not isinstance(found.parameters, Unavailable)
    assert [(each.name, each.value) for each in found.parameters] == [("rds.force_ssl", "1")]
    assert use[0].publicly_accessible is None, "absent is not false"


@pytest.mark.parametrize(
    ("selectors", "whole"),
    [
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}, True),
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]}, False),
        (
            {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]},
            True,
        ),
        (
            {
                "AdvancedEventSelectors": [
                    {
                        "FieldSelectors": [
                            {"Field": "eventCategory", "Equals": ["Management"]},
                            {"Field": "readOnly", "Equals": ["false"]},
                        ]
                    }
                ]
            },
            False,
        ),
    ],
)
def test_trail_that_leaves_events_out_is_seen(selectors: dict[str, Any], whole: bool, aws: Aws, stubs: Stubs) -> None:
    stub = stubs.of("cloudtrail")
    trail = {"Name": "t", "TrailARN": "arn:t", "HomeRegion": "eu-west-1", "IsMultiRegionTrail": True}
    stub.add_response("describe_trails", {"trailList": [trail]})
    stub.add_client_error("get_trail_status", "AccessDeniedException", "no", 403)
    stub.add_response("get_event_selectors", selectors, {"TrailName": ANY})
    (found,) = client_services.trails(aws, "eu-west-1", shadows=True)
    assert (found.logging, found.management_events, found.multi_region) == (None, whole, True)
