"""The walls of tenancy as rules over the code: who may look past a scope, what every tenant model has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import models
from django_scopes import ScopeError

from tests.tenancy.seeding import tenant_models
from ztassess.common.models import OrgManager

ROOT = Path(__file__).resolve().parents[2] / "ztassess"
PAST_THE_SCOPE = {"scopes_disabled", "with_scopes_disabled", "extra", "raw", "cursor", "_base_manager"}
# Each looks across organizations on purpose, for ids or for the person's own rows.
QUESTIONS = {
    "all": lambda rows: list(rows.all()),
    "count": lambda rows: rows.count(),
    "first": lambda rows: rows.first(),
    "exists": lambda rows: rows.exists(),
    "get": lambda rows: rows.get(),
    "in_bulk": lambda rows: rows.in_bulk(),
    "exclude": lambda rows: list(rows.exclude(id=None)),
    "filter": lambda rows: rows.filter(id=None).exists(),
    "update": lambda rows: rows.update(id=None),
    "delete": lambda rows: rows.all().delete(),
    "values": lambda rows: list(rows.values("id")),
    "own question": lambda rows: rows.all().active(),
}
ALLOWED = {
    ("common/health.py", "cursor"),
    ("assessments/tasks.py", "scopes_disabled"),
    ("exchange/services/deletion.py", "cursor"),
    ("exchange/sweeping.py", "scopes_disabled"),
    ("exchange/writing.py", "cursor"),
    ("organizations/access.py", "scopes_disabled"),
    ("organizations/selectors_grants.py", "scopes_disabled"),
    ("organizations/services.py", "scopes_disabled"),
    ("reports/making.py", "scopes_disabled"),
    ("notifications/dispatch.py", "scopes_disabled"),
    ("playbooks/dispatch.py", "scopes_disabled"),
    ("playbooks/selectors.py", "scopes_disabled"),
    ("portfolio/selectors.py", "scopes_disabled"),
    ("portfolio/selectors_pivot.py", "scopes_disabled"),
    ("scans/dispatch.py", "scopes_disabled"),
    ("sharing/selectors.py", "scopes_disabled"),
}
# A fact about tokens: 256 random bits are unique without saying whose they are.
UNIQUE_BY_CHANCE = {("Invitation", "token_hash"), ("Grant", "token_hash"), ("ShareLink", "token_hash")}


def uses(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in PAST_THE_SCOPE:
                yield name
        elif isinstance(node, ast.Attribute) and node.attr == "_base_manager":
            yield node.attr


def found_in_code() -> set[tuple[str, str]]:
    return {
        (str(path.relative_to(ROOT)), name)
        for path in ROOT.rglob("*.py")
        if "migrations" not in path.parts and "connectors" not in path.parts
        for name in uses(ast.parse(path.read_text()))
    }


def test_only_the_named_places_look_past_a_scope():
    assert found_in_code() == ALLOWED


def test_the_search_sees_a_planted_use():
    assert list(uses(ast.parse("Scan.objects.raw('SELECT 1')"))) == ["raw"]
    assert list(uses(ast.parse("with scopes_disabled(): pass"))) == ["scopes_disabled"]


@pytest.mark.parametrize(
    "model", sorted(tenant_models(), key=lambda model: model.__name__), ids=lambda model: model.__name__
)
def test_tenant_model_is_scoped_keyed_by_chance_and_unique_per_organization(model: type[models.Model]):
    assert isinstance(model._base_manager, OrgManager)
    assert isinstance(model._meta.pk, models.UUIDField)
    assert not model._meta.get_field("organization").null
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            assert "organization" in constraint.fields, constraint.name
    for field in model._meta.get_fields():
        alone = isinstance(field, models.Field) and field.unique and not field.primary_key
        if alone and not isinstance(field, models.OneToOneField):
            assert (model.__name__, field.name) in UNIQUE_BY_CHANCE


@pytest.mark.django_db
@pytest.mark.parametrize(
    "model", sorted(tenant_models(), key=lambda model: model.__name__), ids=lambda model: model.__name__
)
@pytest.mark.parametrize("ask", [*QUESTIONS.values()], ids=[*QUESTIONS])
def test_unscoped_question_raises(model, ask):
    with pytest.raises(ScopeError):
        ask(model.objects)
