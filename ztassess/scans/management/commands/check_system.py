"""Owns `manage.py check_system`: one reading of one system from the command line, without the database."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand

from ztassess.catalog import load_catalog
from ztassess.connectors.contract import Connector, Declared, Preflight, UploadedFile
from ztassess.connectors.errors import ConnectorError, InputInvalid
from ztassess.connectors.exports import json_of
from ztassess.connectors.registry import CONNECTORS, connector
from ztassess.connectors.runner import Reading, control_levels, read_once, read_upload
from ztassess.connectors.sharing import view_from, view_json
from ztassess.domain.findings import Outcome, Unavailable
from ztassess.domain.roster import SharedView
from ztassess.organizations.selectors import declared_from
from ztassess.scans.reading import operator_settings, read_context
from ztassess.scans.services.results import evidence_json, part_json

NOTHING_FAILED, SOMETHING_FAILED, NOT_CHECKED = 0, 1, 2
COMMAND_SECONDS = 3600.0
DECLARED_NAMES = frozenset(each.name for each in fields(Declared))


class Command(BaseCommand):
    """Runs preflight, collect and rules of one connector once and prints what they found."""

    help = "Read one system once and judge it. Exit: 0 nothing failed, 1 something failed, 2 nothing could be checked."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connector", metavar="CONNECTOR", help=f"one of {', '.join(CONNECTORS)}")
        parser.add_argument("--set", action="append", default=[], metavar="field=value", dest="sets")
        parser.add_argument("--secret", action="append", default=[], metavar="field=env:NAME|@FILE", dest="secrets")
        parser.add_argument("--upload", action="append", default=[], metavar="FILE", dest="uploads")
        parser.add_argument("--exported-at", metavar="DATE", help="when the uploads were made, ISO 8601")
        parser.add_argument("--declared", metavar="FILE", help="YAML or JSON: people, leavers... as lists of lines")
        parser.add_argument(
            "--view",
            action="append",
            default=[],
            metavar="FILE",
            dest="views",
            help="what another connector wrote with --share, for one that compares with it",
        )
        parser.add_argument("--share", metavar="FILE", help="write what rules over several systems need to this file")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sys.exit(self._run(**options))
        except ConnectorError as problem:
            self.stderr.write(problem.sentence)
            sys.exit(NOT_CHECKED)

    def _run(self, **options: Any) -> int:
        found = _connector(options["connector"])
        now = datetime.now(UTC)
        context = read_context(
            connector=found,
            entered=_sets(found, options["sets"]),
            secrets=_secrets(found, options["secrets"]),
            declared=_declared(options["declared"]),
            now=now,
            seconds=COMMAND_SECONDS,
            # The person at this command line is the operator: the standard environment counts, an endpoint included.
            operator=operator_settings() | {"operator_environment": "1"},
            for_upload=bool(options["uploads"]),
            exported_at=_moment(options["exported_at"]),
            views=_views(found, options["views"], now),
        )
        files = [_upload(path) for path in options["uploads"]]
        preflight = None if files else found.preflight(context)
        if preflight is not None and preflight.refused:
            raise InputInvalid(f"This credential is not used: {preflight.refused}")
        reading = read_upload(found, files, context) if files else read_once(found, context)
        if options["share"]:
            _share_write(Path(options["share"]), found, reading, now=now, uploaded=bool(files))
        if options["as_json"]:
            self.stdout.write(json.dumps(as_json(found, reading, now=now, requests=context.budget.requests), indent=2))
        else:
            self.stdout.write(as_table(found, reading, preflight))
        return exit_code(reading)


def _connector(slug: str) -> Connector:
    try:
        return connector(slug.replace("-", "_"))
    except KeyError as problem:
        raise InputInvalid(f"There is no connector {slug!r}; there are {', '.join(CONNECTORS)}.") from problem


def _pairs(entries: Sequence[str], option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if not equals:
            raise InputInvalid(f"{option} {entry!r} lacks its '='; write {option} field=value.")
        pairs[name.strip()] = value
    return pairs


def _sets(found: Connector, entries: Sequence[str]) -> dict[str, str]:
    pairs = _pairs(entries, "--set")
    plain = {field.name for field in found.fields if not field.secret}
    for name in pairs:
        if name not in plain:
            is_secret = any(field.name == name for field in found.fields)
            hint = "it is a secret: use --secret" if is_secret else f"it takes {', '.join(sorted(plain))}"
            raise InputInvalid(f"{found.title} does not take --set {name}; {hint}.")
    return pairs


def _secrets(found: Connector, entries: Sequence[str]) -> dict[str, str]:
    known = {field.name for field in found.fields if field.secret}
    opened: dict[str, str] = {}
    for name, source in _pairs(entries, "--secret").items():
        if name not in known:
            raise InputInvalid(f"{found.title} has no secret {name}; it has {', '.join(sorted(known)) or 'none'}.")
        opened[name] = _secret(name, source)
    return opened


def _secret(name: str, source: str) -> str:
    """A secret from an environment variable or a file: a command line is readable by every user of the machine."""
    if source.startswith("env:"):
        value = os.environ.get(source[4:])
        if value is None:
            raise InputInvalid(f"--secret {name}: the environment variable {source[4:]} is not set.")
        return value
    if source.startswith("@"):
        return _bytes(Path(source[1:])).decode(errors="replace").rstrip("\n")
    raise InputInvalid(
        f"--secret {name} takes env:NAME or @FILE, so that the secret does not stand on the command line."
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise InputInvalid(f"{path} could not be read: {problem.strerror or problem}.") from problem


def _upload(path: str) -> UploadedFile:
    file = Path(path)
    if file.is_file() and file.stat().st_size > settings.UPLOAD_LIMIT:
        limit = settings.UPLOAD_LIMIT // 1024 // 1024
        raise InputInvalid(f"{file.name} is larger than {limit} MiB; nothing was read from it.")
    return UploadedFile(file.name, _bytes(file))


def _views(found: Connector, paths: Sequence[str], now: datetime) -> tuple[SharedView, ...]:
    if paths and not found.takes_views:
        raise InputInvalid(f"{found.title} compares nothing with other systems; leave --view out.")
    return tuple(view_from(json_of(file), file.name, now=now) for file in map(_upload, paths))


def _moment(text: str | None) -> datetime | None:
    """A point in time of the command line; without a zone it counts as UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise InputInvalid(f"--exported-at {text!r} is no date; write 2026-11-23 or 2026-11-23T09:00:00Z.") from problem
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _declared(path: str | None) -> Declared:
    """What the page of facts asks for, from a file."""
    if path is None:
        return Declared()
    content = _bytes(Path(path))
    try:
        stored = yaml.safe_load(content)
        if not isinstance(stored, dict):
            raise InputInvalid(f"{path} is not a mapping of list names to lines.")
        unknown = sorted(set(stored) - DECLARED_NAMES)
        if unknown:
            raise InputInvalid(f"{path} names {unknown[0]!r}; it takes {', '.join(sorted(DECLARED_NAMES))}.")
        return declared_from({name: [str(line) for line in lines] for name, lines in stored.items()})
    except (yaml.YAMLError, TypeError, ValueError) as problem:
        raise InputInvalid(f"{path} could not be understood: each name has a list of lines.") from problem


def _share_write(path: Path, found: Connector, reading: Reading, *, now: datetime, uploaded: bool) -> None:
    if reading.share is None:
        raise InputInvalid(f"{found.title} tells other systems nothing; leave --share out.")
    taken_at = reading.findings[0].taken_at if reading.findings else now
    view = SharedView(found.title, found.slug, taken_at, reading.share, uploaded=uploaded)
    try:
        path.write_text(json.dumps(view_json(view)))
    except OSError as problem:
        raise InputInvalid(f"{path} could not be written: {problem.strerror or problem}.") from problem


def exit_code(reading: Reading) -> int:
    """0 nothing failed, 1 something failed, 2 nothing could be checked."""
    outcomes = {result.outcome for result in reading.results}
    if Outcome.FAIL in outcomes:
        return SOMETHING_FAILED
    return NOTHING_FAILED if outcomes & {Outcome.PASS, Outcome.NOT_APPLICABLE} else NOT_CHECKED


def as_json(found: Connector, reading: Reading, *, now: datetime, requests: int) -> dict[str, Any]:
    """The stable shape of ``--json`` (README: commands without a database)."""
    taken_at = reading.findings[0].taken_at if reading.findings else now
    return {
        "connector": found.slug,
        "taken_at": taken_at.isoformat(),
        "catalog_version": load_catalog().version,
        "requests": requests,
        "parts": [_part(part.name, part.seen) for part in reading.parts],
        "findings": [
            {
                "check": finding.check,
                "outcome": finding.verdict.outcome.value,
                "severity": finding.severity.value,
                "resource": finding.verdict.resource,
                "reason": finding.verdict.reason,
                "seen": finding.verdict.seen,
                "evidence": [evidence_json(line) for line in finding.verdict.evidence],
            }
            for finding in reading.findings
        ],
        "controls": [
            {
                "control": each.control,
                "verified_level": each.level,
                "max_level": each.max_level,
                "checks": list(each.checks),
            }
            for each in control_levels(found, reading)
        ],
    }


def _part(name: str, seen: int | Unavailable) -> dict[str, Any]:
    part = part_json(name, seen)
    part.get("unavailable", {}).pop("detail", None)
    return part


MARKS = {"fail": "FAIL", "pass": "pass", "not_checked": "not checked", "not_applicable": "n/a", "error": "ERROR"}


def as_table(found: Connector, reading: Reading, preflight: Preflight | None) -> str:
    """The same as text for people: worst first, one line each, with the parts that nobody could look at."""
    lines = [f"{found.title}: {len(reading.results)} checks"]
    if preflight is not None:
        lines.append(f"Read as {preflight.identity}")
        lines += [f"Warning: {warning}" for warning in preflight.warnings]
    order = list(MARKS)
    for finding in sorted(reading.findings, key=lambda each: (order.index(each.verdict.outcome.value), each.check)):
        verdict = finding.verdict
        lines.append(f"{MARKS[verdict.outcome.value]:<12} {finding.severity.value:<9} {finding.check}")
        lines.append(f"{'':<12} {verdict.reason}")
    unread = [part for part in reading.parts if isinstance(part.seen, Unavailable)]
    for part in unread:
        assert isinstance(part.seen, Unavailable)  # noqa: S101  filtered above
        why = ": ".join(filter(None, (part.seen.reason, part.seen.missing_scope)))
        lines.append(f"Not read: {part.name} ({why})")
    return "\n".join(lines)
