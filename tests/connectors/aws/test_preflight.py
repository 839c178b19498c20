"""The connection test: what the credential may see, and that it can only read."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.connectors.aws.conftest import Run
from tests.services.moto import MotoServer
from ztassess.connectors.aws.preflight import preflight

ROLE = "arn:aws:iam::123456789012:role/ztassess-reader"
TRUST_OURS = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999988887777:role/z"},'
    '"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"0f3c"}}}]}'
)


@pytest.fixture
def reader(moto: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the role we read as, with a trust policy and an inline policy, and returns its connection test."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAINSTALLATION")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-the-installation")
    iam = boto3.client("iam", endpoint_url=moto.endpoint, region_name="us-east-1")

    def make(policy: str, trust: str = TRUST_OURS) -> None:
        iam.create_role(RoleName="ztassess-reader", AssumeRolePolicyDocument=trust)
        iam.put_role_policy(RoleName="ztassess-reader", PolicyName="read", PolicyDocument=policy)

    return make


def grant(*actions: str) -> str:
    quoted = ", ".join(f'"{each}"' for each in actions)
    return f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Resource":"*","Action":[{quoted}]}}]}}'


@pytest.mark.parametrize(
    ("policy", "refusal"),
    [
        (grant("iam:Get*", "ec2:Describe*", "iam:GenerateCredentialReport"), ""),
        (grant("iam:Get*", "s3:PutObject"), "The role ztassess-reader can s3:PutObject. Attach only the policy shown."),
        (grant("iam:PassRole", "IAM:CREATE*"), "can iam:CreateAccessKey and "),
        (grant("ec2:CreateTags"), "can ec2:CreateTags"),
        (grant("*:*"), "can do everything"),
    ],
)
def test_credential_that_can_write_is_refused(policy: str, refusal: str, reader: Any, run: Run) -> None:
    reader(policy)
    found = preflight(run(config={"role_arn": ROLE, "external_id": "0f3c"}, secrets={}))
    assert found.refused == "" if not refusal else refusal in found.refused
    assert found.identity.startswith("arn:aws:sts::123456789012:assumed-role/ztassess-reader/")


@pytest.mark.parametrize(
    "condition", ['"StringLike":{"sts:ExternalId":"*"}', '"StringEquals":{"sts:ExternalId":"other"}']
)
def test_role_that_others_may_assume_is_refused(condition: str, reader: Any, run: Run) -> None:
    reader(grant("iam:Get*"), TRUST_OURS.replace('"StringEquals":{"sts:ExternalId":"0f3c"}', condition))
    found = preflight(run(config={"role_arn": ROLE, "external_id": "0f3c"}, secrets={}))
    assert "Any customer of ours could use your role" in found.refused


def test_operators_own_environment_is_warned_about_not_refused(reader: Any, run: Run) -> None:
    reader(grant("s3:*"))
    config = {"role_arn": ROLE, "external_id": "0f3c"}
    assert preflight(run(config=config, secrets={}, operator={"operator_environment": "1"})).refused
    found = preflight(run(secrets={}, operator={"operator_environment": "1"}))
    assert found.refused == ""
    assert "could not verify" in found.warnings[0]


def test_each_part_says_whether_it_may_be_read(moto: MotoServer, run: Run) -> None:
    moto.fail("ec2:DescribeFlowLogs", "UnauthorizedOperation")
    moto.fail("sso:ListInstances", "AccessDeniedException")
    moto.fail("iam:GetAccountAuthorizationDetails", "AccessDenied")
    found = preflight(run())
    denied = {row.part: row.missing_scope for row in found.rows if not row.allowed and row.missing_scope}
    assert denied == {
        "flow_logs": "ec2:DescribeFlowLogs",
        "identity_centers": "sso:ListInstances",
        "roles": "iam:GetAccountAuthorizationDetails",
    }
    assert {"account_summary", "security_groups", "public_access_block"} <= {
        row.part for row in found.rows if row.allowed
    }
    assert "could not verify" in found.warnings[0]
    assert len(moto.calls()) < 45
