"""Owns the connection test: who we are, what we may read, and the proof that we may not write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from ztassess.connectors.api import ApiSession, read_parts, row_of
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.google_iap import client_access, client_apps, client_compute, client_levels, permissions
from ztassess.connectors.google_iap.collect import NO_ORGANIZATION, refuse_writing
from ztassess.connectors.google_iap.iap_names import iap_path
from ztassess.connectors.google_iap.refusals import needed
from ztassess.connectors.google_iap.sessions import Cloud, open_cloud
from ztassess.connectors.judging import names
from ztassess.domain.findings import Part, Unavailable

UNVERIFIED = "We could not verify that this credential is read-only."
# Parts that stand on rows of another one: what may be read of them shows only once there are such rows.
SAME_AS = {"keys": "service_accounts", "run_policies": "run_services"}


def preflight(context: ReadContext) -> Preflight:
    """Sign in, ask whether we may write, and ask one small question for each permission of the first project.

    Raises:
        AuthFailed: Google refused the credential.
        ConnectorError: nothing answered.
    """
    account = context.config["service_account_email"]
    first = context.config["projects"][0].id
    with open_cloud(context) as cloud, ThreadPoolExecutor(max_workers=1) as beside:
        proof = beside.submit(refuse_writing, cloud, context)
        asked = read_parts(context, cloud.all, _questions(cloud, context, first))
        try:
            unknown = proof.result()
        except OverPrivileged as problem:
            return Preflight(account, (), refused=problem.sentence)
    warnings = []
    if unknown:
        warnings.append(f"{UNVERIFIED} Google did not say what we may do on {names(unknown)}.")
    others = [each.id for each in context.config["projects"][1:]]
    if others:
        warnings.append(f"The parts below were tried on {first}; a scan tells them for {names(others)} too.")
    return Preflight(account, tuple(_rows(asked)), tuple(warnings))


def _questions(cloud: Cloud, context: ReadContext, project: str) -> dict[str, Callable[[], Iterable[Any]]]:
    """One small question for each permission, by the part that stands for it."""
    resources, compute = cloud.resources, cloud.compute
    organization: str = context.config["organization_id"]
    asked: dict[str, Callable[[], Iterable[Any]]] = {
        "projects": lambda: [client_access.get_project(resources, project)],
        "policies": lambda: [client_access.get_policy(resources, f"projects/{project}", project)],
        "ancestors": partial(_above, resources, project),
        "grants": partial(_some_grants, cloud.assets, project),
        "service_accounts": partial(_account_with_keys, cloud.iam, project),
        "entitlements": lambda: client_access.list_entitlements(cloud.privileged, project),
        "org_policies": lambda: client_levels.org_policies(cloud.org_policy, [project], ""),
        "backends": lambda: client_compute.list_backends(compute, project),
        "routes": lambda: client_compute.list_routes(compute, project),
        "endpoint_groups": lambda: client_compute.list_endpoint_groups(compute, project),
        "iap_policies": partial(_iap, cloud, project),
        "run_services": partial(_service_with_policy, cloud.run, project),
        "instances": lambda: client_compute.list_instances(compute, project),
        "project_logins": lambda: [client_compute.get_project_login(compute, project)],
        "openings": lambda: client_compute.list_openings(compute, project),
        "policy_openings": lambda: client_compute.list_policy_openings(compute, project),
        "armor_policies": lambda: client_compute.list_armor_policies(compute, project),
        "sql_instances": lambda: client_apps.list_sql_instances(cloud.sql, project),
        "buckets": lambda: client_apps.list_buckets(cloud.storage, project),
    }
    if organization:
        asked["access_levels"] = lambda: client_levels.list_access_levels(cloud.levels, organization)
    return {part: partial(_one, ask) for part, ask in asked.items()}


def _one(ask: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    """The first row alone, so that no second page is asked for."""
    yield from islice(ask(), 1)


def _above(session: ApiSession, project: str) -> Iterator[Any]:
    for above in client_access.ancestors_of(session, client_access.get_project(session, project)):
        yield client_access.get_policy(session, above, project)


def _some_grants(session: ApiSession, project: str) -> Iterator[Any]:
    scope = needed(permissions.GRANTS, f"projects/{project}")
    path = f"/v1/projects/{project}:searchAllIamPolicies"
    yield row_of(session.get(path, (("pageSize", "1"),), scope=scope).value, "SearchAllIamPoliciesResponse")


def _account_with_keys(session: ApiSession, project: str) -> Iterator[Any]:
    """One account and its keys, so that the second permission is tried too."""
    for account in client_access.list_service_accounts(session, project):
        tuple(client_access.list_keys(session, account))
        yield account


def _service_with_policy(session: ApiSession, project: str) -> Iterator[Any]:
    for service in client_apps.list_run_services(session, project):
        client_apps.get_run_policy(session, service)
        yield service


def _iap(cloud: Cloud, project: str) -> Iterator[Any]:
    found = client_access.get_project(cloud.resources, project)
    yield client_apps.get_iap_policy(cloud.iap, iap_path(found, None), project)


def _rows(asked: dict[str, Part[Any]]) -> Iterator[PreflightRow]:
    """One row for each part; parts that stand on another one share its answer."""
    for part in permissions.PARTS:
        found = asked.get(SAME_AS.get(part, part), NO_ORGANIZATION)
        if isinstance(found, Unavailable):
            yield PreflightRow.refused(part, found)
        else:
            yield PreflightRow(part, allowed=True)
