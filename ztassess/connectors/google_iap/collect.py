"""Owns reading the customer: all parts at once over Google's hosts and the listed projects, holes kept in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ztassess.connectors.api import fan_out, read_parts
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import ConnectorError, OverPrivileged
from ztassess.connectors.google_iap import client_access, client_apps, client_compute, client_levels, permissions
from ztassess.connectors.google_iap.form import inputs
from ztassess.connectors.google_iap.iap_names import iap_path
from ztassess.connectors.google_iap.sessions import Cloud, open_cloud
from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.connectors.google_iap.snapshot_access import Project, ResourcePolicy
from ztassess.connectors.google_iap.snapshot_resources import Backend, RunService
from ztassess.connectors.google_iap.spreading import Found, Once, over, then
from ztassess.domain.findings import Unavailable

Reader = Callable[[], Iterable[Any]]
NO_ORGANIZATION = Unavailable("not_configured", detail="No organization is entered, so access levels were not read.")


def collect(context: ReadContext) -> CloudSnapshot:
    """Read everything once.

    Raises:
        AuthFailed: Google refused the credential.
        OverPrivileged: the reader account can write; what was read meanwhile is dropped.
        ConnectorError: nothing at all could be read.
    """
    organization = context.config["organization_id"]
    with open_cloud(context) as cloud, ThreadPoolExecutor(max_workers=1) as beside:
        proof = beside.submit(refuse_writing, cloud, context)
        found = read_parts(context, cloud.all, readers(cloud, context))
        proof.result()
    if not organization:
        found["access_levels"] = NO_ORGANIZATION
    return CloudSnapshot(taken_at=context.now, scope=scope_of(context), inputs=inputs(context), **found)


def scope_of(context: ReadContext) -> str:
    """How findings name the whole."""
    projects = [each.id for each in context.config.get("projects") or ()]
    organization = context.config.get("organization_id")
    return f"organizations/{organization}" if organization else f"projects/{projects[0]}" if projects else "projects"


def refuse_writing(cloud: Cloud, context: ReadContext) -> tuple[str, ...]:
    """Ask which of the permissions that can write we hold.

    Returns:
        The resources of which we could not find out.

    Raises:
        OverPrivileged: with the exact permission named.
    """
    asked: list[tuple[str, tuple[str, ...]]] = []
    for project in context.config["projects"]:
        asked += [(f"projects/{project.id}", each) for each in (permissions.WRITING, permissions.MORE_WRITING)]
    if context.config["organization_id"]:
        asked.append((f"organizations/{context.config['organization_id']}", permissions.ORGANIZATION_WRITING))

    def held(question: tuple[str, tuple[str, ...]]) -> frozenset[str] | None:
        try:
            return client_access.held_permissions(cloud.resources, *question)
        except ConnectorError:
            return None

    unknown: list[str] = []
    for (resource, wanted), found in zip(asked, fan_out(cloud.resources, asked, held), strict=True):
        if found is None:
            unknown.append(resource)
        elif found:
            first = next(permission for permission in wanted if permission in found)
            raise OverPrivileged(f"The reader account can change {first} on {resource}; bind the custom role only.")
    return tuple(dict.fromkeys(unknown))


def readers(cloud: Cloud, context: ReadContext) -> dict[str, Reader]:
    """By part, how it is read."""
    names = [each.id for each in context.config["projects"]]
    organization: str = context.config["organization_id"]
    projects = Once(
        lambda: over(cloud.resources, names, lambda name: [client_access.get_project(cloud.resources, name)])
    )
    accounts = Once(lambda: over(cloud.iam, names, partial(client_access.list_service_accounts, cloud.iam)))
    found: dict[str, Reader] = {
        "projects": projects,
        "policies": lambda: over(cloud.resources, names, partial(_own_policy, cloud)),
        "ancestors": lambda: _ancestors(cloud, projects()),
        "grants": lambda: over(cloud.assets, names, lambda name: [client_access.search_grants(cloud.assets, name)]),
        "service_accounts": accounts,
        "keys": lambda: then(accounts(), over(cloud.iam, accounts().rows, partial(client_access.list_keys, cloud.iam))),
        "entitlements": lambda: over(
            cloud.privileged, names, partial(client_access.list_entitlements, cloud.privileged)
        ),
        "org_policies": lambda: client_levels.org_policies(cloud.org_policy, names, organization),
        "sql_instances": lambda: over(cloud.sql, names, partial(client_apps.list_sql_instances, cloud.sql)),
        "buckets": lambda: over(cloud.storage, names, partial(client_apps.list_buckets, cloud.storage)),
    }
    if organization:
        found["access_levels"] = partial(client_levels.list_access_levels, cloud.levels, organization)
    return {**found, **_apps(cloud, names, projects), **_machines(cloud, names)}


def _apps(cloud: Cloud, names: list[str], projects: Once[Project]) -> Mapping[str, Reader]:
    compute, run = cloud.compute, cloud.run
    backends = Once(lambda: over(compute, names, partial(client_compute.list_backends, compute)))
    services = Once(lambda: over(run, names, partial(client_apps.list_run_services, run)))
    return {
        "backends": backends,
        "routes": lambda: over(compute, names, partial(client_compute.list_routes, compute)),
        "endpoint_groups": lambda: over(compute, names, partial(client_compute.list_endpoint_groups, compute)),
        "run_services": services,
        "run_policies": lambda: then(
            services(), over(run, services().rows, lambda each: [client_apps.get_run_policy(run, each)])
        ),
        "iap_policies": lambda: _iap_policies(cloud, projects(), backends(), services),
    }


def _machines(cloud: Cloud, names: list[str]) -> Mapping[str, Reader]:
    compute = cloud.compute
    return {
        "instances": lambda: over(compute, names, partial(client_compute.list_instances, compute)),
        "project_logins": lambda: over(compute, names, lambda name: [client_compute.get_project_login(compute, name)]),
        "openings": lambda: over(compute, names, partial(client_compute.list_openings, compute)),
        "policy_openings": lambda: over(compute, names, partial(client_compute.list_policy_openings, compute)),
        "armor_policies": lambda: over(compute, names, partial(client_compute.list_armor_policies, compute)),
    }


def _own_policy(cloud: Cloud, name: str) -> Iterable[ResourcePolicy]:
    return [client_access.get_policy(cloud.resources, f"projects/{name}", name)]


def _ancestors(cloud: Cloud, projects: Found[Project]) -> Found[ResourcePolicy]:
    """The policies of everything above each listed project; each is asked for once, whoever is below."""
    session = cloud.resources
    chains = over(
        session,
        projects.rows,
        lambda project: ((project.id, above) for above in client_access.ancestors_of(session, project)),
    )
    above = dict.fromkeys(resource for _, resource in chains.rows)
    policies = over(session, above, lambda resource: [client_access.get_policy(session, resource, "")])
    by_resource = {policy.resource: policy.bindings for policy in policies.rows}
    rows = tuple(
        ResourcePolicy(resource, project, by_resource[resource])
        for project, resource in chains.rows
        if resource in by_resource
    )
    return then(projects, then(chains, Found(rows, policies.problem)))


def _iap_policies(
    cloud: Cloud, projects: Found[Project], backends: Found[Backend], services: Once[RunService]
) -> Found[ResourcePolicy]:
    """The policies of every IAP resource with IAP on, and what each inherits from its type and its project.

    A project without any is not asked about. Cloud Run that cannot be read is a hole of its own part; what it hides
    here is told there.
    """
    known = {project.id: project for project in projects.rows}
    paths: dict[str, str] = {}
    things: list[Backend | RunService] = [*backends.rows, *services().rows]
    for each in (thing for thing in things if thing.iap):
        project = known.get(each.project)
        if project is None:
            continue
        paths[iap_path(project, each)] = project.id
        paths[iap_path(project, each, service=False)] = project.id
        paths[iap_path(project, None)] = project.id
    found = over(cloud.iap, paths.items(), lambda item: [client_apps.get_iap_policy(cloud.iap, *item)])
    return then(projects, then(backends, found))
