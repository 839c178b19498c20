"""Owns the assessment as OSCAL assessment results (NIST, model version 1.2.3): pure values, the same for the same rows.

Every UUID is made from what it names (version 5), so that the next download names the same things alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from ztassess.assessments.models import ControlException
from ztassess.assessments.selectors import Reading, checks_by_control, checks_by_id
from ztassess.domain.assessment import ControlAssessment, level_name
from ztassess.domain.lines import unturned
from ztassess.domain.moments import Moment
from ztassess.domain.proof_state import ProofState
from ztassess.organizations.models import Organization
from ztassess.scans.models import Connection, Finding

OSCAL_VERSION = "1.2.3"
OURS = "urn:ztassess:oscal"
TEXT = 4_000
PROPS = {"check": "check_id", "outcome": "outcome", "severity": "severity", "seen": "seen"}
CELL = 400

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Namer:
    """Makes UUIDs within one organization."""

    space: UUID

    def __call__(self, *parts: object) -> str:
        return str(uuid5(self.space, "|".join(map(str, parts))))


def oscal_results(organization: Organization, reading: Reading, findings: Sequence[Finding]) -> Json:
    """The document.

    Parameters:
        findings: those of the newest scan of each connection, with their connections, see `findings_now`.
    """
    named = _Namer(uuid5(uuid5(NAMESPACE_URL, OURS), str(organization.id)))
    judged = reading.assessment
    at = judged.today.astimezone(UTC)
    plan = named("plan")
    version = f"catalog {judged.catalog_version}, method {judged.method_version}"
    return {
        "assessment-results": {
            "uuid": named("document"),
            "metadata": {
                "title": _line(f"Zero-trust assessment of {organization.name}"),
                "last-modified": _moment(at),
                "version": _line(version),
                "oscal-version": OSCAL_VERSION,
                "parties": [{"uuid": named("party"), "type": "organization", "name": _line(organization.name)}],
            },
            "import-ap": {"href": f"#{plan}", "remarks": "There is no separate plan: the catalog is what is assessed."},
            "results": [_result(named, reading, findings, at)],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "The controls of ztassess",
                        "description": f"{len(judged.controls)} controls in five stages and three tracks; {version}.",
                    }
                ]
            },
        }
    }


def findings_now(reading: Reading) -> list[Finding]:
    """The findings of the newest scan of each connection: one query."""
    scans = {row.latest_scan_id for row in reading.standing if row.latest_scan_id}
    rows = Finding.objects.filter(scan_id__in=scans).select_related("connection", "scan")
    return list(rows.order_by("connection__created_at", "check_id", "resource"))


def _result(named: _Namer, reading: Reading, findings: Sequence[Finding], at: datetime) -> Json:
    judged = reading.assessment
    applicable = [each for each in judged.controls if each.applies]
    spoken = {each.id: _speaking(each.id, findings) for each in applicable}
    observations = [_observed(named, row) for row in findings]
    observations += [_claimed(named, each) for each in applicable if each.claim is not None]
    observations += [_attested(named, each) for each in applicable if each.reviewed_at is not None]
    excepted = {row.control_id: row for row in reading.exceptions if not row.object}
    risks = [
        _risk(named, each, spoken[each.id], excepted.get(each.id))
        for each in applicable
        if _fails(each, spoken[each.id])
    ]
    percents = judged.eighty_twenty.percents
    result: Json = {
        "uuid": named("result", judged.today.isoformat()),
        "title": "Claim and proof of each control",
        "description": (
            f"{percents.proven} % of the 80/20 are proven and {percents.claimed} % are claimed. A control is satisfied "
            "where evidence reaches its target; what nobody could look at is not satisfied, and says so."
        ),
        "start": _moment(min([at, *(row.taken_at for row in findings)])),
        "end": _moment(at),
        "reviewed-controls": {
            "control-selections": [{"include-controls": [{"control-id": each.id} for each in applicable]}]
        },
        "findings": [_finding(named, each, spoken[each.id], excepted.get(each.id)) for each in applicable],
    }
    if findings:
        result["local-definitions"] = {
            "components": [_component(named, each) for each in _connections(findings)],
            "inventory-items": _items(named, findings),
        }
    if observations:
        result["observations"] = observations
    if risks:
        result["risks"] = risks
    return result


def _speaking(control_id: str, findings: Iterable[Finding]) -> list[Finding]:
    about = {check.id for check, _ in checks_by_control().get(control_id, ())}
    return [row for row in findings if row.check_id in about]


def _connections(findings: Iterable[Finding]) -> list[Connection]:
    return list({row.connection_id: row.connection for row in findings}.values())


def _component(named: _Namer, connection: Connection) -> Json:
    gone = connection.removed_at is not None
    return {
        "uuid": named("connection", connection.id),
        "type": "system",
        "title": _line(connection.name),
        "description": f"Read by the connector {connection.connector_slug}.",
        "status": {"state": "disposition" if gone else "operational"},
    }


def _items(named: _Namer, findings: Iterable[Finding]) -> list[Json]:
    seen = {(row.connection_id, row.resource): row for row in findings}
    return [
        {
            "uuid": named("resource", *key),
            "description": _text(row.resource),
            "implemented-components": [{"component-uuid": named("connection", row.connection_id)}],
        }
        for key, row in seen.items()
    ]


def _observed(named: _Namer, row: Finding) -> Json:
    check = checks_by_id().get(row.check_id)
    found: Json = {
        "uuid": _observation(named, row),
        "title": _line(check.title if check else row.check_id),
        "description": _text(row.reason),
        "props": [_prop(name, getattr(row, field)) for name, field in PROPS.items()],
        "methods": ["EXAMINE" if row.scan.trigger == "upload" else "TEST"],
        "types": ["finding"],
        "subjects": [
            {
                "subject-uuid": named("resource", row.connection_id, row.resource),
                "type": "inventory-item",
                "title": _line(row.resource),
            }
        ],
        "collected": _moment(row.taken_at),
    }
    if row.evidence:
        found["relevant-evidence"] = [{"description": _evidence(line)} for line in row.evidence]
    return found


def _observation(named: _Namer, row: Finding) -> str:
    return named("finding", row.connection_id, row.check_id, row.resource)


def _evidence(line: Json) -> str:
    parts = (
        f"{name}: {line[name]}" for name in ("source", "object", "field", "observed", "expected") if line.get(name)
    )
    return _text("; ".join(parts))


def _claimed(named: _Namer, each: ControlAssessment) -> Json:
    assert each.claim is not None  # noqa: S101  the caller looked
    return {
        "uuid": named("claim", each.id),
        "title": _line(f"Claim: {each.control.title}"),
        "description": f"Somebody of the organization claims the level {level_name(each.claim.level)}.",
        "methods": ["INTERVIEW"],
        "types": ["control-objective"],
        "collected": _moment(each.claim.answered_at),
    }


def _attested(named: _Namer, each: ControlAssessment) -> Json:
    assert each.reviewed_at is not None  # noqa: S101  the caller looked
    return {
        "uuid": named("attestation", each.id),
        "title": _line(f"Reviewed evidence: {each.control.title}"),
        "description": "A second person reviewed a document, link or note behind the claim and accepted it.",
        "methods": ["EXAMINE"],
        "types": ["control-objective"],
        "collected": _moment(each.reviewed_at),
    }


def _related(named: _Namer, each: ControlAssessment, rows: Sequence[Finding]) -> list[Json]:
    uuids = [_observation(named, row) for row in rows]
    uuids += [named("claim", each.id)] if each.claim is not None else []
    uuids += [named("attestation", each.id)] if each.reviewed_at is not None else []
    return [{"observation-uuid": uuid} for uuid in uuids]


def _fails(each: ControlAssessment, rows: Iterable[Finding]) -> bool:
    return not each.met and (each.state is ProofState.CONTRADICTED or any(row.outcome == "fail" for row in rows))


def _finding(
    named: _Namer, each: ControlAssessment, rows: Sequence[Finding], exception: ControlException | None
) -> Json:
    met = each.met and each.state is not ProofState.STALE
    failing = _fails(each, rows)
    found: Json = {
        "uuid": named("control", each.id),
        "title": _line(each.control.title),
        "description": _text(each.why),
        "props": [
            _prop("proof-state", each.state.value),
            _prop("target-level", each.control.target),
            _prop("proven-level", each.proven_level),
        ],
        "target": {
            "type": "objective-id",
            "target-id": each.id,
            "status": {
                "state": "satisfied" if met else "not-satisfied",
                "reason": "pass" if met else "fail" if failing else "other",
            },
        },
    }
    if exception is not None:
        found["target"]["status"]["remarks"] = f"An exception is in force until {exception.last_day.isoformat()}."
    if related := _related(named, each, rows):
        found["related-observations"] = related
    if failing:
        found["related-risks"] = [{"risk-uuid": named("risk", each.id)}]
    return found


def _risk(named: _Namer, each: ControlAssessment, rows: Sequence[Finding], exception: ControlException | None) -> Json:
    control = each.control
    failing = [row for row in rows if row.outcome == "fail"]
    found: Json = {
        "uuid": named("risk", each.id),
        "title": _line(f"Not in place: {control.title}"),
        "description": _text(control.why),
        "statement": _text(failing[0].reason if failing else each.why),
        "status": "deviation-approved" if exception is not None else "open",
        "remediations": [
            {
                "uuid": named("remedy", each.id),
                "lifecycle": "recommendation",
                "title": _line(f"Reach the level {level_name(control.target)}"),
                "description": _text(control.levels[control.target]),
            }
        ],
    }
    if exception is not None:
        found["mitigating-factors"] = [
            {"uuid": named("instead", exception.id), "description": _text(exception.compensating)}
        ]
        found["deadline"] = f"{exception.last_day.isoformat()}T23:59:59Z"
    if failing:
        found["related-observations"] = [{"observation-uuid": _observation(named, row)} for row in failing]
    return found


def _prop(name: str, value: object) -> Json:
    return {"name": name, "ns": "https://ztassess.example/ns/oscal", "value": _line(value)}


def _moment(at: Moment) -> str:
    if not isinstance(at, datetime):  # a day: its beginning
        at = datetime(at.year, at.month, at.day, tzinfo=UTC)
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _line(value: object) -> str:
    """Text for a field that takes one line without spaces around it, and never an empty one."""
    return re.sub(r"\s+", " ", unturned(str(value))).strip()[:CELL].strip() or "unnamed"


def _text(value: object) -> str:
    return unturned(str(value)).strip()[:TEXT] or "Nothing was said."
