"""Owns the contract of a connector: what it asks for, what it may read, how it reads, what it judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from ztassess.domain.checks import Checks, Snapshot
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Share, SharedView

if TYPE_CHECKING:
    from ztassess.connectors.netguard import Budget, Guard


class FieldKind(StrEnum):
    """How a field of the connect form is entered and parsed; the value's Python type follows in brackets."""

    TEXT = "text"  # str
    HOST = "host"  # str
    PORT = "port"  # int
    URL = "url"  # str
    CHOICE = "choice"  # str, one of `choices`
    MULTICHOICE = "multichoice"  # tuple[str, ...], each one of `choices`; empty means all
    LINES = "lines"  # tuple[str, ...], one entry a line (commas accepted on the command line)
    BOOL = "bool"  # bool
    PEM = "pem"  # str
    SHOWN = "shown"  # str that we generate and only show, such as an external id


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the connect form, and one ``--set name=value`` of the command line.

    Attributes:
        binds_target: changing it points the stored secret at another system, so the secret is wiped.
        single_use: a secret of a temporary session: deleted when the scan that used it has ended.
        parse: turns the entered text into the value; raises `InputInvalid` with a sentence.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    help: str = ""
    required: bool = False
    secret: bool = False
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    binds_target: bool = False
    group: str = ""
    single_use: bool = False
    parse: Callable[[str], Any] | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A minimal read-only grant to copy. ``{name}`` stands for a field's value, such as ``{external_id}``."""

    title: str
    language: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class UploadFormat:
    """An export that a person may upload instead of giving a credential.

    Attributes:
        commands: what to run to make the export, shown to copy.
        suffixes: accepted file name endings, for example ``(".json", ".csv")``.
        download: name of a file we ship that makes the export, beside the connector; empty if none.
    """

    slug: str
    title: str
    commands: str
    suffixes: tuple[str, ...]
    download: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file a person gave us: its bare name and its bytes (already within the size limit)."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ResourceException:
    """One accepted deviation of one object.

    Attributes:
        object: the resource of a finding, or the name of the object it is about; upper and lower case are the same.
        reason: why it is accepted.
        until: its last day.
        check: id of the one check it is for; empty for every check that names the object.
    """

    object: str
    reason: str
    until: date
    check: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the organization declared once, for all connectors. None: not declared, so what needs it is not checked.

    Attributes:
        break_glass: identifiers of emergency accounts; excluded objects are counted and named, never dropped.
        leavers: e-mail addresses or user names of people who left, with their aliases.
        people: e-mail addresses of people who work here.
        aliases: other names of people: ``(name in some system, e-mail address)``, both in lower case.
        tools: names or hosts of the tools that people sign in to.
        sensitive_tools: those of them that reach production, payments or personal data.
        internal_hosts: host names that only the company's own people should open.
        approved_apps: names or client ids of third-party apps that may read company data.
        exceptions: accepted deviations; honored after the rules have spoken (see `runner.judge`).
    """

    break_glass: tuple[str, ...] = ()
    leavers: tuple[str, ...] | None = None
    people: tuple[str, ...] | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    tools: tuple[str, ...] | None = None
    sensitive_tools: tuple[str, ...] | None = None
    internal_hosts: tuple[str, ...] | None = None
    approved_apps: tuple[str, ...] | None = None
    exceptions: tuple[ResourceException, ...] = ()


def _no_progress(part: str, seen: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class ReadContext:
    """Everything a connector needs to read one system once.

    Attributes:
        config: the parsed values of the non-secret fields, by field name.
        secrets: the values of the secret fields, by field name; repr never shows them.
        guard: the only way to open a connection.
        budget: limits of this run; also counts the requests made.
        now: the moment of the scan, timezone-aware UTC; becomes ``snapshot.taken_at``.
        progress: called as ``progress(part, seen)`` when a part grows; raises `Canceled` if the person canceled.
        operator: trusted settings of the installation (not of the customer), such as ``aws_endpoint_url``.
        kept: what the steps of one run leave for the next, such as an open session, so that nothing is asked twice.
        views: what the organization's other connections told last; only for a connector that `takes_views`.
        exported_at: when the uploaded export was made, as the person said; None if nobody did.
        pause: waits so many seconds and says whether the run was stopped meanwhile; None waits for real.
    """

    config: Mapping[str, Any]
    guard: Guard
    budget: Budget
    now: datetime
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    declared: Declared = Declared()
    progress: Callable[[str, int], None] = _no_progress
    operator: Mapping[str, str] = field(default_factory=dict, repr=False)
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    views: tuple[SharedView, ...] = ()
    exported_at: datetime | None = None
    pause: Callable[[float], bool] | None = None


@dataclass(frozen=True, slots=True)
class PreflightRow:
    """One thing the credential may or may not read.

    Attributes:
        part: name of the snapshot part, as in the snapshot's fields.
        allowed: True if one small request succeeded.
    """

    part: str
    allowed: bool
    missing_scope: str = ""
    detail: str = ""

    @classmethod
    def refused(cls, part: str, why: Unavailable, *, so: str = "") -> PreflightRow:
        """A part that could not be read, with the vendor's reason.

        Parameters:
            so: a sentence about what follows from it, added to the reason.
        """
        detail = f"{why.detail} {so}" if so else why.detail
        return cls(part, allowed=False, missing_scope=why.missing_scope, detail=detail)


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a connection test found, before the first scan.

    Attributes:
        identity: who the vendor says we are.
        warnings: sentences for a person, such as a credential that can write or whose rights could not be read.
        refused: why the connection must not be used (over-privileged); empty if it may.
    """

    identity: str
    rows: tuple[PreflightRow, ...]
    warnings: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Connector:
    """Code that can read one kind of system. One folder, one registry line; everything shown is generated from it.

    Attributes:
        slug: with ``_``; the prefix of its check ids.
        title: the vendor's name.
        summary: one sentence: what it reads.
        collect: reads the system into a frozen snapshot. A refused part becomes `Unavailable`, never an empty tuple.
            Raises `ConnectorError` if nothing at all could be read.
        preflight: probes each permission with one small request, in at most 20 s. Raises `ConnectorError`.
        parse_upload: builds the same snapshot from exported files; a part not in the files is
            ``Unavailable("input_missing")``. Raises `InputInvalid` with a sentence.
        validate: cross-field rules of the form; returns sentences by field name (``""`` for the form as a whole).
        fits: facts that make this connector suggested, any one of them: ``("clouds", "aws")``, ``("has_vpn", "yes")``;
            empty means it fits everyone, None that no fact tells.
        egress: one sentence for people on what is sent where.
        shares: what its snapshot tells rules that need several systems: accounts, hosts, leavers. None: nothing.
        joint: it judges what other connections told (`ReadContext.views`) and is read again whenever that changes.
        informed: it reads a system of its own and is given the views beside it. Nothing that another connection told
            makes it read again: its credential goes out when a person or the schedule says so, and only after its
            test. What changes in between is found by the joint connectors, which ask nobody.
    """

    slug: str
    title: str
    summary: str
    fields: tuple[FormField, ...]
    grants: tuple[Grant, ...]
    checks: Checks[Any]
    collect: Callable[[ReadContext], Snapshot]
    preflight: Callable[[ReadContext], Preflight]
    uploads: tuple[UploadFormat, ...] = ()
    parse_upload: Callable[[Sequence[UploadedFile], ReadContext], Snapshot] | None = None
    validate: Callable[[Mapping[str, Any], Mapping[str, str]], Mapping[str, str]] | None = None
    fits: tuple[tuple[str, str], ...] | None = ()
    egress: str = ""
    shares: Callable[[Any], Share] | None = None
    joint: bool = False
    informed: bool = False

    @property
    def takes_views(self) -> bool:
        """It is given what the other connections told."""
        return self.joint or self.informed

    @property
    def automatic(self) -> bool:
        """It asks a person for nothing, so its connection comes about by itself once there is something to join."""
        return self.joint and not self.fields


@dataclass(frozen=True, slots=True)
class PartSeen:
    """How much of one part was read: a count, or the reason why nobody could look."""

    name: str
    seen: int | Unavailable


def parts_of(snapshot: Snapshot) -> tuple[PartSeen, ...]:
    """The parts of a snapshot, in field order.

    A part is a dataclass field that holds a tuple or an `Unavailable`; other fields are context (account id, time).
    """
    parts: list[PartSeen] = []
    for each in fields(cast(Any, snapshot)):
        value = getattr(snapshot, each.name)
        if isinstance(value, Unavailable):
            parts.append(PartSeen(each.name, value))
        elif isinstance(value, tuple):
            parts.append(PartSeen(each.name, len(value)))
    return tuple(parts)
