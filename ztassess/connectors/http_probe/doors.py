"""Owns what a closed door is worth: only as much as the connection that worked at the same time."""

from __future__ import annotations

from ztassess.connectors.http_probe.snapshot import INTERNET, Door, HttpProbeSnapshot
from ztassess.domain.findings import Evidence, Unavailable, Verdict, not_checked


def control_of(snapshot: HttpProbeSnapshot, host: str = "") -> str:
    """Why the control connection does not support a closed door, as a sentence; empty if it does.

    Parameters:
        host: the public host that must have been reachable; empty for any declared internal host.
    """
    if isinstance(snapshot.controls, Unavailable):
        return snapshot.controls.detail
    asked = [door for door in snapshot.controls if not host or door.host == host]
    if not asked:
        return f"No connection to {host} was tried in the same run, so a closed port proves nothing."
    if not any(door.result == "open" for door in asked):
        return (
            f"{asked[0]} was not reachable in the same run, so the cause may lie with us; a closed port proves nothing."
        )
    if not any(door.result == "open" and door.vantage == INTERNET for door in asked):
        return f"{asked[0]} was reached over the inside, so nothing shows that our view is that of the internet."
    return ""


def control_lines(snapshot: HttpProbeSnapshot) -> tuple[Evidence, ...]:
    """What the control connections found."""
    doors = () if isinstance(snapshot.controls, Unavailable) else snapshot.controls
    return tuple(Evidence("TCP connect", str(door), "control", door.result, "open") for door in doors)


def inside_verdict(label: str) -> Verdict:
    """A door that only the inside was seen of."""
    reason = (
        f"{label} was tried from inside of your network. What a stranger on the internet meets there is not known; "
        "probe it from outside."
    )
    return not_checked(label, "unreachable", reason)


def is_closed(door: Door) -> bool:
    """True if nobody accepted a connection from the internet."""
    return door.result in ("refused", "timeout", "name")
