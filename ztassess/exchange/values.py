"""Owns how a field becomes a JSON value and comes back: strictly, so that no archive writes what a form could not."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.fields import NOT_PROVIDED

from ztassess.accounts.models import User
from ztassess.common.models import OrgOwned
from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.table import TRAVELS, Travels

if TYPE_CHECKING:
    Column: TypeAlias = models.Field[Any, Any]
else:
    Column = models.Field  # Django's cannot be subscripted when it runs

UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOST_DEEP = 60
KINDS: tuple[tuple[type[Column], str, tuple[type, ...]], ...] = (
    (models.BooleanField, "true or false", (bool,)),
    (models.DateTimeField, "moment, ISO 8601", (str,)),
    (models.DateField, "day, ISO 8601", (str,)),
    (models.UUIDField, "UUID", (str,)),
    (models.FloatField, "number", (float, int)),
    (models.DecimalField, "number as text", (str,)),
    (models.IntegerField, "whole number", (int,)),
    (models.JSONField, "JSON", (dict, list, str, int, float, bool)),
    (models.TextField, "text", (str,)),
    (models.CharField, "text", (str,)),
)


def is_person(column: Column) -> bool:
    """True for a reference to a user."""
    return isinstance(column, models.ForeignKey) and column.related_model is User


def target_of(column: Column) -> str:
    """The label of the tenant model that a reference points to; empty for other fields."""
    related = column.related_model if isinstance(column, models.ForeignKey) else None
    return related._meta.label if isinstance(related, type) and issubclass(related, OrgOwned) else ""


def columns_of(model: type[OrgOwned], entry: Travels) -> list[Column]:
    """The fields of a model that are in the archive, in the model's order. The organization is the archive's own."""
    return [
        column
        for column in model._meta.concrete_fields
        if column.name != "organization" and column.name not in entry.left_out
    ]


def unclear(model: type[OrgOwned], entry: Travels) -> list[str]:
    """Fields that cannot travel as they are, each as a sentence that says what to do."""
    return [
        f"{model._meta.label}.{column.name} cannot be written to an archive or points to something that stays: name it "
        "under left_out of its line in ztassess/exchange/table.py, with the reason."
        for column in columns_of(model, entry)
        if not _kind(column)
    ]


def _kind(column: Column) -> str:
    if isinstance(column, models.ForeignKey):
        if is_person(column):
            return "person, key of people.jsonl"
        label = target_of(column)
        return f"id of {label}" if label in TRAVELS else ""
    return next((words for kind, words, _ in KINDS if isinstance(column, kind)), "")


def described(model: type[OrgOwned], entry: Travels) -> dict[str, str]:
    """By field of the archive, what its value is, for the reader."""
    found = {}
    for column in columns_of(model, entry):
        words = "people, keys of people.jsonl" if column.name in entry.people else _kind(column)
        found[column.name] = f"{words}, or null" if column.null else words
    return found


def to_json(value: Any) -> Any:
    """A value of a row as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID | Decimal) else value


def from_json(column: Column, value: Any) -> Any:
    """A value of an archive as its field has it, checked as a form would.

    Raises:
        ArchiveRefused: of another kind than the field, or what the field does not take.
    """
    if value is None:
        if not column.null:
            raise ArchiveRefused(f"{column.name} is empty")
        return None
    _, types = next((words, types) for kind, words, types in KINDS if isinstance(column, kind))
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise ArchiveRefused(f"{column.name} is not a {_kind(column)}")
    _no_monsters(column, value)
    if isinstance(column, models.JSONField):
        made = column.default() if column.default in (dict, list) else None
        if made is not None and not isinstance(value, type(made)):
            raise ArchiveRefused(f"{column.name} is not a {type(made).__name__}")
        return value
    try:
        found = column.to_python(value)
        column.run_validators(found)
    except (ValidationError, ValueError, OverflowError) as problem:
        raise ArchiveRefused(f"{column.name} has a value that it does not take") from problem
    if isinstance(found, datetime) and found.tzinfo is None:
        raise ArchiveRefused(f"{column.name} has no time zone")
    if column.choices and value != "" and found not in {each for each, _ in column.flatchoices}:
        raise ArchiveRefused(f"{column.name} has a value that the product does not know")
    return found


def _no_monsters(column: Column, value: Any) -> None:
    """What a database refuses only later, or not at all: NUL, numbers that are none, lone surrogates."""
    for each in _leaves(value):
        if isinstance(each, float) and not math.isfinite(each):
            raise ArchiveRefused(f"{column.name} has a number that is none")
        if isinstance(each, str) and ("\0" in each or any("\ud800" <= mark <= "\udfff" for mark in each)):
            raise ArchiveRefused(f"{column.name} has a character that cannot be stored")


def _leaves(value: Any, depth: int = 0) -> Iterator[Any]:
    if depth > MOST_DEEP:
        raise ArchiveRefused("a value is nested too deeply")
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _leaves(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each, depth + 1)
    else:
        yield value


def default_of(column: Column) -> Any:
    """What a field has where an archive says nothing. Raises `ArchiveRefused` if it must say something."""
    if column.default is not NOT_PROVIDED:
        return column.get_default()
    if column.null:
        return None
    if column.blank and isinstance(column, models.CharField | models.TextField):
        return ""
    raise ArchiveRefused(f"{column.name} is missing")


def with_new_ids(value: Any, renamed: Callable[[uuid.UUID], uuid.UUID | None]) -> Any:
    """A text or JSON value in which every id of the archive is the new one."""
    if isinstance(value, str):
        return (
            UUID_TEXT.sub(lambda found: str(renamed(uuid.UUID(found[0])) or found[0]), value) if "-" in value else value
        )
    if isinstance(value, list):
        return [with_new_ids(each, renamed) for each in value]
    if isinstance(value, dict):
        return {with_new_ids(name, renamed): with_new_ids(each, renamed) for name, each in value.items()}
    return value
