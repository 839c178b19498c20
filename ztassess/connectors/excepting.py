"""Owns how accepted exceptions are honored: after the rules have spoken, by name, counted apart, never as a pass."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from ztassess.connectors.contract import ResourceException
from ztassess.domain.findings import EXCEPTED, Finding, Outcome

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
    known = tuple(exceptions)
    return [_honored(finding, known) for finding in findings] if known else list(findings)


def _honored(finding: Finding, exceptions: tuple[ResourceException, ...]) -> Finding:
    if finding.verdict.outcome is not Outcome.FAIL:
        return finding
    today = finding.taken_at.date()
    about = [each for each in exceptions if each.check in ("", finding.check)]
    by_object = {each.object.strip().casefold(): each for each in about}
    whole = _first(_names_of(finding.verdict.resource), by_object)
    objects = list(dict.fromkeys(line.object for line in finding.verdict.evidence))
    named = {name: found for name in objects if (found := _first(_names_of(name), by_object)) is not None}
    if whole is not None and whole.until >= today:
        return _taken_out(finding, [whole])
    live = {name: each for name, each in named.items() if each.until >= today}
    if objects and len(live) == len(objects):
        return _taken_out(finding, list(live.values()))
    return _noted(finding, live, [each for each in (whole, *named.values()) if each is not None], today)


def _names_of(text: str) -> list[str]:
    """The object itself, and each name in its path."""
    return [text.casefold(), *(part.casefold() for part in _PARTS.split(text) if part)]


def _first(names: Iterable[str], exceptions: dict[str, ResourceException]) -> ResourceException | None:
    return next((exceptions[name] for name in names if name in exceptions), None)


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
