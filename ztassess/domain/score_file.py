"""Owns reading the input of `manage.py score`: a loaded mapping becomes values, or one sentence per problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from ztassess.domain.confidence import Claim, Verified
from ztassess.domain.controls import Catalog, Level
from ztassess.domain.facts import FACT_NAMES, Facts
from ztassess.domain.input_words import NUMBER_LIMIT, kind_of, listed, shown, suggestion
from ztassess.domain.moments import Moment, exact

TOP = ("today", "facts", "answers", "verified")
ANSWER = ("level", "answered_at", "reviewed_at")
VERIFIED = ("level", "max_level", "verified_at")
NO_CLOUD = "none"
COMPUTED = ("mesh_verdict",)
SHOWN_PROBLEMS = 20
_YEARS = range(1990, 2200)  # a slip of the finger, and dates that calendars cannot add to, are outside


class ScoreFileError(ValueError):
    """The input cannot be scored.

    Attributes:
        problems: one sentence each, in the order of the file; at most `SHOWN_PROBLEMS` and one that counts the rest.
        retryable: always False; the file must be changed first.
    """

    retryable = False

    def __init__(self, problems: Iterable[str]) -> None:
        found = tuple(problems)
        more = len(found) - SHOWN_PROBLEMS
        self.problems = (*found[:SHOWN_PROBLEMS], f"There are {more} more problems.") if more > 0 else found
        super().__init__(" ".join(self.problems))


@dataclass(frozen=True, slots=True)
class ScoreInput:
    """What `ztassess.domain.assessing.assess` needs, as read from a file."""

    today: Moment
    facts: Facts
    answers: Mapping[str, Claim]
    attestations: Mapping[str, Moment]
    verified: Mapping[str, Verified]


def parse_score_input(data: object, catalog: Catalog) -> ScoreInput:
    """Turn a loaded YAML or JSON document into values.

    Parameters:
        data: ``{today, facts, answers: {control: {level, answered_at, reviewed_at?}}, verified: {control: {level,
            max_level, verified_at}}}``. Dates are dates, times, or ISO 8601 text. ``today`` is needed, the rest may be
            missing or empty. ``cloud`` may stand for ``clouds``; ``none`` in a list of names means known to be none.

    Raises:
        ScoreFileError: with every problem found; nothing is scored from a file that has one.
    """
    reader = _Reader({control.id for control in catalog.controls})
    parsed = reader.read(data)
    if reader.problems or parsed is None:
        raise ScoreFileError(reader.problems)
    return parsed


@dataclass(slots=True)
class _Reader:
    """Collects problems while it reads, so that a person sees all of them at once."""

    controls: set[str]
    problems: list[str] = field(default_factory=list)
    latest: datetime | None = None

    def read(self, data: object) -> ScoreInput | None:
        if not isinstance(data, Mapping):
            self.problems.append(f"The file must hold {listed(TOP)} with their values, not {kind_of(data)}.")
            return None
        self.known_keys(data, TOP, "The file")
        today = self.today(data.get("today"))
        if today is None:
            return None
        facts = self.facts(self.mapping(data.get("facts"), "facts"))
        answers, attestations = self.answers(self.mapping(data.get("answers"), "answers"))
        verified = self.verified(self.mapping(data.get("verified"), "verified"))
        return ScoreInput(today, facts, answers, attestations, verified)

    def today(self, value: object) -> Moment | None:
        if value is None:
            self.problems.append("today is missing: give the date to judge for, such as 2026-11-23.")
            return None
        moment = self.moment(value, "today")
        if moment is not None:
            # A plain date means the whole day: what happened in its course is not in the future.
            whole_day = timedelta(0) if isinstance(moment, datetime) else timedelta(days=1, microseconds=-1)
            self.latest = exact(moment) + whole_day
        return moment

    def moment(self, value: object, what: str) -> Moment | None:
        """A date or time that is not in the future, or None and a problem."""
        moment = value if isinstance(value, date) else _iso(value) if isinstance(value, str) else None
        if moment is None or moment.year not in _YEARS:
            self.problems.append(f"{what} is {shown(value)}; write a date such as 2026-11-23.")
            return None
        if self.latest is not None and exact(moment) > self.latest:
            self.problems.append(f"{what} is {moment.isoformat()}, which is after today.")
        return moment

    def mapping(self, value: object, what: str) -> Mapping[Any, Any]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.problems.append(f"{what} must hold names with their values, not {kind_of(value)}.")
            return {}
        return value

    def known_keys(self, mapping: Mapping[Any, Any], known: Iterable[str], what: str) -> list[str]:
        """The known keys of a mapping; each unknown one is a problem that names the nearest."""
        known = tuple(known)
        for key in mapping:
            if key not in known:
                # Past the problems that are shown nobody reads the suggestion, which is slow to find.
                nearest = suggestion(key, known) if len(self.problems) < SHOWN_PROBLEMS else ""
                self.problems.append(f"{what} does not know {shown(key)}{nearest}.")
        return [key for key in mapping if key in known]

    def facts(self, mapping: Mapping[Any, Any]) -> Facts:
        mapping = dict(mapping)
        for name in COMPUTED:
            if name in mapping:
                self.problems.append(f"facts: {name} is computed from the other facts; leave it out.")
                del mapping[name]
        if "cloud" in mapping:
            mapping.setdefault("clouds", mapping["cloud"])
            del mapping["cloud"]
        found = {name: self.fact(name, mapping[name]) for name in self.known_keys(mapping, FACT_NAMES, "facts")}
        return Facts(**found)

    def fact(self, name: str, value: object) -> Any:
        if value is None:
            return None
        if name.startswith("n_"):
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= NUMBER_LIMIT:
                return value
            self.wrong(f"facts: {name}", value, "a whole number from 0 on, or leave it out if nobody knows")
            return None
        if name.startswith(("has_", "uses_")) or name == "mtls_mandate":
            if isinstance(value, bool):
                return value
            self.wrong(f"facts: {name}", value, "true or false, or leave it out if nobody knows")
            return None
        names = [value] if isinstance(value, str) else value
        if isinstance(names, list) and all(isinstance(each, str) for each in names):
            return tuple(each for each in names if each != NO_CLOUD)
        self.wrong(f"facts: {name}", value, "a list of names, empty if there are none")
        return None

    def wrong(self, what: str, value: object, expected: str) -> None:
        self.problems.append(f"{what} is {shown(value)}; write {expected}.")

    def level(self, value: object, what: str) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and Level.TRADITIONAL <= value <= Level.OPTIMAL:
            return value
        names = ", ".join(f"{int(level)} {level.name.title()}" for level in Level)
        self.wrong(what, value, f"one of {names}")
        return None

    def rows(self, mapping: Mapping[Any, Any], section: str, keys: tuple[str, ...]) -> Iterable[tuple[str, Any]]:
        for control in self.known_keys(mapping, sorted(self.controls), section):
            what = f"{section}: {control}"
            row = mapping[control]
            if not isinstance(row, Mapping):
                self.problems.append(f"{what} must hold {listed(keys)}, not {kind_of(row)}.")
                continue
            self.known_keys(row, keys, what)
            missing = [key for key in keys if row.get(key) is None and key != "reviewed_at"]
            if missing:
                self.problems.append(f"{what} lacks {listed(missing)}.")
                continue
            yield control, row

    def answers(self, mapping: Mapping[Any, Any]) -> tuple[dict[str, Claim], dict[str, Moment]]:
        claims: dict[str, Claim] = {}
        reviews: dict[str, Moment] = {}
        for control, row in self.rows(mapping, "answers", ANSWER):
            level = self.level(row["level"], f"answers: {control}: level")
            answered = self.moment(row["answered_at"], f"answers: {control}: answered_at")
            if level is not None and answered is not None:
                claims[control] = Claim(level, answered)
            if row.get("reviewed_at") is not None:
                reviewed = self.moment(row["reviewed_at"], f"answers: {control}: reviewed_at")
                if reviewed is not None:
                    reviews[control] = reviewed
        return claims, reviews

    def verified(self, mapping: Mapping[Any, Any]) -> dict[str, Verified]:
        found: dict[str, Verified] = {}
        for control, row in self.rows(mapping, "verified", VERIFIED):
            what = f"verified: {control}"
            level = self.level(row["level"], f"{what}: level")
            highest = self.level(row["max_level"], f"{what}: max_level")
            moment = self.moment(row["verified_at"], f"{what}: verified_at")
            if level is None or highest is None or moment is None:
                continue
            if level > highest:
                self.problems.append(
                    f"{what}: level {level} is above max_level {highest}; nothing verifies more than it can."
                )
                continue
            found[control] = Verified(level, highest, moment)
        return found


def _iso(text: str) -> Moment | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
