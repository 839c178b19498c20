"""A customer whose 2-step policy is on at the top and off in one unit below, read without a key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.google_workspace.fake import ADMIN_EMAIL, CREATOR, ORGANIZATION, Workspace, policy
from tests.connectors.google_workspace.keys import ACCOUNT
from tests.fakes.counterpart import Counterpart
from ztassess.connectors.google_workspace.sessions import ADMIN, CERTIFICATES, IDENTITY, LEVELS, SIGNER, TOKEN

ADDRESSES = (TOKEN, ADMIN, IDENTITY, LEVELS, SIGNER, CERTIFICATES)


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with Workspace() as google:
        assert isinstance(google, Workspace)
        off = {"enforcedFrom": "1970-01-01T00:00:00Z"}
        google.policies.append(policy("security.two_step_verification_enforcement", off, "03sales", order=2))
        yield Counterpart(
            entered={
                "admin_email": ADMIN_EMAIL,
                "service_account_email": ACCOUNT,
                "auth": "workload_identity",
                "organization_id": ORGANIZATION,
            },
            secrets={"access_token": CREATOR},
            endpoints=google.endpoints,
            fails="google_workspace.two_step_policy_on",
            passes="google_workspace.two_step_enforced_users",
        )
