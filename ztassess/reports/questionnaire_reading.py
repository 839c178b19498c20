"""Owns reading an organization for its questionnaire: the state of each control, how it is known, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from ztassess.assessments.models import ControlException, ScoreSnapshot
from ztassess.assessments.selectors import Reading, checks_by_id, read_organization
from ztassess.catalog import load_catalog
from ztassess.domain.assessment import ControlAssessment
from ztassess.domain.proof_state import ProofState
from ztassess.domain.questionnaire import (
    Answered,
    Basis,
    ControlState,
    Known,
    OpenException,
    answer_exceptions,
    answer_question,
    level_told,
)
from ztassess.organizations.models import Membership, Organization
from ztassess.reports.questionnaire_data import load_wording
from ztassess.scans.models import Connection, StandingResult

HISTORY = timedelta(days=400)
CHECKS_NAMED = 3
JOINED = "across the connected systems"


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """All answers of an organization at one moment, by one version of the catalog."""

    answers: tuple[Answered, ...]
    at: datetime
    catalog_version: str


def read_questionnaire(organization: Organization) -> Questionnaire:
    """Answer every question from what is proven now. The number of queries does not grow with controls or findings."""
    reading = read_organization(organization)
    wording, assessment = load_wording(), reading.assessment
    asked = {control for question in wording.questions for control in question.controls}
    ends = _exception_ends(reading)
    since = _since(organization, {control: assessment.control(control).state for control in asked})
    roles = _reviewer_roles(organization, reading)
    states = {
        control: _state(reading, assessment.control(control), roles.get(control, ""), ends, since.get(control))
        for control in asked
    }
    answers = tuple(
        answer_question(question, [states[control] for control in question.controls], wording.clauses)
        if question.controls
        else answer_exceptions(question, _exceptions(reading))
        for question in wording.questions
    )
    return Questionnaire(answers, assessment.today, assessment.catalog_version)


def _state(
    reading: Reading, each: ControlAssessment, role: str, ends: Mapping[str, date], since: datetime | None
) -> ControlState:
    return ControlState(
        id=each.id,
        title=each.control.title,
        state=each.state,
        level=level_told(each),
        target=each.control.target,
        known=tuple(_known(reading, each, role, ends)),
        since=since or _dated(reading, each),
        until=ends.get(each.id) if each.state is ProofState.EXCEPTED else None,
    )


def _known(reading: Reading, each: ControlAssessment, role: str, ends: Mapping[str, date]) -> list[Basis]:
    """How one control is known, strongest first. What names no check names the control: an answer rests on several."""
    if not each.applies:
        return []
    found: list[Basis] = []
    if each.state is ProofState.EXCEPTED and each.id in ends:
        found.append(_of(each, Known.EXCEPTION, f"accepted exception until {ends[each.id].isoformat()}"))
    found += _checks(reading, each)
    if each.state is ProofState.CANNOT_CHECK:
        found += _blocked(reading, each)
    if role and each.verified is None:
        found.append(_of(each, Known.DOCUMENT, f"document, reviewed by {role}"))
    claimed = each.claim_level is not None and each.state is not ProofState.CONTRADICTED
    beyond = each.verified is None or (each.claim_level or 0) > each.verified.level
    if claimed and beyond and not role:
        answer = reading.answers.get(each.id)
        made = f", made on {_iso(answer.answered_at)}" if answer is not None else ""
        found.append(_of(each, Known.CLAIM, f"claim only{made}"))
    return found or [_of(each, Known.NOTHING, "nothing was said or seen")]


def _of(each: ControlAssessment, kind: Known, words: str) -> Basis:
    return Basis(kind, f"“{each.control.title}”: {words}")


def _iso(moment: datetime) -> str:
    return timezone.localtime(moment).date().isoformat()


def _checks(reading: Reading, each: ControlAssessment) -> list[Basis]:
    deciding = set(each.verified.checks) if each.verified is not None else set()
    rows = [(row, check.title) for row, check, verifies in reading.standing_of(each.id) if not verifies.supporting]
    told = [_check(row, title) for row, title in rows if row.check_id in deciding and row.outcome]
    more = len(told) - CHECKS_NAMED
    return told[:CHECKS_NAMED] + _more(each, more)


def _more(each: ControlAssessment, more: int) -> list[Basis]:
    return [_of(each, Known.CHECK, f"{more} more check{'' if more == 1 else 's'}")] if more > 0 else []


def _check(row: StandingResult, title: str) -> Basis:
    said = "which failed" if row.outcome == "fail" else "which passed"
    day = f" on {_iso(row.taken_at)}" if row.taken_at else ""
    source = _source(row.connection, uploaded=row.uploaded)
    return Basis(Known.CHECK, f"Check “{title}” {source}, {said}{day}")


def _source(connection: Connection, *, uploaded: bool = False) -> str:
    """Where a check looked. What joins the other connections is no system that a customer could know."""
    if connection.connector.joint:
        return JOINED
    return f"in an export of {connection.name}" if uploaded else f"in {connection.name}"


def _blocked(reading: Reading, each: ControlAssessment) -> list[Basis]:
    sources = {str(row.connection_id): _source(row.connection) for row in reading.standing}
    titles = checks_by_id()
    told = [
        Basis(Known.NOTHING, f"Check “{titles[one.check].title}” {sources[one.connection]}, which could not look")
        for one in each.blocked
        if one.check in titles and one.connection in sources
    ]
    return told[:CHECKS_NAMED]


def _reviewer_roles(organization: Organization, reading: Reading) -> dict[str, str]:
    """By control, the role of who reviewed its document: a name is nobody's business outside."""
    here = Membership.objects.active().filter(organization=organization)
    roles = dict(here.values_list("user_id", "role"))
    found: dict[str, str] = {}
    for control, row in reading.attesting.items():
        role = roles.get(row.reviewed_by_id) if row.reviewed_by_id else None
        found[control] = f"{'an' if role[0] in 'aeo' else 'a'} {role}" if role else "somebody who has left since"
    return found


def _exception_ends(reading: Reading) -> dict[str, date]:
    """By control, the last day of the last exception that is in force, of the whole control or of an object."""
    ends: dict[str, date] = {}
    for row in reading.exceptions:
        ends[row.control_id] = max(ends.get(row.control_id, row.last_day), row.last_day)
    return ends


def _exceptions(reading: Reading) -> list[OpenException]:
    """What exceptions are for, without the object: it may be a person's account."""
    titles = {control.id: control.title for control in load_catalog().controls}
    rows = sorted(reading.exceptions, key=lambda row: (row.last_day, row.control_id, str(row.id)))
    return [OpenException(titles.get(row.control_id, row.control_id) + _part(row), row.last_day) for row in rows]


def _part(row: ControlException) -> str:
    return " (one object)" if row.object else ""


def _since(organization: Organization, states: Mapping[str, ProofState]) -> dict[str, datetime]:
    """By control, from when on each recorded score has it in its present state: one query over the last 400 days."""
    rows = ScoreSnapshot.objects.filter(organization=organization, at__gte=timezone.now() - HISTORY).order_by("-at")
    still, since = dict(states), dict[str, datetime]()
    for at, recorded in rows.values_list("at", "states").iterator(chunk_size=100):
        still = {control: state for control, state in still.items() if recorded.get(control) == state.value}
        if not still:
            break
        since |= dict.fromkeys(still, at)
    return since


def _dated(reading: Reading, each: ControlAssessment) -> datetime | None:
    """The date of what it rests on, where no score was recorded since it is so."""
    if each.verified is not None:
        moment = each.verified.verified_at
        return moment if isinstance(moment, datetime) else None
    if each.id in reading.attesting:
        return reading.attesting[each.id].reviewed_at
    answer = reading.answers.get(each.id)
    return answer.answered_at if answer is not None and each.claim_level is not None else None
