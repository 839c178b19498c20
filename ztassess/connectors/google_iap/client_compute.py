"""Owns the questions to the Compute Engine API: backends, routes, machines, firewalls and Cloud Armor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.api import ApiSession, Row, by_token, row_of
from ztassess.connectors.api.google import listed
from ztassess.connectors.errors import BadAnswer, Incomplete
from ztassess.connectors.google_iap import permissions
from ztassess.connectors.google_iap.parsing_compute import (
    armor_policy_of,
    backend_of,
    endpoint_group_of,
    firewall_rules_of,
    instance_of,
    login_of,
    policy_rules_of,
    routes_of,
)
from ztassess.connectors.google_iap.refusals import needed
from ztassess.connectors.google_iap.snapshot_resources import (
    ArmorPolicy,
    Backend,
    EndpointGroup,
    FirewallRule,
    Instance,
    ProjectLogin,
    Route,
)

ROOT: Final = "/compute/v1/projects"
EMPTY: Final = "NO_RESULTS_ON_PAGE"


@dataclass(frozen=True, slots=True)
class Collection:
    """Something that a project has in regions and zones.

    Attributes:
        name: of the collection, which is also the list's name in each scope.
        kind: Google's name of the envelope.
        scoped: Google's name of the envelope of one scope.
        of: Google's name of one row.
        permission: that listing it takes.
    """

    name: str
    kind: str
    scoped: str
    of: str
    permission: str


BACKENDS: Final = Collection(
    *("backendServices", "BackendServiceAggregatedList", "BackendServicesScopedList", "BackendService"),
    permissions.BACKENDS,
)
URL_MAPS: Final = Collection("urlMaps", "UrlMapsAggregatedList", "UrlMapsScopedList", "UrlMap", permissions.URL_MAPS)
ENDPOINT_GROUPS: Final = Collection(
    "networkEndpointGroups",
    *("NetworkEndpointGroupAggregatedList", "NetworkEndpointGroupsScopedList", "NetworkEndpointGroup"),
    permissions.ENDPOINT_GROUPS,
)
INSTANCES: Final = Collection(
    "instances", "InstanceAggregatedList", "InstancesScopedList", "Instance", permissions.INSTANCES
)
ARMOR: Final = Collection(
    *("securityPolicies", "SecurityPoliciesAggregatedList", "SecurityPoliciesScopedList", "SecurityPolicy"),
    permissions.ARMOR,
)
FIREWALL_POLICIES: Final = Collection(
    *("firewallPolicies", "NetworkFirewallPolicyAggregatedList", "FirewallPoliciesScopedList", "FirewallPolicy"),
    permissions.FIREWALL_POLICIES,
)


def aggregated(session: ApiSession, project: str, what: Collection) -> Iterator[Row]:
    """The rows of all regions and zones of a project, of an "aggregatedList".

    Raises:
        Incomplete: a region did not answer. `NO_RESULTS_ON_PAGE` alone means that there is nothing.
        BadAnswer: an answer is not this list.
    """
    params = (("maxResults", "500"),)
    path = f"{ROOT}/{project}/aggregated/{what.name}"
    for reply in by_token(session, path, params, scope=needed(what.permission, f"projects/{project}")):
        envelope = row_of(reply.value, what.kind)
        if "error" in envelope.value or not envelope.text("kind").startswith("compute#"):
            raise BadAnswer(f"Instead of {what.kind} came something else.")
        unreached: tuple[str, ...] = envelope.texts("unreachables", absent=())
        holes = bool(unreached) or _warned(envelope)
        items = envelope.row("items", absent=Row("items", {})).value
        for name, scope in items.items():
            one = row_of(scope, what.scoped)
            if not one.has(what.name) and not one.has("warning"):
                raise BadAnswer(f"{name} came without {what.name}.")
            holes = holes or _warned(one)
            yield from (Row(what.of, row.value) for row in one.rows(what.name, absent=()))
        if holes:
            raise Incomplete(f"Compute Engine did not answer for every region of project {project}.")


def _warned(row: Row) -> bool:
    """True if a warning says more than that there is nothing."""
    return row.has("warning") and row.text("warning.code", absent="") != EMPTY


def list_backends(session: ApiSession, project: str) -> Iterator[Backend]:
    """All backend services ("backendServices.aggregatedList")."""
    for row in aggregated(session, project, BACKENDS):
        yield backend_of(row, project)


def list_routes(session: ApiSession, project: str) -> Iterator[Route]:
    """Every host of every URL map and what it may reach ("urlMaps.aggregatedList")."""
    for row in aggregated(session, project, URL_MAPS):
        yield from routes_of(row, project)


def list_endpoint_groups(session: ApiSession, project: str) -> Iterator[EndpointGroup]:
    """What backends of containers and functions stand for ("networkEndpointGroups.aggregatedList")."""
    for row in aggregated(session, project, ENDPOINT_GROUPS):
        yield endpoint_group_of(row, project)


def list_instances(session: ApiSession, project: str) -> Iterator[Instance]:
    """All virtual machines ("instances.aggregatedList")."""
    for row in aggregated(session, project, INSTANCES):
        yield instance_of(row, project)


def list_armor_policies(session: ApiSession, project: str) -> Iterator[ArmorPolicy]:
    """All Cloud Armor policies with their rules ("securityPolicies.aggregatedList")."""
    for row in aggregated(session, project, ARMOR):
        yield armor_policy_of(row, project)


def list_policy_openings(session: ApiSession, project: str) -> Iterator[FirewallRule]:
    """What network firewall policies in use let in ("networkFirewallPolicies.aggregatedList")."""
    for row in aggregated(session, project, FIREWALL_POLICIES):
        yield from policy_rules_of(row, project)


def list_openings(session: ApiSession, project: str) -> Iterator[FirewallRule]:
    """What the firewall rules of the networks let in ("firewalls.list")."""
    rows: Iterable[Row] = listed(
        session,
        f"{ROOT}/{project}/global/firewalls",
        (("maxResults", "500"),),
        kind="FirewallList",
        field="items",
        of="Firewall",
        scope=needed(permissions.FIREWALLS, f"projects/{project}"),
        word="compute#firewallList",
    )
    for row in rows:
        yield from firewall_rules_of(row, project)


def get_project_login(session: ApiSession, project: str) -> ProjectLogin:
    """How people sign in to all machines of a project ("projects.get")."""
    path = f"{ROOT}/{project}"
    reply = session.get(path, scope=needed(permissions.COMPUTE_PROJECT, f"projects/{project}"))
    return project_login_of(row_of(reply.value, "compute.Project"), project)


def project_login_of(row: Row, project: str) -> ProjectLogin:
    """One ``Project`` of Compute Engine.

    Raises:
        BadAnswer: it is another project.
    """
    if row.text("name") != project:
        raise BadAnswer(f"Instead of project {project} came another one.")
    return ProjectLogin(project, login_of(row.row("commonInstanceMetadata", absent=None)))
