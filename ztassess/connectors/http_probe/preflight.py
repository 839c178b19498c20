"""Owns the connection test: no credential, so only who can be found, who is private, and which domain is proven."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import Blocked, ConnectorError, Unreachable
from ztassess.connectors.http_probe.client import Line, class_of
from ztassess.connectors.http_probe.collect import OUR_PACE, Pace, agent_of
from ztassess.connectors.http_probe.form import UPLOADED, host_of, served_origins
from ztassess.connectors.http_probe.judging import private_sentence
from ztassess.connectors.http_probe.ownership import Ownership, missing_proof, proof_token
from ztassess.connectors.netguard import Budget, Guard

AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class _Found:
    part: str
    host: str
    problem: str


def preflight(context: ReadContext, pace: Pace = OUR_PACE) -> Preflight:
    """Look every host up and ask the name servers for proofs; no request is sent to anybody's host."""
    identity = f"a stranger who calls itself {agent_of(context)}"
    if context.config.get("origin_of_probe") == UPLOADED:
        rows = (
            PreflightRow("targets", allowed=False, detail="Nothing is sent from here; upload the runner's result."),
        )
        return Preflight(identity, rows)
    token = proof_token(str(context.config.get("external_id") or ""))
    owned = Ownership(Line(context.guard, context.budget), token, pace.lookup)
    hosts = _hosts(context)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(partial(_found, context.guard, context.budget), hosts))
        tools = dict.fromkeys(each.host for each in found if each.part == "targets" and not each.problem)
        proven = dict(zip(tools, pool.map(owned.proven_without_request, tools), strict=True))
    missing = dict.fromkeys(missing_proof(host, token) for host in tools if not proven[host])
    return Preflight(identity, tuple(_rows(found)), _warnings(context, tuple(missing)))


def _hosts(context: ReadContext) -> tuple[tuple[str, str, int], ...]:
    config = context.config
    asked: dict[tuple[str, str, int], None] = {}
    asked.update({("targets", host_of(url), 443): None for url in config.get("internal_hosts") or ()})
    asked.update({("origins", name, port): None for name, port, _ in served_origins(config)})
    asked.update({("vpn_gateways", host, 443): None for host in config.get("vpn_hosts") or ()})
    asked.update({("data_stores", host, port): None for host, port in config.get("data_stores") or ()})
    return tuple(asked)


def _found(guard: Guard, budget: Budget, asked: tuple[str, str, int]) -> _Found:
    part, host, port = asked
    try:
        budget.remaining_seconds()
        guard.pin(host, port, ports=None)
    except Blocked as problem:
        return _Found(part, host, private_sentence(host, class_of(problem)))
    except Unreachable:
        sentence = f"{host} has no public address. That hides it from the internet but proves nothing about a proxy."
        return _Found(part, host, sentence)
    except ConnectorError as problem:
        return _Found(part, host, f"{host}: {problem.sentence}")
    return _Found(part, host, "")


def _rows(found: Iterable[_Found]) -> Iterable[PreflightRow]:
    parts: dict[str, list[_Found]] = {}
    for each in found:
        parts.setdefault(each.part, []).append(each)
    for part, hosts in parts.items():
        good = [each for each in hosts if not each.problem]
        if good:
            yield PreflightRow(part, allowed=True, detail=f"{len(good)} of {len(hosts)} can be reached by name")
        for each in hosts:
            if each.problem:
                yield PreflightRow(part, allowed=False, detail=each.problem)


def _warnings(context: ReadContext, missing: tuple[str, ...]) -> tuple[str, ...]:
    config = context.config
    if config.get("owned_addresses") and not config.get("consent"):
        return (*missing, "The port check waits for your consent: nobody ticked that these addresses may be tested.")
    return missing
