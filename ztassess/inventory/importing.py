"""Owns what of the connections' findings could be taken into the inventory: workloads, calls, stores, rights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ztassess.connectors.judging import rows_read
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.inventory_tables import NAME_LENGTH, Contents, Table, clean_name
from ztassess.domain.landscape import Right
from ztassess.domain.roster import DataGrant, SharedView, Workload, WorkloadCall
from ztassess.inventory.services.tables import Rows

T = TypeVar("T")
CALLS_OFFERED = 400
"""Calls to choose from at once: a form holds a thousand fields."""
RIGHT_ORDER = [each.value for each in Right]


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call that a connection found and the inventory does not have, by the names that its ends have there.

    Attributes:
        by: the object that says so.
        unknown: ends that are neither listed nor run; the call is kept aside while there is one.
    """

    caller: str
    callee: str
    by: str
    unknown: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For people: ``web to orders``."""
        return f"{self.caller} to {self.callee}"


@dataclass(frozen=True, slots=True)
class Found:
    """What one connection found.

    Attributes:
        workloads: names of those that are not listed as services.
        stores: names of those that are not listed.
        accounts: each account with the service it is probably used by.
        grants: what the accounts may do, by account.
        calls: calls whose ends are listed or run, those offered at once; more_calls: how many others there are.
        aside: calls with an end that nobody knows.
        why: why a part could not be told; empty if all was.
    """

    view: SharedView
    workloads: tuple[str, ...]
    stores: tuple[str, ...]
    accounts: tuple[tuple[str, str], ...]
    grants: Mapping[str, tuple[DataGrant, ...]]
    why: tuple[str, ...]
    calls: tuple[FoundCall, ...] = ()
    more_calls: int = 0
    aside: tuple[FoundCall, ...] = ()

    @property
    def empty(self) -> bool:
        """There is nothing to take over."""
        return not (self.workloads or self.stores or self.accounts or self.calls)


def found_by(views: Iterable[SharedView], contents: Contents) -> list[Found]:
    """What each connection that tells workloads, calls or grants found, oldest connection first."""
    return [_found(view, contents) for view in views if any(_tells(part) for part in _parts(view))]


def _parts(view: SharedView) -> tuple[Part[Any], ...]:
    return view.share.workloads, view.share.calls, view.share.grants


def _tells(part: Part[Any]) -> bool:
    return not (isinstance(part, Unavailable) and part.reason == "unsupported")


def _found(view: SharedView, contents: Contents) -> Found:
    services, stores = contents.names("service"), contents.names("store")
    named = _names(rows_read(view.share.workloads))
    workloads = [name for name in named.values() if name.casefold() not in services]
    fresh_calls = _calls(rows_read(view.share.calls), named, contents)
    ready = [call for call in fresh_calls if not call.unknown]
    by_account: dict[str, list[DataGrant]] = {}
    for grant in rows_read(view.share.grants):
        by_account.setdefault(grant.account, []).append(grant)
    fresh = {account: rows for account, rows in by_account.items() if any(_new(row, contents) for row in rows)}
    seen = dict.fromkeys(store_name(row) for rows in fresh.values() for row in rows)
    return Found(
        view=view,
        workloads=tuple(workloads),
        stores=tuple(name for name in seen if name.casefold() not in stores),
        accounts=tuple((account, _guess(rows[0])) for account, rows in fresh.items()),
        grants={account: tuple(rows) for account, rows in fresh.items()},
        why=tuple(
            dict.fromkeys(
                part.detail or part.reason.replace("_", " ")
                for part in _parts(view)
                if isinstance(part, Unavailable) and _tells(part)
            )
        ),
        calls=tuple(ready[:CALLS_OFFERED]),
        more_calls=max(len(ready) - CALLS_OFFERED, 0),
        aside=tuple(call for call in fresh_calls if call.unknown),
    )


def _names(workloads: Iterable[Workload]) -> dict[tuple[str, str], str]:
    """By namespace and name: the name alone, or with its namespace where two namespaces have it."""
    rows = tuple(workloads)
    often = Counter(row.name for row in rows)
    return {
        (row.place, row.name): clean_name(f"{row.place}/{row.name}" if often[row.name] > 1 else row.name)[:NAME_LENGTH]
        for row in rows
    }


def _calls(told: Iterable[WorkloadCall], named: Mapping[tuple[str, str], str], contents: Contents) -> list[FoundCall]:
    """The calls that the inventory does not have, each once, by the names of services there."""
    services = contents.names("service")
    runs = {name.casefold() for name in named.values()}
    has = {(caller.casefold(), callee.casefold()) for caller, callee in contents.of(Table.CALLS)}
    found: dict[tuple[str, str], FoundCall] = {}
    for call in told:
        caller, callee = (
            _end(named, call.caller_place, call.caller, is_account=call.caller_is_account),
            _end(named, call.callee_place, call.callee),
        )
        key = (caller.casefold(), callee.casefold())
        if key in has or key[0] == key[1]:
            continue
        unknown = tuple(end for end in (caller, callee) if end.casefold() not in services.keys() | runs)
        found.setdefault(key, FoundCall(services.get(key[0], caller), services.get(key[1], callee), call.by, unknown))
    return list(found.values())


def _end(named: Mapping[tuple[str, str], str], place: str, name: str, *, is_account: bool = False) -> str:
    listed = None if is_account else named.get((place, name))
    return listed or clean_name(f"{place}/{name}" if place else name)[:NAME_LENGTH]


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
    calls: Iterable[str] = (),
) -> tuple[list[Rows], tuple[FoundCall, ...]]:
    """The rows to write for what a person chose, and the chosen calls that have to wait for a service.

    Parameters:
        calls: their words; one with an end that is neither listed nor chosen here is kept aside.
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
    there = {*known, *(name.casefold() for name in services)}
    wanted = set(calls)
    asked = [call for call in found.calls if call.words in wanted]
    ready = [call for call in asked if {call.caller.casefold(), call.callee.casefold()} <= there]
    rows = [
        Rows(Table.SERVICES, [{0: name} for name in services]),
        Rows(Table.STORES, [{0: name, 1: sensitivity} for name, sensitivity in stores.items()]),
        Rows(Table.CALLS, [{0: call.caller, 1: call.callee} for call in ready]),
        Rows(
            Table.PERMISSIONS,
            [{0: key[0], 1: key[1], 2: grant.has, 3: grant.needs} for key, grant in strongest.items()],
        ),
    ]
    return rows, tuple(call for call in asked if call not in ready)


def _stronger(known: DataGrant | None, grant: DataGrant) -> DataGrant:
    """Of two accounts of one service the stronger right counts."""
    if known is None or RIGHT_ORDER.index(grant.has) > RIGHT_ORDER.index(known.has):
        return grant
    return known
