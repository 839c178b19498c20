"""Owns what a person is shown to copy: the minimal permission groups, and the commands of an export."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.contract import Grant, UploadFormat

GRANTS: Final = (
    Grant(
        "Permission groups of the token",
        "text",
        """Account permissions, for account {account_id}
  Access: Apps and Policies                              Read
  Access: Organizations, Identity Providers, and Groups  Read
  Access: Service Tokens                                 Read
  Access: Device Posture                                 Read
  Access: SSH Auditing                                   Read
  Cloudflare Tunnel                                      Read
  Cloudflare One Networks                                Read
  Zero Trust                                             Read
  Account Settings                                       Read
  Account API Tokens                                     Read   (optional)
Zone permissions, for the zones to assess only
  Zone                                                   Read
  DNS                                                    Read
  Zone WAF                                               Read
Client IP address filtering: our addresses. TTL: at most 90 days.""",
        note="Manage account > Account API tokens > Create token > Custom token. With Account API Tokens Read we can "
        "prove that the token is read-only; it shows names of tokens, never their values. Cloudflare publishes no "
        "reading group for Logpush jobs, only one that can also change them: leave it out and upload the list instead.",
    ),
)

_COMMANDS: Final = r"""#!/bin/sh
# A=account id, Z="example.com example.org", T=token with the groups above. Writes JSON files into this directory.
set -u
API=https://api.cloudflare.com/client/v4
get() { curl -sS -H "Authorization: Bearer $T" "$API$1"; }
get "/accounts/$A" > account.json
get "/accounts/$A/access/apps?per_page=1000" > apps.json
get "/accounts/$A/access/policies?per_page=1000" > policies.json
get "/accounts/$A/access/groups?per_page=1000" > groups.json
get "/accounts/$A/access/organizations" > organizations.json
get "/accounts/$A/access/identity_providers?per_page=1000" | jq 'del(.result[].config)' > identity_providers.json
get "/accounts/$A/access/service_tokens?per_page=1000" > service_tokens.json
get "/accounts/$A/devices/posture" > posture.json
get "/accounts/$A/cfd_tunnel?is_deleted=false&per_page=1000" > tunnels.json
for t in $(jq -r '.result[] | select(.config_src != "local") | .id' tunnels.json); do
  get "/accounts/$A/cfd_tunnel/$t/configurations" > "tunnel_config-$t.json"
done
get "/accounts/$A/logpush/jobs" | jq 'del(.result[].destination_conf)' > logpush_jobs.json
get "/accounts/$A/gateway/rules" > gateway_rules.json
get "/accounts/$A/teamnet/routes?is_deleted=false&per_page=1000" > routes.json
get "/accounts/$A/infrastructure/targets?per_page=1000" > targets.json
get "/accounts/$A/access/apps/ca?per_page=1000" > app_ca.json
get "/accounts/$A/access/gateway_ca" > gateway_ca.json
get "/zones?account.id=$A&per_page=50" > zones.json
for z in $Z; do
  i=$(jq -r --arg z "$z" '.result[] | select(.name == $z) | .id' zones.json)
  get "/zones/$i/dns_records?per_page=5000" > "dns_records-$z.json"
  for p in http_request_firewall_managed http_request_firewall_custom http_ratelimit; do
    get "/zones/$i/rulesets/phases/$p/entrypoint" > "$p-$z.json"
  done
done
printf '{"taken_at": "%s"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" > export.json"""

UPLOADS: Final = (
    UploadFormat(
        "json",
        "JSON files of the API",
        _COMMANDS,
        (".json",),
        note="Upload any of these files together. Further pages of a list are files named apps-2.json, apps-3.json. "
        "Client secrets, log destinations and record texts are dropped on receipt, too.",
    ),
)
