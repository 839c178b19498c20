"""A Kandji (Iru) tenant with a Mac without FileVault, and one that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.kandji.fake import ADDRESS, TENANT, TOKEN, Tenant, device
from tests.fakes.counterpart import Counterpart

ADDRESSES = (ADDRESS,)


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with Tenant(device(1), device(2, filevault={"filevault_enabled": False}), device(3, is_missing=True)) as tenant:
        yield Counterpart(
            entered={"subdomain": TENANT, "region": "us"},
            secrets={"api_token": TOKEN},
            endpoints={ADDRESS: tenant.base},
            fails="kandji.devices_healthy",
        )
