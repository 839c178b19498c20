"""Owns what of the connections' findings could be taken into the inventory: workloads, stores, rights of accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ztassess.connectors.judging import rows_read
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.inventory_tables import NAME_LENGTH, Contents, Table, clean_name
from ztassess.domain.landscape import Right
from ztassess.domain.roster import DataGrant, SharedView, Workload
from ztassess.inventory.services.tables import Rows

T = TypeVar("T")
RIGHT_ORDER = [each.value for each in Right]


@dataclass(frozen=True, slots=True)
class Found:
    """What one connection found.

    Attributes:
        workloads: names of those that are not listed as services.
        stores: names of those that are not listed.
        accounts: each account with the service it is probably used by.
        grants: what the accounts may do, by account.
        why: why a part could not be told; empty if all was.
    """

    view: SharedView
    workloads: tuple[str, ...]
    stores: tuple[str, ...]
    accounts: tuple[tuple[str, str], ...]
    grants: Mapping[str, tuple[DataGrant, ...]]
    why: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """There is nothing to take over."""
        return not (self.workloads or self.stores or self.accounts)


def found_by(views: Iterable[SharedView], contents: Contents) -> list[Found]:
    """What each connection that tells workloads or grants found, oldest connection first."""
    return [_found(view, contents) for view in views if _tells(view.share.workloads) or _tells(view.share.grants)]


def _tells(part: Part[Any]) -> bool:
    return not (isinstance(part, Unavailable) and part.reason == "unsupported")


def _found(view: SharedView, contents: Contents) -> Found:
    services, stores = contents.names("service"), contents.names("store")
    workloads = [name for name in _names(rows_read(view.share.workloads)) if name.casefold() not in services]
    by_account: dict[str, list[DataGrant]] = {}
    for grant in rows_read(view.share.grants):
        by_account.setdefault(grant.account, []).append(grant)
    fresh = {account: rows for account, rows in by_account.items() if any(_new(row, contents) for row in rows)}
    seen = dict.fromkeys(store_name(row) for rows in fresh.values() for row in rows)
    parts = (view.share.workloads, view.share.grants)
    return Found(
        view=view,
        workloads=tuple(workloads),
        stores=tuple(name for name in seen if name.casefold() not in stores),
        accounts=tuple((account, _guess(rows[0])) for account, rows in fresh.items()),
        grants={account: tuple(rows) for account, rows in fresh.items()},
        why=tuple(
            part.detail or part.reason.replace("_", " ")
            for part in parts
            if isinstance(part, Unavailable) and _tells(part)
        ),
    )


def _names(workloads: Iterable[Workload]) -> Iterator[str]:
    """The name alone, or with its namespace where two namespaces have it."""
    rows = tuple(workloads)
    often = Counter(row.name for row in rows)
    for row in rows:
        yield clean_name(f"{row.place}/{row.name}" if often[row.name] > 1 else row.name)[:NAME_LENGTH]


def store_name(grant: DataGrant) -> str:
    """How a store of a grant is called in the inventory."""
    return clean_name(grant.store)[:NAME_LENGTH]


def _guess(grant: DataGrant) -> str:
    """The declared service, else the account's own name without the hosts it may come from."""
    return clean_name(grant.service or grant.account.partition("@")[0])[:NAME_LENGTH]


def _new(grant: DataGrant, contents: Contents) -> bool:
    """The inventory does not say this already, whichever service the account is taken for."""
    store = contents.names("store").get(store_name(grant).casefold())
    holder = contents.names("service").get(_guess(grant).casefold())
    row = contents.of(Table.PERMISSIONS).get((holder or "", store or ""))
    return row is None or RIGHT_ORDER.index(row[2]) < RIGHT_ORDER.index(grant.has)


def rows_chosen(
    found: Found,
    contents: Contents,
    *,
    workloads: Iterable[str],
    stores: Mapping[str, str],
    accounts: Mapping[str, str],
) -> list[Rows]:
    """The rows to write for what a person chose.

    Parameters:
        stores: new store -> its sensitivity.
        accounts: account -> the service that uses it, listed or new.
    """
    known = contents.names("service")
    services = dict.fromkeys([*workloads, *(name for name in accounts.values() if name.casefold() not in known)])
    listed = {*contents.names("store"), *(name.casefold() for name in stores)}
    strongest: dict[tuple[str, str], DataGrant] = {}
    for account, service in accounts.items():
        for grant in found.grants.get(account, ()):
            if store_name(grant).casefold() in listed:
                key = (service, store_name(grant))
                strongest[key] = _stronger(strongest.get(key), grant)
    return [
        Rows(Table.SERVICES, [{0: name} for name in services]),
        Rows(Table.STORES, [{0: name, 1: sensitivity} for name, sensitivity in stores.items()]),
        Rows(
            Table.PERMISSIONS,
            [{0: key[0], 1: key[1], 2: grant.has, 3: grant.needs} for key, grant in strongest.items()],
        ),
    ]


def _stronger(known: DataGrant | None, grant: DataGrant) -> DataGrant:
    """Of two accounts of one service the stronger right counts."""
    if known is None or RIGHT_ORDER.index(grant.has) > RIGHT_ORDER.index(known.has):
        return grant
    return known
