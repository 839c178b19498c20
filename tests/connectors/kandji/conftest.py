"""Owns a Kandji (Iru) tenant for each test, and readings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.kandji.fake import ADDRESS, TENANT, TOKEN, Tenant
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.kandji import CONNECTOR

PEOPLE = Declared(people=("person1@acme.example", "person2@acme.example", "person3@acme.example"))
MakeContext = Callable[..., ReadContext]


@pytest.fixture(scope="module")
def running() -> Iterator[Tenant]:
    with Tenant() as made:
        assert isinstance(made, Tenant)
        yield made


@pytest.fixture
def tenant(running: Tenant) -> Tenant:
    running.reset()
    return running


@pytest.fixture
def context(tenant: Tenant) -> MakeContext:
    def made(
        token: str = TOKEN, declared: Declared = PEOPLE, region: str = "us", address: str = ADDRESS, **more: Any
    ) -> ReadContext:
        entered = {"subdomain": TENANT, "region": region}
        endpoints = {address: tenant.base}
        return context_for(CONNECTOR, entered, {"api_token": token}, declared=declared, endpoints=endpoints, **more)

    return made


def no_secret(*things: object) -> None:
    """Neither the vendor's canary nor our token is in what was kept or said."""
    for thing in things:
        assert CANARY not in repr(thing)
        assert TOKEN not in repr(thing)
