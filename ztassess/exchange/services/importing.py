"""Owns taking an archive in: a new organization with everything in it, or nothing at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ztassess.accounts.models import User
from ztassess.assessments.evidence_vault import content_seal
from ztassess.assessments.models import ArtifactKind, ArtifactVersion, SnapshotCause
from ztassess.assessments.monday import monday_page
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services import score_record
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.catalog import load_catalog
from ztassess.common.models import OrgOwned, organization_scope
from ztassess.domain.file_kinds import FileRefused, recognize
from ztassess.domain.lines import one_line
from ztassess.exchange.chain import Chain
from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.models import ImportedLine
from ztassess.exchange.opening import Archive, Tell, silent
from ztassess.exchange.people import Arriving
from ztassess.exchange.table import TRAVELS, Travels, Values, travelling
from ztassess.exchange.values import Column, columns_of, default_of, from_json, is_person, target_of, with_new_ids
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import Role
from ztassess.organizations.services import slug_for
from ztassess.roadmaps.board import read_board

AT_ONCE = 500
LINK_STARTS = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an archive."""

    organization: Organization
    rows: int
    people: int
    lines: int
    is_new: bool = True


def organization_import(
    *,
    archive: Archive,
    importer: User,
    sha256: str = "",
    press: uuid.UUID | None = None,
    via: str = Via.PAGE,
    tell: Tell = silent,
    finish: Callable[[Imported], None] | None = None,
) -> Imported:
    """Make a new organization of an archive, in one transaction; the importing person becomes its only member.

    Ids are made anew from the new organization's id, the same one for every mention: taken in twice, an archive gives
    two organizations, and nobody learns from a clash which ids exist here.

    Parameters:
        sha256: of the whole archive, for the log.
        press: id of one bringing of it; the second call with the same one finds what the first one made.
        tell: hears how far it is: words with the table, rows taken, rows in all. What it raises undoes everything.
        finish: the last step of the transaction; what it raises undoes everything.

    Raises:
        ArchiveRefused: it says what cannot be; nothing was kept.
    """
    organization_id = uuid.uuid5(press, str(importer.pk)) if press else uuid.uuid4()
    try:
        with transaction.atomic():
            made = Organization.objects.filter(id=organization_id).first()
            if made is not None:
                found = Imported(made, 0, 0, 0, is_new=False)
                if finish is not None:
                    finish(found)
                return found
            organization = _organization(archive, organization_id)
            with organization_scope(organization):
                found = _Import(archive, organization, importer, tell).run()
                Membership.objects.create(organization=organization, user=importer, role=Role.OWNER)
                tell("Trying its pages", found.rows, found.rows)
                _judged(organization)
                _line(found, archive, importer, sha256, via)
            connection.check_constraints()
            if finish is not None:
                finish(found)
    except IntegrityError as problem:
        raise ArchiveRefused("Rows of the archive contradict each other. Nothing was taken in.") from problem
    return found


def _organization(archive: Archive, organization_id: uuid.UUID) -> Organization:
    told = archive.manifest["organization"]
    name, made = told.get("name"), told.get("created_at")
    since = parse_datetime(made) if isinstance(made, str) else None
    field = Organization._meta.get_field("name")
    name = one_line(name) if isinstance(name, str) else ""
    if not name or since is None or since.tzinfo is None:
        raise ArchiveRefused("The archive does not say of which organization it is. Nothing was taken in.")
    try:
        field.run_validators(name)
    except ValidationError as problem:
        raise ArchiveRefused(
            "The organization of the archive has a name that is not taken. Nothing was kept."
        ) from problem
    return Organization.objects.create(id=organization_id, name=name, slug=slug_for(name), created_at=since)


def _judged(organization: Organization) -> None:
    """Pages show the judgment, the week and the sprint, and each day a score is recorded: an archive for which that
    breaks would be an organization that cannot be opened. What is written for the trial is undone.
    """
    try:
        with transaction.atomic():
            reading = read_organization(organization)
            monday_page(organization, timezone.localdate(), reading=reading)
            board = read_board(organization, reading)
            if board is not None:
                board.figures()
            score_record(organization, cause=SnapshotCause.DAILY)
            transaction.set_rollback(True)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, DatabaseError) as problem:
        raise ArchiveRefused("What the archive says cannot be judged. Nothing was taken in.") from problem


def _line(found: Imported, archive: Archive, importer: User, sha256: str, via: str) -> None:
    head, told = archive.manifest["audit_head"], archive.manifest["organization"]
    audit_record(
        organization=found.organization,
        actor=importer,
        via=via,
        action="organization.import",
        object=f"organization:{found.organization.slug}",
        summary=(
            f"{importer} took {told['name'][:80]} in from an archive; its log there ended at line {head.get('seq')} "
            f"with {head.get('hash')}, and a new one begins here"
        ),
        after={
            "archive_sha256": sha256,
            "made_at": str(archive.manifest.get("made_at", "")),
            "origin": str(told.get("id", "")),
            "old_head": {"seq": head.get("seq"), "hash": head.get("hash")},
            "rows": found.rows,
        },
    )


class _Import:
    """One archive on its way in."""

    def __init__(self, archive: Archive, organization: Organization, importer: User, tell: Tell) -> None:
        self.archive, self.organization, self.tell = archive, organization, tell
        self.now = timezone.now()
        self.people = Arriving(organization, importer)
        self.every: set[uuid.UUID] = set().union(*archive.ids.values()) if archive.ids else set()
        self.controls = {control.id for control in load_catalog().controls}
        self.rows, self.total = 0, sum(map(len, archive.ids.values()))

    def run(self) -> Imported:
        for number, row in self.archive.rows("people.jsonl"):
            self._where("people.jsonl", number, lambda row=row: self.people.add(row))
        for label, model in travelling().items():
            self._model(label, model)
        self._evidence()
        lines = self._log()
        return Imported(self.organization, self.rows, len(self.people), lines)

    def new_id(self, old: uuid.UUID) -> uuid.UUID | None:
        """The id that a row of the archive has here; None for an id that is of no row of it."""
        return uuid.uuid5(self.organization.id, old.hex) if old in self.every else None

    def _where(self, name: str, number: int, step: Any) -> Any:
        try:
            return step()
        except ArchiveRefused as problem:
            raise ArchiveRefused(f"{name}, line {number}: {problem}. Nothing was taken in.") from problem

    def _model(self, label: str, model: type[OrgOwned]) -> None:
        entry, name = TRAVELS[label], f"{label}.jsonl"
        columns = columns_of(model, entry)
        batch: list[OrgOwned] = []
        for number, row in self.archive.rows(name):
            batch.append(self._where(name, number, lambda row=row: self._row(model, entry, columns, row)))
            if len(batch) == AT_ONCE:
                self._store(model, batch)
                batch = []
        self._store(model, batch)

    def _store(self, model: type[OrgOwned], batch: list[OrgOwned]) -> None:
        if not batch:
            return
        # Saving fills these with the present moment; what stands in the archive is asked for before that.
        stamped = [field.attname for field in model._meta.concrete_fields if getattr(field, "auto_now", False)]
        told = [{name: getattr(row, name) for name in stamped} for row in batch]
        model.objects.bulk_create(batch)
        for row, values in zip(batch, told, strict=True):
            if values:
                model.objects.filter(pk=row.pk).update(**values)
        self.rows += len(batch)
        self.tell(f"Taking in {model._meta.verbose_name_plural}", self.rows, self.total)

    def _row(self, model: type[OrgOwned], entry: Travels, columns: list[Column], row: dict[str, Any]) -> OrgOwned:
        if unknown := sorted(row.keys() - {column.name for column in columns}):
            raise ArchiveRefused(f"it has a field {unknown[0][:60]!r} that this version does not know")
        values: Values = {}
        for column in columns:
            told = column.name in row
            values[column.attname] = self._value(column, entry, row[column.name]) if told else default_of(column)
        self._sane(values, entry)
        if entry.arrives is not None:
            entry.arrives(values, self.now)
        return model(organization=self.organization, **values)

    def _value(self, column: Column, entry: Travels, value: Any) -> Any:
        if is_person(column):
            found = self.people.user_id(value)
            if found is None and not column.null:
                raise ArchiveRefused(f"{column.name} is empty")
            return found
        if label := target_of(column):
            return self._reference(column, label, value)
        if column.primary_key:
            return self.new_id(uuid.UUID(value))
        if column.name in entry.people:
            if not isinstance(value, list):
                raise ArchiveRefused(f"{column.name} is no list of people")
            return [str(self.people.user_id(each)) for each in value if each is not None]
        found = from_json(column, value)
        renames = isinstance(column, models.CharField | models.TextField | models.JSONField)
        return with_new_ids(found, self.new_id) if renames and column.name not in entry.verbatim else found

    def _reference(self, column: Column, label: str, value: Any) -> uuid.UUID | None:
        if value is None and column.null:
            return None
        try:
            old = uuid.UUID(value)
        except (ValueError, TypeError, AttributeError) as problem:
            raise ArchiveRefused(f"{column.name} is no id") from problem
        if old not in self.archive.ids.get(label, ()):
            raise ArchiveRefused(f"{column.name} points to a row of {label} that is not in the archive")
        return self.new_id(old)

    def _sane(self, values: Values, entry: Travels) -> None:
        """What the database takes and pages cannot show: a control, connector or outcome that nobody knows here."""
        control = values.get("control_id")
        # A task that carries out a decision about an account is about no control.
        is_of_decision = control == "" and bool(values.get("decision_id"))
        if control is not None and control not in self.controls and not is_of_decision:
            theirs = self.archive.manifest.get("catalog_version")
            raise ArchiveRefused(
                f"it is about the control {str(control)[:80]!r}, which version {load_catalog().version} of the catalog "
                f"does not have; the archive was made with version {str(theirs)[:20]}"
            )
        for name, known in entry.among.items():
            if values[name] not in known():
                raise ArchiveRefused(f"{name} is {str(values[name])[:60]!r}, which this version does not know")

    def _evidence(self) -> None:
        """Seal the contents of filed documents under this installation's keys."""
        left, found = self.archive.digests, len(self.archive.digests)
        rows = ArtifactVersion.objects.filter(organization=self.organization).select_related("artifact", "organization")
        for version in rows.iterator(chunk_size=AT_ONCE):
            if version.artifact.kind == ArtifactKind.LINK and not version.text.startswith(LINK_STARTS):
                raise ArchiveRefused("A link among the evidence is no address of a web page. Nothing was taken in.")
            self.tell("Sealing evidence", found - len(left), found)
            content = self.archive.content(version.sha256) if version.artifact.kind == ArtifactKind.FILE else None
            if content is None:
                continue
            try:
                recognize(version.file_name, content)
            except FileRefused as problem:
                raise ArchiveRefused(
                    f"{version.file_name[:80]} among the evidence is not taken: {problem} Nothing was taken in."
                ) from problem
            content_seal(version, content)
            left.discard(version.sha256)
        if left:
            raise ArchiveRefused(f"No evidence has the contents of files/{min(left)}. Nothing was taken in.")

    def _log(self) -> int:
        """Keep the log of elsewhere as history, if its chain holds and ends where the manifest says."""
        chain, origin = Chain(), str(self.archive.manifest["organization"].get("id", ""))[:36]
        batch: list[ImportedLine] = []
        for number, line in self.archive.rows("audit.jsonl"):
            self._where("audit.jsonl", number, lambda line=line: chain.follow(line))
            batch.append(self._where("audit.jsonl", number, lambda line=line: self._imported(line, origin)))
            if len(batch) == AT_ONCE:
                ImportedLine.objects.bulk_create(batch)
                self.tell("Following its old log", number, self.archive.manifest["audit_head"].get("seq") or number)
                batch = []
        ImportedLine.objects.bulk_create(batch)
        head = self.archive.manifest["audit_head"]
        if (head.get("seq"), head.get("hash")) != (chain.seq, chain.hash):
            raise ArchiveRefused("The log in the archive does not end where its manifest says. Nothing was taken in.")
        return chain.seq

    def _imported(self, line: dict[str, Any], origin: str) -> ImportedLine:
        said = {
            "origin": origin,
            "seq": int(line["seq"]),
            "at": line["at"],
            "who": self.people.name(line.get("person")),
            "action": line["action"],
            "summary": (line["detail"] or {}).get("summary", ""),
            "value": {name: value for name, value in line.items() if name != "person"},
        }
        fields: Iterable[Column] = (ImportedLine._meta.get_field(name) for name in said)  # type: ignore[misc]  # all are columns
        return ImportedLine(
            organization=self.organization, **{field.name: from_json(field, said[field.name]) for field in fields}
        )


def moment_of(archive: Archive) -> datetime | None:
    """When the archive was made, if it says so."""
    made = archive.manifest.get("made_at")
    return parse_datetime(made) if isinstance(made, str) else None
