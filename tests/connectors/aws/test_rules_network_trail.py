"""API calls are recorded, and threats looked for, in every region that is used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.aws.factory import REFUSED, REGION, gap, interface, result, snapshot, verdicts
from ztassess.connectors.aws.rules_network import checks
from ztassess.connectors.aws.snapshot import Detector, RegionRead, Trail
from ztassess.domain.findings import Outcome

FAIL, PASS, NOT_CHECKED = Outcome.FAIL, Outcome.PASS, Outcome.NOT_CHECKED
TRAIL = "aws.trail_complete"

GOOD = Trail(
    REGION,
    "arn:trail/all",
    "all",
    multi_region=True,
    organization=False,
    validated=True,
    logging=True,
    management_events=True,
)
ON = Detector(REGION, "d-1", enabled=True)


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("complete", {}, PASS),
        ("of the organization", {"trails": (replace(GOOD, organization=True),)}, PASS),
        ("a bad one beside a good one", {"trails": (replace(GOOD, logging=False), GOOD)}, PASS),
        ("none", {"trails": ()}, FAIL),
        ("one region", {"trails": (replace(GOOD, multi_region=False),)}, FAIL),
        ("stopped", {"trails": (replace(GOOD, logging=False),)}, FAIL),
        ("not validated", {"trails": (replace(GOOD, validated=False),)}, FAIL),
        ("without management events", {"trails": (replace(GOOD, management_events=False),)}, FAIL),
        ("two halves", {"trails": (replace(GOOD, logging=False), replace(GOOD, validated=False))}, FAIL),
        ("state not readable", {"trails": (replace(GOOD, logging=None),)}, NOT_CHECKED),
        ("selectors not readable", {"trails": (replace(GOOD, management_events=None),)}, NOT_CHECKED),
        ("not validated, state not readable", {"trails": (replace(GOOD, logging=None, validated=False),)}, FAIL),
        ("trails refused", {"trails": REFUSED}, NOT_CHECKED),
        ("no detector", {"detectors": ()}, FAIL),
        ("detector off", {"detectors": (replace(ON, enabled=False),)}, FAIL),
        ("detector not readable", {"detectors": (replace(ON, enabled=None),)}, NOT_CHECKED),
        ("detectors refused", {"detectors": REFUSED}, NOT_CHECKED),
        ("detectors refused, no trail", {"detectors": REFUSED, "trails": ()}, FAIL),
        ("detectors refused in an unused region", {"gaps": (gap("detectors"),)}, PASS),
        ("detectors refused where use is unknown", {"gaps": (gap("detectors"), gap("instances"))}, NOT_CHECKED),
        ("trails refused in another region", {"gaps": (gap("trails"),)}, PASS),
        ("no trail seen, refused in another region", {"trails": (), "gaps": (gap("trails"),)}, NOT_CHECKED),
        ("detectors refused in the region", {"gaps": (gap("detectors", REGION),)}, NOT_CHECKED),
    ],
)
def test_calls_are_recorded_and_watched(name, parts, outcome):
    good = {"trails": (GOOD,), "detectors": (ON,), "network_interfaces": (interface(),)}
    assert result(checks, TRAIL, snapshot(**good | parts)).outcome is outcome, name


def test_only_used_regions_need_a_detector():
    regions = (RegionRead(REGION), RegionRead("us-east-1"), RegionRead("us-west-2"))
    parts = {"trails": (GOOD,), "detectors": (ON,), "regions": regions}
    quiet = snapshot(**parts, network_interfaces=(interface(),))
    assert result(checks, TRAIL, quiet).outcome is PASS
    busy = snapshot(**parts, network_interfaces=(interface(), interface(region="us-west-2")))
    (found,) = verdicts(checks, TRAIL, busy)
    assert (found.outcome, found.resource) == (FAIL, "us-west-2")
    assert found.near_miss == "Trail on, GuardDuty off in us-west-2."


def test_region_that_may_be_in_use_needs_a_detector_too():
    regions = (RegionRead(REGION), RegionRead("us-west-2", gaps=(gap("instances", "us-west-2"),)))
    parts = {"trails": (GOOD,), "detectors": (ON,), "network_interfaces": (interface(),)}
    (found,) = verdicts(checks, TRAIL, snapshot(**parts, regions=regions))
    assert (found.outcome, found.resource) == (NOT_CHECKED, "us-west-2")
    nowhere = {**parts, "network_interfaces": REFUSED, "regions": (RegionRead(REGION), RegionRead("us-west-2"))}
    assert result(checks, TRAIL, snapshot(**nowhere)).outcome is NOT_CHECKED
    guarded = {**parts, "detectors": (ON, replace(ON, region="us-west-2"))}
    assert result(checks, TRAIL, snapshot(**guarded, regions=regions)).outcome is PASS


def test_stopped_trail_is_named_as_a_near_miss():
    (found,) = verdicts(checks, TRAIL, snapshot(trails=(replace(GOOD, logging=False),), detectors=(ON,)))
    assert found.near_miss == "Trail all is stopped."
