"""An answer is never better than the worst proof state allows, and tells what it rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ztassess.domain.proof_state import ProofState
from ztassess.domain.questionnaire import (
    CAPS,
    CLAUSES,
    Answer,
    Basis,
    ControlState,
    Known,
    OpenException,
    Question,
    answer_exceptions,
    answer_question,
    combined,
)

WORDS = {answer: f"The words of {answer.value}." for answer in Answer}
ASKED = Question("q", "Topic", "Is it so?", ("a.b",), WORDS)
TOLD = {state: f"clause {state.value} of {{controls}}{{until}}" for state in CLAUSES}
DAY = datetime(2026, 11, 23, tzinfo=UTC)
MOMENTS = st.none() | st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
STATES = st.builds(
    ControlState,
    id=st.sampled_from(["a.a", "a.b", "a.c"]),
    title=st.sampled_from(["One", "Two", "Three"]),
    state=st.sampled_from(list(ProofState)),
    level=st.none() | st.integers(0, 3),
    target=st.integers(1, 3),
    known=st.lists(st.builds(Basis, st.sampled_from(list(Known)), st.sampled_from("xyz")), max_size=2).map(tuple),
    since=MOMENTS,
    until=st.none() | st.just(date(2026, 12, 31)),
)


def of(state: ProofState, level: int | None = 2, **more) -> ControlState:
    return ControlState("a.b", "One", state, level, 2, **more)


def say(*states: ControlState):
    return answer_question(ASKED, states, TOLD)


@given(st.lists(STATES, max_size=5))
def test_answer_is_never_better_than_the_worst_state_allows(states):
    found = say(*states)
    applying = [each for each in states if each.state is not ProofState.NOT_APPLICABLE]
    assert (found.answer is Answer.NOT_APPLICABLE) == (not applying)
    if found.answer is Answer.YES:
        assert {CAPS[each.state] for each in applying} == {Answer.YES}
        assert all(each.level is not None and each.level >= each.target for each in applying)
    if any(each.state is ProofState.CONTRADICTED for each in applying):
        assert found.answer is not Answer.YES
        assert "lause contradicted of" in found.text
    if any(each.state is ProofState.EXCEPTED for each in applying):
        assert found.answer is not Answer.YES
        assert "clause excepted" in found.text.lower()
    if any(each.state is ProofState.CLAIMED for each in applying):
        assert "clause claimed" in found.text.lower()
    if found.answer is Answer.NO:
        assert any(each.level == 0 for each in applying)  # unknown alone is not no
    if applying and all(each.answer is Answer.NOT_KNOWN for each in applying):
        assert found.answer is Answer.NOT_KNOWN
    assert 1 <= len(found.sentences) <= 3
    assert set(found.known) == {basis for each in applying for basis in each.known}
    if found.since is not None:
        assert all(each.since is not None and each.since <= found.since for each in applying)


@given(st.lists(STATES, min_size=1, max_size=4), STATES)
def test_another_control_never_makes_a_yes(states, other):
    before, after = say(*states).answer, say(*states, other).answer
    if after is Answer.YES and before is not Answer.NOT_APPLICABLE:
        assert before is Answer.YES


@pytest.mark.parametrize(
    ("state", "level", "answer"),
    [
        (ProofState.VERIFIED, 2, Answer.YES),
        (ProofState.VERIFIED, 1, Answer.PARTLY),  # what is claimed is proven, and it is not enough
        (ProofState.VERIFIED, 0, Answer.NO),
        (ProofState.ATTESTED, 2, Answer.YES),
        (ProofState.CLAIMED, 3, Answer.YES),
        (ProofState.CLAIMED, 0, Answer.NO),
        (ProofState.PARTLY_VERIFIED, 1, Answer.PARTLY),
        (ProofState.CONTRADICTED, 3, Answer.PARTLY),
        (ProofState.CONTRADICTED, 0, Answer.NO),
        (ProofState.EXCEPTED, 3, Answer.PARTLY),
        (ProofState.STALE, 3, Answer.PARTLY),
        (ProofState.CANNOT_CHECK, 3, Answer.PARTLY),
        (ProofState.CANNOT_CHECK, None, Answer.NOT_KNOWN),
        (ProofState.UNANSWERED, None, Answer.NOT_KNOWN),
        (ProofState.UNANSWERED, 0, Answer.NO),  # findings show that nothing is in place
        (ProofState.NOT_APPLICABLE, None, Answer.NOT_APPLICABLE),
    ],
)
def test_answer_of_one_control(state, level, answer):
    assert say(of(state, level)).answer is answer


@pytest.mark.parametrize(
    ("answers", "together"),
    [
        ("yes yes", Answer.YES),
        ("yes no", Answer.PARTLY),
        ("yes not_known", Answer.PARTLY),
        ("no not_known", Answer.NO),
        ("not_known not_known", Answer.NOT_KNOWN),
        ("yes not_applicable", Answer.YES),
        ("not_applicable", Answer.NOT_APPLICABLE),
        ("", Answer.NOT_APPLICABLE),
    ],
)
def test_several_controls_together(answers, together):
    assert combined(map(Answer, answers.split())) is together


def test_what_falls_short_and_how_far_the_proof_goes_are_told():
    found = say(
        of(ProofState.VERIFIED, since=DAY),
        ControlState("a.c", "Two", ProofState.EXCEPTED, 1, 2, since=DAY, until=date(2026, 12, 31)),
        ControlState("a.d", "Three", ProofState.UNANSWERED, None, 2),
    )
    assert found.sentences == (
        "The words of partly.",
        "Not fully in place: “Two”; not known: “Three”.",
        "Clause excepted of “Two” until 2026-12-31.",
    )
    assert found.since is None
    assert say(of(ProofState.VERIFIED, since=DAY)).sentences == ("The words of yes.",)


def test_exceptions_are_told_with_their_end_and_counted_beyond_four():
    words = {Answer.YES: "In force: {exceptions}.", Answer.NO: "None."}
    asked = Question("x", "Exceptions", "Any?", (), words)
    assert answer_exceptions(asked, ()).answer is Answer.NO
    many = [OpenException(f"C{number}", date(2026, 12, number + 1)) for number in range(6)]
    found = answer_exceptions(asked, many)
    assert found.answer is Answer.YES
    assert found.text.startswith("In force: “C0” until 2026-12-01, ")
    assert found.text.endswith("“C3” until 2026-12-04 and 2 more.")
