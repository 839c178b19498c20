"""What every rule of workloads, network and stores promises: its metadata, and silence where nobody could look."""

from __future__ import annotations

from dataclasses import fields

import pytest

from tests.connectors.aws.factory import ACCOUNT, NOW, REFUSED, snapshot
from ztassess.connectors.aws import rules_network, rules_stores, rules_workloads
from ztassess.connectors.aws.snapshot import NOT_READ, AwsSnapshot, Inputs
from ztassess.domain.checks import evaluate
from ztassess.domain.findings import Outcome

CHECKS = {check.id: check for module in (rules_workloads, rules_network, rules_stores) for check in module.checks}

PROMISED = """
aws.no_admin_roles | No workload is administrator | critical | least-privilege.no-wildcard-iam 2
aws.no_privilege_escalation | No role can raise its own rights | critical | least-privilege.no-wildcard-iam 2
aws.analyzer_findings_closed | Access Analyzer runs and is quiet | medium | least-privilege.no-wildcard-iam 3, least-privilege.review-cadence 3
aws.unused_roles_removed | Unused roles are removed | medium | least-privilege.review-cadence 2
aws.trust_policies_closed | Roles trust only named parties | critical | least-privilege.environment-separation 2, least-privilege.no-wildcard-iam 2
aws.accounts_by_environment | Environments are separate accounts | high | least-privilege.environment-separation 2
aws.github_oidc_bound | Pipeline roles are bound to a repository | critical | least-privilege.ci-scopes 2
aws.workload_roles_distinct | Each workload has its own role | high | identity.workload-identity 2
aws.service_calls_authorized | Function URLs and APIs need an identity | high | mesh.service-auth 2
aws.grants_exported | Every grant can be listed | low | least-privilege.grant-inventory 2
aws.secrets_rotated | Managed secrets rotate | medium | credentials.secrets-manager 2
aws.no_secrets_in_task_environment | Secrets are not plain variables | high | credentials.secrets-manager 2, credentials.no-secrets-in-code 2 s
aws.security_groups_closed | No administration port is open | critical | perimeter.default-deny-firewall 3, proxy.admin-paths 2 s
aws.origins_accept_proxy_only | Origins accept the proxy alone | high | proxy.no-direct-origin 2
aws.service_groups_reference_groups | Services are reached by group, not by network | medium | mesh.default-deny 1
aws.client_vpn_scoped | Client VPN is gone or per group | high | proxy.vpn-retired 2
aws.instances_managed_without_ssh | Instances are reached through Session Manager | medium | proxy.admin-paths 2
aws.public_endpoints_listed | Public endpoints are declared | low | proxy.inventory 2
aws.waf_attached_and_blocking | Public entry points have a blocking WAF | high | perimeter.waf 2
aws.databases_private_and_encrypted | Databases are private and encrypted | critical | perimeter.private-datastores 2
aws.buckets_block_public_access | Buckets cannot be public | high | perimeter.private-datastores 3
aws.database_transport_encrypted | Databases refuse plain connections | high | mesh.sensitive-path-mtls 1
aws.database_iam_authentication | Databases accept IAM tokens | medium | credentials.dynamic-database 2, least-privilege.db-user-per-service 3
aws.trail_complete | API calls are recorded everywhere | high | identity.logging 2
aws.egress_limited | Sensitive services limit egress and metadata | medium | perimeter.egress-control 2
"""  # noqa: E501  one check a line, to be read beside the page


def test_checks_are_those_promised():
    seen = [
        f"{check.id} | {check.title} | {check.severity.value} | "
        + ", ".join(f"{each.control} {each.level}{' s' * each.supporting}" for each in check.verifies)
        for check in CHECKS.values()
    ]
    assert sorted(seen) == sorted(PROMISED.strip().splitlines())


@pytest.mark.parametrize("check_id", CHECKS)
def test_parts_named_are_parts_of_the_snapshot(check_id):
    parts = {each.name for each in fields(AwsSnapshot) if each.default is NOT_READ}
    assert CHECKS[check_id].parts
    assert set(CHECKS[check_id].parts) <= parts


@pytest.mark.parametrize("check_id", CHECKS)
@pytest.mark.parametrize("declared", [False, True])
def test_where_nothing_was_read_nothing_is_judged(check_id, declared):
    inputs = Inputs(
        **dict.fromkeys(
            ("data_stores", "internal_services", "sensitive_groups", "origin_groups", "public_endpoints"),
            ("x",) if declared else None,
        )
    )
    taken = AwsSnapshot(account=ACCOUNT, taken_at=NOW, inputs=inputs)
    assert {found.verdict.outcome for found in evaluate([CHECKS[check_id]], taken)} == {Outcome.NOT_CHECKED}


@pytest.mark.parametrize("check_id", CHECKS)
def test_refusing_one_part_never_makes_a_pass(check_id):
    """An account with nothing in it, one part refused: at best nothing to judge."""
    for part in CHECKS[check_id].parts:
        found = evaluate([CHECKS[check_id]], snapshot(**{part: REFUSED}))
        allowed = {Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE, Outcome.FAIL}
        if check_id == "aws.client_vpn_scoped" and part == "vpn_connections":
            allowed.add(Outcome.PASS)  # it is only named beside the pass
        assert {each.verdict.outcome for each in found} <= allowed, part


@pytest.mark.parametrize("check_id", CHECKS)
def test_findings_of_a_check_name_each_resource_once(check_id):
    found = evaluate([CHECKS[check_id]], AwsSnapshot(account=ACCOUNT, taken_at=NOW))
    resources = [each.verdict.resource for each in found]
    assert len(resources) == len(set(resources))
