"""A real issuer (Authlib's server) whose tokens live an hour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.counterpart import Counterpart
from tests.services.issuers import API, CLIENT, SECRET, machine_issuer


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with machine_issuer() as issuer:
        issuer.seconds = 3600
        yield Counterpart(
            entered={"issuer": issuer.address, "client_id": CLIENT, "expected_audience": API},
            secrets={"client_secret": SECRET},
            fails="oidc.access_token_lifetime",
            passes="oidc.token_signature_and_audience",
            real=True,
            half_open=True,
        )
