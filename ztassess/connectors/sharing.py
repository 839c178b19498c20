"""Owns how a share is written down and read again: between scans in our database, and as a file of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

from ztassess.connectors.errors import InputInvalid
from ztassess.domain.findings import Part, Unavailable
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
)

T = TypeVar("T", Account, Host, Leaver, Workload, DataGrant)
FORMAT = "ztassess-share/1"


def share_json(share: Share) -> dict[str, Any]:
    """A share as plain values. Fields that say nothing are left out, so that 20,000 accounts stay small."""
    return {
        "accounts": _part(share.accounts),
        "hosts": _part(share.hosts),
        "leavers": _part(share.leavers),
        "authority": share.authority,
        "workloads": _part(share.workloads),
        "grants": _part(share.grants),
    }


def _part(part: Part[Any]) -> Any:
    if isinstance(part, Unavailable):
        return None if part == NOT_SHARED else [part.reason, part.missing_scope, part.detail]
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
        hosts=_rows(value["hosts"], lambda row: Host(**row)),
        leavers=_rows(value["leavers"], _leaver),
        authority=bool(value["authority"]),
        # Not there in what was written before these parts existed.
        workloads=_rows(value.get("workloads"), lambda row: Workload(**row)),
        grants=_rows(value.get("grants"), lambda row: DataGrant(**row)),
    )


def _rows(part: Any, make: Callable[[dict[str, Any]], T]) -> Part[T]:
    if part is None:
        return NOT_SHARED
    if isinstance(part, list):
        reason, scope, detail = part
        return Unavailable(str(reason), str(scope), str(detail))
    return tuple(make(row) for row in part["rows"])


def _account(row: dict[str, Any]) -> Account:
    return Account(
        **{
            **row,
            "kind": AccountKind(row["kind"]),
            "emails": tuple(row.get("emails", ())),
            "last_used": _moment(row.get("last_used")),
            "created": _moment(row.get("created")),
        }
    )


def _leaver(row: dict[str, Any]) -> Leaver:
    return Leaver(row["email"], tuple(row.get("aliases", ())), _moment(row.get("left_at")))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


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


def view_from(document: Any, name: str) -> SharedView:
    """A view as `view_json` wrote it.

    Parameters:
        name: of the file, for the sentence.

    Raises:
        InputInvalid: it is something else.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputInvalid(_no_share(name))
    try:
        return SharedView(
            str(document["connection"]),
            str(document["connector"]),
            datetime.fromisoformat(document["taken_at"]),
            share_from(document["share"]),
            uploaded=document["uploaded"] is True,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise InputInvalid(_no_share(name)) from problem


def _no_share(name: str) -> str:
    return f"{name[:80]} is not what `check_system CONNECTOR --share FILE` writes; nothing was judged from it."
