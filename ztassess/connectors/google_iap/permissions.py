"""Owns the permissions: which opens which part, how the role that holds them is made, which we must not have."""

from __future__ import annotations

from typing import Final

PROJECT: Final = "resourcemanager.projects.get"
POLICY: Final = "resourcemanager.projects.getIamPolicy"
FOLDER: Final = "resourcemanager.folders.get"
FOLDER_POLICY: Final = "resourcemanager.folders.getIamPolicy"
ORGANIZATION_POLICY: Final = "resourcemanager.organizations.getIamPolicy"
GRANTS: Final = "cloudasset.assets.searchAllIamPolicies"
ACCOUNTS: Final = "iam.serviceAccounts.list"
KEYS: Final = "iam.serviceAccountKeys.list"
ENTITLEMENTS: Final = "privilegedaccessmanager.entitlements.list"
ORG_POLICIES: Final = "orgpolicy.policy.get"
CONSTRAINTS: Final = "orgpolicy.customConstraints.list"
LEVELS: Final = "accesscontextmanager.accessLevels.list"
ACCESS_POLICIES: Final = "accesscontextmanager.policies.list"
BACKENDS: Final = "compute.backendServices.list"
URL_MAPS: Final = "compute.urlMaps.list"
ENDPOINT_GROUPS: Final = "compute.networkEndpointGroups.list"
COMPUTE_PROJECT: Final = "compute.projects.get"
INSTANCES: Final = "compute.instances.list"
FIREWALLS: Final = "compute.firewalls.list"
FIREWALL_POLICIES: Final = "compute.firewallPolicies.list"
ARMOR: Final = "compute.securityPolicies.list"
IAP_SERVICE: Final = "iap.webServices.getIamPolicy"
IAP_TYPE: Final = "iap.webTypes.getIamPolicy"
IAP_PROJECT: Final = "iap.web.getIamPolicy"
RUN_SERVICES: Final = "run.services.list"
RUN_POLICY: Final = "run.services.getIamPolicy"
SQL: Final = "cloudsql.instances.list"
BUCKETS: Final = "storage.buckets.list"

PARTS: Final = {
    "projects": PROJECT,
    "policies": POLICY,
    "ancestors": FOLDER_POLICY,
    "grants": GRANTS,
    "service_accounts": ACCOUNTS,
    "keys": KEYS,
    "entitlements": ENTITLEMENTS,
    "org_policies": ORG_POLICIES,
    "access_levels": LEVELS,
    "backends": BACKENDS,
    "routes": URL_MAPS,
    "endpoint_groups": ENDPOINT_GROUPS,
    "iap_policies": IAP_SERVICE,
    "run_services": RUN_SERVICES,
    "run_policies": RUN_POLICY,
    "instances": INSTANCES,
    "project_logins": COMPUTE_PROJECT,
    "openings": FIREWALLS,
    "policy_openings": FIREWALL_POLICIES,
    "armor_policies": ARMOR,
    "sql_instances": SQL,
    "buckets": BUCKETS,
}
"""What each part of the snapshot needs first of all."""

# An aggregated list shows global and regional rows; the regional ones have permissions of their own.
_REGIONAL: Final = (
    "compute.regionBackendServices.list",
    "compute.regionUrlMaps.list",
    "compute.regionNetworkEndpointGroups.list",
    "compute.regionFirewallPolicies.list",
    "compute.regionSecurityPolicies.list",
)
ROLE: Final = (
    *dict.fromkeys(
        permission
        for permission in (*PARTS.values(), IAP_TYPE, IAP_PROJECT, *_REGIONAL)
        if permission not in (LEVELS, FOLDER_POLICY)
    ),
)
"""The permissions of the custom role on each project."""
ORGANIZATION_ROLE: Final = (FOLDER, FOLDER_POLICY, ORGANIZATION_POLICY, CONSTRAINTS)
"""The permissions of the custom role on the organization."""
LEVEL_READER: Final = "roles/accesscontextmanager.policyReader"

WRITING: Final = ("resourcemanager.projects.setIamPolicy", "iam.serviceAccountKeys.create", "compute.instances.create")
MORE_WRITING: Final = (
    "iam.serviceAccounts.actAs",
    "iam.serviceAccounts.getAccessToken",
    "iam.roles.update",
    "compute.firewalls.create",
    "run.services.setIamPolicy",
    "storage.buckets.setIamPolicy",
    "cloudsql.instances.update",
)
"""Permissions that can write; the first three are asked for alone, so that they are told whatever else Google says."""
ORGANIZATION_WRITING: Final = ("resourcemanager.organizations.setIamPolicy",)


def role_yaml() -> str:
    """The custom role for the projects, as ``gcloud iam roles create --file`` takes it."""
    lines = "\n".join(f"- {permission}" for permission in ROLE)
    return f"title: ztassess reader\nstage: GA\nincludedPermissions:\n{lines}\n"
