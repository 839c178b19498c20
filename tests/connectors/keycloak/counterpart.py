"""A realm as it is made: a second factor is asked only of those who configured one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.keycloak.conftest import PRIVATE
from tests.connectors.keycloak.fake import CLIENT, Server
from tests.connectors.keycloak.realm import optional, user
from tests.fakes.counterpart import Counterpart


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with Server() as server:
        assert isinstance(server, Server)
        server.data["executions"]["browser"] = optional()
        server.data["users"].append(user("eve"))
        yield Counterpart(
            entered={"base_url": server.base, "realm": server.realm, "client_id": CLIENT},
            secrets={"private_key": PRIVATE},
            fails="keycloak.second_factor_required",
            passes="keycloak.session_limits",
        )
