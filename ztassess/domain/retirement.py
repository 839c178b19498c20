"""Owns the way of an internal app from behind the VPN to behind the proxy, and when the VPN counts as retired.

A connection's word beats what a person ticked; where the two disagree the cell is contradicted and comes first. Of two
connections that disagree the one that says no counts. Old word still refutes, but proves nothing any more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

FRESH: Final = timedelta(days=7)
"""As the control "No way around the proxy": what was seen longer ago is stale."""
CLAIM_HOLDS: Final = timedelta(days=180)
"""As any claim: after this a tick says nothing any more."""


class Step(StrEnum):
    """What happens to an app, in its order."""

    FOUND = "found"
    PROXIED = "proxied"
    POLICY = "policy"
    MOVED = "moved"
    CLOSED = "closed"


STEP_TITLES: Final[Mapping[Step, str]] = {
    Step.FOUND: "Found",
    Step.PROXIED: "Behind the proxy",
    Step.POLICY: "Policy has groups and MFA",
    Step.MOVED: "Users moved",
    Step.CLOSED: "Direct path closed",
}


class CellState(StrEnum):
    """What stands of one step of one app, worst first; the words are those of proof states."""

    CONTRADICTED = "contradicted"
    OPEN = "open"
    STALE = "stale"
    UNANSWERED = "unanswered"
    CLAIMED = "claimed"
    VERIFIED = "verified"

    @property
    def done(self) -> bool:
        """The step is done, by proof or by claim; never while something says otherwise."""
        return self in (CellState.CLAIMED, CellState.VERIFIED)


ORDER: Final = tuple(CellState)


@dataclass(frozen=True, slots=True)
class Told:
    """One connection's word: yes or no, why, and when it looked."""

    connection: str
    says: bool
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """One person's word."""

    says: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Cell:
    """One step of one app.

    Attributes:
        state: what counts.
        told: the word that decided, if a connection's did.
        tick: what a person said, shown beside it.
        words: one sentence.
    """

    step: Step
    state: CellState
    words: str
    told: Told | None = None
    tick: Tick | None = None


def judge_step(step: Step, told: Sequence[Told], tick: Tick | None, *, today: datetime) -> Cell:
    """What stands of one step."""
    against = [each for each in told if not each.says]
    if against:
        word = max(against, key=lambda each: each.at)
        state = CellState.CONTRADICTED if tick and tick.says else CellState.OPEN
        return Cell(step, state, f"{word.connection}: {word.why}", word, tick)
    if told:
        word = max(told, key=lambda each: each.at)
        state = CellState.VERIFIED if today - word.at <= FRESH else CellState.STALE
        return Cell(step, state, f"{word.connection}: {word.why}", word, tick)
    if tick is None:
        return Cell(step, CellState.UNANSWERED, "Nobody has said anything.")
    if today - tick.at > CLAIM_HOLDS:
        return Cell(step, CellState.STALE, f"{tick.by} said so more than 180 days ago.", tick=tick)
    if not tick.says:
        return Cell(step, CellState.OPEN, f"{tick.by} says not yet.", tick=tick)
    return Cell(step, CellState.CLAIMED, f"{tick.by} says so; no connection can tell.", tick=tick)


@dataclass(frozen=True, slots=True)
class AppStanding:
    """One app with its cells in the order of the steps."""

    id: str
    name: str
    host: str
    cells: tuple[Cell, ...]

    def cell(self, step: Step) -> Cell:
        """The cell of one step."""
        return next(cell for cell in self.cells if cell.step is step)

    @property
    def done(self) -> int:
        """Steps done, by proof or claim."""
        return sum(cell.state.done for cell in self.cells)

    @property
    def contradicted(self) -> bool:
        return any(cell.state is CellState.CONTRADICTED for cell in self.cells)

    @property
    def rank(self) -> tuple[int, int, str]:
        """Contradictions first, then what is furthest from done, then by name."""
        return (0 if self.contradicted else 1, self.done, self.name.casefold())


class Verdict(StrEnum):
    """Whether the VPN is retired."""

    NOT_YET = "not_yet"
    UNKNOWN = "unknown"
    CLAIMED = "claimed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Retirement:
    """The board's conclusion in a title and a sentence, with the numbers behind it."""

    verdict: Verdict
    title: str
    sentence: str
    apps: int
    closed: int
    proven: int


def retirement(apps: Collection[AppStanding], unlisted: Collection[str], against: Collection[str]) -> Retirement:
    """Whether the VPN is retired: only when the last direct path is closed, and nothing says otherwise.

    Parameters:
        unlisted: hosts that connections call internal and that are not on the board.
        against: one sentence for each failing check about the VPN itself.
    """
    total = len(apps)
    cells = [app.cell(Step.CLOSED) for app in apps]
    closed = sum(cell.state.done for cell in cells)
    proven = sum(cell.state is CellState.VERIFIED for cell in cells)

    def told(verdict: Verdict, title: str, sentence: str) -> Retirement:
        return Retirement(verdict, title, sentence, total, closed, proven)

    if not total:
        return told(Verdict.UNKNOWN, "No app is listed yet", "List the apps that people open through the VPN.")
    if closed < total:
        still = [app.name for app in apps if not app.cell(Step.CLOSED).state.done]
        left = total - closed
        return told(
            Verdict.NOT_YET,
            f"{left} direct {_paths(left)} still to close",
            f"{closed} of {total} direct paths are closed. Still open or unknown: {_names(still)}.",
        )
    if unlisted:
        what = "internal host is" if len(unlisted) == 1 else "internal hosts are"
        sentence = (
            f"{total} of {total} listed paths are closed, but these are not on the board: {_names(sorted(unlisted))}."
        )
        return told(Verdict.NOT_YET, f"{len(unlisted)} {what} missing here", sentence)
    if against:
        return told(Verdict.NOT_YET, "A check says the VPN still stands", " ".join(against))
    if proven < total:
        left = total - proven
        sentence = f"{total} of {total} direct paths are said to be closed; connections prove {proven} of them."
        return told(Verdict.CLAIMED, f"Retired by claim: {left} direct {_paths(left)} unproven", sentence)
    return told(
        Verdict.RETIRED, "The VPN is retired", f"Connections prove that {total} of {total} direct paths are closed."
    )


def _paths(number: int) -> str:
    return "path" if number == 1 else "paths"


def _names(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
