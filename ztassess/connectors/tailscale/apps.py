"""Owns what a declared app of the tailnet is: a tag, a service, a host of the policy, an address, or a device."""

from __future__ import annotations

from ztassess.connectors.tailscale.judging import own_devices
from ztassess.connectors.tailscale.networks import networks_of
from ztassess.connectors.tailscale.reach import Target, device_target, tag_target
from ztassess.connectors.tailscale.snapshot import Device, TailscaleSnapshot
from ztassess.connectors.tailscale.snapshot_policy import Policy


def app_device(snapshot: TailscaleSnapshot, app: str) -> Device | None:
    """The device that has this name: its MagicDNS name, the name's first label, or its host name."""
    wanted = app.lower().rstrip(".")
    devices = own_devices(snapshot)
    whole = next((each for each in devices if each.name == wanted), None)
    if whole or "." in wanted:
        return whole
    by_label = next((each for each in devices if each.name.partition(".")[0] == wanted), None)
    return by_label or next((each for each in devices if each.hostname.lower() == wanted), None)


def app_target(snapshot: TailscaleSnapshot, policy: Policy, app: str) -> Target | None:
    """What to look for in the policy; None if nothing has that name."""
    devices = own_devices(snapshot)
    if app.startswith("tag:"):
        known = app in policy.owners or any(app in each.tags for each in devices)
        return tag_target(app, devices) if known else None
    if app.startswith("svc:"):
        return Target(app, service=app)
    networks = networks_of(policy, app)
    if networks:
        parts = tuple(each for each in map(device_target, devices) if any(one in networks for one in each.addresses))
        return Target(app, addresses=networks, parts=parts)
    device = app_device(snapshot, app)
    return device_target(device) if device else None
