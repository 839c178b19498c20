"""Owns what a setting is for a unit: which policies reach it, which of them wins, and for whom that is uncertain.

The order of "Policy API concepts": leave out what does not apply, then the greatest sort order wins. Whether a person
is in a group or has a license is not read, so a policy for those is kept beside the value of everyone else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ztassess.connectors.google_workspace.settings import MERGED
from ztassess.connectors.google_workspace.snapshot import ROOT, OrgUnit, Policy, User, WorkspaceSnapshot
from ztassess.connectors.judging import rows_read
from ztassess.domain.findings import Part, Unavailable

GROUP, LICENSE, UNPLACED = "group", "license", "unplaced"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,9})(?:\.\d+)?([smhd])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Applied:
    """One value of one setting that holds for people of a unit.

    Attributes:
        people: how many active people the unit holds.
        values: the fields; empty if nothing was set.
        condition: empty if it holds for everyone without one; else why it is uncertain for whom it holds: `GROUP`,
            `LICENSE`, or `UNPLACED` (its unit is not in the list of units).
        alone: nothing holds without a condition.
    """

    unit: str
    people: int
    values: Mapping[str, str | bool]
    policy: Policy | None
    condition: str = ""
    alone: bool = False

    @property
    def place(self) -> str:
        """The unit, or the group of the exception."""
        if self.condition == GROUP and self.policy is not None:
            return f"group {self.policy.group or 'in ' + self.unit}"
        return self.unit

    @property
    def who(self) -> str:
        """The unit and its people, for a sentence."""
        if self.condition == GROUP:
            return self.place
        people = "1 person" if self.people == 1 else f"{self.people} people"
        return f"unit {self.unit} ({people})"


def people_by_unit(snapshot: WorkspaceSnapshot, among: Iterable[User] | None = None) -> dict[str, int]:
    """How many active users each unit holds, by path; units without any are left out."""
    found: dict[str, int] = {}
    for user in among if among is not None else rows_read(snapshot.users):
        if user.active:
            found[user.unit or ROOT] = found.get(user.unit or ROOT, 0) + 1
    return dict(sorted(found.items()))


def applied(snapshot: WorkspaceSnapshot, setting: str, units: Mapping[str, int]) -> Iterator[Applied]:
    """What holds for a setting in each of these units, exceptions beside the rule."""
    paths = paths_by_id(snapshot.org_units, rows_read(snapshot.policies))
    mine = [policy for policy in rows_read(snapshot.policies) if policy.setting == setting]
    for unit, people in units.items():
        yield from _in_unit(mine, paths, unit, people, merged=setting in MERGED)


def _in_unit(
    policies: Sequence[Policy], paths: Mapping[str, str], unit: str, people: int, *, merged: bool
) -> Iterator[Applied]:
    plain: list[Policy] = []
    uncertain: list[tuple[Policy, str]] = []
    for policy in policies:
        place = paths.get(policy.unit) if policy.unit else ROOT
        if place is not None and not within(unit, place):
            continue
        why = UNPLACED if place is None or policy.order is None else _condition(policy)
        if why:
            uncertain.append((policy, why))
        else:
            plain.append(policy)
    plain.sort(key=_order, reverse=True)
    best = plain[0] if plain else None
    exceptions = [(policy, why) for policy, why in uncertain if why == UNPLACED or _beats(policy, best)]
    values = _merged(plain) if merged else dict(best.values) if best else {}
    yield Applied(unit, people, values, best, alone=best is None and bool(exceptions))
    for policy, why in exceptions:
        yield Applied(unit, people, policy.values, policy, why, alone=best is None)


def _order(policy: Policy) -> float:
    return policy.order if policy.order is not None else 0.0


def _beats(policy: Policy, best: Policy | None) -> bool:
    return best is None or _order(policy) > _order(best)


def _merged(policies: Sequence[Policy]) -> dict[str, str | bool]:
    """Each field from the first policy that has it."""
    found: dict[str, str | bool] = {}
    for policy in policies:
        for name, value in policy.values.items():
            found.setdefault(name, value)
    return found


def _condition(policy: Policy) -> str:
    if policy.group or "entity.groups" in policy.query:
        return GROUP
    # Licenses, negations and alternatives narrow the people further than units do.
    narrowed = "entity.licenses" in policy.query or "!" in policy.query.replace("!=", "") or "||" in policy.query
    return LICENSE if narrowed else ""


def within(unit: str, place: str) -> bool:
    """True if a unit is a place or lies below it."""
    return place in (ROOT, unit) or unit.startswith(place.rstrip("/") + "/")


def paths_by_id(units: Part[OrgUnit], policies: Iterable[Policy]) -> dict[str, str]:
    """Paths of units by id. A root that a whole list lacks is the one unit that policies name and the list does not."""
    found = {unit.id: unit.path for unit in rows_read(units) if unit.id}
    if not isinstance(units, Unavailable) and ROOT not in found.values():
        unknown = {policy.unit for policy in policies if policy.unit} - set(found)
        if len(unknown) == 1:
            found[unknown.pop()] = ROOT
    return found


def duration(text: object) -> timedelta | None:
    """``43200s``, ``12h``; None if it is something else."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]]) if match else None


def moment(text: object) -> datetime | None:
    """A point in time in RFC 3339; None if it is something else or has no zone."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
