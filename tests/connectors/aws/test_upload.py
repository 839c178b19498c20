"""Exports instead of a credential: the same snapshot, or one clear sentence for every malformed file."""

from __future__ import annotations

import base64
import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.aws.conftest import Run, context
from tests.services.moto import MotoServer, build_account
from ztassess.connectors.aws import CONNECTOR
from ztassess.connectors.aws.collect import collect
from ztassess.connectors.aws.snapshot import AwsSnapshot
from ztassess.connectors.aws.upload import parse_upload
from ztassess.connectors.contract import UploadedFile, parts_of
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

NOWHERE = context("")
HEAD = (
    "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_2_active"
)
MADE = "2020-01-01T00:00:00+00:00"
ROOT = f"<root_account>,arn:aws:iam::111122223333:root,{MADE},not_supported,no_information,true,false,false"
ANN = f"ann,arn:aws:iam::111122223333:user/ann,{MADE},true,2026-11-01T00:00:00+00:00,true,true,false"
EMPTY_DETAILS: dict[str, Any] = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
GROUP = {"GroupId": "sg-1", "GroupName": "web", "VpcId": "vpc-1", "OwnerId": "111122223333", "IpPermissions": []}


def file(name: str, content: Any) -> UploadedFile:
    if isinstance(content, str):
        content = content.encode()
    return UploadedFile(name, content if isinstance(content, bytes) else json.dumps(content).encode())


def read(*files: UploadedFile) -> AwsSnapshot:
    return parse_upload(files, NOWHERE)


def report(*rows: str, head: str = HEAD) -> str:
    return "\n".join((head, *rows)) + "\n"


def refused(*files: UploadedFile) -> str:
    with pytest.raises(InputInvalid) as problem:
        read(*files)
    return problem.value.sentence


def cli(answer: dict[str, Any]) -> bytes:
    """As the AWS command line writes an answer."""
    answer.pop("ResponseMetadata", None)
    return json.dumps(answer, default=lambda value: value.isoformat(), indent=4).encode()


def test_exports_give_the_same_snapshot_as_the_connection(moto: MotoServer, run: Run) -> None:
    build_account(moto.endpoint, users=41, roles=30)
    session = boto3.Session("testing", "testing", region_name="us-east-1")
    iam, ec2, rds = (session.client(each, endpoint_url=moto.endpoint) for each in ("iam", "ec2", "rds"))
    iam.generate_credential_report()
    snapshot = read(
        file("gaad.json", cli(iam.get_account_authorization_details())),
        file("credential_report.csv", iam.get_credential_report()["Content"]),
        file("account_summary.json", cli(iam.get_account_summary())),
        file("security_groups.us-east-1.json", cli(ec2.describe_security_groups())),
        file("network_interfaces.us-east-1.json", cli(ec2.describe_network_interfaces())),
        file("db_instances.us-east-1.json", cli(rds.describe_db_instances())),
    )
    live = collect(run())
    for part in ("users", "groups", "roles", "policies", "credential_report", "account_summary", "security_groups"):
        assert getattr(snapshot, part) == getattr(live, part), part
    assert (snapshot.account, snapshot.uploaded, snapshot.read_regions()) == (live.account, True, ("us-east-1",))
    findings = judge(CONNECTOR, snapshot).findings
    assert {each.check for each in findings if each.verdict.outcome is Outcome.FAIL} >= {
        "aws.no_admin_roles",
        "aws.no_privilege_escalation",
        "aws.no_console_passwords",
        "aws.no_access_keys",
        "aws.trust_policies_closed",
        "aws.github_oidc_bound",
    }
    assert Outcome.ERROR not in {each.verdict.outcome for each in findings}


def test_part_in_no_file_is_input_missing_and_never_passes() -> None:
    snapshot = read(
        file("account_summary.json", {"SummaryMap": {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}})
    )
    absent = [part for part in parts_of(snapshot) if part.name != "account_summary"]
    assert {part.seen.reason for part in absent if isinstance(part.seen, Unavailable)} == {"input_missing"}
    assert all(isinstance(part.seen, Unavailable) for part in absent)
    outcomes = {each.check: each.outcome for each in judge(CONNECTOR, snapshot).results}
    assert outcomes.pop("aws.root_mfa_enabled") is Outcome.PASS
    assert set(outcomes.values()) <= {Outcome.NOT_CHECKED, Outcome.FAIL}
    assert [check for check, outcome in outcomes.items() if outcome is Outcome.FAIL] == []


def test_report_in_the_command_lines_own_json_keeps_its_date() -> None:
    content = base64.b64encode(report(ROOT, ANN).encode()).decode()
    wrapped = {"Content": content, "ReportFormat": "text/csv", "GeneratedTime": "2026-11-22T10:00:00+00:00"}
    snapshot = read(file("report.json", wrapped))
    assert snapshot.report_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert [row.user for row in snapshot.credential_report] == ["<root_account>", "ann"]  # type: ignore[union-attr]


def test_powershell_writes_utf_16() -> None:
    snapshot = read(file("gaad.json", json.dumps(EMPTY_DETAILS).encode("utf-16")))
    assert snapshot.users == ()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.json", "", "empty.json is empty"),
        ("gaad.json", '{"UserDetailList": [', "not valid JSON; it may be cut off"),
        ("deep.json", "[" * 10_000, "not valid JSON"),
        ("deep.json", '{"a":' * 10_000 + "1" + "}" * 10_000, "not valid JSON"),
        ("list.json", [1, 2], "not an export of the AWS command line"),
        ("events.json", {"Records": []}, "none of the exports we know"),
        ("gaad.json", {"UserDetailList": [], "RoleDetailList": []}, "lacks one of the lists"),
        ("gaad.json", {**EMPTY_DETAILS, "RoleDetailList": [{"Arn": "x"}]}, "is not what `aws iam get-account-auth"),
        ("gaad.json", {**EMPTY_DETAILS, "RoleDetailList": ["x"]}, "is not what `aws iam get-account-auth"),
        ("summary.json", {"SummaryMap": []}, "is not what `aws iam get-account-summary` writes"),
        ("report.json", {"Content": "!!", "ReportFormat": "text/csv"}, "holds no credential report"),
        ("report.csv", "name,email\nann,ann@acme.example\n", "has no column user"),
        ("report.csv", b"\x00\xff\xfe garbage", "not a CSV file in UTF-8"),
        ("report.csv", report(), "cut off"),
        ("report.csv", report(ROOT, ANN[: len(ANN) // 2]), "Line 3 of the credential report"),
        ("report.csv", report(ANN.replace("ann,", "=HYPERLINK(1),", 1)), "does not name an IAM user"),
        ("report.csv", report(ANN.replace("ann,", "@SUM(A1),", 1)), "does not name an IAM user"),
        ("report.csv", report(ANN.replace("true", "=1+1", 1)), "holds a value that AWS does not write"),
        ("report.csv", report(ANN.replace("2026-11-01", "yesterday", 1)), "holds a value that AWS does not write"),
        ("groups.json", {"SecurityGroups": [GROUP]}, "does not say which region"),
        ("groups.eu-west-1.json", {"SecurityGroups": [{"GroupId": "sg-1"}]}, "describe-security-groups"),
        ("groups.eu-west-1.json", {"SecurityGroups": "x"}, "describe-security-groups"),
    ],
)
def test_malformed_files_get_a_sentence(name: str, content: Any, sentence: str) -> None:
    assert sentence in refused(file(name, content))


def test_formula_in_a_cell_is_not_repeated() -> None:
    cell = '=cmd|"/c calc"!A1'
    assert "calc" not in refused(file("report.csv", report(ANN.replace("ann,", f"'{cell}',", 1))))


@pytest.mark.parametrize("more", [{"NextToken": "abc"}, {"IsTruncated": True}, {"Marker": "abc"}])
def test_half_a_list_of_identities_is_not_judged(more: dict[str, Any]) -> None:
    snapshot = read(file("gaad.json", EMPTY_DETAILS | more))
    for part in (snapshot.users, snapshot.groups, snapshot.roles, snapshot.policies):
        assert isinstance(part, Unavailable)
        assert part.reason == "partial_data"
    assert "Export it again without a page limit" in snapshot.roles.detail  # type: ignore[union-attr]


def test_half_a_list_in_one_region_is_a_gap_there() -> None:
    snapshot = read(
        file("groups.eu-west-1.json", {"SecurityGroups": [GROUP]}),
        file("groups.us-east-1.json", {"SecurityGroups": [GROUP], "NextToken": "more"}),
        file("interfaces.eu-west-1.json", {"NetworkInterfaces": []}),
    )
    assert [each.region for each in snapshot.security_groups] == ["eu-west-1"]  # type: ignore[union-attr]
    assert [
        (gap.region, gap.part, gap.why.reason) for gap in snapshot.gaps("security_groups", "network_interfaces")
    ] == [
        ("us-east-1", "security_groups", "partial_data"),
        ("us-east-1", "network_interfaces", "input_missing"),
    ]


def test_files_of_two_accounts_are_refused() -> None:
    other = {**GROUP, "OwnerId": "999988887777"}
    sentence = refused(file("report.csv", report(ROOT)), file("groups.eu-west-1.json", {"SecurityGroups": [other]}))
    assert "different accounts" in sentence
    assert "111122223333" in sentence
    assert "999988887777" in sentence


def test_shared_group_and_organization_trail_do_not_make_it_another_account() -> None:
    shared = {**GROUP, "GroupId": "sg-2", "OwnerId": "999988887777"}
    trail = {
        "Name": "org",
        "TrailARN": "arn:aws:cloudtrail:us-east-1:999988887777:trail/org",
        "IsOrganizationTrail": True,
    }
    snapshot = read(
        file("groups.eu-west-1.json", {"SecurityGroups": [GROUP, GROUP | {"GroupId": "sg-3"}, shared]}),
        file("trails.eu-west-1.json", {"trailList": [trail]}),
    )
    assert snapshot.account == "111122223333"


def test_same_list_twice_is_refused() -> None:
    assert "repeats" in refused(file("a.json", EMPTY_DETAILS), file("b.json", EMPTY_DETAILS))
    groups = {"SecurityGroups": []}
    assert "repeats" in refused(file("a.eu-west-1.json", groups), file("b.eu-west-1.json", groups))


def test_region_is_taken_from_the_objects_before_the_name() -> None:
    database = {
        "DBInstanceIdentifier": "orders",
        "Engine": "postgres",
        "DBInstanceArn": "arn:aws:rds:eu-west-3:111122223333:db:orders",
    }
    snapshot = read(file("databases.json", {"DBInstances": [database]}))
    assert [each.region for each in snapshot.database_instances] == ["eu-west-3"]  # type: ignore[union-attr]
    interface = {"NetworkInterfaceId": "eni-1", "AvailabilityZone": "ap-southeast-2c", "OwnerId": "111122223333"}
    snapshot = read(file("interfaces.json", {"NetworkInterfaces": [interface]}))
    assert snapshot.read_regions() == ("ap-southeast-2",)


def test_no_file_says_what_we_read() -> None:
    assert "We read account authorization details" in refused()


KEYS = [
    "RoleDetailList",
    "UserDetailList",
    "GroupDetailList",
    "Policies",
    "SecurityGroups",
    "IpPermissions",
    "Arn",
    "CreateDate",
    "Statement",
    "AssumeRolePolicyDocument",
    "DBInstances",
    "trailList",
    "SummaryMap",
    "GroupId",
    "NetworkInterfaces",
    "Content",
    "ReportFormat",
]
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
ANY_JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(ANY_JSON)
def test_any_json_is_a_snapshot_or_a_sentence(value: Any) -> None:
    with contextlib.suppress(InputInvalid):
        assert isinstance(read(file("any.eu-west-1.json", value)), AwsSnapshot)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sentence(content: bytes) -> None:
    with pytest.raises(InputInvalid):
        read(file("any.csv", content))
