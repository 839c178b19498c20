"""Owns names, labels and selectors of Kubernetes objects, and how a selector picks objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Meta:
    """What every object has.

    Attributes:
        namespace: empty for objects of the whole cluster.
        annotations: only those that a rule reads; the others may hold copies of secrets.
        owner: ``(kind, name)`` of the controller that made it; empty strings if nobody did.
    """

    namespace: str
    name: str
    created: datetime
    labels: Labels = field(default_factory=dict)
    annotations: Labels = field(default_factory=dict)
    owner: tuple[str, str] = ("", "")

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Expression:
    """One line of ``matchExpressions``."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selector:
    """A label selector (Kubernetes API reference, "LabelSelector"): everything must match; empty matches all."""

    labels: Labels = field(default_factory=dict)
    expressions: tuple[Expression, ...] = ()

    @property
    def everything(self) -> bool:
        """It selects all objects."""
        return not self.labels and not self.expressions

    def matches(self, labels: Labels) -> bool:
        """True if an object with these labels is selected. An operator that we do not know selects nothing."""
        return subset(self.labels, labels) and all(_holds(each, labels) for each in self.expressions)


def subset(wanted: Labels, labels: Labels) -> bool:
    """True if every wanted label is there with its value."""
    return all(labels.get(key) == value for key, value in wanted.items())


def _holds(expression: Expression, labels: Labels) -> bool:
    value = labels.get(expression.key)
    match expression.operator:
        case "In":
            return value in expression.values
        case "NotIn":
            return value not in expression.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    return False
