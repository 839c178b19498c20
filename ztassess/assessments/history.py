"""Owns the history of one control: answers, evidence, exceptions, owners, changes of proof, each with what differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models.fields.json import KeyTransform

from ztassess.assessments.models import AnswerChange, ScoreSnapshot, SnapshotCause
from ztassess.assessments.selectors import control_history
from ztassess.audit.models import AuditEvent
from ztassess.domain.assessment import level_name
from ztassess.domain.proof_state import ProofState
from ztassess.organizations.models import Organization

SHOWN = 30
TOLD_ELSEWHERE = ("answer.save", "comment.add")
SNAPSHOTS = 400
ICONS = {"artifact": "file-text", "exception": "calendar-clock", "comment": "message-square", "control": "user-round"}
CAUSES: dict[str, str] = {
    SnapshotCause.PROOF: "after a scan",
    SnapshotCause.FACTS: "after changed facts",
    SnapshotCause.EVIDENCE: "after a review or a decision",
    SnapshotCause.DAILY: "by age, or by a connection that went away",
    SnapshotCause.ANSWER: "after an answer",
    SnapshotCause.METHOD: "by age, when other weights began to count",
}
TONES: dict[str, str] = {ProofState.CONTRADICTED: "danger", ProofState.VERIFIED: "ok", ProofState.ATTESTED: "ok"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that changed; an empty text means there was or is none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history.

    Attributes:
        state: the proof state whose icon stands before it; empty where ``icon`` names one.
        tone: ``ok``, ``danger``, ``warn`` or empty.
    """

    at: datetime
    text: str
    icon: str = ""
    state: str = ""
    tone: str = ""
    differences: tuple[Difference, ...] = ()


def history_of(organization: Organization, control_id: str) -> list[Entry]:
    """The newest lines first, at most thirty: three queries."""
    lines = [
        *(_answer(change) for change in control_history(organization, control_id)),
        *_events(organization, control_id),
        *_proofs(organization, control_id),
    ]
    return sorted(lines, key=lambda entry: entry.at, reverse=True)[:SHOWN]


def _answer(change: AnswerChange) -> Entry:
    who = change.by or "Somebody who left"
    before, after = change.level_before, change.level_after
    if after is None:
        text = f"{who} took the answer back"
    elif before == after:
        text = f"{who} changed the note"
    else:
        text = f"{who} claimed {level_name(after)}" + ("" if before is None else f", was {level_name(before)}")
    note = _differences({"note": change.note_before}, {"note": change.note_after})
    return Entry(change.at, text, "message-square", differences=note)


def _events(organization: Organization, control_id: str) -> list[Entry]:
    rows = AuditEvent.objects.filter(organization=organization, object=f"control:{control_id}")
    rows = rows.exclude(action__in=TOLD_ELSEWHERE).select_related("detail").order_by("-seq")[:SHOWN]
    found = []
    for row in rows:
        detail = getattr(row, "detail", None)
        if detail is not None:  # its words may have been erased
            icon = ICONS.get(row.action.partition(".")[0], "circle")
            found.append(Entry(row.at, detail.summary, icon, differences=_differences(detail.before, detail.after)))
    return found


def _proofs(organization: Organization, control_id: str) -> list[Entry]:
    """What recorded scores tell: whenever the proof state became another one."""
    rows = ScoreSnapshot.objects.filter(organization=organization).annotate(was=KeyTransform(control_id, "states"))
    newest_first = list(rows.order_by("-at").values_list("at", "cause", "was")[:SNAPSHOTS])
    found = []
    for (at, cause, state), (_, _, before) in pairwise(newest_first):
        if not state or not before or state == before:
            continue
        # An answer has a line of its own; that it is refuted is news.
        if cause == SnapshotCause.ANSWER and state != ProofState.CONTRADICTED:
            continue
        words = f"Proof became {_word(state)}, was {_word(before)}, {CAUSES.get(cause, 'since then')}"
        found.append(Entry(at, words, state=state, tone=TONES.get(state, "")))
    return found


def _word(state: str) -> str:
    return state.replace("_", " ")


def _differences(before: Any, after: Any) -> tuple[Difference, ...]:
    old, new = (value if isinstance(value, dict) else {} for value in (before, after))
    return tuple(
        Difference(name, _text(old.get(name)), _text(new.get(name)))
        for name in dict.fromkeys([*old, *new])
        if _text(old.get(name)) != _text(new.get(name))
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
