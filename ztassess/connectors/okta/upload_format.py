"""Owns what to run to make an export of an Okta org, and which files it consists of."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.contract import UploadFormat

LISTS: Final = (
    "policies",
    "apps",
    "users",
    "deactivated",
    "groups",
    "api-tokens",
    "authenticators",
    "authorizationServers",
    "device-assurances",
    "devices",
    "zones",
    "idps",
    "logStreams",
    "logs",
    "admin-console",
    "organization",
)
FAMILIES: Final = (
    "rules",
    "appUsers",
    "factors",
    "userRoles",
    "groupRoles",
    "groupUsers",
    "serverPolicies",
    "serverRules",
)
KNOWN: Final = (*LISTS, *(f"{name}*" for name in FAMILIES))

UPLOADS: Final = (
    UploadFormat(
        slug="okta_export",
        title="Replies of the Okta API",
        commands="""\
get() { curl -sS -D "$2.headers" -H "Authorization: Bearer $T" "$ORG$1" -o "$2.json"; }
get "/.well-known/okta-organization" organization
get "/api/v1/policies?type=ACCESS_POLICY" policies-1
get "/api/v1/policies?type=OKTA_SIGN_ON" policies-2
get "/api/v1/policies/POLICY_ID/rules" rules-POLICY_ID                        # for each policy
get "/api/v1/apps?limit=200" apps
get "/api/v1/apps/APP_ID/users?limit=200" appUsers-APP_ID                     # for each active app
get "/api/v1/users?limit=200" users
get "/api/v1/users?limit=200&filter=status+eq+%22DEPROVISIONED%22" deactivated
get "/api/v1/users/USER_ID/factors" factors-USER_ID                           # for each active user
get "/api/v1/users/USER_ID/roles" userRoles-USER_ID                           # for each user
get "/api/v1/groups?limit=200" groups
get "/api/v1/groups/GROUP_ID/roles" groupRoles-GROUP_ID                       # for each group
get "/api/v1/groups/GROUP_ID/users?limit=200" groupUsers-GROUP_ID             # for each group with a role
get "/api/v1/api-tokens" api-tokens
get "/api/v1/authenticators" authenticators
get "/api/v1/authorizationServers?limit=200" authorizationServers
get "/api/v1/authorizationServers/ID/policies" serverPolicies-ID              # for each server
get "/api/v1/authorizationServers/ID/policies/PID/rules" serverRules-ID-PID   # for each of its policies
get "/api/v1/device-assurances" device-assurances
get "/api/v1/devices?limit=200" devices
get "/api/v1/zones?limit=200" zones
get "/api/v1/idps?limit=200" idps
get "/api/v1/logStreams" logStreams
get "/api/v1/first-party-app-settings/admin-console" admin-console
get "/api/v1/logs?limit=1000&since=FROM&until=TO&filter=eventType%20eq%20%22user.mfa.factor.reset_all%22" logs
# A headers file with rel="next" names a further page: fetch it as NAME-2 and so on. If no page is missing:
echo "{\\"complete\\": true, \\"org\\": \\"$ORG\\", \\"taken_at\\": \\"$(date -u +%FT%TZ)\\"}" > export.json""",
        suffixes=(".json",),
        note="Any part of it may be left out; what stands on it is then not checked. Without export.json that says "
        "complete, nothing passes.",
    ),
)
