"""Owns how accepted exceptions are honored: after the rules have spoken, by name, counted apart, never as a pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from ztassess.connectors.contract import ResourceException
from ztassess.connectors.joining import key_of
from ztassess.connectors.judging import MOST_NAMES
from ztassess.domain.findings import EXCEPTED, Finding, Outcome
from ztassess.domain.lines import unturned

_PARTS = re.compile(r"[/\s]+")


def honor_exceptions(findings: Iterable[Finding], exceptions: Iterable[ResourceException]) -> list[Finding]:
    """Take failing findings whose every object is excepted out of the judgment, and say so in each that is touched.

    An excepted finding becomes not applicable with the reason code ``excepted`` and keeps its level: it is counted
    apart, never as a pass, and never raises what is proven (see `ztassess.domain.proof.carry_forward`). One that names
    other objects too still fails, and says which of them are excepted. An exception that has ended excepts nothing,
    and is named.

    Parameters:
        findings: of one snapshot.
        exceptions: accepted deviations of the organization.
    """
    accepted = _Accepted.of(exceptions)
    return [_honored(finding, accepted) for finding in findings] if accepted.by else list(findings)


@dataclass(frozen=True, slots=True)
class _Accepted:
    """Exceptions by check and object; of several for one object the one that lasts longest."""

    by: Mapping[tuple[str, str], ResourceException]

    @classmethod
    def of(cls, exceptions: Iterable[ResourceException]) -> _Accepted:
        found: dict[tuple[str, str], ResourceException] = {}
        for each in exceptions:
            place = (each.check, key_of(unturned(each.object)))
            if place[1] and (place not in found or found[place].until < each.until):
                found[place] = each
        return cls(found)

    def named(self, check: str, text: str) -> ResourceException | None:
        """The exception for an object, or for a name in its path; the whole name goes before its parts."""
        shown = unturned(text)  # an exception is written for what a person read
        for name in (shown, *_PARTS.split(shown)):
            found = [each for place in ("", check) if (each := self.by.get((place, key_of(name)))) is not None]
            if found:
                return max(found, key=lambda each: each.until)
        return None


def _honored(finding: Finding, accepted: _Accepted) -> Finding:
    if finding.verdict.outcome is not Outcome.FAIL:
        return finding
    today, check, lines = finding.taken_at.date(), finding.check, finding.verdict.evidence
    whole = accepted.named(check, finding.verdict.resource)
    objects = list(dict.fromkeys(line.object for line in lines))
    named = {name: found for name in objects if (found := accepted.named(check, name)) is not None}
    if whole is not None and whole.until >= today:
        return _taken_out(finding, [whole])
    live = {name: each for name, each in named.items() if each.until >= today}
    # As many lines as a finding may have: there may be more objects than are shown, and they still fail.
    shown = len(lines) < MOST_NAMES
    if shown and objects and len(live) == len(objects):
        return _taken_out(finding, list(live.values()))
    return _noted(finding, live, [each for each in (whole, *named.values()) if each is not None], today)


def _taken_out(finding: Finding, used: list[ResourceException]) -> Finding:
    each = min(used, key=lambda one: one.until)
    verdict = finding.verdict
    reason = f"Excepted until {each.until:%Y-%m-%d} ({each.reason}). What was found: {verdict.reason}"
    out = replace(verdict, outcome=Outcome.NOT_APPLICABLE, reason=reason, reason_code=EXCEPTED)
    return replace(finding, verdict=out)


def _noted(finding: Finding, live: dict[str, ResourceException], all_: list[ResourceException], today: date) -> Finding:
    notes = [f" Of these, {name} is excepted until {each.until:%Y-%m-%d}." for name, each in live.items()]
    ended = dict.fromkeys(each for each in all_ if each.until < today)
    notes += [f" The exception for {each.object} ended on {each.until:%Y-%m-%d}." for each in ended]
    if not notes:
        return finding
    return replace(finding, verdict=replace(finding.verdict, reason=finding.verdict.reason + "".join(notes)))
