"""Owns which exports a person may upload instead of a credential, and how to make them."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.contract import UploadFormat

GRANTS: Final = "iam-policies"
BACKENDS: Final = "backend-services"
FIREWALLS: Final = "firewall-rules"
KEYS: Final = "keys"
LEVELS: Final = "access-levels"
IAP: Final = "iap-policies"
ROUTES: Final = "url-maps"
GROUPS: Final = "endpoint-groups"
ACCOUNTS: Final = "service-accounts"
INSTANCES: Final = "instances"
LOGINS: Final = "project-info"
FIREWALL_POLICIES: Final = "firewall-policies"
ARMOR: Final = "security-policies"
SQL: Final = "sql-instances"
BUCKETS: Final = "buckets"
KNOWN: Final = (
    *(GRANTS, BACKENDS, FIREWALLS, KEYS, LEVELS, IAP, ROUTES, GROUPS, ACCOUNTS),
    *(INSTANCES, LOGINS, ARMOR, FIREWALL_POLICIES, SQL, BUCKETS),
)
"""Names of files; after each may follow what it is of: ``keys-ci@p.iam.gserviceaccount.com.json``."""

GCLOUD = UploadFormat(
    "gcloud",
    "Lists from gcloud",
    """P=acme-prod
gcloud asset search-all-iam-policies --scope=projects/$P --format=json > iam-policies-$P.json
gcloud compute backend-services list --project=$P --format=json > backend-services-$P.json
gcloud compute url-maps list --project=$P --format=json > url-maps-$P.json
gcloud compute network-endpoint-groups list --project=$P --format=json > endpoint-groups-$P.json
gcloud compute firewall-rules list --project=$P --format=json > firewall-rules-$P.json
gcloud compute network-firewall-policies list --project=$P --format=json > firewall-policies-$P.json
gcloud compute security-policies list --project=$P --format=json > security-policies-$P.json
gcloud compute instances list --project=$P --format=json > instances-$P.json
gcloud compute project-info describe --project=$P --format=json > project-info-$P.json
gcloud sql instances list --project=$P --format=json > sql-instances-$P.json
gcloud storage buckets list --project=$P --raw --format=json > buckets-$P.json
gcloud iam service-accounts list --project=$P --format=json > service-accounts-$P.json
for E in $(gcloud iam service-accounts list --project=$P --format='value(email)'); do
  gcloud iam service-accounts keys list --iam-account=$E --managed-by=user --format=json > keys-$E.json
done
# for each backend with IAP
gcloud iap web get-iam-policy --resource-type=backend-services --service=NAME --project=$P --format=json \\
  > iap-policies-NAME.json
gcloud access-context-manager levels list --policy=N --format=json > access-levels.json""",
    (".json",),
    note="Take the files you have; what is missing stays not checked. Mark the projects as production or not in the "
    "form. Cloud Run, organization policies and what may be requested are read over a connection only. Say when you "
    'made them in export.json: {"taken_at": "2026-11-20T08:00:00Z", "complete": true}; without complete nothing '
    "passes by them.",
)
UPLOADS = (GCLOUD,)
