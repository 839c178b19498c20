"""Owns the questions about apps and stores: who passes IAP, Cloud Run services, Cloud SQL, buckets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ztassess.connectors.api import ApiSession, Row, by_token, row_of
from ztassess.connectors.api.google import listed
from ztassess.connectors.errors import BadAnswer, Incomplete
from ztassess.connectors.google_iap import permissions
from ztassess.connectors.google_iap.client_access import POLICY_BODY, bindings_of
from ztassess.connectors.google_iap.refusals import needed
from ztassess.connectors.google_iap.snapshot_access import ResourcePolicy
from ztassess.connectors.google_iap.snapshot_resources import Bucket, RunService, SqlInstance

# Google leaves it out while no revision is active; it then counts as open.
UNSPECIFIED: Final = "INGRESS_TRAFFIC_UNSPECIFIED"
_SERVICE = re.compile(r"projects/[^/]+/locations/(?P<region>[a-z0-9-]+)/services/[a-z0-9-]+")


def get_iap_policy(session: ApiSession, path: str, project: str) -> ResourcePolicy:
    """Who passes IAP (IAP API, "getIamPolicy", version 3)."""
    permission = permissions.IAP_SERVICE if "/services/" in path else permissions.IAP_TYPE
    permission = permissions.IAP_PROJECT if path.endswith("/iap_web") else permission
    reply = session.post(f"/v1/{path}:getIamPolicy", POLICY_BODY, scope=needed(permission, path))
    return ResourcePolicy(path, project, bindings_of(row_of(reply.value, "Policy")))


def list_run_services(session: ApiSession, project: str) -> Iterator[RunService]:
    """All Cloud Run services of a project, over all regions (Cloud Run Admin API v2, "services.list").

    Raises:
        Incomplete: a region did not answer.
    """
    path = f"/v2/projects/{project}/locations/-/services"
    for reply in by_token(session, path, scope=needed(permissions.RUN_SERVICES, f"projects/{project}")):
        envelope = row_of(reply.value, "GoogleCloudRunV2ListServicesResponse")
        if set(envelope.value) - {"services", "nextPageToken", "unreachable"}:
            raise BadAnswer("Instead of Cloud Run services came something else.")
        for row in envelope.rows("services", absent=()):
            yield run_service_of(Row("GoogleCloudRunV2Service", row.value), project)
        if envelope.texts("unreachable", absent=()):
            raise Incomplete(f"Cloud Run did not answer for every region of project {project}.")


def run_service_of(row: Row, project: str) -> RunService:
    """One ``GoogleCloudRunV2Service``. Google leaves flags that are off out; variables of containers are not read."""
    name = row.text("name")
    match = _SERVICE.fullmatch(name)
    if match is None:
        raise BadAnswer("Google named a Cloud Run service in a way we do not know.")
    addresses = (row.text("uri", absent=""), *row.texts("urls", absent=()))
    return RunService(
        project=project,
        name=name,
        region=match["region"],
        ingress=row.text("ingress", absent=UNSPECIFIED),
        default_address=not row.flag("defaultUriDisabled", absent=False),
        iap=row.flag("iapEnabled", absent=False),
        invoker_checked=not row.flag("invokerIamDisabled", absent=False),
        account=row.text("template.serviceAccount", absent="").lower(),
        hosts=tuple(dict.fromkeys(host for each in addresses if (host := (urlsplit(each).hostname or "")))),
    )


def get_run_policy(session: ApiSession, service: RunService) -> ResourcePolicy:
    """Who may call a Cloud Run service ("services.getIamPolicy"); what it inherits is not in it."""
    reply = session.get(
        f"/v2/{service.name}:getIamPolicy",
        (("options.requestedPolicyVersion", "3"),),
        scope=needed(permissions.RUN_POLICY, service.name),
    )
    return ResourcePolicy(service.name, service.project, bindings_of(row_of(reply.value, "GoogleIamV1Policy")))


SQL_WORD: Final = "sql#instancesList"


def list_sql_instances(session: ApiSession, project: str) -> Iterator[SqlInstance]:
    """All Cloud SQL instances (Cloud SQL Admin API, "instances.list").

    Raises:
        Incomplete: a region did not answer.
    """
    path = f"/v1/projects/{project}/instances"
    for reply in by_token(
        session, path, (("maxResults", "500"),), scope=needed(permissions.SQL, f"projects/{project}")
    ):
        envelope = row_of(reply.value, "InstancesListResponse")
        if "error" in envelope.value or envelope.text("kind", absent=SQL_WORD) != SQL_WORD:
            raise BadAnswer("Instead of Cloud SQL instances came something else.")
        if not envelope.has("kind") and set(envelope.value) - {"items", "nextPageToken", "warnings"}:
            raise BadAnswer("Instead of Cloud SQL instances came something else.")
        for row in envelope.rows("items", absent=()):
            yield sql_instance_of(Row("DatabaseInstance", row.value), project)
        if envelope.rows("warnings", absent=()):
            raise Incomplete(f"Cloud SQL did not answer for every region of project {project}.")


def sql_instance_of(row: Row, project: str) -> SqlInstance:
    """One ``DatabaseInstance``; certificates and passwords are not read."""
    networks = row.rows("settings.ipConfiguration.authorizedNetworks", absent=())
    return SqlInstance(
        project,
        row.text("name"),
        row.flag("settings.ipConfiguration.ipv4Enabled", absent=None),
        tuple(each.text("value") for each in networks),
    )


def list_buckets(session: ApiSession, project: str) -> Iterator[Bucket]:
    """All buckets of a project (Cloud Storage JSON API, "buckets.list")."""
    for row in listed(
        session,
        "/storage/v1/b",
        (("project", project), ("maxResults", "500"), ("projection", "noAcl")),
        kind="Buckets",
        field="items",
        of="Bucket",
        scope=needed(permissions.BUCKETS, f"projects/{project}"),
        word="storage#buckets",
    ):
        yield bucket_of(row, project)


def bucket_of(row: Row, project: str) -> Bucket:
    """One ``Bucket``."""
    return Bucket(
        project,
        row.text("name"),
        row.flag("iamConfiguration.uniformBucketLevelAccess.enabled", absent=False),
        row.text("iamConfiguration.publicAccessPrevention", absent=""),
    )
