"""Owns a running GitHub, and readings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.github.fake import APP_ID, GitHub, app_key
from tests.fakes.vendor import context_for
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.github import CONNECTOR
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding, Outcome

ENTERED = {"organization": "acme", "app_id": APP_ID, "policy_folders": "shop:mesh/policies"}
DECLARED = Declared(
    people=("anna@acme.example", "ben@acme.example", "cleo@acme.example", "dora@partner.example"),
    leavers=("zoe@acme.example",),
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
        return context_for(
            CONNECTOR,
            {**ENTERED, **(entered or {})},
            {"app_private_key": app_key()[0]},
            endpoints={"https://api.github.com": github.base},
            declared=declared,
            **more,
        )

    return context


def judged(snapshot: Any) -> dict[str, list[Finding]]:
    """Findings by check."""
    found: dict[str, list[Finding]] = {}
    for finding in evaluate(CONNECTOR.checks, snapshot):
        found.setdefault(finding.check, []).append(finding)
    return found


def outcomes(snapshot: Any) -> dict[str, Outcome]:
    """The folded outcome by check, without the prefix."""
    return {check.partition(".")[2]: fold(check, found).outcome for check, found in judged(snapshot).items()}
