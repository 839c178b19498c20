"""Owns the system checks that must hold before anything is served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from ztassess.common.envelope import EnvelopeError, keyring


@register("catalog")
def catalog_is_valid(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The control catalog validates, and every check of every connector verifies a control that exists."""
    from ztassess.catalog import CatalogError, catalog_problems, check_problems, load_catalog
    from ztassess.connectors.registry import connectors

    problems = list(catalog_problems())
    if not problems:
        try:
            checks = [check for connector in connectors() for check in connector.checks]
            problems = list(check_problems(load_catalog(), checks))
        except CatalogError as problem:
            problems = [str(problem)]
    return [Error(problem, id="ztassess.E001") for problem in problems]


@register("security")
def keys_are_usable(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Missing or malformed keys stop the start: a secret is never stored in plain text."""
    problems: list[CheckMessage] = []
    try:
        _ = settings.SECRET_KEY
    except ImproperlyConfigured:  # Django's word for an empty one
        problems.append(
            Error("No secret key is set: run `manage.py up` once, or set ZTASSESS_SECRET_KEY.", id="ztassess.E002")
        )
    try:
        keyring()
    except EnvelopeError as problem:
        problems.append(Error(str(problem), id="ztassess.E003"))
    return problems


@register(Tags.database)
def keys_fit_the_data(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """The keys open what this database holds: with others, every stored secret would be lost one by one."""
    from ztassess.common.keyproof import key_problem

    if not databases:
        return []
    try:
        problem = key_problem()
    except DatabaseError:  # before the first migration; readiness watches the rest
        return []
    return [Error(problem, id="ztassess.E004")] if problem else []
