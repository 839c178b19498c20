"""Whom roles trust: named parties, named environments, named repositories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.aws.factory import ACCOUNT, FOREIGN, REFUSED, document, result, role, snapshot, trusting, verdicts
from ztassess.connectors.aws.rules_workloads import checks
from ztassess.connectors.aws.snapshot import IdentityProvider, OrganizationAccount
from ztassess.connectors.aws.trust_pipelines import Bound, bound_by
from ztassess.domain.findings import Outcome, Severity

FAIL, PASS, NOT_CHECKED, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
TRUST = "aws.trust_policies_closed"
GITHUB = "aws.github_oidc_bound"
SIBLING, STAGING = "222233334444", "333344445555"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
THEM = {"AWS": f"arn:aws:iam::{FOREIGN}:root"}
ORGANIZATION = (
    OrganizationAccount(ACCOUNT, "shop-production", "ACTIVE"),
    OrganizationAccount(SIBLING, "tools-prod", "ACTIVE"),
    OrganizationAccount(STAGING, "shop-staging", "ACTIVE"),
    OrganizationAccount("444455556666", "archive", "ACTIVE"),
)


def external(operator: str = "StringEquals", value: str = "b7c1", key: str = "sts:ExternalId") -> dict:
    return {operator: {key: value}}


@pytest.mark.parametrize(
    ("name", "trust", "outcome"),
    [
        ("a service", trusting({"Service": "ec2.amazonaws.com"}), PASS),
        ("our account", trusting({"AWS": ROOT}), PASS),
        ("our account by number", trusting({"AWS": ACCOUNT}), PASS),
        ("one of our roles", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci"}), PASS),
        ("a deleted user", trusting({"AWS": "AIDAEXAMPLE"}), PASS),
        (
            "SAML",
            trusting({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"}, action="sts:AssumeRoleWithSAML"),
            PASS,
        ),
        ("everyone", trusting("*"), FAIL),
        ("everyone, as AWS", trusting({"AWS": "*"}), FAIL),
        ("everyone in a list", trusting({"AWS": [ROOT, "*"]}), FAIL),
        ("any account's role", trusting({"AWS": "arn:aws:iam::*:role/ci"}), FAIL),
        ("everyone but us", document({"NotPrincipal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}), FAIL),
        ("everyone, any action", trusting("*", action="*"), FAIL),
        ("everyone, action in another case", trusting("*", action="STS:assumerole"), FAIL),
        ("everyone, tagging only", trusting("*", action="sts:TagSession"), PASS),
        ("everyone, with a condition on TLS", trusting("*", {"Bool": {"aws:SecureTransport": "true"}}), FAIL),
        ("everyone, with an external id", trusting("*", external()), FAIL),
        ("everyone of the organization", trusting("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), PASS),
        ("everyone, organization by wildcard", trusting("*", {"StringLike": {"aws:PrincipalOrgID": "*"}}), FAIL),
        (
            "everyone, organization if present",
            trusting("*", {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}),
            FAIL,
        ),
        ("everyone outside the organization", trusting("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), FAIL),
        ("everyone of our account", trusting("*", {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}), PASS),
        ("everyone of a foreign account", trusting("*", {"StringEquals": {"aws:PrincipalAccount": FOREIGN}}), FAIL),
        (
            "everyone named like our role",
            trusting("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ci"}}),
            FAIL,
        ),
        ("denying everyone", document({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}), PASS),
        ("a foreign account", trusting(THEM), FAIL),
        ("a foreign account by number", trusting({"AWS": FOREIGN}), FAIL),
        ("a foreign role", trusting({"AWS": f"arn:aws:iam::{FOREIGN}:role/vendor"}), FAIL),
        ("a foreign account with external id", trusting(THEM, external()), PASS),
        ("external id in another case", trusting(THEM, external(key="STS:externalid")), PASS),
        ("any external id", trusting(THEM, external("StringLike", "*")), FAIL),
        ("external id if present", trusting(THEM, external("StringEqualsIfExists")), FAIL),
        ("any external id but one", trusting(THEM, external("StringNotEquals")), FAIL),
        ("some external id", trusting(THEM, {"Null": {"sts:ExternalId": "false"}}), FAIL),
        ("all external ids of none", trusting(THEM, external("ForAllValues:StringEquals")), FAIL),
        (
            "identity pool without condition",
            trusting({"Federated": "cognito-identity.amazonaws.com"}, action="sts:AssumeRoleWithWebIdentity"),
            FAIL,
        ),
        (
            "identity pool bound",
            trusting(
                {"Federated": "cognito-identity.amazonaws.com"},
                {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:pool"}},
                action="sts:AssumeRoleWithWebIdentity",
            ),
            PASS,
        ),
        (
            "identity pool bound to anything",
            trusting(
                {"Federated": "cognito-identity.amazonaws.com"},
                {"StringLike": {"cognito-identity.amazonaws.com:aud": "*"}},
                action="sts:AssumeRoleWithWebIdentity",
            ),
            FAIL,
        ),
    ],
)
def test_roles_trust_named_parties(name, trust, outcome):
    taken = snapshot(roles=(role("x", trust=trust),), organization_accounts=ORGANIZATION)
    (found,) = verdicts(checks, TRUST, taken)
    assert found.outcome is outcome, name


def test_foreign_account_is_less_certain_without_the_list():
    taken = snapshot(roles=(role("x", trust=trusting(THEM)),), organization_accounts=REFUSED)
    (found,) = verdicts(checks, TRUST, taken)
    assert (found.outcome, found.severity) == (FAIL, Severity.HIGH)
    assert "list was not readable" in found.reason
    alone = replace(taken, organization_accounts=())
    (found,) = verdicts(checks, TRUST, alone)
    assert (found.outcome, found.severity) == (FAIL, None)


@pytest.mark.parametrize(
    ("name", "parts", "account", "outcome"),
    [
        ("production trusts production", {"organization_accounts": ORGANIZATION}, SIBLING, PASS),
        ("production trusts staging", {"organization_accounts": ORGANIZATION}, STAGING, FAIL),
        (
            "production trusts an unlabeled account",
            {"organization_accounts": ORGANIZATION},
            "444455556666",
            NOT_CHECKED,
        ),
        (
            "as declared",
            {
                "organization_accounts": ORGANIZATION,
                "inputs": {"account_environments": (("444455556666", "production"),)},
            },
            "444455556666",
            PASS,
        ),
        (
            "declared against its name",
            {"organization_accounts": ORGANIZATION, "inputs": {"account_environments": ((SIBLING, "other"),)}},
            SIBLING,
            FAIL,
        ),
        (
            "staging trusts staging",
            {"organization_accounts": ORGANIZATION, "inputs": {"environment": "other"}},
            STAGING,
            PASS,
        ),
        (
            "our environment unknown",
            {"organization_accounts": (replace(ORGANIZATION[0], name="shop"), *ORGANIZATION[1:])},
            STAGING,
            NOT_CHECKED,
        ),
        ("list refused, external id", {"organization_accounts": REFUSED}, FOREIGN, NOT_CHECKED),
        (
            "list refused, but not production",
            {"organization_accounts": REFUSED, "inputs": {"environment": "other"}},
            FOREIGN,
            PASS,
        ),
    ],
)
def test_production_does_not_trust_other_environments(name, parts, account, outcome):
    trust = trusting({"AWS": f"arn:aws:iam::{account}:role/deploy"}, external())
    assert result(checks, TRUST, snapshot(roles=(role("x", trust=trust),), **parts)).outcome is outcome, name


def test_whole_account_is_a_near_miss():
    (found,) = verdicts(checks, TRUST, snapshot(roles=(role("ops", trust=trusting({"AWS": ROOT})),)))
    assert found.near_miss == f"ops trusts the whole account {ACCOUNT}, not a role."


def test_trust_of_no_role_is_not_applicable_and_of_refused_roles_not_checked():
    linked = role("x", trust=trusting("*"), path="/aws-service-role/a.amazonaws.com/")
    assert result(checks, TRUST, snapshot(roles=(linked,))).outcome is NOT_APPLICABLE
    assert result(checks, TRUST, snapshot(roles=REFUSED)).outcome is NOT_CHECKED


PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
MAIN = "repo:acme/shop:ref:refs/heads/main"


def pipeline(
    sub: str | list[str] | None,
    operator: str = "StringLike",
    aud: str | None = "sts.amazonaws.com",
    provider: str = PROVIDER,
):
    host = provider.rpartition("oidc-provider/")[2]
    condition: dict = {}
    if aud:
        condition["StringEquals"] = {f"{host}:aud": aud}
    if sub:
        condition.setdefault(operator, {})[f"{host}:sub"] = sub
    return trusting({"Federated": provider}, condition, action="sts:AssumeRoleWithWebIdentity")


@pytest.mark.parametrize(
    ("subject", "bound"),
    [
        ("", Bound.UNKNOWN),
        ("*", Bound.NOTHING),
        ("repo:*", Bound.NOTHING),
        ("re*", Bound.NOTHING),
        ("repo:*/*:ref:refs/heads/main", Bound.NOTHING),
        ("repo:ac*/shop:ref:refs/heads/main", Bound.NOTHING),
        ("repo:acme/*", Bound.OWNER),
        ("repo:acme/*:ref:refs/heads/main", Bound.OWNER),
        ("repo:acme/shop*", Bound.OWNER),
        ("repo:acme/sho?:ref:refs/heads/main", Bound.OWNER),
        ("repo:acme/shop", Bound.REPOSITORY),
        ("repo:acme/shop:*", Bound.REPOSITORY),
        ("repo:acme/shop:pull_request", Bound.REPOSITORY),
        ("repo:acme/shop:ref:*", Bound.REPOSITORY),
        ("repo:acme/shop:ref:refs/heads/*", Bound.REPOSITORY),
        ("repo:acme/shop:environment:*", Bound.REPOSITORY),
        (MAIN, Bound.REFERENCE),
        ("repo:acme/shop:ref:refs/heads/release/*", Bound.REFERENCE),
        ("repo:acme/shop:ref:refs/tags/v1", Bound.REFERENCE),
        ("repo:acme/shop:environment:production", Bound.REFERENCE),
        ("repo:acme/shop:environment:production:job_workflow_ref:acme/ci/x", Bound.REFERENCE),
        ("repo:acme@1/shop@2:ref:refs/heads/main", Bound.REFERENCE),
        ("repository_owner_id:1", Bound.UNKNOWN),
        ("repo:acme/shop:job_workflow_ref:acme/ci/x", Bound.UNKNOWN),
    ],
)
def test_subject_binds_as_tightly_as_it_reads(subject, bound):
    assert bound_by(subject) is bound


@pytest.mark.parametrize(
    ("name", "trust", "outcome", "level"),
    [
        ("a branch", pipeline(MAIN), PASS, None),
        ("a branch, exactly", pipeline(MAIN, "StringEquals"), PASS, None),
        ("two branches", pipeline([MAIN, "repo:acme/shop:environment:production"]), PASS, None),
        ("an enterprise's own issuer", pipeline(MAIN, provider=f"{PROVIDER}/acme"), PASS, None),
        ("no subject", pipeline(None), FAIL, 0),
        ("any subject", pipeline("*"), FAIL, 0),
        ("any repository", pipeline("repo:*"), FAIL, 0),
        ("any repository of the owner", pipeline("repo:acme/*"), FAIL, None),
        ("any branch", pipeline("repo:acme/shop:*"), FAIL, None),
        ("one good value, one open", pipeline([MAIN, "repo:*"]), FAIL, 0),
        ("subject if present", pipeline(MAIN, "StringLikeIfExists"), FAIL, 0),
        ("any subject but one", pipeline(MAIN, "StringNotLike"), FAIL, 0),
        ("all of no subjects", pipeline(MAIN, "ForAllValues:StringLike"), FAIL, 0),
        ("one of some subjects", pipeline(MAIN, "ForAnyValue:StringLike"), PASS, None),
        ("no audience", pipeline(MAIN, aud=None), FAIL, None),
        ("another audience", pipeline(MAIN, aud="https://github.com/acme"), FAIL, None),
        ("customized subject", pipeline("repository_id:1"), NOT_CHECKED, None),
    ],
)
def test_pipeline_role_is_bound_to_a_repository_and_a_branch(name, trust, outcome, level):
    (found,) = verdicts(checks, GITHUB, snapshot(roles=(role("deploy", trust=trust),)))
    assert (found.outcome, found.level) == (outcome, level), name


def test_any_branch_is_a_near_miss():
    (found,) = verdicts(checks, GITHUB, snapshot(roles=(role("deploy", trust=pipeline("repo:acme/shop:*")),)))
    assert found.near_miss == "Bound to the repository, any branch."


def test_second_statement_without_a_subject_opens_the_role():
    both = document(
        *(
            {
                "Principal": {"Federated": PROVIDER},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringLike": tests},
            }
            for tests in (
                {
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": MAIN,
                },
                {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
            )
        )
    )
    assert result(checks, GITHUB, snapshot(roles=(role("deploy", trust=both),))).outcome is FAIL


def test_every_repository_of_github_is_no_named_party():
    taken = snapshot(roles=(role("deploy", trust=pipeline(None)),))
    assert result(checks, TRUST, taken).outcome is FAIL
    bound = snapshot(roles=(role("deploy", trust=pipeline(MAIN)),))
    assert result(checks, TRUST, bound).outcome is PASS


def test_account_without_pipelines_is_not_applicable():
    assert result(checks, GITHUB, snapshot(roles=(role("x"),))).outcome is NOT_APPLICABLE
    idle = IdentityProvider(PROVIDER, "oidc", "token.actions.githubusercontent.com")
    assert result(checks, GITHUB, snapshot(roles=(role("x"),), oidc_providers=(idle,))).outcome is NOT_APPLICABLE
    assert result(checks, GITHUB, snapshot(roles=REFUSED)).outcome is NOT_CHECKED
    export = snapshot(roles=(role("deploy", trust=pipeline("repo:*")),), oidc_providers=REFUSED)
    assert result(checks, GITHUB, export).outcome is FAIL
