"""Owns what a task is about, in one form for controls and for decisions about accounts: board, exports and trackers
show a `Subject` and do not ask which of the two it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ztassess.access_reviews.selectors_items import OpenItem
from ztassess.domain.access_decisions import Decision
from ztassess.domain.assessment import ControlAssessment

CONTROL_CLOSES = "when its check passes or a second person has reviewed its attestation"
READING_CLOSES = "when a reading of the system taken after the decision shows that it is done"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a task is about.

    Attributes:
        ident: of the control or the account; empty if the title says all.
        goal: what stands when it is done; empty if the title says it.
        cards: what one has to know to do it, each with its heading.
        route, args: the page that tells everything about it.
        link: words for the way there.
        closes: the end of the sentence "It closes ...".
        built: what a person says who did it and waits for the proof.
    """

    ident: str
    title: str
    goal: str
    cards: tuple[tuple[str, str], ...]
    route: str
    args: Mapping[str, str]
    link: str
    closes: str
    built: str = "It is built"


def control_subject(control_id: str, judged: ControlAssessment | None) -> Subject:
    """A control; None where the catalog does not know it any more."""
    args = {"control_id": control_id}
    if judged is None:
        return Subject(control_id, control_id, "", (), "roadmap", {}, "Roadmap", CONTROL_CLOSES)
    control = judged.control
    cards = (
        ("Who notices", control.who_notices),
        ("How to test", control.how_to_test),
        ("How to roll back", control.how_to_roll_back),
    )
    goal = control.levels[control.target]
    return Subject(
        control_id, control.title, goal, cards, "control", args, "Control, findings and fixes", CONTROL_CLOSES
    )


def account_subject(item: OpenItem) -> Subject:
    """A decision to remove or reduce an account."""
    part = "can sign in" if item.decision is Decision.REMOVE else "is an administrator"
    cards = (
        ("Why", item.reason),
        ("How to test", f"Read {item.system} again: it must not tell any more that the account {part}."),
        ("How to roll back", "Decide “keep” about the account, and give the access back in the system."),
    )
    args = {"connection_id": str(item.connection_id), "account_key": item.account_key}
    link = "The account and its decisions"
    route = "access_account"
    return Subject("", item.sentence, "", cards, route, args, link, READING_CLOSES, built="It is carried out")
