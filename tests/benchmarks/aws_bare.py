"""A bare boto3 script that makes the calls of ``check_system aws --set regions=us-east-1`` and judges nothing.

Run by aws_vs_bare.py. Endpoint and credentials come from the environment. One try for each call: a server that does not
know an action is then asked once, as the connector asks it.
"""

from __future__ import annotations

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

REGION = "us-east-1"
# The connection test: one small request for each part.
SMALL = (
    ("cloudfront", "list_distributions", {"MaxItems": "1"}),
    ("organizations", "list_accounts", {"MaxResults": 1}),
    ("organizations", "list_policies", {"Filter": "SERVICE_CONTROL_POLICY", "MaxResults": 1}),
    ("ec2", "describe_security_groups", {"MaxResults": 5}),
    ("ec2", "describe_network_interfaces", {"MaxResults": 5}),
    ("ec2", "describe_instances", {"MaxResults": 5}),
    ("ec2", "describe_flow_logs", {"MaxResults": 1}),
    ("ec2", "describe_vpn_connections", {}),
    ("ec2", "describe_client_vpn_endpoints", {"MaxResults": 5}),
    ("elbv2", "describe_load_balancers", {"PageSize": 1}),
    ("apigateway", "get_rest_apis", {"limit": 1}),
    ("wafv2", "list_web_acls", {"Scope": "REGIONAL", "Limit": 1}),
    ("rds", "describe_db_instances", {"MaxRecords": 20}),
    ("rds", "describe_db_clusters", {"MaxRecords": 20}),
    ("redshift", "describe_clusters", {"MaxRecords": 20}),
    ("cloudtrail", "describe_trails", {"includeShadowTrails": False}),
    ("guardduty", "list_detectors", {"MaxResults": 1}),
    ("events", "list_rules", {"Limit": 1}),
    ("logs", "describe_metric_filters", {"limit": 1}),
    ("cloudwatch", "describe_alarms", {"MaxRecords": 1}),
    ("secretsmanager", "list_secrets", {"MaxResults": 1}),
    ("ssm", "describe_instance_information", {"MaxResults": 5}),
    ("eks", "list_clusters", {"maxResults": 1}),
    ("ecs", "list_clusters", {"maxResults": 1}),
    ("lambda", "list_functions", {"MaxItems": 1}),
    ("accessanalyzer", "list_analyzers", {"maxResults": 1}),
    ("s3control", "get_public_access_block", {"AccountId": "{account}"}),
    ("sso-admin", "list_instances", {"MaxResults": 1}),
)
# The reading; of lists, all pages.
WHOLE = (
    ("iam", "generate_credential_report", {}),
    ("iam", "get_credential_report", {}),
    ("iam", "get_account_authorization_details", {}),
    ("iam", "get_account_summary", {}),
    ("iam", "list_virtual_mfa_devices", {"AssignmentStatus": "Assigned"}),
    ("iam", "get_account_password_policy", {}),
    ("iam", "list_open_id_connect_providers", {}),
    ("iam", "get_open_id_connect_provider", {"OpenIDConnectProviderArn": "{provider}"}),
    ("iam", "list_saml_providers", {}),
    ("iam", "generate_service_last_accessed_details", {"Arn": "arn:aws:iam::{account}:role/deploy-everything"}),
    ("ec2", "describe_regions", {}),
    ("ec2", "describe_security_groups", {}),
    ("ec2", "describe_network_interfaces", {}),
    ("ec2", "describe_instances", {}),
    ("ec2", "describe_flow_logs", {}),
    ("ec2", "describe_vpn_connections", {}),
    ("ec2", "describe_client_vpn_endpoints", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("cloudfront", "list_distributions", {}),
    ("apigateway", "get_rest_apis", {}),
    ("wafv2", "list_web_acls", {"Scope": "REGIONAL", "Limit": 100}),
    ("wafv2", "list_web_acls", {"Scope": "CLOUDFRONT", "Limit": 100}),
    ("rds", "describe_db_instances", {}),
    ("rds", "describe_db_clusters", {}),
    ("redshift", "describe_clusters", {}),
    ("cloudtrail", "describe_trails", {"includeShadowTrails": True}),
    ("guardduty", "list_detectors", {}),
    ("events", "list_rules", {}),
    ("logs", "describe_metric_filters", {}),
    ("secretsmanager", "list_secrets", {}),
    ("accessanalyzer", "list_analyzers", {}),
    ("ssm", "describe_instance_information", {}),
    ("eks", "list_clusters", {}),
    ("ecs", "list_clusters", {}),
    ("lambda", "list_functions", {}),
    ("organizations", "describe_organization", {}),
    ("organizations", "list_parents", {"ChildId": "{account}"}),
    ("organizations", "list_policies", {"Filter": "SERVICE_CONTROL_POLICY"}),
    ("s3control", "get_public_access_block", {"AccountId": "{account}"}),
    ("sso-admin", "list_instances", {}),
)


def main() -> None:
    session = boto3.Session(region_name=REGION)
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    clients: dict[str, object] = {}

    def client(service: str):
        if service not in clients:
            made = session.client(service, config=config)
            if service == "s3control":
                made.meta.events.register("before-sign.s3-control", host_without_account)
            clients[service] = made
        return clients[service]

    def host_without_account(request, **_) -> None:
        request.url = request.url.replace(f"{values['account']}.", "", 1)

    account = client("sts").get_caller_identity()["Account"]
    provider = f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com"
    values = {"account": account, "provider": provider}
    kept = []
    for whole, calls in ((False, SMALL), (True, WHOLE)):
        for service, operation, parameters in calls:
            filled = {key: each.format(**values) if isinstance(each, str) else each for key, each in parameters.items()}
            try:
                if whole and client(service).can_paginate(operation):
                    kept += list(client(service).get_paginator(operation).paginate(**filled))
                else:
                    kept.append(getattr(client(service), operation)(**filled))
            except (ClientError, BotoCoreError, ResponseParserError):
                continue
    instance = next(each["Instances"][0]["InstanceArn"] for each in reversed(kept) if "Instances" in each)
    kept += list(client("sso-admin").get_paginator("list_permission_sets").paginate(InstanceArn=instance))


if __name__ == "__main__":
    main()
