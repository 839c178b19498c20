"""Owns making what a link shows: the numbers of the reports, redacted on the server, cut down to the allowed fields."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from typing import Any

from ztassess.organizations.models import Organization
from ztassess.reports.content import report_data, usual_since
from ztassess.reports.naming import Names, PlainNames
from ztassess.reports.pseudonyms import pseudonyms
from ztassess.reports.questionnaire_files import document
from ztassess.reports.questionnaire_reading import read_questionnaire
from ztassess.reports.values import as_json
from ztassess.sharing.models import ShareLink
from ztassess.sharing.shown import HEAD, picked


def link_pages(link: ShareLink, *, now: datetime) -> dict[str, Any]:
    """The head and the chosen chapters of a link, as of now, as plain JSON values by slug.

    Call it inside the organization's scope. The number of queries does not grow with controls, findings or people.
    """
    data = as_json(report_data(link.organization, now=now, since=usual_since(now), redact=link.redacted))
    for each in data["coverage"]["connections"]:
        # That a result is carried forward is part of the number; why the system was not read is not for outside.
        each["carried"] = bool(each["unread"])
    data["coverage"]["gaps"] = _together(data["coverage"]["gaps"])
    if "questionnaire" in link.chapters:
        data["questionnaire"] = _questionnaire(link.organization, redact=link.redacted)
    pages = {each.slug: picked(data, each.fields) for each in link.chosen}
    return {"head": picked(data, HEAD), "pages": pages}


def _together(gaps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One gap for each connection: what tells them apart is the reason, which stays inside."""
    found: dict[str, dict[str, Any]] = {}
    for gap in gaps:
        row = found.setdefault(gap["connection"], {"connection": gap["connection"], "checks": [], "controls": []})
        for name in ("checks", "controls"):
            row[name] += [each for each in gap[name] if each not in row[name]]
    return list(found.values())


def _questionnaire(organization: Organization, *, redact: bool) -> dict[str, Any]:
    told = document(read_questionnaire(organization), organization.name)
    with pseudonyms(organization) if redact else nullcontext(PlainNames()) as names:
        for each in told["answers"]:
            _renamed(each, names)
    return told


def _renamed(answer: dict[str, Any], names: Names) -> None:
    """Systems are named in how an answer is known, and people's words may stand in its sentences."""
    answer["sentences"] = [names.prose(each) for each in answer["sentences"]]
    for basis in answer["known"]:
        basis["words"] = names.prose(basis["words"])
