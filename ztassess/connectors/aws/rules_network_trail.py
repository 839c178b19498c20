"""Owns the check of what is recorded: trails of API calls and threat detection, in every region that is used."""

from __future__ import annotations

from collections.abc import Iterator

from ztassess.connectors.aws.conclusion import conclude, counted, listed, refused_regions
from ztassess.connectors.aws.snapshot import AwsSnapshot, Trail
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

_USE = (
    "instances",
    "network_interfaces",
    "load_balancers",
    "rest_apis",
    "database_instances",
    "database_clusters",
    "redshift_clusters",
    "kubernetes_clusters",
    "container_services",
    "functions",
)


@checks.check(
    "aws.trail_complete",
    title="API calls are recorded everywhere",
    verifies=(Verifies("identity.logging", 2),),
    severity=Severity.HIGH,
    parts=("trails", "detectors", *_USE),
)
def trail_complete(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """A validated multi-region trail is logging, and GuardDuty is on in every region that is used."""
    recorded = list(_recorded(snapshot))
    watched = list(_watched(snapshot, trail=not recorded))
    yield from conclude(
        snapshot,
        [*recorded, *watched],
        parts=("trails", "detectors"),
        seen=max(1, len(snapshot.read_regions())),
        good=f"API calls of all regions are recorded and validated; GuardDuty is on in {listed(_guarded(snapshot))}.",
        nothing="No region was read.",
        evidence=(Evidence("cloudtrail.get_trail_status", snapshot.account, "IsLogging", "true", "true"),),
        refused=(),
    )


def _recorded(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Nothing if one trail is complete; what was refused elsewhere then does not matter."""
    if isinstance(snapshot.trails, Unavailable):
        yield not_checked("trails", snapshot.trails)
        return
    trails = snapshot.trails
    lacking = {trail: _lacking(trail) for trail in trails}
    if any(not words for words in lacking.values()):
        return
    unsure = [trail for trail, words in lacking.items() if set(words) <= {"IsLogging?", "EventSelectors?"}]
    if unsure:
        unread = sorted({word.rstrip("?") for trail in unsure for word in lacking[trail]})
        reason = f"Trail {unsure[0].name} looks complete, but {listed(unread)} could not be read."
        yield not_checked(unsure[0].arn, "partial_data", reason, seen=len(trails))
        return
    if snapshot.gaps("trails"):
        yield from refused_regions(snapshot, "trails")
        return
    if not trails:
        yield _unrecorded(snapshot, "No trail records the API calls of this account.", "trailList", "none", "")
        return
    best = min(trails, key=lambda trail: len(lacking[trail]))
    words = "; ".join(word for word in lacking[best].values() if word)
    fields = ", ".join(field.rstrip("?") for field in lacking[best])
    reason = f"None of {counted(len(trails), 'trail')} is complete: {best.name} {words}."
    yield _unrecorded(snapshot, reason, fields, words, f"Trail {best.name} {words}.")


def _lacking(trail: Trail) -> dict[str, str]:
    """What a trail lacks: AWS field name -> words; a field with ``?`` was not readable."""
    lacking: dict[str, str] = {}
    if not trail.multi_region:
        lacking["IsMultiRegionTrail"] = f"records {trail.region} only"
    if not trail.validated:
        lacking["LogFileValidationEnabled"] = "does not validate its files"
    if trail.logging is None:
        lacking["IsLogging?"] = ""
    elif not trail.logging:
        lacking["IsLogging"] = "is stopped"
    if trail.management_events is None:
        lacking["EventSelectors?"] = ""
    elif not trail.management_events:
        lacking["EventSelectors"] = "leaves out management events"
    return lacking


def _unrecorded(snapshot: AwsSnapshot, reason: str, field: str, observed: str, near_miss: str) -> Verdict:
    evidence = Evidence(
        "cloudtrail.describe_trails", snapshot.account, field, observed, "multi-region, validated, logging"
    )
    return failed(snapshot.account, reason, evidence=(evidence,), near_miss=near_miss)


def used_regions(snapshot: AwsSnapshot) -> tuple[str, ...]:
    """Regions where something runs, in the order they were read; where nothing runs anywhere, the homes of the trails,
    and without any trail every region read.

    Default networks and groups exist in every region without anybody using it, so they do not count.
    """
    parts = (getattr(snapshot, part) for part in _USE)
    used = {item.region for part in parts if not isinstance(part, Unavailable) for item in part}
    read = snapshot.read_regions()
    homes = set() if isinstance(snapshot.trails, Unavailable) else {trail.region for trail in snapshot.trails}
    return tuple(each for each in read if each in used) or tuple(each for each in read if each in homes) or read


def _guarded(snapshot: AwsSnapshot) -> tuple[str, ...]:
    if isinstance(snapshot.detectors, Unavailable):
        return ()
    return tuple(sorted({each.region for each in snapshot.detectors if each.enabled}))


def _watched(snapshot: AwsSnapshot, *, trail: bool) -> Iterator[Verdict]:
    """Used regions without an enabled detector; ``trail``: the other half of the check holds, for the near-miss."""
    if isinstance(snapshot.detectors, Unavailable):
        yield not_checked("detectors", snapshot.detectors)
        return
    used = used_regions(snapshot)
    perhaps = {gap.region for gap in snapshot.gaps(*_USE)} | set(used)
    if any(isinstance(getattr(snapshot, part), Unavailable) for part in _USE):
        perhaps |= set(snapshot.read_regions())
    refused = {gap.region for gap in snapshot.gaps("detectors")}
    yield from (each for each in refused_regions(snapshot, "detectors") if each.resource in perhaps)
    guarded = set(_guarded(snapshot))
    unsure = {each.region for each in snapshot.detectors if each.enabled is None}
    open_to_us = [region for region in used if region not in refused]
    off = [region for region in open_to_us if region not in guarded and region not in unsure]
    for region in sorted(perhaps - set(used) - refused - guarded):
        reason = f"Whether {region} is in use could not be read, and no enabled GuardDuty detector was seen there."
        yield not_checked(region, "partial_data", reason, seen=1)
    for region in open_to_us:
        if region in off:
            yield failed(
                region,
                f"GuardDuty is off in {region}, one of {counted(len(used), 'region')} in use.",
                seen=len(used),
                evidence=(Evidence("guardduty.list_detectors", region, "Status", "none enabled", "ENABLED"),),
                near_miss=f"Trail on, GuardDuty off in {listed(off)}." if trail else "",
            )
        elif region not in guarded:
            reason = f"Whether the GuardDuty detector in {region} is enabled could not be read."
            yield not_checked(region, "partial_data", reason, seen=1)
