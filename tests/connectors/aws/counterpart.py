"""A moto server with an account in which some roles may do everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.counterpart import Counterpart
from tests.services.moto import build_account, start_moto


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    moto = start_moto()
    try:
        build_account(moto.endpoint, users=5, roles=5)
        yield Counterpart(
            entered={"regions": "us-east-1"},
            secrets={
                "access_key_id": "ASIAIOSFODNN7EXAMPLE",
                "secret_access_key": "not-a-real-secret-0123456789",
                "session_token": "not-a-real-token-0123456789",
            },
            settings={"AWS_ENDPOINT_URL": moto.endpoint},
            fails="aws.no_admin_roles",
            passes="aws.grants_exported",
        )
    finally:
        moto.stop()
