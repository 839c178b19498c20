"""Owns what the pages of "which clients fail this" show: what can be chosen, who fails it, in which state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ztassess.assessments.selectors import checks_by_id
from ztassess.catalog import load_catalog
from ztassess.charts.figure import Cell
from ztassess.connectors.registry import connectors
from ztassess.domain.proof_state import ProofState
from ztassess.portfolio.models import PortfolioState
from ztassess.portfolio.places import OWN, Place
from ztassess.portfolio.selectors_pivot import (
    FAILING,
    NEVER_READ,
    NOT_APPLICABLE,
    NOT_CONNECTED,
    NOT_SUMMED,
    PASSES,
    Stand,
)
from ztassess.portfolio.table import NOT_JUDGED

Kind = PortfolioState.Kind
# State of a check -> (state whose chip is shown, its words, how many clients are in it).
CHECK_STATES = {
    "fail": ("contradicted", "Fails", "{} fail"),
    "not_checked": ("cannot_check", "Cannot check", "{} cannot be checked"),
    "excepted": ("excepted", "Excepted", "{} excepted"),
    PASSES: ("verified", "Passes", "{} pass"),
    NOT_APPLICABLE: ("not_applicable", "Nothing to judge", "{} with nothing to judge"),
    NEVER_READ: ("unanswered", "Never read", "{} never read"),
    NOT_CONNECTED: ("unanswered", "Not connected", "{} not connected"),
}
UNKNOWN = ("unanswered", "Not summed up yet", "{} not summed up yet")
NOTHING_TO_ASK = (PASSES, NOT_APPLICABLE, NOT_SUMMED)
"""States of a check in which a client is asked for nothing."""
ONLY_EVIDENCE = (NEVER_READ, NOT_CONNECTED)
"""States of a check that nobody read: there is nothing to mend, but evidence may be asked for."""
FAILS = "fails"
EVERY = "every"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: a control or a check, with where it belongs."""

    kind: str
    id: str
    title: str
    where: str
    url: str
    proves: tuple[str, ...] = ()


def subject_of(kind: str, subject: str, place: Place = OWN) -> Subject | None:
    """The control or check of this id; None if there is none."""
    if kind == Kind.CONTROL:
        found = next((one for one in load_catalog().controls if one.id == subject), None)
        if found is None:
            return None
        stage = next(stage.title for stage in load_catalog().stages if stage.id == found.stage)
        return Subject(kind, subject, found.title, stage, _url(kind, subject, place))
    check = checks_by_id().get(subject) if kind == Kind.CHECK else None
    if check is None:
        return None
    titles = {control.id: control.title for control in load_catalog().controls}
    proves = tuple(titles[one.control] for one in check.verifies if not one.supporting and one.control in titles)
    return Subject(kind, subject, check.title, _connector_titles()[subject], _url(kind, subject, place), proves)


def _url(kind: str, subject: str, place: Place) -> str:
    return place.page("portfolio_pivot", kind, subject)


def _connector_titles() -> dict[str, str]:
    return {check.id: connector.title for connector in connectors() for check in connector.checks}


def choices_context(counts: Mapping[tuple[str, str], int], text: str, place: Place = OWN) -> dict[str, Any]:
    """Checks and controls by how many clients fail them.

    Parameters:
        counts: (kind, id) -> clients; what the catalog does not know any more is left out.
        text: what to look for in titles; then those that nobody fails are shown too.
    """
    wanted = text.replace("\0", "").strip().casefold()[:80]
    stages = {stage.id: stage.title for stage in load_catalog().stages}
    titles = _connector_titles()
    everything = [
        *(
            Subject(Kind.CHECK.value, check.id, check.title, titles[check.id], _url(Kind.CHECK.value, check.id, place))
            for check in checks_by_id().values()
        ),
        *(
            Subject(Kind.CONTROL.value, one.id, one.title, stages[one.stage], _url(Kind.CONTROL.value, one.id, place))
            for one in load_catalog().controls
        ),
    ]
    rows = [
        {"about": one, "count": counts.get((one.kind, one.id), 0)}
        for one in everything
        if (wanted in f"{one.title}\n{one.where}\n{one.id}".casefold() if wanted else (one.kind, one.id) in counts)
    ]
    rows.sort(key=lambda row: (-row["count"], row["about"].title.casefold()))  # type: ignore[attr-defined, operator]  # a mixed dict
    return {
        "checks": [row for row in rows if row["about"].kind == Kind.CHECK],  # type: ignore[attr-defined]  # a mixed dict
        "controls": [row for row in rows if row["about"].kind == Kind.CONTROL],  # type: ignore[attr-defined]  # a mixed dict
        "text": wanted,
    }


def pivot_context(kind: str, subject: str, found: Sequence[Stand], asked: str, place: Place = OWN) -> dict[str, Any]:
    """The clients with one control or check, filtered by state; the ones that fail it unless asked otherwise.

    Parameters:
        asked: a state, ``every``, or anything else for those that fail.
    """
    about = subject_of(kind, subject, place)
    assert about is not None  # noqa: S101  the view asked
    counts = Counter(row.state for row in found)
    known = [state for state in _states(kind) if counts[state]]
    state = asked if asked in known or asked == EVERY else FAILS
    fitting = [row for row in found if _fits(row, state)]
    order = {one: place for place, one in enumerate(_states(kind))}
    fitting.sort(key=lambda row: (order.get(row.state, len(order)), -row.resources, row.name.casefold(), row.key))
    failing = sum(counts[one] for one in FAILING)
    pills = [_pill(FAILS, "Fails", failing, state)]
    pills += [_pill(one, words_of(kind, one), counts[one], state) for one in known if one not in FAILING]
    pills.append(_pill(EVERY, "All clients", len(found), state))
    return {
        "about": about,
        "kind": kind,
        "subject": subject,
        "fitting": fitting,
        "pills": pills,
        "state": state,
        "sub": _sub(kind, failing, counts),
        "asks": set() if place.is_visit else {_asks(kind, one) for one in {row.state for row in fitting}} - {""},
    }


def lines_of(about: Subject, rows: Sequence[Stand], place: Place = OWN) -> list[dict[str, Any]]:
    """Clients as lines of the page: with the chip, what was seen in words, and whether they can be ticked.

    Addresses are put together from one pattern: reversing a hundred of them is slow.
    """
    if about.kind == Kind.CONTROL:
        home = place.client("control", "slug", control_id=about.id)
    else:
        home = place.client("overview", "slug")
    return [
        {
            "row": row,
            "url": home.replace("/slug/", f"/{row.slug}/", 1),
            "chip": chip_of(about.kind, row.state),
            "words": words_of(about.kind, row.state),
            "seen": seen_words(about, row),
            "asked": "" if place.is_visit else _asks(about.kind, row.state),
        }
        for row in rows
    ]


def _fits(row: Stand, state: str) -> bool:
    return state == EVERY or (row.state in FAILING if state == FAILS else row.state == state)


def _asks(kind: str, state: str) -> str:
    """What can be asked of a client in this state: a task too, ``evidence`` alone, or nothing."""
    if kind == Kind.CONTROL:
        return "" if state == NOT_SUMMED else "tasks"
    return "" if state in NOTHING_TO_ASK else "evidence" if state in ONLY_EVIDENCE else "tasks"


def _sub(kind: str, failing: int, counts: Mapping[str, int]) -> str:
    """``3 clients fail this check · 1 cannot be checked · 12 pass · 4 not connected``; who fails it first, always."""
    clients = "1 client fails" if failing == 1 else f"{failing} clients fail" if failing else "No client fails"
    if kind == Kind.CONTROL:
        judged = sum(counts.values()) - counts.get(NOT_SUMMED, 0)
        return f"{clients} this control, of {judged} that were judged."
    listed = {**CHECK_STATES, NOT_SUMMED: UNKNOWN}
    rest = [
        words.format(counts[one]) for one, (_, _, words) in listed.items() if counts.get(one) and one not in FAILING
    ]
    return " · ".join([f"{clients} this check", *rest])


def seen_words(about: Subject, row: Stand) -> str:
    """What was seen in a client, or why nothing was."""
    if row.words or about.kind == Kind.CONTROL:
        return row.words or "Nothing was seen."
    if row.state == NOT_CONNECTED:
        return f"{about.where} is not connected."
    if row.state == NEVER_READ:
        return f"{about.where} is connected, but not everything of it was read for this check."
    if row.state == NOT_SUMMED:
        return "Its summary is made within a quarter of an hour."
    return "Nothing of it was there to judge." if row.state == NOT_APPLICABLE else "It passed when it was read."


def _pill(state: str, title: str, count: int, current: str) -> dict[str, Any]:
    return {"url": f"?state={state}", "title": title, "count": count, "current": state == current}


def _states(kind: str) -> list[str]:
    return list(CHECK_STATES) if kind == Kind.CHECK else [state.value for state in ProofState]


def chip_of(kind: str, state: str) -> str:
    """The proof state whose chip stands for a state."""
    if state == NOT_SUMMED:
        return UNKNOWN[0]
    return CHECK_STATES[state][0] if kind == Kind.CHECK else state


def words_of(kind: str, state: str) -> str:
    """A state as a word: "partly_verified" becomes "Partly verified"."""
    if state == NOT_SUMMED:
        return UNKNOWN[1]
    return CHECK_STATES[state][1] if kind == Kind.CHECK else state.replace("_", " ").capitalize()


FILE_COLUMNS = (
    *("Client", "Your role", "80/20 proven %", "State", "Since", "Seen on", "Failing resources", "Carried forward"),
    "What was seen",
)


def file_rows(about: Subject, rows: Sequence[Stand]) -> Iterator[tuple[Cell, ...]]:
    """Clients as rows of the page's files, in the order they come."""
    for row in rows:
        days = (day.isoformat() if day else "" for day in (row.since, row.seen_on))
        proven = NOT_JUDGED if row.proven is None else row.proven
        yield (
            *(row.name, row.role, proven, words_of(about.kind, row.state), *days),
            *(row.resources, "yes" if row.carried else "no", seen_words(about, row)),
        )
