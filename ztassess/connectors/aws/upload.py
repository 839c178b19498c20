"""Owns the reading of exports: the same snapshot from files of the AWS command line, or a sentence on what is wrong."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from ztassess.connectors.aws.form import REGIONS, inputs
from ztassess.connectors.aws.parsing import moment
from ztassess.connectors.aws.parsing_identity import parse_account_summary, parse_credential_report, parse_identities
from ztassess.connectors.aws.parsing_network import parse_network_interface, parse_security_group
from ztassess.connectors.aws.parsing_services import parse_database_instance, parse_trail
from ztassess.connectors.aws.snapshot import AwsSnapshot, Gap, RegionRead
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.domain.findings import Unavailable

_ABSENT = Unavailable("input_missing", detail="This was not in the files that were uploaded.")
_MALFORMED = (BadAnswer, KeyError, TypeError, ValueError, AttributeError, IndexError)
_MORE = ("NextToken", "nextToken", "Marker")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d+)(?:-[a-z]+-\d+)?[a-z]?", re.ASCII)
_READABLE = (
    "account authorization details, the credential report, the account summary, and per region security groups, "
    "network interfaces, database instances and trails"
)


@dataclass(frozen=True, slots=True)
class _Regional:
    """A list that is exported once for each region.

    Attributes:
        arn: name of the field that holds an ARN or a zone, from which the region is known.
    """

    part: str
    key: str
    parse: Callable[[Mapping[str, Any], str], Any]
    arn: str
    command: str


_LISTS = (
    _Regional(
        "security_groups",
        "SecurityGroups",
        parse_security_group,
        "SecurityGroupArn",
        "aws ec2 describe-security-groups",
    ),
    _Regional(
        "network_interfaces",
        "NetworkInterfaces",
        parse_network_interface,
        "AvailabilityZone",
        "aws ec2 describe-network-interfaces",
    ),
    _Regional(
        "database_instances", "DBInstances", parse_database_instance, "DBInstanceArn", "aws rds describe-db-instances"
    ),
    _Regional("trails", "trailList", parse_trail, "TrailARN", "aws cloudtrail describe-trails"),
)


@dataclass(slots=True)
class _Gathered:
    """What the files hold so far."""

    now: datetime
    parts: dict[str, Any] = field(default_factory=dict)
    regional: dict[tuple[str, str], tuple[Any, ...] | Unavailable] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    report_at: datetime | None = None


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> AwsSnapshot:
    """Build a snapshot from exported files; a part that is in none of them is not checked.

    Raises:
        InputInvalid: a file is not an export we know, is malformed, or is of another account.
    """
    if not files:
        raise InputInvalid(f"No file was uploaded. We read {_READABLE}.")
    gathered = _Gathered(context.now)
    for each in files:
        _read(each, gathered)
    if len(gathered.accounts) > 1:
        (one, first), (other, second) = list(gathered.accounts.items())[:2]
        raise InputInvalid(
            f"The files are of different accounts: {first} is of {one}, {second} of {other}. Upload one account alone."
        )
    regions, parts = _regions(gathered)
    every = {name: _ABSENT for name in AwsSnapshot.__dataclass_fields__ if name in _PART_NAMES}
    return AwsSnapshot(
        account=next(iter(gathered.accounts), "unknown"),
        taken_at=context.now,
        uploaded=True,
        inputs=inputs(context),
        report_at=gathered.report_at,
        **{**every, **gathered.parts, **parts, "regions": regions},
    )


_PART_NAMES = frozenset(
    name for name, each in AwsSnapshot.__dataclass_fields__.items() if isinstance(each.default, Unavailable)
)


def _read(file: UploadedFile, gathered: _Gathered) -> None:
    content, name = _utf8(file), file.name[:80]
    if not content.strip():
        raise InputInvalid(f"{name} is empty.")
    if content.lstrip()[:1] not in (b"{", b"["):
        _report(content, name, gathered, gathered.now)
        return
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as problem:
        raise InputInvalid(f"{name} is not valid JSON; it may be cut off. Export it again.") from problem
    if not isinstance(value, dict):
        raise InputInvalid(f"{name} is not an export of the AWS command line. We read {_READABLE}.")
    _read_object(value, name, gathered)


def _utf8(file: UploadedFile) -> bytes:
    """The content in UTF-8; PowerShell's ``>`` writes UTF-16."""
    content = file.content
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16").encode()
        except UnicodeError as problem:
            raise InputInvalid(f"{file.name[:80]} is neither UTF-8 nor UTF-16 text.") from problem
    return content.removeprefix(b"\xef\xbb\xbf")


def _read_object(value: dict[str, Any], name: str, gathered: _Gathered) -> None:
    regional = next((each for each in _LISTS if each.key in value), None)
    if "RoleDetailList" in value or "UserDetailList" in value:
        _identities(value, name, gathered)
    elif "SummaryMap" in value:
        summary = _parsed(name, "aws iam get-account-summary", lambda: parse_account_summary(value))
        _keep(gathered, {"account_summary": (summary,)}, name)
    elif "Content" in value and "ReportFormat" in value:
        try:
            content = base64.b64decode(str(value["Content"]), validate=True)
            made = moment(value.get("GeneratedTime")) or gathered.now
        except (binascii.Error, ValueError) as problem:
            raise InputInvalid(f"{name} holds no credential report; it may be cut off. Export it again.") from problem
        _report(content, name, gathered, made)
    elif regional is not None:
        _list(value, regional, name, gathered)
    else:
        raise InputInvalid(f"{name} is none of the exports we know. We read {_READABLE}.")


def _parsed(name: str, command: str, parse: Callable[[], Any]) -> Any:
    try:
        return parse()
    except _MALFORMED as problem:
        detail = f" {problem.sentence}" if isinstance(problem, BadAnswer) else ""
        raise InputInvalid(f"{name} is not what `{command}` writes.{detail} Export it again.") from problem


def _keep(gathered: _Gathered, parts: Mapping[str, Any], name: str) -> None:
    for part, value in parts.items():
        if part in gathered.parts:
            raise InputInvalid(f"{name} repeats what another file holds ({part.replace('_', ' ')}). Upload each once.")
        gathered.parts[part] = value


def _identities(value: dict[str, Any], name: str, gathered: _Gathered) -> None:
    lists = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    if not all(isinstance(value.get(each), list) for each in lists):
        raise InputInvalid(f"{name} lacks one of the lists {', '.join(lists)}. Export it again.")
    if value.get("IsTruncated") or _is_partial(value):
        total = sum(len(value[each]) for each in lists)
        why: Any = _cut(name, total)
        _keep(gathered, dict.fromkeys(("users", "groups", "roles", "policies"), why), name)
        return
    found = _parsed(name, "aws iam get-account-authorization-details", lambda: parse_identities([value]))
    parts = {"users": found.users, "groups": found.groups, "roles": found.roles, "policies": found.policies}
    _keep(gathered, parts, name)
    for each in (*found.users, *found.groups, *found.roles):
        _of_account(each.arn, name, gathered)


def _report(content: bytes, name: str, gathered: _Gathered, made: datetime) -> None:
    """The credential report; a CSV without a date counts as made when it was uploaded."""
    rows = _parsed(name, "aws iam get-credential-report", lambda: parse_credential_report(content))
    if not rows:
        raise InputInvalid(f"{name} has a first line and nothing else; the report is cut off. Export it again.")
    _keep(gathered, {"credential_report": rows}, name)
    gathered.report_at = made
    for row in rows:
        _of_account(row.arn, name, gathered)


def _of_account(arn: str, name: str, gathered: _Gathered) -> None:
    parts = arn.split(":")
    if len(parts) > 4 and _ACCOUNT.fullmatch(parts[4]):  # noqa: PLR2004  fifth part of an ARN: the account
        gathered.accounts.setdefault(parts[4], name)


def _is_partial(value: Mapping[str, Any]) -> bool:
    return any(value.get(each) for each in _MORE)


def _cut(name: str, seen: int) -> Unavailable:
    sentence = f"{name} has {seen} objects and says that there are more. Export it again without a page limit."
    return Unavailable("partial_data", detail=f"{sentence} Nothing was judged from it.")


def _list(value: dict[str, Any], kind: _Regional, name: str, gathered: _Gathered) -> None:
    listed = value[kind.key]
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise InputInvalid(f"{name} is not what `{kind.command}` writes. Export it again.")
    region = _region(listed, kind, name)
    if (kind.part, region) in gathered.regional:
        raise InputInvalid(f"{name} repeats the {kind.part.replace('_', ' ')} of {region}. Upload each region once.")
    if _is_partial(value):
        gathered.regional[kind.part, region] = _cut(name, len(listed))
        return
    found = _parsed(name, kind.command, lambda: tuple(kind.parse(each, region) for each in listed))
    gathered.regional[kind.part, region] = found
    account = _account_of(listed, kind)
    if account:
        gathered.accounts.setdefault(account, name)


def _account_of(listed: Sequence[Mapping[str, Any]], kind: _Regional) -> str:
    """The account most objects of a file belong to: shared groups and organization trails are another's."""
    found: Counter[str] = Counter()
    for each in listed:
        if not each.get("IsOrganizationTrail"):
            told = str(each.get("OwnerId") or "".join(str(each.get(kind.arn, "")).split(":")[4:5]))
            found[told] += 1
    return next((account for account, _ in found.most_common() if _ACCOUNT.fullmatch(account)), "")


def _region(listed: Sequence[Mapping[str, Any]], kind: _Regional, name: str) -> str:
    """The region of a file: named by its objects (a trail may be another region's), else by its file name."""
    if kind.part != "trails":
        for each in listed:
            told = str(each.get(kind.arn, ""))
            zone = _ZONE.fullmatch(told.split(":")[3] if told.startswith("arn:") else told)
            if zone is not None:
                return zone[1]
    named = [region for region, _ in REGIONS if region in name]
    if not named:
        raise InputInvalid(
            f"{name} does not say which region it is of. Put the region into its name: x.eu-west-1.json."
        )
    return max(named, key=len)


def _regions(gathered: _Gathered) -> tuple[tuple[RegionRead, ...] | Unavailable, dict[str, Any]]:
    """Regions of all files and their parts; a list that one region lacks is a gap there."""
    names = sorted({region for _, region in gathered.regional})
    given = [each.part for each in _LISTS if any(part == each.part for part, _ in gathered.regional)]
    if not names:
        return _ABSENT, {}
    reads = []
    for region in names:
        lacking = {part: gathered.regional.get((part, region), _ABSENT) for part in given}
        gaps = tuple(Gap(part, region, why) for part, why in lacking.items() if isinstance(why, Unavailable))
        reads.append(RegionRead(region, gaps=gaps))
    parts: dict[str, Any] = {}
    for part in given:
        values = [value for (name, _), value in sorted(gathered.regional.items(), key=_by_place) if name == part]
        read = [value for value in values if not isinstance(value, Unavailable)]
        items = tuple(dict.fromkeys(item for value in read for item in value))
        parts[part] = items if read else values[0]
    return tuple(reads), parts


def _by_place(entry: tuple[tuple[str, str], Any]) -> tuple[str, str]:
    return entry[0]
