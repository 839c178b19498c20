"""Owns answering a questionnaire from the proven states of controls: the answer, what it rests on, and since when.

An answer is as good as the worst of its controls allows, and never better:

    contradicted, stale, excepted    at most partly: a check, the age of the proof or a decision speaks against yes
    cannot check                     at most partly, by what a check saw hold before; without that it is not known
    unanswered                       not known, which is neither yes nor no
    claimed and better               what was claimed, attested or proven, told with how it is known

Where an exception or a contradiction holds, it is told, whatever else is good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from ztassess.domain.assessment import ControlAssessment
from ztassess.domain.proof_state import ProofState

NAMED: Final = 4
"""Controls or exceptions named in one sentence; the others are counted."""


class Answer(StrEnum):
    """What is said to a question."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    NOT_KNOWN = "not_known"
    NOT_APPLICABLE = "not_applicable"

    @property
    def word(self) -> str:
        """For people: "Not known"."""
        return self.value.replace("_", " ").capitalize()


CAPS: Final[Mapping[ProofState, Answer]] = {
    ProofState.CONTRADICTED: Answer.PARTLY,
    ProofState.CANNOT_CHECK: Answer.PARTLY,
    ProofState.STALE: Answer.PARTLY,
    ProofState.UNANSWERED: Answer.NOT_KNOWN,
    ProofState.CLAIMED: Answer.YES,
    ProofState.PARTLY_VERIFIED: Answer.YES,
    ProofState.ATTESTED: Answer.YES,
    ProofState.VERIFIED: Answer.YES,
    ProofState.EXCEPTED: Answer.PARTLY,
    ProofState.NOT_APPLICABLE: Answer.NOT_APPLICABLE,
}
"""The best answer that one control in this state may give alone."""

CLAUSES: Final = (
    *(ProofState.CONTRADICTED, ProofState.EXCEPTED, ProofState.CANNOT_CHECK, ProofState.STALE, ProofState.CLAIMED),
    *(ProofState.PARTLY_VERIFIED, ProofState.ATTESTED),
)
"""States that an answer tells in words, most important first."""


class Known(StrEnum):
    """How something is known."""

    CHECK = "check"
    DOCUMENT = "document"
    CLAIM = "claim"
    EXCEPTION = "exception"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Basis:
    """How one control is known: by what, and in words without names of people."""

    kind: Known
    words: str


@dataclass(frozen=True, slots=True)
class ControlState:
    """One control as a questionnaire sees it.

    Attributes:
        level: what may be said of it: proven where a connector spoke, else attested or claimed; None if nobody knows.
        target: the level that "yes" needs.
        since: from when on it is in this state, as far as that is recorded.
        until: last day of the exception that is in force; None without one.
    """

    id: str
    title: str
    state: ProofState
    level: int | None
    target: int
    known: tuple[Basis, ...] = ()
    since: datetime | None = None
    until: date | None = None

    @property
    def answer(self) -> Answer:
        """What this control alone says."""
        cap = CAPS[self.state]
        if cap is Answer.NOT_APPLICABLE or self.level is None:
            return cap if cap is Answer.NOT_APPLICABLE else Answer.NOT_KNOWN
        if self.level <= 0:
            return Answer.NO
        if cap is Answer.NOT_KNOWN:
            return cap
        return Answer.YES if cap is Answer.YES and self.level >= self.target else Answer.PARTLY


def level_told(each: ControlAssessment) -> int | None:
    """The level that may be told of a control: proof before claims, and nothing above what a check refuted."""
    claimed, proven = each.claim_level, each.verified.level if each.verified is not None else None
    match each.state:
        case ProofState.NOT_APPLICABLE:
            return None
        case ProofState.UNANSWERED | ProofState.CANNOT_CHECK | ProofState.STALE:
            return proven if proven is not None else (claimed if each.state is ProofState.STALE else None)
        case ProofState.PARTLY_VERIFIED:
            return max(claimed or 0, proven or 0)
        case ProofState.CLAIMED | ProofState.ATTESTED:
            return claimed
    return proven if proven is not None else claimed if each.state is ProofState.EXCEPTED else 0


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its wording.

    Attributes:
        controls: what answers it; empty for the question about exceptions.
        words: a sentence for each answer it can have.
    """

    id: str
    topic: str
    text: str
    controls: tuple[str, ...]
    words: Mapping[Answer, str]


@dataclass(frozen=True, slots=True)
class OpenException:
    """One exception in force: what it is for, and its last day."""

    title: str
    last_day: date


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its answer.

    Attributes:
        state: the worst proof state among its controls; None for the question about exceptions.
        sentences: one to three.
        known: how it is known, one line for each thing it rests on.
        since: from when on all of it holds; None where that is not recorded, or nothing is known.
    """

    question: Question
    answer: Answer
    state: ProofState | None
    sentences: tuple[str, ...]
    known: tuple[Basis, ...]
    since: datetime | None
    controls: tuple[ControlState, ...] = ()

    @property
    def text(self) -> str:
        """The sentences as one paragraph."""
        return " ".join(self.sentences)


def combined(answers: Iterable[Answer]) -> Answer:
    """The answer of several controls together; those that do not apply are left out.

    Yes needs all of them. Where nothing is in place it is no, also beside what is not known; unknown alone is not no.
    """
    found = [each for each in answers if each is not Answer.NOT_APPLICABLE]
    if not found:
        return Answer.NOT_APPLICABLE
    if all(each is found[0] for each in found):
        return found[0]
    if Answer.YES in found or Answer.PARTLY in found:
        return Answer.PARTLY
    return Answer.NO


def answer_question(question: Question, states: Sequence[ControlState], clauses: Mapping[ProofState, str]) -> Answered:
    """Answer one question.

    Parameters:
        states: of its controls.
        clauses: how far the proof goes, by state; ``{controls}`` and ``{until}`` stand for names and the last day.
    """
    answer = combined(each.answer for each in states)
    applying = [each for each in states if each.state is not ProofState.NOT_APPLICABLE]
    sentences = [question.words[answer], _short_of(answer, applying), _proof(applying, clauses)]
    known = tuple(dict.fromkeys(basis for each in applying for basis in each.known))
    since = [each.since for each in applying]
    return Answered(
        question=question,
        answer=answer,
        state=min((each.state for each in states), key=lambda state: state.rank, default=ProofState.NOT_APPLICABLE),
        sentences=tuple(each for each in sentences if each),
        known=known,
        since=max((each for each in since if each is not None), default=None) if all(since) else None,
        controls=tuple(states),
    )


def _short_of(answer: Answer, states: Sequence[ControlState]) -> str:
    """Which controls keep the answer from yes."""
    if answer is not Answer.PARTLY and len(states) < 2:  # noqa: PLR2004  one control is named by the answer itself
        return ""
    missing = [each.title for each in states if each.answer in (Answer.PARTLY, Answer.NO)]
    unknown = [each.title for each in states if each.answer is Answer.NOT_KNOWN]
    parts = [f"Not fully in place: {_names(missing)}"] if missing else []
    parts += [f"{'not' if parts else 'Not'} known: {_names(unknown)}"] if unknown else []
    return "; ".join(parts) + "." if parts else ""


def _proof(states: Sequence[ControlState], clauses: Mapping[ProofState, str]) -> str:
    """How far the proof goes, in one sentence; empty where all of it is proven or nothing is known."""
    parts = []
    for state in CLAUSES:
        found = [each for each in states if each.state is state]
        if found:
            ends = sorted({each.until for each in found if each.until is not None})
            until = f" until {ends[-1].isoformat()}" if ends else ""
            parts.append(clauses[state].replace("{until}", until).replace("{controls}", _names(_titles(found))))
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def _titles(states: Iterable[ControlState]) -> list[str]:
    return [each.title for each in states]


def _names(names: Sequence[str]) -> str:
    quoted = [f"“{name}”" for name in names[:NAMED]]
    if len(names) > NAMED:
        quoted.append(f"{len(names) - NAMED} more")
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))


def answer_exceptions(question: Question, exceptions: Sequence[OpenException]) -> Answered:
    """Answer the question whether exceptions are in force: told by what they are for and their last day, not why."""
    if not exceptions:
        basis = Basis(Known.CHECK, "The register of exceptions, which is empty today")
        return Answered(question, Answer.NO, None, (question.words[Answer.NO],), (basis,), None)
    listed = [f"“{each.title}” until {each.last_day.isoformat()}" for each in exceptions]
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    sentence = question.words[Answer.YES].replace("{exceptions}", ", ".join(listed[:NAMED]) + more)
    basis = Basis(Known.EXCEPTION, "The register of exceptions")
    return Answered(question, Answer.YES, None, (sentence,), (basis,), None)
