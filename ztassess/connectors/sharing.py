"""Owns how a share is written down and read again: between scans in our database, and as a file of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from ztassess.connectors.errors import InputInvalid
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.landscape import Right
from ztassess.domain.roster import (
    NOT_SHARED,
    Account,
    AccountKind,
    DataGrant,
    Host,
    Leaver,
    Share,
    SharedView,
    Workload,
    WorkloadCall,
)

T = TypeVar("T", Account, Host, Leaver, Workload, DataGrant, WorkloadCall)
R = TypeVar("R")
FORMAT = "ztassess-share/1"
CLOCK_DRIFT = timedelta(minutes=10)  # between the machine that wrote a file and ours
_TOLD = (Account, Host, Leaver, Workload, DataGrant, WorkloadCall)


def part_told(part: Part[R], tell: Callable[[R], T]) -> Part[T]:
    """The rows of a part as a share tells them; of one that broke off, those that came before."""
    if isinstance(part, Unavailable):
        return replace(part, read=tuple(tell(row) for row in part.read))
    return tuple(tell(row) for row in part)


def share_json(share: Share) -> dict[str, Any]:
    """A share as plain values. Fields that say nothing are left out, so that 20,000 accounts stay small."""
    return {
        "accounts": _part(share.accounts),
        "hosts": _part(share.hosts),
        "leavers": _part(share.leavers),
        "authority": share.authority,
        "workloads": _part(share.workloads),
        "grants": _part(share.grants),
        "calls": _part(share.calls),
    }


def _part(part: Part[Any]) -> Any:
    if part == NOT_SHARED:
        return None
    if isinstance(part, Unavailable):
        missing = [part.reason, part.missing_scope, part.detail]
        # What came before a reading broke off is enough to fail by; rows that are not told here are a vendor's own.
        rows = [_row(row) for row in part.read if isinstance(row, _TOLD)]
        return {"missing": missing, "rows": rows} if rows else missing
    return {"rows": [_row(row) for row in part]}


def _row(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in fields(row):
        value = getattr(row, each.name)
        if value is None or value in ("", ()):
            continue
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, tuple):
            value = list(value)
        found[each.name] = value
    return found


def share_from(value: Mapping[str, Any]) -> Share:
    """A share as `share_json` wrote it.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    return Share(
        accounts=_rows(value["accounts"], _account),
        hosts=_rows(value["hosts"], _host),
        leavers=_rows(value["leavers"], _leaver),
        authority=bool(value["authority"]),
        # Not there in what was written before these parts existed.
        workloads=_rows(value.get("workloads"), _workload),
        grants=_rows(value.get("grants"), _grant),
        calls=_rows(value.get("calls"), _call),
    )


def _rows(part: Any, make: Callable[[dict[str, Any]], T]) -> Part[T]:
    if part is None:
        return NOT_SHARED
    if isinstance(part, list):
        reason, scope, detail = part
        return Unavailable(str(reason), str(scope), str(detail))
    rows = tuple(make(row) for row in part["rows"])
    if "missing" in part:
        reason, scope, detail = part["missing"]
        return Unavailable(str(reason), str(scope), str(detail), rows)
    return rows


def _account(row: dict[str, Any]) -> Account:
    _typed(row, str, "id", "name", "owner")
    _typed(row, bool, "active", "admin", "second_factor", "through_idp")
    return Account(
        **{
            **row,
            "kind": AccountKind(row["kind"]),
            "emails": _texts(row, "emails"),
            "last_used": _moment(row.get("last_used")),
            "created": _moment(row.get("created")),
        }
    )


def _host(row: dict[str, Any]) -> Host:
    _typed(row, str, "name")
    _typed(row, bool, "served", "internal", "covered", "origin_open", "named", "second_factor")
    return Host(**row)


def _workload(row: dict[str, Any]) -> Workload:
    _typed(row, str, "name", "place", "kind")
    return Workload(**row)


def _call(row: dict[str, Any]) -> WorkloadCall:
    _typed(row, str, "caller", "caller_place", "callee", "callee_place", "by")
    _typed(row, bool, "caller_is_account")
    return WorkloadCall(**{"caller_place": "", "callee_place": "", **row})  # empty texts are left out


def _grant(row: dict[str, Any]) -> DataGrant:
    _typed(row, str, "account", "store", "has", "needs", "service")
    return DataGrant(**{**row, "has": Right(row["has"]).value})


def _leaver(row: dict[str, Any]) -> Leaver:
    _typed(row, str, "email")
    return Leaver(row["email"], _texts(row, "aliases"), _moment(row.get("left_at")))


def _typed(row: dict[str, Any], kind: type, *names: str) -> None:
    """A file may say anything: ``"active": "false"`` is not false, and an address in place of a list is none."""
    for name in names:
        if not isinstance(row.get(name, kind()), kind):
            raise TypeError(name)


def _texts(row: dict[str, Any], name: str) -> tuple[str, ...]:
    found = row.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise TypeError(name)
    return tuple(found)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def view_json(view: SharedView) -> dict[str, Any]:
    """One connection's share as a document for ``check_system --share`` and ``--upload``."""
    return {
        "format": FORMAT,
        "connection": view.connection,
        "connector": view.connector,
        "taken_at": view.taken_at.isoformat(),
        "uploaded": view.uploaded,
        "share": share_json(view.share),
    }


def view_from(document: Any, name: str, *, now: datetime) -> SharedView:
    """A view as `view_json` wrote it.

    Parameters:
        name: of the file, for the sentence.
        now: a reading of a later day would never grow old.

    Raises:
        InputInvalid: it is something else, or still to come.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputInvalid(_no_share(name))
    try:
        taken_at = _moment(document["taken_at"])
        share = share_from(document["share"])
        named, connector, uploaded = document["connection"], document["connector"], document["uploaded"] is True
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise InputInvalid(_no_share(name)) from problem
    if taken_at is None:
        raise InputInvalid(_no_share(name))
    if taken_at > now + CLOCK_DRIFT:
        raise InputInvalid(f"{name[:80]} says that it was read on {taken_at:%Y-%m-%d}, which is still to come.")
    return SharedView(str(named), str(connector), taken_at, share, uploaded=uploaded)


def _no_share(name: str) -> str:
    return f"{name[:80]} is not what `check_system CONNECTOR --share FILE` writes; nothing was judged from it."
