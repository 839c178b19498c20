"""Owns reading exports: users as CSV from the Admin console or gam, pages of Google's interfaces as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from ztassess.connectors.api import Row, row_of
from ztassess.connectors.api.google import rows_in
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import Export, csv_rows, read_export, taken_at
from ztassess.connectors.google_workspace import client, client_cloud
from ztassess.connectors.google_workspace.collect import domain_of
from ztassess.connectors.google_workspace.form import inputs
from ztassess.connectors.google_workspace.snapshot import NEVER_BEFORE, NOT_READ, User, WorkspaceSnapshot
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.moments import in_utc

T = TypeVar("T")
KNOWN = ("users", "orgunits", "policies")
CONSOLE_EMAIL, GAM_EMAIL = "email address [required]", "primaryemail"
NEVER = frozenset({"", "never", "never logged in"})
FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d")
STATES = frozenset({"active", "suspended", "archived"})


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> WorkspaceSnapshot:
    """Build the snapshot; what is in no file stays ``input_missing``.

    Raises:
        InputInvalid: a file is none of these, is cut off, belongs to another customer, or a page is missing.
    """
    tables = [file for file in files if file.name.lower().endswith(".csv")]
    pages = [file for file in files if file not in tables]
    if not files:
        raise InputInvalid("No file was uploaded. We read a CSV list of users, and JSON pages of policies.")
    export = read_export(pages, KNOWN, vendor="Google Workspace") if pages else Export({})
    users = _users(tables, export)
    units = _listed(
        export, "orgunits", "OrgUnits", "organizationUnits", client.UNITS_WORD, client.org_unit_of, "OrgUnit"
    )
    policies = _listed(export, "policies", "ListPoliciesResponse", "policies", "", client_cloud.policy_of, "Policy")
    domain = _domain(users, context)
    if not isinstance(policies, Unavailable) and len({policy.customer for policy in policies}) > 1:
        raise InputInvalid("The pages of policies belong to different customers; nothing was judged from them.")
    return WorkspaceSnapshot(
        taken_at=taken_at(context, export.about.get("taken_at")),
        domain=domain,
        inputs=inputs(context),
        users=users,
        org_units=units,
        policies=policies,
    )


def _domain(users: Part[User], context: ReadContext) -> str:
    """The customer's name: the domain of the connection's administrator, else of most users."""
    domains = [] if isinstance(users, Unavailable) else [domain_of(user.email) for user in users]
    admin = context.config.get("admin_email") or ""
    wanted = domain_of(admin)
    if wanted and domains and wanted not in domains:
        raise InputInvalid(
            f"This list of users is of {max(set(domains), key=domains.count)}, not of {wanted}; nothing was judged."
        )
    return wanted or (max(sorted(set(domains)), key=domains.count) if domains else "workspace")


def _users(tables: Sequence[UploadedFile], export: Export) -> Part[User]:
    found: list[User] = []
    for table in tables:
        found += _table(table)
    listed = _listed(export, "users", "Users", "users", client.USERS_WORD, client.user_of, "User")
    if not isinstance(listed, Unavailable):
        found += listed
    elif not tables:
        return NOT_READ
    by_email = {user.email: user for user in found}
    if len(by_email) != len(found):
        raise InputInvalid("Some accounts stand in the lists of users twice; upload one list only.")
    return tuple(found)


def _table(file: UploadedFile) -> list[User]:
    header = csv_rows(file, needs=())
    if not header:
        raise InputInvalid(f"{file.name[:80]} lists no users; nothing was judged from it.")
    columns = set(header[0])
    if CONSOLE_EMAIL in columns:
        _needs(file, columns, ("status [read only]",))
        make: Callable[[dict[str, str]], User] = _console_user
    elif GAM_EMAIL in columns:
        _needs(file, columns, ("suspended",))
        make = _gam_user
    else:
        raise InputInvalid(
            f"{file.name[:80]} is neither the list of users of the Admin console (Email Address [Required]) nor of gam "
            "(primaryEmail); nothing was judged from it."
        )
    found = []
    for number, row in enumerate(header, start=2):
        try:
            found.append(make(row))
        except ValueError as problem:
            raise InputInvalid(
                f"{file.name[:80]}, line {number}: {problem} It may be cut off; nothing was judged from it."
            ) from problem
    return found


def _needs(file: UploadedFile, columns: Iterable[str], wanted: tuple[str, ...]) -> None:
    for name in wanted:
        if name not in columns:
            raise InputInvalid(f"{file.name[:80]} lacks the column {name}; export it again with all columns.")


def _console_user(row: dict[str, str]) -> User:
    """One line of "Download users"; the console writes True and False, and a status."""
    status = row["status [read only]"].lower()
    if status not in STATES:
        raise ValueError("the status is not Active, Suspended or Archived.")
    return User(
        id="",
        email=_email(row[CONSOLE_EMAIL]),
        super_admin=None,
        delegated_admin=None,
        enrolled=_flag(row.get("2sv enrolled [read only]")),
        enforced=_flag(row.get("2sv enforced [read only]")),
        suspended=status == "suspended",
        archived=status == "archived",
        last_login=_moment(row.get("last sign in [read only]")),
        logins_told="last sign in [read only]" in row,
        suspended_at=None,
        unit=row.get("org unit path [required]", ""),
    )


def _gam_user(row: dict[str, str]) -> User:
    """One line of ``gam print users``; the columns are the fields of the Directory API."""
    suspended = _flag(row["suspended"])
    if suspended is None:
        raise ValueError("suspended is neither True nor False.")
    return User(
        id=row.get("id", "").removeprefix("id:"),
        email=_email(row[GAM_EMAIL]),
        super_admin=_flag(row.get("isadmin")),
        delegated_admin=_flag(row.get("isdelegatedadmin")),
        enrolled=_flag(row.get("isenrolledin2sv")),
        enforced=_flag(row.get("isenforcedin2sv")),
        suspended=suspended,
        archived=_flag(row.get("archived")),
        last_login=_moment(row.get("lastlogintime")),
        logins_told="lastlogintime" in row,
        suspended_at=_moment(row.get("suspensiontime")),
        unit=row.get("orgunitpath", ""),
    )


def _email(text: str) -> str:
    if text.count("@") != 1:
        raise ValueError("there is no e-mail address.")
    return text.lower()


def _flag(text: str | None) -> bool | None:
    """True or False; None where the list has no such column. An empty value is a line that was cut off."""
    if text is None:
        return None
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text[:20]!r} is neither True nor False.")
    return text.lower() == "true"


def _moment(text: str | None) -> datetime | None:
    word = (text or "").strip()
    if word.lower() in NEVER:
        return None
    try:
        found = in_utc(word)
    except ValueError:
        found = _other_format(word)
    return None if found < NEVER_BEFORE else found


def _other_format(word: str) -> datetime:
    for each in FORMATS:
        try:
            return datetime.strptime(word, each).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(f"{word[:30]!r} is no date.")


def _listed(export: Export, name: str, kind: str, field: str, word: str, make: Callable[[Row], T], of: str) -> Part[T]:
    """The rows of all pages of a list; the last page, and no other, must be without a token for the next."""
    pages = export.documents.get(name)
    if pages is None:
        return NOT_READ
    try:
        found = [make(row) for page in pages for row in rows_in(page, kind=kind, field=field, of=of, word=word)]
        open_ends = [page for page in pages if _token(page, kind)]
    except BadAnswer as problem:
        raise InputInvalid(
            f"{name}.json is not a page of that list: {problem.sentence} Nothing was judged."
        ) from problem
    if len(open_ends) != len(pages) - 1:
        raise InputInvalid(
            f"The export has {len(pages)} pages of {name}, and more exist. Export every page; nothing was judged."
        )
    return tuple(found)


def _token(page: Any, kind: str) -> str:
    return row_of(page, kind).text("nextPageToken", absent="")
