"""A tailnet in which one enrollment key never ends and a router opens a whole network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.tailscale.factory import ZERO, device_json
from tests.connectors.tailscale.fake import CLIENT, SECRET, Tailscale
from tests.fakes.counterpart import Counterpart
from ztassess.connectors.tailscale.signing_in import ORIGIN

ADDRESSES = (ORIGIN,)


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    tailnet = Tailscale()
    tailnet.keys[0] |= {"expires": ZERO}
    # Without postures no attributes are asked for: at two requests a second each one counts.
    tailnet.policy["postures"] = {}
    tailnet.devices.append(device_json("router", tags=["tag:router"], enabledRoutes=["10.0.0.0/8"]))
    with tailnet:
        yield Counterpart(
            entered={"oauth_client_id": CLIENT, "production_tags": "tag:prod", "tailnet_apps": "wiki"},
            secrets={"oauth_client_secret": SECRET},
            endpoints={ORIGIN: tailnet.base},
            fails="tailscale.routes_narrow",
            passes="tailscale.no_member_to_prod",
        )
