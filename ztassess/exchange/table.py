"""Owns the table of what travels: for each table of an organization, whether it is in the archive, and what changes.

A new tenant model needs one line here: in `TRAVELS` with words for who reads the archive, or in `STAYS` with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import UnionType
from typing import Any

from django.apps import apps

from ztassess.catalog import load_catalog
from ztassess.common.models import OrgOwned
from ztassess.connectors.registry import connectors
from ztassess.connectors.sharing import share_from
from ztassess.domain.controls import Level
from ztassess.domain.findings import Outcome, Severity
from ztassess.domain.playbook_reading import PlaybookWrong, read_playbook
from ztassess.domain.playbooks import Part, payload_json
from ztassess.exchange.errors import ArchiveRefused
from ztassess.scans.models import ACTIVE, ScanState

Values = dict[str, Any]
OUTCOMES = frozenset(outcome.value for outcome in Outcome)
WITHOUT_CREDENTIAL = (
    "This connection came with an archive, and archives hold no credentials. Enter one under “Change or rotate”, then "
    "test it."
)
PAUSED = "It came with an archive, without a credential. Switch it on when the connection was tested."
WAS_RUNNING = "It was running when the archive was made; nothing of it came along."


@dataclass(frozen=True, slots=True)
class Travels:
    """How the rows of one model travel.

    Attributes:
        words: what one row is, for the reader of the archive.
        people: JSON fields that list people.
        verbatim: fields in which ids are left as they are.
        left_out: by field, why it is not in the archive; on arrival it has its default.
        among: by field, the values that the product knows; anything else is refused.
        arrives: changes a row on arrival, in place; the moment is that of the import.
    """

    words: str
    people: tuple[str, ...] = ()
    verbatim: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    among: Mapping[str, Callable[[], frozenset[Any]]] = field(default_factory=dict)
    arrives: Callable[[Values, datetime], None] | None = None


def _membership(row: Values, now: datetime) -> None:
    """History: who brings the archive is the only member, else an account of nobody would count as an owner."""
    row["revoked_at"] = row["revoked_at"] or now


def _connection(row: Values, now: datetime) -> None:
    row["preflight"] = {"identity": "", "rows": [], "warnings": [], "refused": WITHOUT_CREDENTIAL}


def _schedule(row: Values, now: datetime) -> None:
    if row["is_on"]:
        row["is_on"], row["paused_reason"] = False, PAUSED


def _scan(row: Values, now: datetime) -> None:
    if row["state"] in ACTIVE:
        row["state"], row["finished_at"] = ScanState.CANCELED, now
        row["error_code"], row["error_sentence"] = "canceled", WAS_RUNNING


def _facts(row: Values, now: datetime) -> None:
    _or_refuse("declared", all(_are(str, lines) for lines in row["declared"].values()))


def _share(row: Values, now: datetime) -> None:
    try:
        share_from(row["value"])
    except (KeyError, TypeError, ValueError, AttributeError):
        _or_refuse("value", False)  # noqa: FBT003  what a reading told is none of this


def _finding(row: Values, now: datetime) -> None:
    _or_refuse("evidence", all(isinstance(line, dict) and _are(str, [*line.values()]) for line in row["evidence"]))


def _score(row: Values, now: datetime) -> None:
    _or_refuse("states", _are(str, [*row["states"].values()]))
    pairs = row["stages"].values()
    _or_refuse("stages", all(_are(int | float, pair) and len(pair) > 1 for pair in pairs if pair is not None))
    _or_refuse("proven", all(0 <= row[name] <= 1 for name in ("proven", "claimed", "ceiling")))


def _are(kind: type | UnionType, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, kind) for each in value)


def _or_refuse(name: str, fits: bool) -> None:
    """What forms and readings write has a shape that pages rely on."""
    if not fits:
        raise ArchiveRefused(f"{name} has not the shape that this version writes")


def _playbook(row: Values, now: datetime) -> None:
    """Every page is judged by what it says: it is read as a file would be, and says nothing where it is wrong."""
    given = row["payload"] if isinstance(row["payload"], dict) else {}
    brand = given.get(Part.BRANDING)
    if isinstance(brand, dict):
        given = given | {str(Part.BRANDING): {name: value for name, value in brand.items() if name != "logo"}}
    try:
        row["payload"] = payload_json(read_playbook({**given, "name": "arrived"}, load_catalog()).payload)
    except PlaybookWrong:
        row["payload"] = {}


def _known_connectors() -> frozenset[str]:
    return frozenset(connector.slug for connector in connectors())


def _outcomes() -> frozenset[str]:
    return OUTCOMES


def _outcomes_or_none() -> frozenset[str]:
    return OUTCOMES | {""}


def _levels_or_none() -> frozenset[int | None]:
    return frozenset({None, *(level.value for level in Level)})


def _severities() -> frozenset[str]:
    return frozenset(severity.value for severity in Severity)


_WORKER = "It is about one run in one installation."

TRAVELS: dict[str, Travels] = {
    "organizations.FactSheet": Travels(
        "What is true of the company, and what was declared for all connectors.", arrives=_facts
    ),
    "organizations.Membership": Travels(
        "Who was a member, as what. On import only who brings the archive is a member, as an owner.",
        left_out={
            "grant": "What was granted to consultants ends with the installation that granted it.",
            "told_end": "Whom one installation told of an end is about that installation.",
        },
        arrives=_membership,
    ),
    "scans.Connection": Travels(
        "A connected system, with its address and without its credential.",
        left_out={"external_id": "Each installation proves itself to AWS with one that it chose itself."},
        among={"connector_slug": _known_connectors},
        arrives=_connection,
    ),
    "scans.Scan": Travels(
        "One reading of a connected system, with what it saw and what differed from the one before.",
        left_out=dict.fromkeys(
            ("fence", "attempt", "waits", "worker", "lease_until", "deadline_at", "not_before", "rung_at"), _WORKER
        ),
        arrives=_scan,
    ),
    "scans.Finding": Travels(
        "A verdict of one check on one resource, in one scan.",
        among={"outcome": _outcomes, "severity": _severities},
        arrives=_finding,
    ),
    "scans.StandingResult": Travels(
        "What stands of one check on one connection; scores are made from these.",
        among={"outcome": _outcomes_or_none, "latest_outcome": _outcomes},
    ),
    "scans.ConnectionShare": Travels(
        "What a reading told rules over several systems: accounts, hosts, leavers.", arrives=_share
    ),
    "scans.Schedule": Travels("When a connection is read by itself. On import it is switched off.", arrives=_schedule),
    "scans.ScheduleSlot": Travels("One due moment of a schedule, and the scan that was started for it."),
    "inventory.InventoryState": Travels("Version of the inventory, and who changed it last."),
    "inventory.Service": Travels("A service of the inventory."),
    "inventory.DataStore": Travels("A store of data, with how sensitive it is."),
    "inventory.EntryPoint": Travels("A way in: people, a network, a leaked key."),
    "inventory.ServiceCall": Travels("A call that one service needs to make to another one."),
    "inventory.Permission": Travels("What a service or a person may do with a store, and what the job needs."),
    "inventory.InternalApp": Travels("An app behind the VPN."),
    "inventory.AppTick": Travels("What somebody says about one step of one app."),
    "assessments.Answer": Travels("A claim: somebody's level for one control."),
    "assessments.AnswerChange": Travels(
        "One change of one claim.", among={"level_before": _levels_or_none, "level_after": _levels_or_none}
    ),
    "assessments.ScoreSnapshot": Travels(
        "The scores at one moment, with the catalog and the method that made them.", arrives=_score
    ),
    "assessments.Artifact": Travels("A file, link or note behind a claim."),
    "assessments.ArtifactVersion": Travels("One version of an artifact, with its review."),
    "assessments.ControlException": Travels("A deviation from a control, with reason, approver and last day."),
    "assessments.BreakGlassAccount": Travels("An emergency account, with its last test."),
    "assessments.ControlOwner": Travels("Who takes care of a control, until when."),
    "assessments.ControlComment": Travels("A comment at a control.", people=("mentioned",)),
    "access_reviews.AccessCampaign": Travels("One round of reviewing everybody's access."),
    "access_reviews.CampaignReviewer": Travels("Who decides in a round."),
    "access_reviews.CampaignAccount": Travels("An account as it was told when a round started."),
    "access_reviews.AccessDecision": Travels("What somebody decided about one account."),
    "roadmaps.Sprint": Travels("Two weeks of work."),
    "roadmaps.SprintPerson": Travels("Who works on a sprint, with hours a day."),
    "roadmaps.RoadmapTask": Travels("A control to bring to its target within a sprint."),
    "roadmaps.TaskEvent": Travels("One change of one task."),
    "roadmaps.PushedTask": Travels("A task in somebody's tracker."),
    "reports.Branding": Travels(
        "How the organization's own reports look.", left_out={"logo": "A picture is uploaded anew."}
    ),
    "playbooks.Playbook": Travels("A playbook that the organization wrote for its clients."),
    "playbooks.PlaybookVersion": Travels(
        "What a playbook said from one moment on.",
        left_out={"logo": "A picture is uploaded anew."},
        arrives=_playbook,
    ),
    "playbooks.AppliedPlaybook": Travels(
        "A copy of a consultant's playbook as it was applied, and when it ended.",
        verbatim=("playbook",),
        left_out={
            "logo": "A picture is uploaded anew.",
            "firm": "The firm is another organization; its name and the playbook's come along.",
        },
        arrives=_playbook,
    ),
    "exchange.ImportedLine": Travels("A line of the log of an installation before this one.", verbatim=("value",)),
}

STAYS: dict[str, str] = {
    "scans.ConnectionSecret": "Credentials never leave an installation.",
    "scans.UploadedExport": "A file that waits for its scan, sealed; it is deleted when the scan has read it.",
    "organizations.Grant": "A consultant's access is granted anew by an owner.",
    "organizations.Invitation": "Its token would let somebody in; who is missing is invited again.",
    "organizations.IdempotencyKey": "Answers to forms of the last day, against double clicks.",
    "audit.AuditHead": "The manifest says where the log ends.",
    "audit.AuditEvent": "The log is in audit.jsonl, line by line as its hashes were made.",
    "audit.AuditDetail": "The words of the log are in audit.jsonl.",
    "assessments.ArtifactContent": "Contents of evidence are in files/, named by their SHA-256.",
    "notifications.MemberChoice": "Members choose anew what they want to hear.",
    "notifications.WebhookEndpoint": "Where one installation tells what happened is that installation's business.",
    "notifications.WebhookSecret": "Credentials never leave an installation.",
    "notifications.Delivery": "What was told, and to whom, is about one installation.",
    "notifications.ToldFact": "What was told is about one installation.",
    "reports.Pseudonym": "It is keyed by its installation; another one counts anew.",
    "reports.Report": "Documents are downloaded one by one; another installation makes its own from the same rows.",
    "reports.ReportContent": "Documents are downloaded one by one.",
    "playbooks.ApplyRun": "Its clients are of one installation; what became of them stands in the logs.",
    "playbooks.ApplyItem": "Its clients are of one installation; what became of them stands in the logs.",
    "sharing.ShareLink": "Its token opens one installation; who still needs to read gets a new link.",
    "sharing.ShareSnapshot": "It belongs to a link, and links stay.",
    "sharing.ShareOpening": "Who opened a link is about one installation; how often stands in the log.",
    "portfolio.PortfolioRow": "It is a summary of the other rows, made again on arrival.",
    "portfolio.PortfolioState": "It is a summary of the other rows, made again on arrival.",
    "portfolio.PortfolioSystem": "It is a summary of the other rows, made again on arrival.",
    "exchange.ExchangeJob": "Archives are not in archives.",
    "exchange.ArchivePart": "Archives are not in archives.",
    "exchange.ImportedPerson": "People are in people.jsonl.",
}


def tenant_models() -> Iterator[type[OrgOwned]]:
    """Every model whose rows belong to an organization."""
    for model in apps.get_models():
        if issubclass(model, OrgOwned):
            yield model


def travelling() -> dict[str, type[OrgOwned]]:
    """The models whose rows are in an archive, by label, in the order of the table."""
    found = {model._meta.label: model for model in tenant_models()}
    return {label: found[label] for label in TRAVELS if label in found}


def unplaced() -> list[str]:
    """Models that nobody has decided about, each as a sentence that says what to do."""
    return [
        f"{model._meta.label} has no place in an archive: write one line for it in ztassess/exchange/table.py, in "
        "TRAVELS with what a row is, or in STAYS with the reason why it is left out."
        for model in tenant_models()
        if model._meta.label not in TRAVELS and model._meta.label not in STAYS
    ]
