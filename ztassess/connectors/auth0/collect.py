"""Owns reading one Auth0 tenant: all lists at once."""

from __future__ import annotations

from ztassess.connectors.api import read_parts
from ztassess.connectors.auth0 import client
from ztassess.connectors.auth0.signing_in import auth0_session, fail_if_refused, tenant_host
from ztassess.connectors.auth0.snapshot import Auth0Snapshot
from ztassess.connectors.contract import ReadContext


def collect(context: ReadContext) -> Auth0Snapshot:
    """Read the tenant. A refused part becomes Unavailable, never an empty tuple.

    Raises:
        OverPrivileged: the application can change the tenant.
        ConnectorError: nothing at all could be read.
    """
    with auth0_session(context) as session:
        readers = {
            "policies": lambda: client.policies(session),
            "factors": lambda: client.factors(session),
            "apis": lambda: client.apis(session),
            "clients": lambda: client.clients(session),
            "sessions": lambda: client.sessions(session),
            "users": lambda: client.users(session),
        }
        found = read_parts(context, session, readers)
        fail_if_refused(context)
    return Auth0Snapshot(
        taken_at=context.now, tenant=tenant_host(context), own_client=str(context.config["client_id"]), **found
    )
