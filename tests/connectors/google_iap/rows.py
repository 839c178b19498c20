"""Rows as Google Cloud's interfaces give them, with what must never be kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.fakes.vendor import CANARY, NOW

PROD, DEV, ORGANIZATION, FOLDER = "acme-prod", "acme-dev", "34", "12"
NUMBERS = {PROD: "111", DEV: "222"}
READER = "ztassess@acme-ops.iam.gserviceaccount.com"
LEVEL = "accessPolicies/77/accessLevels/managed"
OFFICE = "accessPolicies/77/accessLevels/office"
ROOT = "https://www.googleapis.com/compute/v1/projects"
ACCESSOR = "roles/iap.httpsResourceAccessor"


def needs(level: str = LEVEL) -> str:
    """A condition that names an access level."""
    return f'"{level}" in request.auth.access_levels'


def binding(role: str, *members: str, condition: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"role": role, "members": list(members)}
    return found | ({"condition": {"title": "c", "expression": condition}} if condition else {})


def policy(*bindings: dict[str, Any]) -> dict[str, Any]:
    """An allow policy; Google leaves empty bindings out."""
    found: dict[str, Any] = {"version": 3, "etag": "BwXabc="}
    return found | ({"bindings": list(bindings)} if bindings else {})


def link(project: str, kind: str, name: str, region: str = "") -> str:
    return f"{ROOT}/{project}/{f'regions/{region}' if region else 'global'}/{kind}/{name}"


def backend(name: str, project: str = PROD, **changed: Any) -> dict[str, Any]:
    value = {
        "kind": "compute#backendService",
        "name": name,
        "selfLink": link(project, "backendServices", name),
        "protocol": "HTTPS",
        "loadBalancingScheme": "EXTERNAL_MANAGED",
        "iap": {"enabled": True, "oauth2ClientId": "", "oauth2ClientSecretSha256": CANARY},
        "securityPolicy": link(project, "securityPolicies", "edge"),
        "backends": [{"group": f"{ROOT}/{project}/zones/europe-west1-b/instanceGroups/web"}],
        "customRequestHeaders": [f"x-secret: {CANARY}"],
    }
    return value | changed


def url_map(name: str, hosts: dict[str, list[str]], default: str, project: str = PROD) -> dict[str, Any]:
    """One URL map: by host its backends, the first of which is the host's default."""
    matchers = []
    for number, names in enumerate(hosts.values()):
        links = [link(project, "backendServices", each) for each in names]
        rules = [{"paths": [f"/{at}/*"], "service": each} for at, each in enumerate(links[1:])]
        matchers.append({"name": f"m{number}", "defaultService": links[0], "pathRules": rules})
    rules = [{"hosts": [host], "pathMatcher": f"m{number}"} for number, host in enumerate(hosts)]
    return {
        "kind": "compute#urlMap",
        "name": name,
        "selfLink": link(project, "urlMaps", name),
        "defaultService": link(project, "backendServices", default),
        "hostRules": rules,
        "pathMatchers": matchers,
    }


def endpoint_group(name: str, service: str, project: str = PROD) -> dict[str, Any]:
    return {
        "name": name,
        "selfLink": link(project, "networkEndpointGroups", name, "europe-west1"),
        "region": f"{ROOT}/{project}/regions/europe-west1",
        "networkEndpointType": "SERVERLESS",
        "cloudRun": {"service": service},
    }


def run_service(name: str, project: str = PROD, **changed: Any) -> dict[str, Any]:
    value = {
        "name": f"projects/{project}/locations/europe-west1/services/{name}",
        "uri": f"https://{name}-abc-ew.a.run.app",
        "urls": [f"https://{name}-{NUMBERS[project]}.europe-west1.run.app", f"https://{name}-abc-ew.a.run.app"],
        "ingress": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
        "template": {
            "serviceAccount": f"{name}@{project}.iam.gserviceaccount.com",
            "containers": [{"image": "x", "env": [{"name": "TOKEN", "value": CANARY}]}],
        },
    }
    return value | changed


def instance(name: str, project: str = PROD, *, zone: str = "europe-west1-b", **changed: Any) -> dict[str, Any]:
    value = {
        "name": name,
        "selfLink": f"{ROOT}/{project}/zones/{zone}/instances/{name}",
        "serviceAccounts": [{"email": f"vm@{project}.iam.gserviceaccount.com", "scopes": []}],
        "tags": {"items": ["web"]},
        "networkInterfaces": [{"network": f"{ROOT}/{project}/global/networks/default"}],
        "metadata": {"items": [{"key": "startup-script", "value": f"export TOKEN={CANARY}"}]},
        "status": "RUNNING",
    }
    return value | changed


def firewall(name: str, sources: list[str], ports: list[str] | None, **changed: Any) -> dict[str, Any]:
    allowed: dict[str, Any] = {"IPProtocol": "tcp"}
    value = {
        "name": name,
        "network": f"{ROOT}/{PROD}/global/networks/default",
        "selfLink": link(PROD, "firewalls", name),
        "direction": "INGRESS",
        "disabled": False,
        "priority": 1000,
        "sourceRanges": sources,
        "allowed": [allowed | ({"ports": ports} if ports is not None else {})],
    }
    return value | changed


def firewall_policy(name: str, *, used: bool = True, **rule: Any) -> dict[str, Any]:
    value = {
        "priority": 10,
        "ruleName": "web",
        "direction": "INGRESS",
        "action": "allow",
        "disabled": False,
        "match": {"srcIpRanges": ["0.0.0.0/0"], "layer4Configs": [{"ipProtocol": "tcp", "ports": ["443"]}]},
    }
    network = {"name": "a", "attachmentTarget": f"{ROOT}/{PROD}/global/networks/default"}
    return {"name": name, "selfLink": link(PROD, "firewallPolicies", name), "rules": [value | rule]} | (
        {"associations": [network]} if used else {}
    )


def armor(name: str = "edge", *, preview: bool = False, action: str = "deny(403)", **more: Any) -> dict[str, Any]:
    waf = {"expr": {"expression": "evaluatePreconfiguredWaf('sqli-v33-stable')"}}
    everyone = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}
    value = {
        "name": name,
        "selfLink": link(PROD, "securityPolicies", name),
        "rules": [
            {"priority": 1000, "action": action, "preview": preview, "match": waf},
            {"priority": 2147483647, "action": "allow", "preview": False, "match": everyone},
        ],
    }
    return value | more


def account(name: str, project: str = PROD, **changed: Any) -> dict[str, Any]:
    email = f"{name}@{project}.iam.gserviceaccount.com"
    value = {"name": f"projects/{project}/serviceAccounts/{email}", "projectId": project, "email": email}
    return value | {"uniqueId": "1", "description": CANARY} | changed


def key(name: str, project: str = PROD, *, days: int = 10, id_: str = "ab12", **changed: Any) -> dict[str, Any]:
    email = f"{name}@{project}.iam.gserviceaccount.com"
    since = NOW - timedelta(days=days)
    value = {
        "name": f"projects/{project}/serviceAccounts/{email}/keys/{id_}",
        "validAfterTime": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "validBeforeTime": "9999-12-31T23:59:59Z",
        "keyType": "USER_MANAGED",
        "keyOrigin": "GOOGLE_PROVIDED",
        "privateKeyData": CANARY,
    }
    return value | changed


def entitlement(name: str = "prod-admin", project: str = PROD, *, approvals: int = 1) -> dict[str, Any]:
    step = {"approvers": [{"principals": ["group:leads@acme.example"]}], "approvalsNeeded": approvals}
    return {
        "name": f"projects/{project}/locations/global/entitlements/{name}",
        "state": "AVAILABLE",
        "maxRequestDuration": "3600s",
        "privilegedAccess": {"gcpIamAccess": {"roleBindings": [{"role": "roles/compute.admin"}]}},
    } | ({"approvalWorkflow": {"manualApprovals": {"steps": [step]}}} if approvals else {})


def database(name: str = "orders", **settings: Any) -> dict[str, Any]:
    return {
        "kind": "sql#instance",
        "name": name,
        "project": PROD,
        "rootPassword": CANARY,
        "settings": {"ipConfiguration": {"ipv4Enabled": False} | settings},
        "serverCaCert": {"cert": CANARY},
    }


def bucket(name: str = "acme-files", *, uniform: bool = True, prevention: str = "enforced") -> dict[str, Any]:
    access = {"uniformBucketLevelAccess": {"enabled": uniform}, "publicAccessPrevention": prevention}
    return {"kind": "storage#bucket", "name": name, "iamConfiguration": access, "labels": {"secret": CANARY}}


def access_level(name: str = LEVEL, **basic: Any) -> dict[str, Any]:
    device = {"conditions": [{"devicePolicy": {"requireScreenlock": True}}]}
    return {"name": name, "title": "t", "basic": basic or device}
