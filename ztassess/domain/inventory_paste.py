"""Owns reading a pasted table (tabs, semicolons or commas) and saying what it would change, before anything is."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ztassess.domain.inventory_tables import SHAPES, Contents, RowWrong, Table, Values, clean_name, read_row

MOST_TEXT = 400_000
MOST_PROBLEMS = 50


class ChangeKind(StrEnum):
    """What becomes of one row."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Change:
    """One row before and after; None where it does not exist."""

    kind: ChangeKind
    key: Values
    before: Values | None
    after: Values | None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line; line 0 is about the whole."""

    line: int
    sentence: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.sentence}" if self.line else self.sentence


@dataclass(frozen=True, slots=True)
class Plan:
    """What a table would become. With a problem, nothing of it may be written.

    Attributes:
        fallout: rows of other tables that would go with removed names, by table.
        digest: names exactly these changes, so that what was previewed is what is written.
    """

    table: Table
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    fallout: tuple[tuple[Table, int], ...] = ()

    def counted(self, kind: ChangeKind) -> int:
        """How many rows become this."""
        return sum(change.kind is kind for change in self.changes)

    @property
    def real(self) -> tuple[Change, ...]:
        """The changes that change something."""
        return tuple(change for change in self.changes if change.kind is not ChangeKind.SAME)

    @property
    def digest(self) -> str:
        lines = (repr((change.kind.value, change.before, change.after)) for change in self.real)
        return hashlib.sha256("\n".join([self.table.value, *lines]).encode()).hexdigest()


def read_pasted(table: Table, text: str, contents: Contents) -> tuple[dict[int, Values], list[Problem]]:
    """The rows of a pasted text by line, and one sentence for each line that is wrong.

    A first line that names columns is taken as the head, and its order counts; without one the columns stand in ours.
    """
    if len(text) > MOST_TEXT:
        return {}, [Problem(0, f"This is longer than {MOST_TEXT:,} characters; paste it in several parts.")]
    try:
        lines = list(_lines(text))
    except csv.Error as problem:
        return {}, [Problem(0, f"This is not a table we can read ({problem}); copy it again.")]
    shape = SHAPES[table]
    order = tuple(range(len(shape.columns)))
    if lines and (found := _head(table, lines[0][1])) is not None:
        order = found
        lines = lines[1:]
    rows: dict[int, Values] = {}
    problems: list[Problem] = []
    for number, cells in lines:
        if len(cells) > len(order):
            wide = f"It has {len(cells)} cells; {shape.nouns} have {len(order)}: {_titles(table, order)}."
            problems.append(Problem(number, wide))
            continue
        try:
            typed = dict(zip(order, cells, strict=False))
            rows[number] = read_row(table, typed, contents, hints=len(problems) < MOST_PROBLEMS)
        except RowWrong as problem:
            problems.append(Problem(number, str(problem)))
    return rows, problems


def _lines(text: str) -> Iterable[tuple[int, list[str]]]:
    delimiter = "\t" if "\t" in text else ";" if text.count(";") > text.count(",") else ","
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff").replace("\r\n", "\n")), delimiter=delimiter)
    for cells in reader:
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield reader.line_num, cells


def _head(table: Table, cells: Sequence[str]) -> tuple[int, ...] | None:
    """The columns that a head names, in its order; None if the line is a row."""
    known: dict[str, int] = {}
    for place, column in enumerate(SHAPES[table].columns):
        for word in (column.title, *column.aliases):
            known.setdefault(word.casefold(), place)
    words = [clean_name(cell).casefold() for cell in cells]
    places = [known.get(word) for word in words]
    found = [place for place in places if place is not None]
    if len(found) != len(words) or len(set(found)) != len(found):
        return None
    return tuple(found)


def _titles(table: Table, order: Sequence[int]) -> str:
    return ", ".join(SHAPES[table].columns[place].title.lower() for place in order)


def plan_paste(table: Table, text: str, contents: Contents, *, replace: bool) -> Plan:
    """What a pasted text would change.

    Parameters:
        replace: rows that are not in the text are removed; else they stay.
    """
    rows, problems = read_pasted(table, text, contents)
    size = SHAPES[table].key
    seen: dict[Values, int] = {}
    wanted: dict[Values, Values] = {}
    for line, values in rows.items():
        # Two new names that differ in capitals only are one name.
        key = tuple(part.casefold() for part in values[:size])
        if key in seen:
            problems.append(Problem(line, f"{' to '.join(values[:size])} stands in line {seen[key]} already."))
            continue
        seen[key] = line
        wanted[values[:size]] = values
    if not rows and not problems:
        problems.append(Problem(0, "There is no row in it; paste at least one line."))
    return plan_rows(table, wanted, contents, replace=replace, problems=problems)


def plan_rows(
    table: Table,
    wanted: Mapping[Values, Values],
    contents: Contents,
    *,
    replace: bool = False,
    removed: Iterable[Values] = (),
    problems: Sequence[Problem] = (),
) -> Plan:
    """What rows that are right each by itself would change."""
    stands = contents.of(table)
    gone = {key for key in stands if key not in wanted} if replace else set(removed) & stands.keys()
    changes = [_change(key, stands.get(key), after) for key, after in wanted.items()]
    changes += [Change(ChangeKind.REMOVED, key, row, None) for key, row in stands.items() if key in gone]
    found = sorted(problems, key=lambda each: each.line)
    total = len(stands.keys() | wanted.keys()) - len(gone)
    most = SHAPES[table].most
    if total > most:
        found.append(Problem(0, f"That would be {total:,} {SHAPES[table].nouns}; at most {most:,} are kept."))
    return Plan(
        table=table,
        changes=tuple(changes),
        problems=tuple(found[:MOST_PROBLEMS]),
        problem_count=len(found),
        fallout=tuple(_fallout(table, gone, contents)),
    )


def _change(key: Values, before: Values | None, after: Values) -> Change:
    if before is None:
        return Change(ChangeKind.ADDED, key, None, after)
    return Change(ChangeKind.SAME if before == after else ChangeKind.CHANGED, key, before, after)


def _fallout(table: Table, gone: set[Values], contents: Contents) -> Iterable[tuple[Table, int]]:
    """Rows elsewhere that name what goes."""
    names = {key[0] for key in gone}
    kind = {Table.SERVICES: "service", Table.STORES: "store", Table.ENTRIES: "holder"}.get(table)
    if not names or kind is None:
        return
    kinds = {kind, "holder"} if kind == "service" else {kind}
    for other in Table:
        places = [at for at, column in enumerate(SHAPES[other].columns) if column.names in kinds]
        count = sum(any(row[at] in names for at in places) for row in contents.of(other).values())
        if count and other is not table:
            yield other, count
