"""Owns what the pages about connections read: the gallery, one connection, a scan's progress, its findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from ztassess.catalog import load_catalog
from ztassess.connectors.contract import Connector
from ztassess.connectors.registry import connectors
from ztassess.domain.facts import Facts
from ztassess.organizations.models import Organization
from ztassess.scans.models import Connection, ConnectionSecret, Finding, Kind, Scan, ScanState, StandingResult

WORST_OUTCOME_FIRST = ("fail", "error", "not_checked", "pass", "not_applicable")
ACRONYMS = {
    word.lower(): word
    for word in (
        "ACL",
        "ACLs",
        "API",
        "APIs",
        "CA",
        "DNS",
        "HBA",
        "IAM",
        "IP",
        "KMS",
        "MFA",
        "OIDC",
        "SAML",
        "SSO",
        "VPN",
    )
}
SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Provable:
    """One control a connector can verify, with the highest level it can see."""

    control: str
    title: str
    stage: str
    level: int


def provable(connector: Connector) -> tuple[Provable, ...]:
    """The controls a connector can verify, in catalog order; supporting evidence does not count."""
    highest: dict[str, int] = {}
    for check in connector.checks:
        for verifies in check.verifies:
            if not verifies.supporting:
                highest[verifies.control] = max(verifies.level, highest.get(verifies.control, 0))
    catalog = load_catalog()
    return tuple(
        Provable(control.id, control.title, control.stage, highest[control.id])
        for control in catalog.controls
        if control.id in highest
    )


def fits(connector: Connector, facts: Facts) -> bool:
    """True if the organization's facts name what this connector reads, or it fits everyone."""
    if connector.fits is None:
        return False
    if not connector.fits:
        return True
    return any(_names(getattr(facts, name), value) for name, value in connector.fits)


def _names(fact: object, value: str) -> bool:
    """True if a fact is yes where that is asked for, or names this system."""
    return value in fact if isinstance(fact, tuple) else fact is True and value == "yes"


def live_connections(organization: Organization) -> list[Connection]:
    """Connections that were not removed, each with its newest scan as ``newest`` (or None), in two queries."""
    newest = Scan.objects.filter(connection=OuterRef("pk"), kind=Kind.SCAN).order_by("-number").values("id")[:1]
    found: list[Any] = list(
        Connection.objects.filter(organization=organization, removed_at=None).annotate(newest_id=Subquery(newest))
    )
    scans = {scan.id: scan for scan in Scan.objects.filter(id__in=[row.newest_id for row in found if row.newest_id])}
    for row in found:
        row.newest = scans.get(row.newest_id)
    return found


def gallery(organization: Organization, facts: Facts) -> list[dict[str, Any]]:
    """Every connector with its connections, what it can prove, and whether it fits the facts, fitting ones first."""
    by_slug: dict[str, list[Connection]] = {}
    for connection in live_connections(organization):
        by_slug.setdefault(connection.connector_slug, []).append(connection)
    cards = [
        {
            "connector": connector,
            "connections": by_slug.get(connector.slug, []),
            "scanned": any(getattr(each, "newest", None) for each in by_slug.get(connector.slug, ())),
            "provable": provable(connector),
            "fits": fits(connector, facts),
        }
        for connector in connectors()
    ]
    return sorted(cards, key=lambda card: (not card["connections"], not card["fits"]))


def coverage(organization: Organization) -> dict[str, Any]:
    """How many 80/20 controls have a definite result now, of those that some connector can see."""
    catalog = load_catalog()
    checks = {check.id: check for connector in connectors() for check in connector.checks}
    seen: set[str] = set()
    missing: dict[str, set[str]] = {}
    for row in StandingResult.objects.filter(connection__removed_at=None).select_related("connection"):
        check = checks.get(row.check_id)
        if check is not None and row.outcome:
            seen |= {verifies.control for verifies in check.verifies if not verifies.supporting}
        if row.latest_missing_scope:
            missing.setdefault(row.latest_missing_scope, set()).add(row.check_id)
    wanted = [control.id for control in catalog.controls if control.in_80_20]
    return {
        "total": len(wanted),
        "seen": len([control for control in wanted if control in seen]),
        "missing_scopes": [{"scope": scope, "checks": len(ids)} for scope, ids in sorted(missing.items())],
    }


def connection_scans(connection: Connection, limit: int = 8) -> list[Scan]:
    """The newest scans and tests of a connection."""
    return list(Scan.objects.filter(connection=connection).select_related("requested_by")[:limit])


def active_scan(connection: Connection) -> Scan | None:
    """The scan or test that has not ended yet."""
    return Scan.objects.active().filter(connection=connection).first()


def shown_scan(connection: Connection) -> Scan | None:
    """The newest scan with findings."""
    return Scan.objects.with_result().filter(connection=connection).order_by("-number").first()


def scan_progress(scan: Scan) -> dict[str, Any]:
    """What the progress card shows: parts with counts, which one is read now, time so far."""
    seen: dict[str, int] = scan.progress.get("seen", {})
    current = scan.progress.get("part")
    parts = [
        {"state": "reading" if name == current else "done", "title": part_title(name), "count": f"{count:,}"}
        for name, count in seen.items()
    ]
    since = scan.started_at or scan.created_at
    return {
        "parts": parts,
        "seconds": max(0, int((timezone.now() - since).total_seconds())),
        "done": len(parts),
        "total": 0,
        "title": _progress_title(scan, parts),
    }


def _progress_title(scan: Scan, parts: list[dict[str, Any]]) -> str:
    if scan.state == ScanState.WAITING:
        return "Waiting, because the system asked us to slow down"
    if scan.state == ScanState.PENDING:
        return "Queued, a worker will take it"
    if scan.cancel_requested_at is not None:
        return "Stopping at the next step"
    what = "Testing" if scan.kind == Kind.PREFLIGHT else "Reading"
    return f"{what}, {len(parts)} parts so far" if parts else f"{what} has started"


def part_title(name: str) -> str:
    """``credential_report`` becomes ``Credential report``, and ``oidc_providers`` becomes ``OIDC providers``."""
    words = " ".join(ACRONYMS.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]


def tested_parts(connection: Connection) -> list[dict[str, Any]]:
    """What the test of the credential says of each part, with the part's title."""
    rows = (connection.preflight or {}).get("rows", ())
    return [row | {"title": part_title(row["part"])} for row in rows]


def tested_sentence(connection: Connection) -> str:
    """How many checks will run after what the test saw: "19 of 20 checks will run; 1 waits for events:ListRules"."""
    rows = (connection.preflight or {}).get("rows", ())
    refused = {row["part"]: row["missing_scope"] for row in rows if not row["allowed"]}
    checks = connection.connector.checks
    waiting = [check for check in checks if not refused.keys().isdisjoint(check.parts)]
    will_run = f"{len(checks) - len(waiting)} of {len(checks)} checks will run"
    if not waiting:
        return f"{will_run}."
    scopes = sorted({scope for scope in refused.values() if scope})
    if not scopes:
        return f"{will_run}; {len(waiting)} cannot look, and what they cannot see never counts as a pass."
    return f"{will_run}; {len(waiting)} wait{'s' if len(waiting) == 1 else ''} for {', '.join(scopes)}."


def stored_secrets(connection: Connection) -> list[dict[str, Any]]:
    """What is stored sealed, under the labels of the form; never the secrets themselves."""
    labels = {field.name: field.label for field in connection.connector.fields}
    rows = ConnectionSecret.objects.filter(connection=connection)
    return [{"label": labels.get(row.field, row.field), "row": row} for row in rows]


def scan_findings(scan: Scan, *, outcome: str = "", check: str = "") -> list[Finding]:
    """The findings of one scan, worst first, then by severity; filtered if asked."""
    rows: QuerySet[Finding] = Finding.objects.filter(scan=scan)
    if outcome:
        rows = rows.filter(outcome=outcome)
    if check:
        rows = rows.filter(check_id=check)
    return sorted(
        rows,
        key=lambda row: (
            WORST_OUTCOME_FIRST.index(row.outcome),
            SEVERITIES.index(row.severity),
            row.check_id,
            row.resource,
        ),
    )


SHOWN_OF_A_CHECK = 3
SETTLED = ("pass", "not_applicable")


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding as pages show it: with its check's title, and what the difference or the control says of it."""

    finding: Finding
    title: str
    change: str = ""
    supporting: bool = False


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one check with one outcome in one scan: the first ones at once, the others behind one click."""

    outcome: str
    title: str
    first: tuple[ShownFinding, ...]
    more: tuple[ShownFinding, ...]

    @property
    def count(self) -> int:
        """How many findings there are."""
        return len(self.first) + len(self.more)

    @property
    def settled(self) -> bool:
        """True if nothing is to be done about it."""
        return self.outcome in SETTLED


def grouped(rows: Iterable[ShownFinding]) -> list[FindingGroup]:
    """Findings by check and outcome, in the order they come; a check that repeats itself does not hide the others."""
    groups: dict[tuple[str, str, Any], list[ShownFinding]] = {}
    for each in rows:
        key = (each.finding.outcome, each.finding.check_id, each.finding.scan_id)
        groups.setdefault(key, []).append(each)
    return [
        FindingGroup(outcome, found[0].title, tuple(found[:SHOWN_OF_A_CHECK]), tuple(found[SHOWN_OF_A_CHECK:]))
        for (outcome, _, _), found in groups.items()
    ]


def split_settled(rows: Iterable[ShownFinding]) -> dict[str, Any]:
    """Groups that ask for something, then the settled ones with their numbers, open if nothing else is there."""
    groups = grouped(rows)
    unsettled = [group for group in groups if not group.settled]
    settled = [group for group in groups if group.settled]
    counts = outcome_counts(each.finding for group in settled for each in (*group.first, *group.more))
    return {
        "groups": unsettled,
        "settled": settled,
        "settled_counts": [{"outcome": outcome, "count": count} for outcome, count in counts.items()],
        "open_settled": not unsettled,
    }


def outcome_counts(rows: Iterable[Finding]) -> dict[str, int]:
    """How many findings have each outcome, worst first."""
    counts = dict.fromkeys(WORST_OUTCOME_FIRST, 0)
    for row in rows:
        counts[row.outcome] += 1
    return {outcome: count for outcome, count in counts.items() if count}


def change_of(scan: Scan) -> dict[tuple[str, str], str]:
    """What the difference says of each finding: ``(check, resource) -> new | regressed | unchanged``."""
    return {
        (entry["check"], entry["resource"]): kind
        for kind in ("new", "regressed", "unchanged")
        for entry in scan.diff.get(kind, {}).get("listed", [])
    }


def stage_filters(cards: list[dict[str, Any]], stages: list[str], current: str) -> list[dict[str, Any]]:
    """Filters of the gallery by what a connector can prove."""
    catalog = load_catalog()
    filters = [{"url": "?", "title": "All", "current": not current, "count": len(cards)}]
    for stage in (each for each in catalog.stages if each.id in stages):
        count = len([card for card in cards if any(each.stage == stage.id for each in card["provable"])])
        filters.append(
            {"url": f"?stage={stage.id}", "title": stage.title, "current": current == stage.id, "count": count}
        )
    return filters
