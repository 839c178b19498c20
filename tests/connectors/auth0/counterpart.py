"""A tenant as it is made: a second factor where Auth0 sees a risk, passwords of one time, a week of sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.auth0.conftest import PRIVATE
from tests.connectors.auth0.fake import CLIENT, KID, Tenant
from tests.connectors.auth0.tenant import factors
from tests.fakes.counterpart import Counterpart


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with Tenant() as tenant:
        assert isinstance(tenant, Tenant)
        tenant.data["policies"] = ["confidence-score"]
        tenant.data["factors"] = factors("webauthn-roaming", "otp")
        tenant.data["settings"] |= {"session_lifetime": 168, "idle_session_lifetime": 72}
        yield Counterpart(
            entered={"tenant_domain": tenant.base.removeprefix("https://"), "client_id": CLIENT, "key_id": KID},
            secrets={"private_key": PRIVATE},
            fails="auth0.mfa_all_applications",
            passes="auth0.machine_clients_use_keys",
        )
