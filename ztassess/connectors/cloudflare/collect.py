"""Owns reading one Cloudflare account into a snapshot: every part at once, each whole or with its reason."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from ztassess.connectors.api import ApiSession, fan_out, read_parts, unavailable_of
from ztassess.connectors.cloudflare import client, scopes
from ztassess.connectors.cloudflare.envelope import BLOCKED, open_session
from ztassess.connectors.cloudflare.hosts import clean_host
from ztassess.connectors.cloudflare.snapshot import (
    PHASES,
    App,
    CloudflareSnapshot,
    Declared,
    EntryPoint,
    Ingress,
    Policy,
    Record,
    Tunnel,
    Zone,
)
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import ConnectorError, Forbidden, RateLimited
from ztassess.domain.findings import Part, Unavailable

T = TypeVar("T")
Reader = Callable[[], Iterator[Any]]


class Once(Generic[T]):
    """A question that several parts need: asked by the first, its answer or its error heard by all."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask, self._lock = ask, threading.Lock()
        self._answer: list[T] = []
        self._problem: ConnectorError | None = None

    def __call__(self) -> T:
        """The answer. Raises what the question raised."""
        with self._lock:
            if self._problem is not None:
                raise self._problem
            if not self._answer:
                try:
                    self._answer.append(self._ask())
                except ConnectorError as problem:
                    self._problem = problem
                    raise
            return self._answer[0]


def declared_of(context: ReadContext) -> Declared:
    """What people said, with hosts as plain names."""
    config, said = context.config, context.declared

    def hosts(lines: Any) -> frozenset[str]:
        return frozenset(filter(None, map(clean_host, lines or ())))

    return Declared(
        zones=hosts(config.get("zones")),
        internal_hosts=None if said.internal_hosts is None else hosts(said.internal_hosts),
        sensitive=None if said.sensitive_tools is None else frozenset(t.strip().lower() for t in said.sensitive_tools),
        public_hosts=hosts(config.get("public_hosts")),
        sign_in_paths=frozenset(config.get("sign_in_paths") or ()),
        admin_hosts=hosts(config.get("admin_hosts")),
    )


def collect(context: ReadContext) -> CloudflareSnapshot:
    """Read the account.

    Raises:
        AuthFailed: the token is refused or not active.
        RateLimited, Unreachable...: nothing at all could be read.
    """
    account_id, declared = str(context.config["account_id"]), declared_of(context)
    with open_session(context) as session:
        try:
            client.verify_token(session, account_id)
            parts = read_parts(context, session, readers(session, account_id, declared))
        except RateLimited as problem:
            raise RateLimited(BLOCKED, problem.retry_after) from problem
    return CloudflareSnapshot(
        taken_at=context.now, account_id=account_id, declared=declared, **with_policies(said_plainly(parts))
    )


@dataclass(frozen=True, slots=True)
class Chains:
    """The parts that need an answer of another one first: zones, tunnels, apps."""

    session: ApiSession
    account_id: str
    declared: Declared
    visible: Once[tuple[Zone, ...]]
    found_tunnels: Once[tuple[Tunnel, ...]]

    def zones(self) -> Iterator[Zone]:
        """The zones to assess."""
        yield from self.visible()
        missing_zones(self.visible(), self.declared)

    def records(self) -> Iterator[Record]:
        """The records of all zones."""
        for part in fan_out(self.session, self.visible(), lambda zone: tuple(client.records(self.session, zone))):
            yield from part
        missing_zones(self.visible(), self.declared)

    def entry_points(self) -> Iterator[EntryPoint]:
        """What is deployed in each phase of each zone."""
        asked = [(zone, phase) for zone in self.visible() for phase in PHASES]
        yield from fan_out(self.session, asked, lambda pair: client.entry_point(self.session, *pair))
        missing_zones(self.visible(), self.declared)

    def tunnels(self) -> Iterator[Tunnel]:
        """All tunnels."""
        yield from self.found_tunnels()

    def ingress(self) -> Iterator[Ingress]:
        """The hosts of the tunnels whose configuration lies with Cloudflare."""
        remote = [tunnel for tunnel in self.found_tunnels() if not tunnel.local]
        for part in fan_out(
            self.session, remote, lambda each: client.tunnel_ingress(self.session, self.account_id, each)
        ):
            yield from part


def readers(session: ApiSession, account_id: str, declared: Declared) -> Mapping[str, Reader]:
    """The reader of each part, in the order of the snapshot's fields."""
    chains = Chains(
        session,
        account_id,
        declared,
        Once(lambda: tuple(z for z in client.zones(session, account_id) if z.name in declared.zones)),
        Once(lambda: tuple(client.tunnels(session, account_id))),
    )

    def single(ask: Callable[[ApiSession, str], Any]) -> Reader:
        return lambda: (ask(session, account_id) for _ in range(1))

    def many(ask: Callable[[ApiSession, str], Iterator[Any]]) -> Reader:
        return lambda: ask(session, account_id)

    return {
        "zones": chains.zones,
        "apps": lambda: _whole_apps(session, account_id),
        "policies": many(client.reusable_policies),
        "groups": many(client.groups),
        "identity_providers": many(client.identity_providers),
        "organization": single(client.organization),
        "service_tokens": many(client.service_tokens),
        "posture_rules": many(client.posture_rules),
        "tunnels": chains.tunnels,
        "ingress": chains.ingress,
        "records": chains.records,
        "entry_points": chains.entry_points,
        "account": single(client.account),
        "log_jobs": many(client.log_jobs),
        "gateway_rules": many(client.gateway_rules),
        "routes": many(client.routes),
        "targets": many(client.targets),
        "app_authorities": many(client.app_authorities),
        "gateway_authorities": many(client.gateway_authorities),
    }


def _whole_apps(session: ApiSession, account_id: str) -> Iterator[App]:
    """Apps with their policies; those that came without are asked one by one, and say so if that fails."""

    def whole(app: App) -> App:
        if not isinstance(app.policies, Unavailable):
            return app
        try:
            return replace(app, policies=client.app_policies(session, account_id, app.id))
        except ConnectorError as problem:
            return replace(app, policies=unavailable_of(problem))

    yield from fan_out(session, client.apps(session, account_id), whole)


def missing_zones(visible: tuple[Zone, ...], declared: Declared) -> None:
    """Say that zones to assess were not seen.

    Raises:
        Forbidden: at least one; what was read of the others stays.
    """
    missing = sorted(declared.zones - {zone.name for zone in visible})
    if missing:
        names = ", ".join(missing[:20])
        verb = "is" if len(missing) == 1 else "are"
        what = "Zone" if len(missing) == 1 else "Zones"
        raise Forbidden(f"{what} {names} {verb} not in the token's zone list.", status=200, scope=scopes.ZONES)


def said_plainly(parts: Mapping[str, Part[Any]]) -> dict[str, Part[Any]]:
    """The same parts; one that was throttled says what Cloudflare's throttle means."""
    return {
        name: replace(part, detail=BLOCKED) if isinstance(part, Unavailable) and part.reason == "rate_limited" else part
        for name, part in parts.items()
    }


def with_policies(parts: Mapping[str, Part[Any]]) -> dict[str, Part[Any]]:
    """The same parts; apps that only named a reusable policy hold it whole.

    A policy without its decision that is not among the reusable ones stays as it is: rules do not pass by it.
    """
    reusable = parts["policies"]
    by_id = {p.id: p for p in (reusable.read if isinstance(reusable, Unavailable) else reusable)}

    def filled(policy: Policy) -> Policy:
        known = by_id.get(policy.id) if policy.decision is None else None
        return replace(known, precedence=policy.precedence) if known else policy

    def complete(app: App) -> App:
        if isinstance(app.policies, Unavailable):
            return app
        return replace(app, policies=tuple(map(filled, app.policies)))

    apps = parts["apps"]
    whole: Part[App] = (
        replace(apps, read=tuple(map(complete, apps.read)))
        if isinstance(apps, Unavailable)
        else tuple(map(complete, apps))
    )
    return {**parts, "apps": whole}
