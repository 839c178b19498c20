"""Ways to read a SCIM service as the product does, for the tests of this connector."""

from __future__ import annotations

from typing import Any

from tests.connectors.scim.fake import TOKEN, ScimFake
from tests.fakes.vendor import context_for
from tests.services.scim import READER, Tenant
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.runner import Reading, read_once
from ztassess.connectors.scim import CONNECTOR
from ztassess.domain.findings import Finding, Outcome
from ztassess.domain.roster import SharedView

LEAVERS, PROVISIONING = "scim.leavers_inactive", "scim.provisioning_available"


def context(system: ScimFake | Tenant, *views: SharedView, token: str = "", **declared: Any) -> ReadContext:
    """A run against a fake or a tenant of the real server.

    Parameters:
        declared: lists as the page of facts has them.
    """
    base, right = (system.address, TOKEN) if isinstance(system, ScimFake) else (system.base, READER)
    return context_for(
        CONNECTOR, {"base_url": base}, {"bearer_token": token or right}, declared=Declared(**declared), views=views
    )


def read(system: ScimFake | Tenant, *views: SharedView, **declared: Any) -> Reading:
    """One whole reading."""
    return read_once(CONNECTOR, context(system, *views, **declared))


def outcome(reading: Reading, check: str = LEAVERS) -> Outcome:
    return next(result.outcome for result in reading.results if result.check == check)


def said(reading: Reading, check: str = LEAVERS) -> list[Finding]:
    return [finding for finding in reading.findings if finding.check == check]
