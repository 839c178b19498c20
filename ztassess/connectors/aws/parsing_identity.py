"""Owns the parsing of IAM: account authorization details and credential report, from an answer or from an export."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ztassess.connectors.aws.parsing import kept_tags, moment, needed_moment, text
from ztassess.connectors.aws.policy_documents import parse_document
from ztassess.connectors.aws.snapshot_identity import (
    AccessKey,
    AccountSummary,
    AttachedPolicy,
    CredentialRow,
    Document,
    Group,
    InlinePolicy,
    ManagedPolicy,
    Role,
    User,
)
from ztassess.connectors.errors import BadAnswer

_NAME = re.compile(r"[\w+=,.@-]{1,128}|<root_account>")
_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(root|user/[\w+=,.@/-]{1,600})", re.ASCII)
_NEEDED = ("user", "arn", "password_enabled", "password_last_used")
_WORDS = {"true": True, "false": False, "n/a": None, "not_supported": None, "no_information": None, "": None}


@dataclass(frozen=True, slots=True)
class Identities:
    """Everything the account authorization details hold."""

    users: tuple[User, ...]
    groups: tuple[Group, ...]
    roles: tuple[Role, ...]
    policies: tuple[ManagedPolicy, ...]


class _Documents:
    """Equal documents become one object: hundreds of roles share a few trust policies."""

    def __init__(self) -> None:
        self._known: dict[str, Document] = {}

    def of(self, raw: object) -> Document:
        document = parse_document(raw)
        return self._known.setdefault(document.key, document)


def parse_identities(pages: Iterable[Mapping[str, Any]]) -> Identities:
    """Parse the pages of ``iam.get_account_authorization_details`` (or the one object the command line writes).

    AWS's own policies are kept only where somebody uses them. A list that a page does not have is empty: with a filter,
    or on later pages, AWS leaves lists out.

    Raises:
        BadAnswer, KeyError, TypeError, ValueError: a page is not what AWS documents.
    """
    documents = _Documents()
    users: list[User] = []
    groups: list[Group] = []
    roles: list[Role] = []
    managed: list[Mapping[str, Any]] = []
    for page in pages:
        users += [_user(each, documents) for each in page.get("UserDetailList") or ()]
        groups += [_group(each, documents) for each in page.get("GroupDetailList") or ()]
        roles += [_role(each, documents) for each in page.get("RoleDetailList") or ()]
        managed += page.get("Policies") or ()
    holders: list[User | Group | Role] = [*users, *groups, *roles]
    used = {policy.arn for holder in holders for policy in holder.attached}
    kept = [each for each in managed if each["Arn"] in used or str(each["Arn"]).split(":")[4] != "aws"]
    return Identities(tuple(users), tuple(groups), tuple(roles), tuple(_policies(kept, documents)))


def _user(raw: Mapping[str, Any], documents: _Documents) -> User:
    return User(
        arn=str(raw["Arn"]),
        name=str(raw["UserName"]),
        path=text(raw, "Path") or "/",
        created=needed_moment(raw["CreateDate"]),
        groups=tuple(str(name) for name in raw.get("GroupList") or ()),
        inline=_inline(raw.get("UserPolicyList"), documents),
        attached=_attached(raw.get("AttachedManagedPolicies")),
        boundary=_boundary(raw),
        tags=kept_tags(raw.get("Tags")),
    )


def _group(raw: Mapping[str, Any], documents: _Documents) -> Group:
    return Group(
        arn=str(raw["Arn"]),
        name=str(raw["GroupName"]),
        inline=_inline(raw.get("GroupPolicyList"), documents),
        attached=_attached(raw.get("AttachedManagedPolicies")),
    )


def _role(raw: Mapping[str, Any], documents: _Documents) -> Role:
    return Role(
        arn=str(raw["Arn"]),
        name=str(raw["RoleName"]),
        path=text(raw, "Path") or "/",
        created=needed_moment(raw["CreateDate"]),
        trust=documents.of(raw["AssumeRolePolicyDocument"]),
        inline=_inline(raw.get("RolePolicyList"), documents),
        attached=_attached(raw.get("AttachedManagedPolicies")),
        boundary=_boundary(raw),
        last_used=moment((raw.get("RoleLastUsed") or {}).get("LastUsedDate")),
        instance_profiles=tuple(str(each["Arn"]) for each in raw.get("InstanceProfileList") or ()),
        tags=kept_tags(raw.get("Tags")),
    )


def _policies(raw: Iterable[Mapping[str, Any]], documents: _Documents) -> Iterator[ManagedPolicy]:
    for each in raw:
        default = next((version for version in each["PolicyVersionList"] if version.get("IsDefaultVersion")), None)
        if default is not None:
            arn = str(each["Arn"])
            name = text(each, "PolicyName") or arn.rpartition("/")[2]
            yield ManagedPolicy(arn, name, documents.of(default["Document"]))


def _inline(raw: Iterable[Mapping[str, Any]] | None, documents: _Documents) -> tuple[InlinePolicy, ...]:
    return tuple(InlinePolicy(str(each["PolicyName"]), documents.of(each["PolicyDocument"])) for each in raw or ())


def _attached(raw: Iterable[Mapping[str, Any]] | None) -> tuple[AttachedPolicy, ...]:
    return tuple(AttachedPolicy(str(each["PolicyName"]), str(each["PolicyArn"])) for each in raw or ())


def _boundary(raw: Mapping[str, Any]) -> str:
    return text(raw.get("PermissionsBoundary") or {}, "PermissionsBoundaryArn")


def parse_account_summary(raw: Mapping[str, Any]) -> AccountSummary:
    """Parse ``iam.get_account_summary``; an absent entry stays None."""
    entries = raw["SummaryMap"]
    return AccountSummary(
        mfa_enabled=_flag(entries.get("AccountMFAEnabled")),
        access_keys_present=_flag(entries.get("AccountAccessKeysPresent")),
        password_present=_flag(entries.get("AccountPasswordPresent")),
    )


def _flag(value: object) -> bool | None:
    return None if value is None else int(str(value)) > 0


def parse_credential_report(content: bytes) -> tuple[CredentialRow, ...]:
    """Parse the CSV of ``iam.get_credential_report``. Every cell that is read has a strict grammar.

    Raises:
        BadAnswer: a column is missing or a cell is not what AWS writes; the sentence names the line.
    """
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        columns = frozenset(rows.fieldnames or ())
        absent = [name for name in _NEEDED if name not in columns]
        if absent:
            raise BadAnswer(f"The credential report has no column {absent[0]}.")
        return tuple(_credential_row(row, line) for line, row in enumerate(rows, start=2))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise BadAnswer("The credential report is not a CSV file in UTF-8.") from problem


def _credential_row(row: Mapping[str, Any], line: int) -> CredentialRow:
    if None in row or any(value is None for value in row.values()):
        raise BadAnswer(f"Line {line} of the credential report has another number of cells than the first line.")
    user, arn = str(row["user"]), str(row["arn"])
    if not _NAME.fullmatch(user) or not _ARN.fullmatch(arn):
        raise BadAnswer(f"Line {line} of the credential report does not name an IAM user.")
    try:
        return CredentialRow(
            user=user,
            arn=arn,
            password_enabled=_word(row["password_enabled"]),
            password_last_used=moment(row["password_last_used"]),
            password_last_used_text=str(row["password_last_used"])[:40],
            mfa_active=_word(row["mfa_active"]) if "mfa_active" in row else None,
            keys=_keys(row),
        )
    except (KeyError, ValueError) as problem:
        raise BadAnswer(f"Line {line} of the credential report holds a value that AWS does not write.") from problem


def _word(value: str) -> bool | None:
    return _WORDS[value.lower()]


def _keys(row: Mapping[str, str]) -> tuple[AccessKey, ...] | None:
    """Both slots, or None: a report without the columns of either slot says nothing about keys."""
    if any(f"access_key_{slot}_active" not in row for slot in (1, 2)):
        return None
    return tuple(
        AccessKey(
            slot,
            active=_word(row[f"access_key_{slot}_active"]) is True,
            last_rotated=moment(row.get(f"access_key_{slot}_last_rotated")),
            last_used=moment(row.get(f"access_key_{slot}_last_used_date")),
        )
        for slot in (1, 2)
    )
