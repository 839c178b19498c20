"""Owns how check results become proof: what stands per connection and check, and the verified level per control.

Definite outcomes carry forward. The last pass or fail of a check in a connection stands, with its date, until a newer
one. ``not_checked`` and ``error`` never replace it, so withdrawing a permission, breaking a connection or deleting it
cannot lift a refutation, nor keep a pass fresh. ``not_applicable`` ends it: the connector read, with enough rights,
that the thing no longer exists, and what does not exist neither proves nor refutes. A fail that an accepted exception
took out still stands and is marked: the exception changes the word of the control, never a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ztassess.domain.checks import CheckResult, Verifies
from ztassess.domain.confidence import Verified
from ztassess.domain.findings import Outcome
from ztassess.domain.moments import Moment, age_days, exact


@dataclass(frozen=True, slots=True)
class StandingResult:
    """The last definite outcome of one check in one connection.

    Attributes:
        check: id of the check.
        connection: identifier of the connection; the same for all scans of it.
        outcome: pass or fail.
        level: the level reached (pass) or still standing (fail) where the rule said so; None means the default.
        taken_at: the snapshot's clock; an uploaded export is dated by itself.
        supported: of a fail: the rule saw ``level`` hold, so it counts as reached.
        uploaded: it came from an uploaded export, which stays fresh half as long.
        removed_at: when the owner removed the connection, with a reason; None while it exists. One freshness window
            later its word ends, the passing half with the refuting half.
        excepted: of a fail: accepted exceptions name everything that failed. It holds the level as any fail does.
    """

    check: str
    connection: str
    outcome: Outcome
    level: int | None
    taken_at: datetime
    supported: bool = False
    uploaded: bool = False
    removed_at: datetime | None = None
    excepted: bool = False


def carry_forward(
    standing: Iterable[StandingResult], results: Iterable[CheckResult], *, connection: str, uploaded: bool = False
) -> tuple[StandingResult, ...]:
    """What stands after one more scan or upload.

    Parameters:
        standing: what stood before, of any connections.
        results: one result per check of the new snapshot, see `ztassess.domain.checks.fold`. Checks that are not
            among them keep what stood.
        connection: the connection that was read.

    Returns:
        One result per connection and check, sorted by both; an older snapshot never replaces a newer one.
    """
    stands = {(each.connection, each.check): each for each in standing}
    for result in results:
        key = (connection, result.check)
        before = stands.get(key)
        if before is not None and before.taken_at > result.taken_at:
            continue
        if result.outcome is Outcome.NOT_APPLICABLE and not result.excepted:
            stands.pop(key, None)
        elif result.outcome.definite or result.excepted:
            stands[key] = StandingResult(
                check=result.check,
                connection=connection,
                outcome=Outcome.FAIL if result.excepted else result.outcome,
                level=result.level,
                taken_at=result.taken_at,
                supported=result.supported,
                uploaded=uploaded,
                excepted=result.excepted,
            )
    return tuple(stands[key] for key in sorted(stands))


@dataclass(frozen=True, slots=True)
class _Word:
    """What one standing result says about one control: it reaches a level, caps the level, or both."""

    result: StandingResult
    own: int
    reach: int
    cap: int | None


def _word(result: StandingResult, verifies: Verifies) -> _Word:
    if result.outcome is Outcome.PASS:
        reached = verifies.level if result.level is None else min(verifies.level, result.level)
        return _Word(result, verifies.level, reached, None)
    below = max(0, verifies.level - 1)
    cap = below if result.level is None else min(below, max(0, result.level))
    return _Word(result, verifies.level, cap if result.supported else 0, cap)


def verified_control(words: Sequence[tuple[StandingResult, Verifies]]) -> Verified | None:
    """V, M and their date for one control, over all connections.

    Parameters:
        words: the standing results that speak about the control, each with how; supporting ones are ignored.

    Returns:
        V = min(reach, cap). ``reach`` is the highest level that a check saw hold: a pass, or a fail whose rule saw a
        lower level hold; 0 if there is none. ``cap`` is the lowest level that failing checks leave standing. M is the
        highest level among the checks, whatever they found. The checks that decide V are those that saw V hold and
        the failing ones at the cap, if the cap decides; the date is their oldest. None if nothing is definite.
    """
    said = [_word(result, verifies) for result, verifies in words if not verifies.supporting]
    if not said:
        return None
    reach = max(word.reach for word in said)
    caps = [word.cap for word in said if word.cap is not None]
    level = min([reach, *caps])
    deciding = [word.result for word in said if _decides(word, level)]
    uploads = [each.taken_at for each in deciding if each.uploaded]
    return Verified(
        level=level,
        max_level=max(word.own for word in said),
        verified_at=min(each.taken_at for each in deciding),
        uploaded_at=min(uploads, default=None),
        checks=tuple(sorted({each.check for each in deciding})),
        excepted=bool(caps) and all(word.result.excepted for word in said if word.cap is not None),
    )


def _decides(word: _Word, level: int) -> bool:
    """At level 0 every failing check decides: nothing was seen to hold, and each of them says so."""
    if level == 0:
        return word.cap is not None or word.reach == 0
    return word.reach >= level or word.cap == level


def verified_controls(
    standing: Iterable[StandingResult],
    verifies: Mapping[str, Sequence[Verifies]],
    *,
    freshness_days: Mapping[str, int],
    today: Moment,
) -> dict[str, Verified]:
    """What findings verify, by control id, over all connections.

    Parameters:
        verifies: by check id, the controls it speaks about. A check that is not there any more (retired) says nothing.
        freshness_days: by control id, the window after which a removed connection's word ends.
        today: the moment of judgment.
    """
    by_control: dict[str, list[tuple[StandingResult, Verifies]]] = {}
    for result in standing:
        for each in verifies.get(result.check, ()):
            if not _ended(result, freshness_days.get(each.control, 0), today):
                by_control.setdefault(each.control, []).append((result, each))
    found = {control: verified_control(words) for control, words in sorted(by_control.items())}
    return {control: verified for control, verified in found.items() if verified is not None}


def _ended(result: StandingResult, freshness_days: int, today: Moment) -> bool:
    if result.removed_at is None or exact(result.removed_at) > exact(today):
        return False
    return age_days(result.removed_at, today) > freshness_days
