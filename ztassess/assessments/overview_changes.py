"""Owns what the overview shows of the changes: rows with links, in the order and the groups of the read model."""

from __future__ import annotations

from typing import Any

from ztassess.assessments.monday import ChangeGroup, MondayPage
from ztassess.assessments.monday_words import ChangeWords
from ztassess.domain.changes import ChangeKind
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url

SHOWN_REGRESSIONS = 3
SHOWN = {ChangeKind.REGRESSED: 6, ChangeKind.NEW: 4}
SHOWN_OTHERS = 3
# Tone and icon beside the words, which follow a number; nothing is said by color alone.
MARKS = {
    ChangeKind.REGRESSED: ("danger", "trending-down", "regressed"),
    ChangeKind.NEW: ("danger", "plus", "controls with new findings"),
    ChangeKind.FIXED: ("ok", "check", "fixed"),
    ChangeKind.UNCHECKED: ("warn", "eye-off", "could not be checked"),
    ChangeKind.STALE: ("warn", "history", "went stale"),
    ChangeKind.EXCEPTION: ("warn", "calendar-clock", "exceptions ending or ended"),
    ChangeKind.ANSWERED: ("", "message-square", "answered or changed"),
}


def group_rows(request: OrgRequest, page: MondayPage) -> list[dict[str, Any]]:
    """Every group that has changes: the first ones at once, the others behind one click."""
    return [_group(request, group) for group in page.groups]


def _group(request: OrgRequest, group: ChangeGroup) -> dict[str, Any]:
    tone, mark, words = MARKS[group.kind]
    if group.count == 1:
        words = words.replace("controls", "control").replace("exceptions", "exception")
    rows = [_change(request, each) for each in group.changes]
    rows += [
        {"exception": each, "url": org_url(request, "exception", exception_id=each.exception_id)}
        for each in group.exceptions
    ]
    shown = SHOWN.get(group.kind, SHOWN_OTHERS)
    return {"group": group, "tone": tone, "icon": mark, "words": words, "first": rows[:shown], "more": rows[shown:]}


def _change(request: OrgRequest, each: ChangeWords) -> dict[str, Any]:
    said_by = [
        {
            "said": said,
            "text": f"{said.name}, scan {said.number}" if said.number else said.name,
            "url": org_url(request, "scan", scan_id=said.scan_id)
            if said.scan_id and said.number
            else org_url(request, "connection", connection_id=said.connection_id),
        }
        for said in each.said_by
    ]
    return {"change": each, "url": org_url(request, "control", control_id=each.control_id), "said_by": said_by}


def regression_rows(request: OrgRequest, page: MondayPage) -> dict[str, Any]:
    """What stands above everything else: the worst regressions by name."""
    rows = [_change(request, each) for each in page.regressed]
    return {"rows": rows[:SHOWN_REGRESSIONS], "count": len(rows), "more": max(0, len(rows) - SHOWN_REGRESSIONS)}


def unread_rows(request: OrgRequest, page: MondayPage) -> list[dict[str, Any]]:
    """The sources that were not read, those that carry most first."""
    ordered = sorted(page.unread, key=lambda each: -each.controls)
    return [
        {"source": each, "url": org_url(request, "connection", connection_id=each.connection_id)} for each in ordered
    ]
