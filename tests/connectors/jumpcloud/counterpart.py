"""A JumpCloud organization with a user in an exclusion period; its systems are in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.jumpcloud.fake import CONSOLE, KEY, SIGN_IN, Region, user
from tests.fakes.counterpart import Counterpart
from tests.fakes.moments import lately

ADDRESSES = (CONSOLE, SIGN_IN)


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with Region() as region:
        assert isinstance(region, Region)
        excused = {"configured": False, "exclusion": True, "exclusionUntil": "2026-12-01T00:00:00Z"}
        region.users[1] = user(2, mfa=excused, mfaEnrollment={"overallStatus": "PENDING_ACTIVATION"})
        region.systems = [each | {"lastContact": lately()} for each in region.systems]
        yield Counterpart(
            entered={"region": "us"},
            secrets={"api_key": KEY},
            endpoints=dict.fromkeys(ADDRESSES, region.base),
            fails="jumpcloud.mfa_required",
            passes="jumpcloud.devices_healthy",
        )
