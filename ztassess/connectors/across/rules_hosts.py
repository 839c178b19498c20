"""Owns the rules about hosts: internal ones stand behind a proxy, and what is behind one does not answer directly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.across.snapshot import AcrossSnapshot
from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Part, Severity, Unavailable, Verdict, failed, not_checked
from ztassess.domain.roster import Host, SharedView

checks: Checks[AcrossSnapshot] = Checks("across")
SCOPE: Final = "all hosts"


@dataclass(frozen=True, slots=True)
class Told:
    """One host as one connection tells it."""

    view: SharedView
    host: Host


def _told(snapshot: AcrossSnapshot) -> list[Told]:
    return [Told(view, host) for view in rows_read(snapshot.views) for host in rows_read(view.share.hosts)]


def _parts(snapshot: AcrossSnapshot) -> list[Part[Host]]:
    """The hosts of every system that tells hosts; one that was not whole rules out a pass."""
    parts = [view.share.hosts for view in rows_read(snapshot.views)]
    return [part for part in parts if not (isinstance(part, Unavailable) and part.reason == "unsupported")]


def covers(pattern: str, name: str) -> bool:
    """True if a host pattern of a proxy covers a name; ``*.`` stands for exactly one label."""
    if pattern.startswith("*."):
        label, dot, rest = name.partition(".")
        return bool(label and dot) and rest == pattern[2:]
    return pattern == name


class Index:
    """Hosts by name, wildcards by the part behind them, so that thousands need not be compared with each other."""

    def __init__(self, told: Iterable[Told]) -> None:
        self._plain: dict[str, list[tuple[int, Told]]] = {}
        self._wild: dict[str, list[tuple[int, Told]]] = {}
        self._parents: set[str] = set()
        self._under: dict[str, list[str]] = {}
        for place, each in enumerate(told):
            name, wild = each.host.name.removeprefix("*."), each.host.name.startswith("*.")
            (self._wild if wild else self._plain).setdefault(name, []).append((place, each))
            label, dot, rest = each.host.name.partition(".")
            if label and dot:
                self._parents.add(rest)
            while dot:
                self._under.setdefault(rest, []).append(each.host.name)
                _, dot, rest = rest.partition(".")

    def covering(self, name: str) -> list[Told]:
        """The hosts that cover a name (see `covers`), in the order they were told."""
        label, dot, rest = name.partition(".")
        found = self._plain.get(name, []) + (self._wild.get(rest, []) if label and dot else [])
        return [each for _, each in sorted(found, key=lambda one: one[0])]

    def covered_by(self, pattern: str) -> bool:
        """True if a pattern covers one of the hosts."""
        return pattern[2:] in self._parents if pattern.startswith("*.") else pattern in self._plain

    def under(self, name: str) -> list[str]:
        """The hosts somewhere below a name."""
        return list(dict.fromkeys(self._under.get(name, ())))


def _internal(snapshot: AcrossSnapshot, told: Iterable[Told]) -> tuple[str, ...]:
    """Every host for the company's own people: declared, or told so by a system; patterns are no hosts."""
    named = [each.host.name for each in told if each.host.internal and not each.host.name.startswith("*.")]
    return tuple(dict.fromkeys([*(snapshot.internal_hosts or ()), *named]))


@checks.check(
    "across.internal_hosts_behind_proxy",
    title="Internal hosts that are served stand behind the proxy",
    verifies=(Verifies("proxy.front-internal-apps", 2), Verifies("proxy.inventory", 2, supporting=True)),
    severity=Severity.HIGH,
    parts=("views",),
)
def internal_hosts_behind_proxy(snapshot: AcrossSnapshot) -> Iterator[Verdict]:
    """Each internal host name that some system serves is covered by an identity-aware proxy of some system."""
    told = _told(snapshot)
    internal = _internal(snapshot, told)
    if not internal:
        yield input_missing(SCOPE, "the host names for your own people only")
        return
    covered = Index(each for each in told if each.host.covered)
    if not any(each.host.covered is not None for each in told):
        yield not_checked(
            SCOPE, "input_missing", "No system that knows about a proxy is connected; nothing was compared."
        )
        return
    serving = Index(each for each in told if each.host.served)
    served = {name: serving.covering(name) for name in internal if not covered.covering(name)}
    problems = [_uncovered(name, by, len(internal), covered) for name, by in served.items() if by]
    unseen = [name for name, by in served.items() if not by]
    if unseen and not problems:
        unknown = f"{count(len(unseen), 'internal host')}: {names(unseen)}"
        reason = f"No connected system knows {unknown}. Connect DNS or the external probe."
        yield not_checked(SCOPE, "partial_data", reason, seen=len(internal))
        return
    yield from conclude(
        SCOPE,
        problems,
        of=[snapshot.views, *_parts(snapshot)],
        seen=len(internal),
        good=f"{len(internal)} of {count(len(internal), 'internal host')} stand behind a proxy.",
        nothing="There is no internal host.",
    )


def _uncovered(name: str, by: list[Told], seen: int, covered: Index) -> Verdict:
    systems = names(list(dict.fromkeys(each.view.connection for each in by)))
    lines = tuple(
        Evidence(f"{each.view.connector} hosts", name, "served", each.host.name, "covered by a proxy")
        for each in by[:50]
    )
    below = covered.under(name)
    near = f"Only {names(below)} below it is covered." if below else ""
    return failed(
        name,
        f"{name} is served ({systems}) and no application of a proxy covers it. {seen} internal hosts were looked at.",
        seen=seen,
        evidence=lines,
        level=1 if below else 0,
        near_miss=near,
    )


@checks.check(
    "across.proxied_apps_closed_at_origin",
    title="Applications behind the proxy do not answer directly",
    verifies=(Verifies("proxy.no-direct-origin", 2),),
    severity=Severity.HIGH,
    parts=("views",),
)
def proxied_apps_closed_at_origin(snapshot: AcrossSnapshot) -> Iterator[Verdict]:
    """No host that a proxy covers has an origin that another system reached without it."""
    told = _told(snapshot)
    covered = [each for each in told if each.host.covered]
    if not covered:
        yield from conclude(
            SCOPE,
            [],
            of=[snapshot.views, *_parts(snapshot)],
            seen=0,
            good="",
            nothing="No connected system has an application behind a proxy.",
        )
        return
    tried = [each for each in told if each.host.origin_open is not None]
    fronts, attempts = Index(covered), Index(tried)
    problems = [
        _answers(each, by[0], len(covered))
        for each in tried
        if each.host.origin_open and (by := fronts.covering(each.host.name))
    ]
    untried = [each.host.name for each in covered if not attempts.covered_by(each.host.name)]
    if untried and not problems:
        reason = (
            f"Whether the origin answers was tried for {len(covered) - len(untried)} of "
            f"{count(len(covered), 'application')}; not for {names(untried)}. Name their origins in the external probe."
        )
        yield not_checked(SCOPE, "input_missing", reason, seen=len(covered))
        return
    yield from conclude(
        SCOPE,
        problems,
        of=[snapshot.views, *_parts(snapshot)],
        seen=len(covered),
        good=f"The origins of {len(covered)} of {count(len(covered), 'application')} answer nobody but the proxy.",
        nothing="No connected system has an application behind a proxy.",
    )


def _answers(each: Told, by: Told, seen: int) -> Verdict:
    line = Evidence(f"{each.view.connector} hosts", each.host.name, "origin_open", "true", "false")
    return failed(
        each.host.name,
        f"{each.host.name} is an application of {by.view.connection}, but its origin answers without the proxy "
        f"({each.view.connection}). {count(seen, 'application')} looked at.",
        seen=seen,
        evidence=(line,),
        level=0,
    )
