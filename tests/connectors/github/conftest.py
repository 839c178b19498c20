"""Owns a running GitHub, and readings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests.connectors.github.answers import APP_ID, app_key
from tests.connectors.github.fake import GitHub
from tests.fakes.vendor import context_for
from ztassess.connectors.api import read_parts
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.github import CONNECTOR
from ztassess.connectors.github.client_session import open_github
from ztassess.connectors.github.collect import inputs_of, readers
from ztassess.connectors.github.snapshot import GitHubSnapshot, Reading
from ztassess.connectors.netguard import Budget
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding, Outcome

ENTERED = {"organization": "acme", "app_id": APP_ID, "policy_folders": "shop:mesh/policies"}
DECLARED = Declared(
    people=("anna@acme.example", "ben@acme.example", "cleo@acme.example", "dora@partner.example"),
    leavers=("zoe@acme.example", "zoe"),
    aliases=(("dora", "dora@partner.example"),),
    approved_apps=("renovate",),
)
Open = Callable[..., ReadContext]


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as made:
        yield made


@pytest.fixture
def opened(github: GitHub) -> Open:
    """A run against the fake: ``opened(declared=..., entered={...})``."""

    def context(entered: dict[str, str] | None = None, declared: Declared = DECLARED, **more: Any) -> ReadContext:
        base = entered_context(tuple(sorted({**ENTERED, **(entered or {})}.items())))
        more.setdefault("budget", Budget(seconds=300.0, pages=2000))
        operator = {"endpoint https://api.github.com": github.base}
        return replace(base, declared=declared, operator=operator, kept={}, **more)

    return context


@cache
def entered_context(entered: tuple[tuple[str, str], ...]) -> ReadContext:
    """The form, parsed and found right; once, for reading a key takes long."""
    return context_for(CONNECTOR, dict(entered), {"app_private_key": app_key()[0]})


def judged(snapshot: Any) -> dict[str, list[Finding]]:
    """Findings by check."""
    found: dict[str, list[Finding]] = {}
    for finding in evaluate(CONNECTOR.checks, snapshot):
        found.setdefault(finding.check, []).append(finding)
    return found


def outcomes(snapshot: Any) -> dict[str, Outcome]:
    """The folded outcome by check, without the prefix."""
    return {check.partition(".")[2]: fold(check, found).outcome for check, found in judged(snapshot).items()}


def partly(context: ReadContext, *parts: str) -> GitHubSnapshot:
    """A good picture with these parts read from the fake: a few questions instead of all."""
    from tests.connectors.github.factory import picture

    with open_github(context) as opened:
        ways = readers(opened.source, "acme", inputs_of(context))
        found = read_parts(context, opened.source.session, {part: ways[part] for part in parts})
        selected = opened.source.selected
    return replace(picture(inputs=inputs_of(context), reading=Reading(selected=selected)), **found)
