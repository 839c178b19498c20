"""Owns the checks of declared apps: behind IAP on every path, and whether they check what IAP says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.google_iap.apps import App, Groups, answers_directly, declared_hosts, find_apps
from ztassess.connectors.google_iap.constraints import IAP_DEMANDED
from ztassess.connectors.google_iap.doors import guarded
from ztassess.connectors.google_iap.judging import BACKENDS, RUN
from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.connectors.google_iap.snapshot_resources import RunService
from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[CloudSnapshot] = Checks("google_iap")
ENOUGH: Final = 0.8
FORWARDING_RULES: Final = "IAP that an authorization policy puts on a forwarding rule is not read."


@dataclass(frozen=True, slots=True)
class Judged:
    """One app. ``why`` is empty if it stands behind IAP; `open_` tells a hole from what we could not see."""

    app: App
    why: str
    open_: bool
    evidence: tuple[Evidence, ...] = ()
    near_miss: str = ""


@checks.check(
    "google_iap.enabled_on_declared_backends",
    title="Declared apps sit behind IAP",
    verifies=(Verifies("proxy.front-internal-apps", 3),),
    severity=Severity.CRITICAL,
    parts=("backends", "routes", "endpoint_groups", "run_services"),
)
def enabled_on_declared_backends(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """Every backend and Cloud Run service that any path of a declared app may reach has IAP on."""
    hosts = declared_hosts(snapshot)
    if hosts is None:
        yield input_missing(snapshot.scope, "the host names for your own people only")
        return
    groups = Groups.of(snapshot)
    judged = [_judge(groups, app) for app in find_apps(snapshot, hosts)]
    holes = [each for each in judged if each.why and each.open_]
    level = _standing(snapshot, judged)
    problems = [_open(each, judged, level) for each in holes]
    problems += [_not_seen(each, len(judged)) for each in judged if each.why and not each.open_]
    demanded = _demanded(snapshot, judged)
    kept = "a policy of yours lets no backend be without it" if demanded else "no organization policy demands it"
    yield from conclude(
        snapshot.scope,
        problems,
        of=(snapshot.backends, snapshot.routes, snapshot.endpoint_groups, snapshot.run_services),
        seen=len(judged),
        good=f"{len(judged)} of {count(len(judged), 'declared app')} sit behind IAP on every path; {kept}.",
        nothing="The list of internal hosts is empty.",
        evidence=tuple(line for each in judged[:50] for line in each.evidence),
        level=3 if demanded else 2,
    )


def _judge(groups: Groups, app: App) -> Judged:
    if not app.matched:
        miss = "A URL map sends every host that it does not name to a default backend." if app.caught_all else ""
        why = "no URL map or Cloud Run service that we read names it; enter what serves it"
        return Judged(app, why, open_=False, near_miss=miss)
    if app.buckets:
        line = Evidence(BACKENDS, app.host, "backendBuckets", app.buckets[0], "a backend with IAP")
        return Judged(
            app, "some of its paths come from a bucket, before which IAP cannot stand", open_=True, evidence=(line,)
        )
    bare = [each for each in app.backends if each.external and not each.iap]
    if bare:
        with_iap = [each.name for each in app.backends if each.iap]
        lines = tuple(Evidence(BACKENDS, each.link, "iap.enabled", "false", "true") for each in bare[:50])
        miss = f"{names(with_iap)} has IAP, {names([each.name for each in bare])} of the same app has not."
        why = f"IAP is off on {names([each.name for each in bare])}"
        return Judged(app, why, open_=True, evidence=lines, near_miss=miss if with_iap else "")
    direct = [each for each in app.services if not each.iap and answers_directly(each)]
    direct += [each for backend in app.backends for each in groups.behind(backend)[0] if answers_directly(each)]
    if direct:
        return _around(app, direct[0])
    return _unseen(groups, app)


def _around(app: App, service: RunService) -> Judged:
    """The service behind the load balancer answers at its own address too."""
    line = Evidence(RUN, service.name, "ingress", service.ingress, "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER or IAP on")
    if any(backend.iap for backend in app.backends):
        miss = f"{app.host}: IAP on the load balancer, but the run.app address answers too."
        return Judged(
            app, f"the run.app address of {service.short} goes round IAP", open_=True, evidence=(line,), near_miss=miss
        )
    return Judged(app, f"IAP is off on the Cloud Run service {service.short}", open_=True, evidence=(line,))


def _unseen(groups: Groups, app: App) -> Judged:
    if app.unknown:
        return Judged(app, f"{names(app.unknown)} serves it too and was not read", open_=False)
    unclear = [link for backend in app.backends for link in groups.behind(backend)[1]]
    if unclear:
        why = f"which service stands behind {names(unclear)} is not told, so it may answer at its own address"
        return Judged(app, why, open_=False)
    guarded_ = [each for each in app.backends if each.iap]
    services = [each for each in app.services if each.iap]
    if not guarded_ and not services:
        return Judged(app, "only backends inside the network serve it, which the internet does not reach", open_=False)
    lines = [Evidence(BACKENDS, each.link, "iap.enabled", "true", "true") for each in guarded_]
    lines += [Evidence(RUN, each.name, "iapEnabled", "true", "true") for each in services]
    return Judged(app, "", open_=False, evidence=tuple(lines))


def _open(each: Judged, judged: list[Judged], level: int) -> Verdict:
    bad = sum(1 for one in judged if one.why and one.open_)
    reason = (
        f"{each.app.host}: {each.why}. This is so for {bad} of {count(len(judged), 'declared app')}. {FORWARDING_RULES}"
    )
    return failed(
        each.app.host, reason, seen=len(judged), evidence=each.evidence, level=level, near_miss=each.near_miss
    )


def _not_seen(each: Judged, seen: int) -> Verdict:
    reason = f"{each.app.host}: {each.why}."
    return not_checked(each.app.host, "input_missing", reason, seen=seen, near_miss=each.near_miss)


def _standing(snapshot: CloudSnapshot, judged: list[Judged]) -> int:
    """2 where at least 80 % of the apps and every sensitive one are behind IAP, as far as anybody listed those."""
    sensitive = snapshot.inputs.sensitive_tools
    good = [each for each in judged if not each.why]
    kept = sensitive is not None and all(not each.why for each in judged if each.app.host in sensitive)
    return 2 if kept and len(good) >= ENOUGH * len(judged) else 0


def _demanded(snapshot: CloudSnapshot, judged: list[Judged]) -> bool:
    """True if a constraint of the customer's own lets no backend be without IAP, in every project that serves one."""
    if any(each.app.services for each in judged) or isinstance(snapshot.org_policies, Unavailable):
        return False
    kept = {each.project for each in snapshot.org_policies if each.constraint == IAP_DEMANDED and each.enforced}
    return {each.id for each in snapshot.inputs.projects} <= kept


@checks.check(
    "google_iap.assertion_checked_at_origin",
    title="The app refuses requests without a valid IAP assertion",
    verifies=(Verifies("proxy.per-request-authz", 2),),
    severity=Severity.HIGH,
    parts=("backends", "run_services"),
)
def assertion_checked_at_origin(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """Whether an app checks the assertion shows only from outside; this names the apps that the probe must ask."""
    found = guarded(snapshot)
    if found:
        shown = names([each.short if isinstance(each, RunService) else each.name for each in found])
        reason = (
            f"Whether {count(len(found), 'app')} behind IAP refuse requests without a valid assertion shows only from "
            f"outside; connect the external probe with their origins: {shown}."
        )
        miss = "IAP is on; whether the app checks X-Goog-IAP-JWT-Assertion is unknown."
        yield not_checked(snapshot.scope, "unsupported", reason, seen=len(found), near_miss=miss)
        return
    yield from conclude(
        snapshot.scope,
        [],
        of=(snapshot.backends, snapshot.run_services),
        seen=0,
        good="",
        nothing=f"No backend or Cloud Run service of {count(len(rows_read(snapshot.projects)), 'project')} has IAP on.",
    )
