"""A tenant on loopback that lets people consent to any app, and demands MFA of everyone as it should."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.connectors.entra.fake import GRAPH, LOGIN, Tenant, credential
from tests.connectors.entra.tenant import CLIENT, EMERGENCY, TENANT
from tests.fakes.counterpart import Counterpart
from ztassess.connectors.entra.signing_in import private_part

ADDRESSES = (GRAPH, LOGIN)


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with Tenant() as tenant:
        tenant.clock = lambda: datetime.now(UTC)
        tenant.state["/policies/authorizationPolicy"]["defaultUserRolePermissions"] = {
            "permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.microsoft-user-default-legacy"]
        }
        yield Counterpart(
            entered={
                "tenant_id": TENANT,
                "client_id": CLIENT,
                "certificate_thumbprint": credential()[1],
                "break_glass_ids": "\n".join(EMERGENCY),
            },
            secrets={"certificate_key": private_part(credential()[0])},
            endpoints={GRAPH: tenant.base, LOGIN: tenant.base},
            fails="entra.user_consent_restricted",
            passes="entra.mfa_required_all_users",
        )
