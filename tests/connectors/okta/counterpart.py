"""An Okta org whose policy lets everybody in with one factor in the end, behind a rule that asks for two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.okta.conftest import PRIVATE
from tests.connectors.okta.fake import CLIENT, KID, Org
from tests.connectors.okta.org import access_rule
from tests.fakes.counterpart import Counterpart


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with Org() as org:
        assert isinstance(org, Org)
        lax = {"type": "ASSURANCE", "factorMode": "1FA", "constraints": []}
        org.data["rules"]["pol1"][2] = access_rule("rul3", "Catch-all Rule", priority=99, system=True, method=lax)
        yield Counterpart(
            entered={"org_url": org.base, "client_id": CLIENT, "key_id": KID, "dpop": "yes"},
            secrets={"private_key": PRIVATE},
            fails="okta.mfa_required_every_app",
            passes="okta.session_limits",
        )
