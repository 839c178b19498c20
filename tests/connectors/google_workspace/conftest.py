"""Owns a running fake of Google and runs of the connector against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.google_workspace.fake import ADMIN_EMAIL, CREATOR, ORGANIZATION, Workspace
from tests.connectors.google_workspace.keys import ACCOUNT, key_file
from tests.fakes.vendor import context_for
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.google_workspace import CONNECTOR

PEOPLE = ("root@x.io", "anna@x.io", "p0@x.io", "p1@x.io", "p2@x.io", "p3@x.io")
DECLARED = Declared(
    people=PEOPLE,
    aliases=(("anna-admin@x.io", "anna@x.io"),),
    leavers=("gone@x.io",),
    tools=("GitHub", "Gmail"),
    approved_apps=("planner.apps",),
    break_glass=("root@x.io",),
)


@pytest.fixture
def google() -> Iterator[Workspace]:
    with Workspace() as made:
        yield made


@pytest.fixture
def run(google: Workspace) -> Callable[..., ReadContext]:
    """A run against the fake: ``run(auth="key_file", declared=...)``."""

    def made(*, declared: Declared = DECLARED, secrets: dict[str, str] | None = None, **entered: str) -> ReadContext:
        form = {
            "admin_email": ADMIN_EMAIL,
            "service_account_email": ACCOUNT,
            "auth": "workload_identity",
            "organization_id": ORGANIZATION,
        } | entered
        own = {"service_account_key": key_file()} if form["auth"] == "key_file" else {"access_token": CREATOR}
        chosen = own if secrets is None else secrets
        context = context_for(CONNECTOR, form, chosen, endpoints=google.endpoints, declared=declared)
        return replace(context, kept={})

    return made


def outcomes(reading: Any) -> dict[str, str]:
    """Outcome by check, without the prefix."""
    return {result.check.partition(".")[2]: result.outcome.value for result in reading.results}
