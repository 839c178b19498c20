"""Owns the grant matrix: what each service should be able to do, in a form people can type, for any SQL database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from ztassess.connectors.errors import InputInvalid

_NAME: Final = r'(?:"(?:[^"]|"")+"|[^\s".,:;=/]+)'
_LINE: Final = re.compile(rf"\s*({_NAME})\s*:(.*)", re.DOTALL)
_TARGET: Final = re.compile(rf"(?:({_NAME})\s*/\s*)?({_NAME})(?:\s*\.\s*({_NAME}))?")
_PIECE: Final = re.compile(r'(?:"[^"]*"|[^",])+')
_ANY: Final = "*"
_LONGEST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between databases.

    Attributes:
        verbs: rights on tables, in the vendor's order; verbs of several words are typed with ``_``.
        schema: the name of a schema to show in sentences, such as ``public``.
        builtin: prefix of the vendor's built-in roles, which are named without a verb; empty if there are none.
        databases: True if one server holds several databases, so that ``shop/public.orders`` makes sense.
    """

    verbs: tuple[str, ...]
    schema: str
    builtin: str = ""
    databases: bool = False

    def word(self, typed: str) -> frozenset[str]:
        """The verbs one typed word stands for; empty if it is not a verb."""
        upper = typed.upper()
        short = {
            "READ": frozenset({"SELECT"}),
            "WRITE": frozenset({"INSERT", "UPDATE", "DELETE"}),
            "ALL": frozenset(self.verbs),
        }
        spelled = upper.replace("_", " ")
        return short.get(upper) or (frozenset({spelled}) if spelled in self.verbs else frozenset())


class Table(Protocol):
    """What an entry needs to know of a table."""

    @property
    def database(self) -> str: ...
    @property
    def schema(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Name:
    """A name as typed. Unquoted it matches itself and its lower-case form, which is how SQL reads it."""

    text: str
    quoted: bool = False

    def matches(self, actual: str) -> bool:
        """True if this names ``actual``."""
        if self.quoted:
            return actual == self.text
        return self.text == _ANY or actual in (self.text, self.text.lower())


@dataclass(frozen=True, slots=True)
class Entry:
    """One declared right of one role on one table, or on all of a schema (``relation`` is ``*``)."""

    role: str
    database: Name
    schema: Name
    relation: Name
    verbs: frozenset[str]

    @property
    def exact(self) -> bool:
        """True if it names one table, no wildcard."""
        return Name(_ANY) not in (self.schema, self.relation)

    def covers(self, relation: Table) -> bool:
        """True if it speaks about this relation."""
        return (
            self.database.matches(relation.database)
            and self.schema.matches(relation.schema)
            and self.relation.matches(relation.name)
        )

    def __str__(self) -> str:
        return f"{self.schema.text}.{self.relation.text}"


@dataclass(frozen=True, slots=True)
class Matrix:
    """The declared rights of every declared role.

    Attributes:
        roles: every declared role in the order typed, those that may do nothing too.
        builtin: declared memberships in the vendor's built-in roles, as (role, built-in role).
    """

    roles: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    builtin: frozenset[tuple[str, str]] = frozenset()

    def of(self, role: str) -> tuple[Entry, ...]:
        """The entries of one role."""
        return tuple(entry for entry in self.entries if entry.role == role)

    def __bool__(self) -> bool:
        return bool(self.roles)


def matrix_lines(text: str, dialect: Dialect) -> tuple[str, ...]:
    """The entered text as tidy lines, one role each; lines may also be separated by semicolons.

    Raises:
        InputInvalid: a line does not read as a declaration; the sentence quotes it.
    """
    if len(text) > _LONGEST:
        raise InputInvalid(
            f"The grant matrix is longer than 20,000 characters; use {dialect.schema}.* for whole schemas."
        )
    lines = tuple(
        line.strip() for line in re.split(r"[\n;]", text) if line.strip() and not line.strip().startswith("#")
    )
    parse_matrix(lines, dialect)
    return lines


def parse_matrix(lines: Iterable[str], dialect: Dialect) -> Matrix:
    """The matrix of lines such as ``reporting: public.orders=SELECT, public.users=SELECT+INSERT``.

    Raises:
        InputInvalid: a line does not read as a declaration; the sentence quotes it.
    """
    roles: dict[str, None] = {}
    entries: list[Entry] = []
    builtin: set[tuple[str, str]] = set()
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            raise InputInvalid(f"Grant matrix: write role: schema.table=VERB, not {line[:80]!r}.")
        role = _name(found[1]).text
        roles[role] = None
        for target, verbs in _declared(found[2], line, dialect):
            if isinstance(target, str):
                builtin.add((role, target))
            else:
                entries.append(Entry(role, *target, verbs))
    return Matrix(tuple(roles), tuple(entries), frozenset(builtin))


_Target = tuple[Name, Name, Name]


def _declared(text: str, line: str, dialect: Dialect) -> Iterator[tuple[_Target | str, frozenset[str]]]:
    """The targets of one line with their verbs; a bare verb belongs to the target before it."""
    target: _Target | None = None
    for piece in (piece.strip() for piece in _PIECE.findall(text)):
        if not piece:
            continue
        if "=" in piece:
            left, _, right = piece.rpartition("=")
            target = _target(left.strip(), line, dialect)
            yield target, _verbs(right, line, dialect)
        elif target is not None and dialect.word(piece):
            yield target, _verbs(piece, line, dialect)
        elif dialect.builtin and piece.startswith(dialect.builtin):
            yield piece, frozenset()
        else:
            raise InputInvalid(f"Grant matrix: {piece[:80]!r} has no verb; write {piece[:80]}=SELECT.")


def _target(text: str, line: str, dialect: Dialect) -> _Target:
    if text == _ANY:
        return Name(_ANY), Name(_ANY), Name(_ANY)
    found = _TARGET.fullmatch(text)
    if found is None:
        raise InputInvalid(f"Grant matrix: {text[:80]!r} in {line[:80]!r} is not schema.table.")
    if found[3] is None:
        raise InputInvalid(f"Grant matrix: write the schema too, for example {dialect.schema}.{text[:80]}.")
    if found[1] is not None and not dialect.databases:
        raise InputInvalid(f"Grant matrix: {text[:80]!r} names a database and a schema; write schema.table.")
    database = Name(_ANY) if found[1] is None else _name(found[1])
    return database, _name(found[2]), _name(found[3])


def _name(text: str) -> Name:
    if text.startswith('"'):
        return Name(text[1:-1].replace('""', '"'), quoted=True)
    return Name(text)


def _verbs(text: str, line: str, dialect: Dialect) -> frozenset[str]:
    verbs: set[str] = set()
    for word in re.split(r"[\s+|/&]+", text.strip()):
        known = dialect.word(word)
        if not known:
            raise InputInvalid(
                f"Grant matrix: {word[:40]!r} in {line[:80]!r} is not a verb; "
                f"use {', '.join(verb.replace(' ', '_') for verb in dialect.verbs)}, READ, WRITE or ALL."
            )
        verbs |= known
    return frozenset(verbs)
