"""The probe tells which internal hosts answer, behind what, and whose origin answers past it."""

from __future__ import annotations

import pytest

from tests.connectors.http_probe.factory import NOTHING, door, origin, reply, snapshot, target
from ztassess.connectors.http_probe.sharing import shares
from ztassess.connectors.http_probe.snapshot import Reply, Target
from ztassess.domain.roster import Host


@pytest.mark.parametrize(
    ("targets", "host"),
    [
        ((target(),), Host("admin.example.com", True, True, True)),
        ((target(reply("anonymous_html", 200)),), Host("admin.example.com", True, True, False)),
        ((target(reply("anonymous_html", 418)),), Host("admin.example.com", True, True, None)),
        ((target(reply("anonymous_html", 200)), target()), Host("admin.example.com", True, True, False)),
        ((target(), target(reply("anonymous_html", 200))), Host("admin.example.com", True, True, False)),
    ],
)
def test_a_host_is_covered_if_every_address_of_it_refuses_a_stranger(targets: tuple[Target, ...], host: Host) -> None:
    assert shares(snapshot(targets=targets)).hosts == (host,)


@pytest.mark.parametrize(
    ("answer", "is_open"),
    [
        (reply("origin", 200), True),
        (reply("origin", None, error="refused"), False),
        (reply("origin", 403), None),
    ],
)
def test_an_origin_that_answers_opens_its_public_host(answer: Reply, is_open: bool | None) -> None:
    found = snapshot(targets=(target(),), origins=(origin(answer),), controls=(door("open", "admin.example.com", 443),))
    (host,) = shares(found).hosts  # type: ignore[misc]  # all parts of this snapshot were read
    assert host.origin_open is is_open


def test_targets_that_were_not_declared_are_told_so() -> None:
    assert shares(snapshot(targets=NOTHING)).hosts == NOTHING
