"""Owns which backend or Cloud Run service serves which declared app, over every path of every URL map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.connectors.google_iap.snapshot_resources import EVERY_HOST, Backend, EndpointGroup, Route, RunService
from ztassess.connectors.judging import rows_read

BUCKETS: Final = "/backendBuckets/"
INSTANCE_GROUPS: Final = "/instanceGroups/"
INGRESS_ALL: Final = "INGRESS_TRAFFIC_ALL"
OPEN_INGRESS: Final = frozenset({INGRESS_ALL, "INGRESS_TRAFFIC_UNSPECIFIED"})


@dataclass(frozen=True, slots=True)
class App:
    """One declared app and all that may answer for it.

    Attributes:
        unknown: links of backends that were not read, such as those of a project that is not listed.
        buckets: links of backend buckets, before which IAP cannot stand.
        caught_all: a URL map sends every unnamed host somewhere, so the app may be among them.
    """

    host: str
    backends: tuple[Backend, ...]
    services: tuple[RunService, ...]
    unknown: tuple[str, ...]
    buckets: tuple[str, ...]
    caught_all: bool

    @property
    def matched(self) -> bool:
        """Something was found that serves it."""
        return bool(self.backends or self.services or self.unknown or self.buckets)


def declared_hosts(snapshot: CloudSnapshot) -> tuple[str, ...] | None:
    """The hosts of all declared apps; None if nobody has listed any."""
    mapped = [app.host for app in snapshot.inputs.apps]
    if snapshot.inputs.internal_hosts is None and not mapped:
        return None
    return tuple(dict.fromkeys([*(snapshot.inputs.internal_hosts or ()), *mapped]))


def find_apps(snapshot: CloudSnapshot, hosts: Iterable[str]) -> list[App]:
    """What serves these hosts, as far as it was read."""
    known = {backend.link: backend for backend in rows_read(snapshot.backends)}
    return [_app(snapshot, known, host) for host in hosts]


def _app(snapshot: CloudSnapshot, known: Mapping[str, Backend], host: str) -> App:
    routes = rows_read(snapshot.routes)
    links = [link for route in _best(routes, host) for link in route.backends]
    named = {app.serves for app in snapshot.inputs.apps if app.host == host}
    links += [backend.link for backend in known.values() if backend.name in named]
    links = list(dict.fromkeys(links))
    services = [each for each in rows_read(snapshot.run_services) if host in each.hosts or each.short in named]
    return App(
        host,
        tuple(known[link] for link in links if link in known),
        tuple(services),
        tuple(link for link in links if link not in known and BUCKETS not in link),
        tuple(link for link in links if BUCKETS in link),
        any(route.host == EVERY_HOST and route.backends for route in routes),
    )


def _best(routes: Iterable[Route], host: str) -> list[Route]:
    """Of each URL map the host rule that it takes: the exact one, else the longest pattern. Defaults are not taken."""
    best: dict[tuple[str, str], Route] = {}
    for route in routes:
        if route.host == EVERY_HOST or not covers(route.host, host):
            continue
        key = (route.project, route.url_map)
        if key not in best or _rank(route.host, host) > _rank(best[key].host, host):
            best[key] = route
    return list(best.values())


def covers(pattern: str, host: str) -> bool:
    """True if a host rule takes a host; its star stands for any letters, dots included (``HostRule.hosts``)."""
    if pattern.startswith("*"):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return pattern == host


def _rank(pattern: str, host: str) -> tuple[bool, int]:
    return pattern == host, len(pattern)


@dataclass(frozen=True, slots=True)
class Groups:
    """What stands behind backends: endpoint groups by link, Cloud Run services by project, region and name."""

    groups: Mapping[str, EndpointGroup]
    services: Mapping[tuple[str, str, str], RunService]

    @classmethod
    def of(cls, snapshot: CloudSnapshot) -> Groups:
        """As far as they were read."""
        return cls(
            {group.link: group for group in rows_read(snapshot.endpoint_groups)},
            {(each.project, each.region, each.short): each for each in rows_read(snapshot.run_services)},
        )

    def behind(self, backend: Backend) -> tuple[list[RunService], list[str]]:
        """The Cloud Run services behind a backend, and links of what is behind it that we cannot name."""
        found, unclear = [], []
        for link in backend.groups:
            group = self.groups.get(link)
            if group is None:
                if INSTANCE_GROUPS not in link:
                    unclear.append(link)
            elif group.serverless:
                service = self.services.get((group.project, group.region, group.run_service))
                if service is None:
                    unclear.append(link)
                else:
                    found.append(service)
        return found, unclear


def answers_directly(service: RunService) -> bool:
    """True if the service answers the internet at its own address, past any load balancer, and IAP is not on it."""
    return service.ingress in OPEN_INGRESS and service.default_address and not service.iap
