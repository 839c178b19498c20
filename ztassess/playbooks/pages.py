"""Owns what the pages of playbooks show: words and rows, ready for templates without logic."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from ztassess.catalog import load_catalog
from ztassess.domain.playbook_words import differences, told
from ztassess.domain.playbooks import Part, Payload
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url
from ztassess.playbooks.models import AppliedPlaybook, Playbook, PlaybookVersion
from ztassess.playbooks.selectors import Candidate, versions_of

VERSIONS_SHOWN = 20


def sections(payload: Payload) -> list[dict[str, Any]]:
    """What a playbook says, part by part."""
    lines = told(payload, load_catalog())
    return [{"part": part, "lines": list(rows)} for part, rows in groupby(lines, key=lambda line: line.part)]


def parts_in_words(payload: Payload) -> str:
    """For example ``plan preset, weights``; says so where a playbook is empty."""
    return ", ".join(part.words.lower() for part in payload.parts) or "nothing yet"


def list_rows(
    request: OrgRequest, found: Sequence[tuple[Playbook, PlaybookVersion]], counts: dict[UUID, int]
) -> list[dict[str, Any]]:
    """A firm's playbooks as rows."""
    return [
        {
            "playbook": playbook,
            "version": version,
            "parts": parts_in_words(version.value()),
            "applied": counts.get(playbook.id, 0),
            "url": org_url(request, "playbook", playbook_id=playbook.id),
            "apply_url": org_url(request, "playbook_apply", playbook_id=playbook.id),
        }
        for playbook, version in found
    ]


def history_rows(request: OrgRequest, playbook: Playbook) -> list[dict[str, Any]]:
    """The versions of a playbook, newest first, each with how much it changed."""
    versions = versions_of(playbook)
    before = {version.number: version.value() for version in versions}
    catalog = load_catalog()
    return [
        {
            "version": version,
            "changes": len(differences(before.get(version.number - 1, Payload()), before[version.number], catalog)),
            "url": org_url(request, "playbook_version", playbook_id=playbook.id, number=version.number),
        }
        for version in versions[:VERSIONS_SHOWN]
    ]


def version_context(request: OrgRequest, version: PlaybookVersion, before: PlaybookVersion | None) -> dict[str, Any]:
    """One version: what it says, and what it changed."""
    payload = version.value()
    file_url = org_url(request, "playbook_file", playbook_id=version.playbook_id, number=version.number)
    return {
        "playbook": version.playbook,
        "version": version,
        "sections": sections(payload),
        "differences": differences(before.value(), payload, load_catalog()) if before else (),
        "before": before,
        "file_url": file_url,
    }


def apply_rows(
    version: PlaybookVersion, candidates: Sequence[Candidate], chosen: Sequence[str] | None
) -> list[dict[str, Any]]:
    """The person's organizations: those that may be chosen, with what stands there; then the others with the reason.

    Parameters:
        chosen: ids that were chosen; None preselects those that have an older version.
    """
    rows = []
    for each in candidates:
        older = _is_older(each.applied, version)
        row = {
            "id": str(each.organization.id),
            "name": each.organization.name,
            "refusal": each.refusal,
            "standing": _standing(each.applied, version),
            "checked": str(each.organization.id) in chosen if chosen is not None else older,
        }
        rows.append(row)
    return sorted(rows, key=lambda row: bool(row["refusal"]))


def _is_older(applied: AppliedPlaybook | None, version: PlaybookVersion) -> bool:
    return applied is not None and applied.playbook == version.playbook_id and applied.number < version.number


def _standing(applied: AppliedPlaybook | None, version: PlaybookVersion) -> str:
    if applied is None:
        return "no playbook applied"
    if applied.playbook != version.playbook_id:
        return f"has the playbook {applied.playbook_name}, version {applied.number}, which this one replaces"
    if applied.number == version.number:
        return f"has version {applied.number}"
    return f"has version {applied.number}; this is version {version.number}"


def applied_context(applied: AppliedPlaybook | None, newer: PlaybookVersion | None) -> dict[str, Any]:
    """What is applied to the client, in words, and what a newer version would change."""
    payload = applied.value() if applied else Payload()
    offered = newer.value().only(payload.parts) if newer else Payload()
    return {
        "applied": applied,
        "sections": sections(payload),
        "weighted": Part.WEIGHTS in payload.parts,
        "newer": newer,
        "newer_changes": differences(payload, offered, load_catalog()) if newer else (),
    }
