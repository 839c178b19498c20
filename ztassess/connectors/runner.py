"""Owns one reading of one system outside the database: form values in, findings and levels out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ztassess.connectors.contract import (
    Connector,
    Declared,
    FieldKind,
    FormField,
    PartSeen,
    ReadContext,
    UploadedFile,
    parts_of,
)
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.excepting import honor_exceptions
from ztassess.domain.checks import CheckResult, Verifies, evaluate, fold
from ztassess.domain.findings import Finding
from ztassess.domain.proof import StandingResult, carry_forward, verified_control
from ztassess.domain.roster import Share

HIGHEST_PORT = 65_535
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What one run found.

    Attributes:
        parts: what was read of the system, each with a count or the reason why not.
        findings: every verdict, in the order of the checks.
        results: one folded outcome per check.
        share: what the system tells rules over several systems; None if it tells nothing.
    """

    parts: tuple[PartSeen, ...]
    findings: tuple[Finding, ...]
    results: tuple[CheckResult, ...]
    share: Share | None = None


def parse_field(field: FormField, text: str) -> Any:
    """Turn the entered text of one field into its value (types: see `FieldKind`).

    Raises:
        InputInvalid: the text does not fit the field; the sentence names it.
    """
    text = text.strip()
    if field.parse is not None:
        return field.parse(text)
    if field.kind is FieldKind.BOOL:
        if text.lower() not in TRUE_WORDS | FALSE_WORDS:
            raise InputInvalid(f"{field.label} is yes or no, not {text!r}.")
        return text.lower() in TRUE_WORDS
    if field.kind is FieldKind.PORT:
        if not text.isdecimal() or not 1 <= int(text) <= HIGHEST_PORT:
            raise InputInvalid(f"{field.label} is a number from 1 to 65535, not {text!r}.")
        return int(text)
    if field.kind in (FieldKind.LINES, FieldKind.MULTICHOICE):
        entries = tuple(dict.fromkeys(entry.strip() for entry in text.replace(",", "\n").splitlines() if entry.strip()))
        if field.kind is FieldKind.MULTICHOICE:
            _known(field, entries)
        return entries
    if field.kind is FieldKind.CHOICE and text:
        _known(field, (text,))
    return text


def _known(field: FormField, entries: Sequence[str]) -> None:
    allowed = [value for value, _ in field.choices]
    unknown = [entry for entry in entries if allowed and entry not in allowed]
    if unknown:
        raise InputInvalid(f"{field.label} does not know {', '.join(unknown)}; it takes {', '.join(allowed)}.")


def parse_form(
    connector: Connector, entered: Mapping[str, str], secrets: Mapping[str, str], *, for_upload: bool = False
) -> tuple[dict[str, Any], dict[str, str]]:
    """Parse a whole connect form, errors collected per field.

    Parameters:
        entered: text by name of the non-secret fields; a missing name takes the field's default.
        secrets: text by name of the secret fields.
        for_upload: an export needs no target, so nothing is required; what was entered must still be right.

    Returns:
        Values by field name, and sentences by field name (``""`` for the form as a whole). Use the values only if
        there is no sentence.
    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in connector.fields:
        text = secrets.get(field.name, "") if field.secret else entered.get(field.name, field.default)
        if not text.strip() and field.required and not for_upload:
            problems[field.name] = f"{field.label} is needed."
        elif not field.secret:
            try:
                values[field.name] = parse_field(field, text) if text.strip() or not for_upload else _empty(field)
            except InputInvalid as problem:
                problems[field.name] = problem.sentence
    if not problems and connector.validate is not None and not for_upload:
        problems.update(connector.validate(values, secrets))
    return values, problems


def _empty(field: FormField) -> Any:
    """The value of a field that an upload leaves empty: what parsing nothing gives, or nothing where that is wrong."""
    try:
        return parse_field(field, "")
    except InputInvalid:
        return None


def read_once(connector: Connector, context: ReadContext) -> Reading:
    """Read the live system and judge it. Raises `ConnectorError` if nothing could be read."""
    return judge(connector, connector.collect(context), context.declared)


def read_upload(connector: Connector, files: Sequence[UploadedFile], context: ReadContext) -> Reading:
    """Judge exported files instead of the live system. Raises `InputInvalid` with a sentence."""
    if connector.parse_upload is None:
        raise InputInvalid(f"{connector.title} takes no uploads.")
    return judge(connector, connector.parse_upload(files, context), context.declared)


def judge(connector: Connector, snapshot: Any, declared: Declared | None = None) -> Reading:
    """Run the connector's checks over one snapshot, and honor the organization's accepted exceptions."""
    exceptions = declared.exceptions if declared else ()
    findings = honor_exceptions(evaluate(connector.checks, snapshot), exceptions)
    by_check: dict[str, list[Finding]] = {}
    for finding in findings:
        by_check.setdefault(finding.check, []).append(finding)
    results = tuple(fold(check, group) for check, group in by_check.items())
    share = connector.shares(snapshot) if connector.shares else None
    return Reading(parts_of(snapshot), tuple(findings), results, share)


@dataclass(frozen=True, slots=True)
class ControlLevel:
    """What one reading alone says about one control.

    Attributes:
        level: the level that stands verified; None if no check about it was definite.
        max_level: the highest level its definite checks can verify; None likewise.
        checks: ids of all checks that speak about it, supporting ones left out, sorted.
    """

    control: str
    level: int | None
    max_level: int | None
    checks: tuple[str, ...]


def control_levels(connector: Connector, reading: Reading) -> tuple[ControlLevel, ...]:
    """The verified level of every control this reading speaks about, by `ztassess.domain.proof.verified_control`."""
    outcome = {result.check: result for result in reading.results}
    speaking: dict[str, list[str]] = {}
    words: dict[str, list[tuple[StandingResult, Verifies]]] = {}
    for check in connector.checks:
        result = outcome.get(check.id)
        if result is None:
            continue
        for verifies in check.verifies:
            if verifies.supporting:
                continue
            speaking.setdefault(verifies.control, []).append(check.id)
            if result.outcome.definite or result.excepted:
                standing = carry_forward((), (result,), connection=connector.slug)[0]
                words.setdefault(verifies.control, []).append((standing, verifies))
    levels = []
    for control, checks in sorted(speaking.items()):
        verified = verified_control(words.get(control, ()))
        levels.append(
            ControlLevel(
                control,
                verified.level if verified else None,
                verified.max_level if verified else None,
                tuple(sorted(checks)),
            )
        )
    return tuple(levels)
