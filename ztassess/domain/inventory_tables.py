"""Owns the inventory as five small tables: their columns, the words a cell may hold, what makes a row wrong.

An editor, a pasted table and an import are held to the same rules, and every refusal is one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

from ztassess.domain.landscape import Access, Call, Entry, EntryKind, Landscape, Right, Sensitivity, Store

NAME_LENGTH = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FORMULA = re.compile(r"'(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
Values = tuple[str, ...]


class Table(StrEnum):
    """One table of the inventory, in the order they are filled in: a later one names rows of earlier ones."""

    SERVICES = "services"
    STORES = "stores"
    CALLS = "calls"
    ENTRIES = "entry-points"
    PERMISSIONS = "permissions"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        title: its head; also what a pasted head may say, in lower case, beside `aliases`.
        words: what a cell may hold -> what is stored; empty for names.
        names: whose names a cell holds: a listed service, store, or holder of rights; empty for new names.
        default: what an empty cell means; None if it must be filled.
    """

    title: str
    aliases: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    names: str = ""
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What one table looks like. The first ``key`` columns name a row."""

    title: str
    noun: str
    nouns: str
    columns: tuple[Column, ...]
    key: int
    most: int
    help: str


_SENSITIVITY = {
    **{each.value: each.value for each in Sensitivity},
    **dict.fromkeys(("pii", "payment", "payments", "personal data", "payment data", "secret", "5"), "personal"),
    "3": "confidential",
    "1": "internal",
    "0": "public",
}
_RIGHT = {
    **{each.value: each.value for each in Right},
    **dict.fromkeys(("r", "ro", "read only", "read-only", "select"), "read"),
    **dict.fromkeys(("w", "rw", "write", "read/write", "read-write", "read and write", "all", "admin"), "write"),
    **dict.fromkeys(("no", "nothing", "-"), "none"),
}
_KIND = {
    **{each.value: each.value for each in EntryKind if each is not EntryKind.SERVICE},
    **dict.fromkeys(("former employee", "ex-employee", "account of someone who left"), "leaver"),
    **dict.fromkeys(("stolen password",), "password"),
    **dict.fromkeys(("phished session", "laptop", "phished session or infected laptop", "infected laptop"), "session"),
    **dict.fromkeys(("leaked key", "static key", "leaked static key", "api key"), "key"),
}
_YES = {"yes": "yes", "no": "no", "y": "yes", "n": "no", "true": "yes", "false": "no", "1": "yes", "0": "no"}

KIND_TITLES = {
    EntryKind.SERVICE: "Breached service",
    EntryKind.LEAVER: "Account of someone who left",
    EntryKind.PASSWORD: "Stolen password",
    EntryKind.SESSION: "Phished session or infected laptop",
    EntryKind.KEY: "Leaked static key",
}

SHAPES: Mapping[Table, Shape] = {
    Table.SERVICES: Shape(
        "Services",
        "service",
        "services",
        (Column("Service", ("name", "services")),),
        key=1,
        most=2000,
        help="What is deployed on its own. Each one is also a way in: it may be breached.",
    ),
    Table.STORES: Shape(
        "Stores",
        "store",
        "stores",
        (
            Column("Store", ("name", "stores", "database", "data store")),
            Column("Sensitivity", ("data", "class", "classification"), words=_SENSITIVITY),
        ),
        key=1,
        most=500,
        help="Where data lies. It weighs 0 (public), 1 (internal), 3 (confidential) or 5 (personal or payment data).",
    ),
    Table.CALLS: Shape(
        "Calls",
        "call",
        "calls",
        (
            Column("Caller", ("from", "source", "client"), names="service"),
            Column("Callee", ("to", "target", "server", "calls"), names="service"),
        ),
        key=2,
        most=10_000,
        help="Who needs to call whom. A mesh with default deny would leave these open and nothing else.",
    ),
    Table.ENTRIES: Shape(
        "Entry points",
        "entry point",
        "entry points",
        (
            Column("Entry point", ("name", "entry", "way in")),
            Column("Kind", ("type",), words=_KIND),
            Column("Service", ("of service", "key of", "rights of"), names="service", default=""),
            Column("In the network", ("on network", "network", "vpn", "inside"), words=_YES, default="yes"),
        ),
        key=1,
        most=500,
        help="Ways in beside breached services. A leaked key carries the rights of one service; people may stand in "
        "the network (VPN, office), where they can address every service.",
    ),
    Table.PERMISSIONS: Shape(
        "Permissions",
        "permission",
        "permissions",
        (
            Column("Who", ("holder", "service", "entry point", "role", "user"), names="holder"),
            Column("Store", ("database", "data store"), names="store"),
            Column("Has", ("can", "today", "right", "permission", "access"), words=_RIGHT),
            Column("Needs", ("need", "should", "job"), words=_RIGHT, default=""),
        ),
        key=2,
        most=20_000,
        help="What a service or a person may do with a store today, and what the job needs. Empty needs mean: all of "
        "it, so nothing is promised that nobody declared.",
    ),
}


@dataclass(frozen=True, slots=True)
class Contents:
    """An inventory as plain words: by table, by key, the values of a row in the order of the columns."""

    rows: Mapping[Table, Mapping[Values, Values]]

    def of(self, table: Table) -> Mapping[Values, Values]:
        """The rows of one table."""
        return self.rows.get(table, {})

    def names(self, what: str) -> dict[str, str]:
        """Listed names as ``{name in lower case: name}``: of services, stores, or whoever may hold rights."""
        tables = {"service": (Table.SERVICES,), "store": (Table.STORES,), "holder": (Table.SERVICES, Table.ENTRIES)}
        return {key[0].casefold(): key[0] for table in tables[what] for key in self.of(table)}

    def put(self, table: Table, rows: Iterable[Values]) -> Contents:
        """The same with other rows in one table."""
        size = SHAPES[table].key
        return Contents({**self.rows, table: {row[:size]: row for row in rows}})


EMPTY = Contents({})


class RowWrong(ValueError):
    """A row cannot stand; the text is one sentence."""


def clean_name(text: str) -> str:
    """A name as it is stored: single spaces, and without the apostrophe that defuses a formula in our CSV."""
    return " ".join(_FORMULA.sub("", text.strip(), count=1).split())


def read_row(table: Table, cells: Mapping[int, str], contents: Contents, *, hints: bool = True) -> Values:
    """The values of one row from typed cells, by number of the column; a missing cell is empty.

    Parameters:
        hints: say which listed name is near a wrong one. It takes milliseconds: leave it out where nobody reads it.

    Raises:
        RowWrong: it names something that is not listed, or a cell is empty or not one of its words.
    """
    columns = SHAPES[table].columns
    values = tuple(
        _cell(table, column, cells.get(place, ""), contents, hints=hints) for place, column in enumerate(columns)
    )
    if table is Table.CALLS and values[0] == values[1]:
        raise RowWrong(f"{values[0]} is said to call itself; a call has two services.")
    if table is Table.PERMISSIONS:
        return (*values[:3], values[3] or values[2])
    if table is Table.ENTRIES:
        return _entry(values)
    return values


def _entry(values: Values) -> Values:
    name, kind, service, inside = values
    if kind != EntryKind.KEY:
        return (name, kind, "", inside)
    if not service:
        raise RowWrong(f"{name} is a leaked key and must name the service whose rights it carries.")
    # A key is used from anywhere; where its finder stands does not matter.
    return (name, kind, service, "no")


def _cell(table: Table, column: Column, typed: str, contents: Contents, *, hints: bool) -> str:
    text = clean_name(typed)
    if not text:
        if column.default is None:
            raise RowWrong(f"{column.title} is empty; every {SHAPES[table].noun} needs one.")
        return column.default
    if column.words:
        found = column.words.get(text.casefold())
        if found is None:
            allowed = ", ".join(dict.fromkeys(column.words.values()))
            raise RowWrong(f"{text[:NAME_LENGTH]!r} is no {column.title.lower()}; use one of {allowed}.")
        return found
    if column.names:
        return _listed(column.names, text, contents, hints=hints)
    if len(text) > NAME_LENGTH:
        raise RowWrong(f"{text[:40]!r}... is longer than {NAME_LENGTH} characters; give it a shorter name.")
    if _CONTROL.search(text):
        raise RowWrong(f"{_CONTROL.sub('?', text)[:NAME_LENGTH]!r} holds a control character; type the name again.")
    return _new_name(table, text, contents)


def _new_name(table: Table, text: str, contents: Contents) -> str:
    """A new name; the spelling that is listed already counts, and services and entry points share their names."""
    own = {key[0].casefold(): key[0] for key in contents.of(table)}
    other = {Table.SERVICES: Table.ENTRIES, Table.ENTRIES: Table.SERVICES}.get(table)
    if other is not None and text.casefold() in {key[0].casefold() for key in contents.of(other)}:
        raise RowWrong(
            f"{text} is listed as {_article(SHAPES[other].noun)} already; {SHAPES[table].nouns} need other names."
        )
    return own.get(text.casefold(), text)


def _listed(what: str, text: str, contents: Contents, *, hints: bool) -> str:
    known = contents.names(what)
    found = known.get(text.casefold())
    if found is not None:
        return found
    near = get_close_matches(text[:NAME_LENGTH].casefold(), known, n=1, cutoff=0.75) if hints else []
    words = {"holder": "neither a listed service nor an entry point"}.get(what, f"not a listed {what}")
    hint = f" Did you mean {known[near[0]]}?" if near else ""
    raise RowWrong(f"{text[:NAME_LENGTH]} is {words}.{hint}")


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def landscape_of(contents: Contents) -> Landscape:
    """The inventory as the graph that the blast radius is computed on."""
    return Landscape(
        services=tuple(key[0] for key in contents.of(Table.SERVICES)),
        stores=tuple(Store(name, name, Sensitivity(kind)) for name, kind in contents.of(Table.STORES).values()),
        calls=tuple(Call(caller, callee) for caller, callee in contents.of(Table.CALLS).values()),
        access=tuple(
            Access(holder, store, Right(has), Right(needs))
            for holder, store, has, needs in contents.of(Table.PERMISSIONS).values()
        ),
        entries=tuple(
            Entry(name, name, EntryKind(kind), service, on_network=inside == "yes")
            for name, kind, service, inside in contents.of(Table.ENTRIES).values()
        ),
    )
