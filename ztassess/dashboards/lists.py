"""Owns the lists behind the figures: exactly the findings or controls of a bar, by page, as CSV and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.core.paginator import Paginator

from ztassess.assessments.selectors import checks_by_id
from ztassess.charts.counts import state_word
from ztassess.charts.figure import Cell
from ztassess.dashboards.figures import OTHER_TITLE, Dashboard
from ztassess.dashboards.filters import AGES, OTHER_STAGE, Filters
from ztassess.dashboards.selectors_findings import listed, stages_of_check
from ztassess.domain.assessment import ControlAssessment, level_name
from ztassess.organizations.links import org_url
from ztassess.scans.models import Finding
from ztassess.scans.selectors import SEVERITIES

PER_PAGE = 50
FINDING_COLUMNS = (
    *("Severity", "Check", "Check id", "Stages", "Resource", "What fails", "Connection", "Known for"),
    *("Found at", "Assets seen", "Carried forward", "Scan", "Finding id"),
)
CONTROL_COLUMNS = (
    *("Stage", "Control", "Control id", "Proof state", "Claimed level", "Proven level", "Target level", "80/20"),
    *("80/20 points to gain", "Why"),
)
_FIELDS = (
    *("severity", "check_id", "resource", "reason", "connection__name", "age", "taken_at", "seen", "is_carried"),
    *("scan__number", "id"),
)


def stage_words(page: Dashboard, check_id: str) -> str:
    """Titles of the stages a check speaks about, in the order of the path."""
    stages = stages_of_check(check_id)
    return ", ".join(title for stage, title in page.stage_titles.items() if stage in stages) or OTHER_TITLE


def check_title(check_id: str) -> str:
    """The title of a check; its id where no connector has it any more."""
    check = checks_by_id().get(check_id)
    return check.title if check else check_id


def finding_rows(page: Dashboard) -> Iterator[tuple[Cell, ...]]:
    """Every finding that fits, as cells of `FINDING_COLUMNS`: no evidence, nothing but what a cell holds is read."""
    rows = listed(page.request.organization, page.asked, page.connections.looked_back).values_list(*_FIELDS)
    for severity, check, resource, reason, connection, age, at, seen, is_carried, scan, key in rows.iterator():
        yield (
            *(severity, check_title(check), check, stage_words(page, check), resource, reason, connection, AGES[age]),
            *(at.isoformat(timespec="seconds"), seen, "yes" if is_carried else "no", scan, str(key)),
        )


def findings_context(page: Dashboard, number: str | None) -> dict[str, Any]:
    """One page of the list of findings."""
    asked = page.asked
    rows = listed(page.request.organization, asked, page.connections.looked_back)
    shown = Paginator(rows.select_related("connection", "scan").defer("evidence"), PER_PAGE).get_page(number)
    first = (shown.number - 1) * PER_PAGE
    return {
        "page": shown,
        "count": shown.paginator.count,
        # Cut here and not by the paginator, which asks for no page of an empty list: empty or not, it is one question.
        "rows": [_finding(page, row) for row in shown.paginator.object_list[first : first + PER_PAGE]],
        "title": "Open findings",
        "shown_as": filter_words(page, page.asked),
        "stages": [*page.stage_titles.items(), (OTHER_STAGE, OTHER_TITLE)],
        "severities": [(severity, severity.capitalize()) for severity in SEVERITIES],
        "ages": list(AGES.items()),
        "connections": list(page.connections.names.items()),
    }


def _finding(page: Dashboard, row: Any) -> dict[str, Any]:
    assert isinstance(row, Finding)  # noqa: S101  for the type checker: the manager is untyped
    stages = stages_of_check(row.check_id)
    controls = checks_by_id()[row.check_id].verifies if row.check_id in checks_by_id() else ()
    return {
        "finding": row,
        "title": check_title(row.check_id),
        "stages": stage_words(page, row.check_id),
        "age": AGES[getattr(row, "age", "new")],
        "carried": bool(getattr(row, "is_carried", 0)),
        "scan_url": org_url(page.request, "scan", scan_id=row.scan_id),
        "url": org_url(page.request, "control", control_id=controls[0].control) if stages and controls else "",
    }


def controls_that_fit(page: Dashboard) -> list[ControlAssessment]:
    """The applicable controls that fit the filters, worst proof first; those that do not apply where asked for."""
    asked = page.asked
    text = asked.text.casefold()
    return [
        each
        for each in page.reading.assessment.worst_first()
        if (not asked.stage or each.control.stage == asked.stage)
        and (each.state.value == asked.state if asked.state else each.applies)
        and (not asked.core or each.control.in_80_20)
        and (not text or text in f"{each.control.title} {each.id}".casefold())
    ]


def control_rows(page: Dashboard) -> Iterator[tuple[Cell, ...]]:
    """Every control that fits, as cells of `CONTROL_COLUMNS`."""
    for each in controls_that_fit(page):
        yield (
            *(page.stage_titles[each.control.stage], each.control.title, each.id, state_word(each.state.value)),
            *(_level(each.claim_level), _level(each.proven_level), _level(each.control.target)),
            *("yes" if each.control.in_80_20 else "no", round(each.points, 2), each.why),
        )


def controls_context(page: Dashboard, number: str | None) -> dict[str, Any]:
    """One page of the list of controls."""
    fitting = controls_that_fit(page)
    shown = Paginator(fitting, PER_PAGE).get_page(number)
    states = Counter(each.state.value for each in page.reading.assessment.controls)
    return {
        "page": shown,
        "count": len(fitting),
        "rows": [
            {
                "each": each,
                "stage": page.stage_titles[each.control.stage],
                "claimed": _level(each.claim_level),
                "proven": _level(each.proven_level),
                "target": _level(each.control.target),
                "url": org_url(page.request, "control", control_id=each.id),
            }
            for each in shown.object_list
        ],
        "title": "Controls",
        "shown_as": filter_words(page, page.asked),
        "stages": list(page.stage_titles.items()),
        "states": [(state, state_word(state)) for state in states],
    }


def _level(level: int | None) -> str:
    return "none" if level is None else level_name(level)


def filter_words(page: Dashboard, asked: Filters) -> str:
    """The filters as one line, for who sees the list without its form: on paper, in a file."""
    titles = {**page.stage_titles, OTHER_STAGE: OTHER_TITLE}
    parts = [
        titles.get(asked.stage, ""),
        f"{asked.severity} severity" if asked.severity else "",
        f"known for {AGES[asked.age].lower()}" if asked.age else "",
        state_word(asked.state) if asked.state else "",
        "80/20 only" if asked.core else "",
        f"from {page.connections.names[asked.connection]}" if asked.connection else "",
        f"with “{asked.text}”" if asked.text else "",
    ]
    return ", ".join(part for part in parts if part)


def as_objects(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> list[Mapping[str, Cell]]:
    """Rows by field name, for JSON: ``Known for`` becomes ``known_for``."""
    names = [column.lower().replace(" ", "_").replace("/", "_") for column in columns]
    return [dict(zip(names, row, strict=True)) for row in rows]
