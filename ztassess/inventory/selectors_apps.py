"""Owns reading the board of internal apps: people's ticks, connections' words, and what speaks about the VPN itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from ztassess.connectors.across.rules_hosts import covers
from ztassess.connectors.judging import rows_read
from ztassess.connectors.registry import connectors
from ztassess.domain.findings import Unavailable
from ztassess.domain.retirement import AppStanding, Retirement, Step, Tick, Told, judge_step, retirement
from ztassess.domain.roster import Host, SharedView
from ztassess.inventory.models import AppTick, InternalApp
from ztassess.organizations.models import Organization
from ztassess.organizations.selectors import organization_declared
from ztassess.scans.models import StandingResult
from ztassess.scans.selectors_shares import shared_views

VPN_CONTROL = "proxy.vpn-retired"


@dataclass(frozen=True, slots=True)
class Board:
    """The board as the page shows it.

    Attributes:
        rows: each app with what stands of it, contradictions first.
        unlisted: hosts that connections or the facts call internal and that are no app yet, with who says so.
        telling: names of the connections that know hosts.
        unread: for each connection that could not tell its hosts: its name and why.
    """

    rows: tuple[tuple[InternalApp, AppStanding], ...]
    retirement: Retirement
    unlisted: tuple[tuple[str, str], ...]
    telling: tuple[str, ...]
    unread: tuple[tuple[str, str], ...]


def app_board(organization: Organization, *, now: datetime | None = None) -> Board:
    """The board of the active organization, whatever its size in the same number of queries."""
    today = now or timezone.now()
    views = shared_views()
    told = [(view, host) for view in views for host in rows_read(view.share.hosts)]
    apps = list(InternalApp.objects.select_related("added_by"))
    ticks: dict[object, dict[str, AppTick]] = defaultdict(dict)
    for tick in AppTick.objects.select_related("by"):
        ticks[tick.app_id][tick.step] = tick
    rows = [(app, _standing(app, ticks[app.id], told, today)) for app in apps]
    unlisted = _unlisted(organization, {app.host for app in apps}, told)
    standings = [standing for _, standing in rows]
    return Board(
        rows=tuple(sorted(rows, key=lambda row: row[1].rank)),
        retirement=retirement(standings, [name for name, _ in unlisted], tuple(_against())),
        unlisted=unlisted,
        telling=tuple(dict.fromkeys(view.connection for view, _ in told)),
        unread=tuple(
            (view.connection, view.share.hosts.detail or view.share.hosts.reason.replace("_", " "))
            for view in views
            if isinstance(view.share.hosts, Unavailable) and view.share.hosts.reason != "unsupported"
        ),
    )


def _standing(
    app: InternalApp, ticks: dict[str, AppTick], told: Iterable[tuple[SharedView, Host]], today: datetime
) -> AppStanding:
    words: dict[Step, list[Told]] = defaultdict(list)
    for view, host in told:
        for step, says, why in _words(app.host, host):
            words[step].append(Told(view.connection, says, why, view.taken_at))
    cells = tuple(judge_step(step, words[step], _tick(app, ticks, step), today=today) for step in Step)
    return AppStanding(str(app.id), app.name, app.host, cells)


def _words(name: str, host: Host) -> Iterator[tuple[Step, bool, str]]:
    """What one connection's word about a host says about the steps of the app at this name."""
    if not covers(host.name, name):
        return
    if host.served and host.name == name:
        yield Step.FOUND, True, f"{name} is served."
    if host.covered is not None:
        said = "a proxy stands in front of it." if host.covered else "no proxy stands in front of it."
        yield Step.PROXIED, host.covered, said
    if host.named is False:
        yield Step.POLICY, False, "its policy admits people whom it does not name."
    elif host.named and host.second_factor is not None:
        factor = host.second_factor
        said = "its policy names groups and demands a second factor."
        yield Step.POLICY, factor, said if factor else "its policy names groups and demands no second factor."
    if host.origin_open is not None:
        said = "it answers without the proxy." if host.origin_open else "it answers nobody but the proxy."
        yield Step.CLOSED, not host.origin_open, said
    elif host.covered is False and host.served:
        yield Step.CLOSED, False, "it is served without a proxy."


def _tick(app: InternalApp, ticks: dict[str, AppTick], step: Step) -> Tick | None:
    tick = ticks.get(step.value)
    if tick is not None:
        return Tick(tick.says, str(tick.by or "Somebody who left"), tick.at)
    if step is Step.FOUND:
        # Who listed the app has found it.
        return Tick(says=True, by=str(app.added_by or "Somebody who left"), at=app.added_at)
    return None


def _unlisted(
    organization: Organization, listed: set[str], told: Iterable[tuple[SharedView, Host]]
) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for name in organization_declared(organization).internal_hosts or ():
        found.setdefault(name.lower(), "the facts")
    for view, host in told:
        if host.internal and not host.name.startswith("*."):
            found.setdefault(host.name, view.connection)
    return tuple((name, who) for name, who in sorted(found.items()) if name not in listed)


def _against() -> Iterator[str]:
    """One sentence for each check about the VPN itself that fails and stands."""
    about = {
        check.id: check.title
        for each in connectors()
        for check in each.checks
        if any(word.control == VPN_CONTROL and not word.supporting for word in check.verifies)
    }
    rows = StandingResult.objects.filter(check_id__in=about, outcome="fail", connection__removed_at=None)
    for row in rows.select_related("connection").defer("connection__config", "connection__preflight"):
        yield f"{row.connection.name} fails “{about[row.check_id]}”."
