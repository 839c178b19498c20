"""A Cloudflare account in which one application lets everybody past its policies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.cloudflare.account import ACCOUNT, READING, TOKEN
from tests.connectors.cloudflare.fake import Cloudflare
from tests.fakes.counterpart import Counterpart
from ztassess.connectors.cloudflare.envelope import ORIGIN

ADDRESSES = (ORIGIN,)


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with Cloudflare() as fake:
        assert isinstance(fake, Cloudflare)
        fake.reset()
        fake.token.groups = (*READING, "Account API Tokens Read")
        fake.state.lists["access/apps"][0]["policies"][0]["decision"] = "bypass"
        yield Counterpart(
            entered={"account_id": ACCOUNT, "zones": "example.com"},
            secrets={"api_token": TOKEN},
            endpoints={ORIGIN: fake.base},
            fails="cloudflare.no_anonymous_hole",
            passes="cloudflare.session_duration_limited",
        )
