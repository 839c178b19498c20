"""Owns the checks of who gets in: no stranger, signed in at the company's provider, named people only."""

from __future__ import annotations

from collections.abc import Iterator

from ztassess.connectors.cloudflare.admission import (
    ALLOW,
    BROAD,
    BYPASS,
    DECISIONS,
    NON_IDENTITY,
    STRANGERS,
    Groups,
    demands_second_factor,
    reachable,
)
from ztassess.connectors.cloudflare.judging import (
    APPS,
    NO_APPS,
    all_of,
    entered,
    groups_of,
    is_sensitive,
    line,
    of_people,
    uses_groups,
)
from ztassess.connectors.cloudflare.snapshot import App, CloudflareSnapshot, Policy
from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Part, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[CloudflareSnapshot] = Checks("cloudflare")
ONE_TIME_PIN = "onetimepin"
OVERRIDES = "destinations[].overrides"


def standing_on(snapshot: CloudflareSnapshot, apps: tuple[App, ...]) -> tuple[Part[object], ...]:
    """The parts that a judgment of these apps' policies stands on."""
    return (snapshot.apps, snapshot.groups) if uses_groups(apps) else (snapshot.apps,)


@checks.check(
    "cloudflare.no_anonymous_hole",
    title="No policy lets a stranger in",
    verifies=(Verifies("proxy.front-internal-apps", 2), Verifies("proxy.app-policies", 2)),
    severity=Severity.CRITICAL,
    parts=("apps", "groups"),
)
def no_anonymous_hole(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """A bypass, an open override or a policy of everybody is a hole, wherever it stands among stricter ones."""
    apps, groups = entered(snapshot.apps), groups_of(snapshot)
    problems = [verdict for app in apps for verdict in _holes(app, groups, len(apps))]
    policies = sum(len(app.policies) for app in apps if not isinstance(app.policies, Unavailable))
    yield from conclude(
        snapshot.account_id,
        problems,
        of=standing_on(snapshot, apps),
        seen=len(apps),
        good=f"None of {count(policies, 'policy', 'policies')} of {count(len(apps), 'app')} lets a stranger in.",
        nothing=NO_APPS,
        evidence=(line(APPS, snapshot.account_id, "policies without a condition", 0, "0"),),
    )


def _holes(app: App, groups: Groups, seen: int) -> Iterator[Verdict]:
    paths = sorted({each.path for each in app.destinations if each.path not in ("", "/")})
    for destination in app.destinations:
        if destination.public_paths:
            opened = names(destination.public_paths)
            evidence = (line(APPS, app.name, OVERRIDES, f"public {opened}", "none"),)
            reason = (
                f"{app.name}: {opened} of {destination.host} is open without signing in (1 of {count(seen, 'app')})."
            )
            miss = f"{app.name}: {destination.public_paths[0]} is public for a health check."
            yield failed(f"{app.id}:{destination.host}", reason, seen=seen, evidence=evidence, near_miss=miss)
    if app.preflight_bypass:
        evidence = (line(APPS, app.name, "options_preflight_bypass", "true", "false"),)
        reason = f"{app.name}: OPTIONS requests reach the origin without signing in."
        yield failed(f"{app.id}:preflight", reason, seen=seen, evidence=evidence, severity=Severity.LOW)
    if isinstance(app.policies, Unavailable):
        yield not_checked(app.id, app.policies, f"{app.name}: its policies could not be read.", seen=seen)
        return
    people = any(policy.decision == ALLOW for policy in app.policies)
    for policy in reachable(app.policies):
        verdict = _hole(app, policy, groups, seen, people=people, paths=paths)
        if verdict is not None:
            yield verdict


def _hole(app: App, policy: Policy, groups: Groups, seen: int, *, people: bool, paths: list[str]) -> Verdict | None:
    thing, what = f"{app.id}:{policy.id}", f"{app.name}: the policy {policy.name or policy.id}"
    if policy.decision not in DECISIONS:
        return not_checked(thing, "partial_data", f"{what} does not say what it decides.", seen=seen)
    if policy.decision == BYPASS:
        miss = f"{app.name}: {paths[0]} is public for a health check." if paths else ""
        evidence = (line(APPS, app.name, "policies[].decision", BYPASS, ALLOW),)
        where = f" on {names(paths)}" if paths else ""
        reason = f"{what} bypasses Access{where}: nobody signs in (1 of {count(seen, 'app')})."
        return failed(thing, reason, seen=seen, evidence=evidence, near_miss=miss)
    if policy.decision not in (ALLOW, NON_IDENTITY):
        return None
    admits = groups.admits(policy, STRANGERS)
    if admits:
        shown = ", ".join(sorted({each.kind for each in policy.include}))
        lines = (
            line(APPS, app.name, "policies[].include", shown, "people or groups"),
            line(APPS, app.name, "policies[].require", len(policy.require), "a condition"),
        )
        reason = f"{what} admits everyone and demands nothing of them (1 of {count(seen, 'app')})."
        return failed(thing, reason, seen=seen, evidence=lines)
    if admits is None:
        return not_checked(thing, "partial_data", f"{what} names a group that could not be read.", seen=seen)
    if policy.decision == NON_IDENTITY and people:
        evidence = (line(APPS, app.name, "policies[].decision", NON_IDENTITY, ALLOW),)
        reason = f"{what} lets machines past the sign-in of an app that people use; whoever holds the token is nobody."
        return failed(thing, reason, seen=seen, evidence=evidence, severity=Severity.MEDIUM)
    return None


@checks.check(
    "cloudflare.identity_provider_used",
    title="Apps sign in through the company's IdP",
    verifies=(Verifies("mfa.internal-tools", 1), Verifies("proxy.front-internal-apps", 2, supporting=True)),
    severity=Severity.HIGH,
    parts=("identity_providers", "apps"),
)
def identity_provider_used(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """A code by e-mail proves a mailbox, not a person of the company."""
    apps = of_people(snapshot.apps)
    providers = {each.id: each for each in rows_read(snapshot.identity_providers)}
    whole = not isinstance(snapshot.identity_providers, Unavailable)
    problems = []
    for app in apps:
        ids = app.allowed_idps or tuple(providers)
        types = {providers[each].type for each in ids if each in providers}
        strange = [each for each in ids if each not in providers]
        if ONE_TIME_PIN not in types:
            if strange and whole:
                reason = f"{app.name} allows an identity provider that is not listed any more."
                problems.append(not_checked(app.id, "partial_data", reason, seen=len(apps)))
            elif not types and whole:
                problems.append(_pin_only(app, "none", len(apps)))
            continue
        if types == {ONE_TIME_PIN} and not strange:
            if whole or app.allowed_idps:
                problems.append(_pin_only(app, ONE_TIME_PIN, len(apps)))
        else:
            evidence = (line(APPS, app.name, "allowed_idps", ", ".join(sorted(types)), "no onetimepin"),)
            reason = f"{app.name} also takes a one-time PIN beside single sign-on (1 of {count(len(apps), 'app')})."
            problems.append(failed(app.id, reason, seen=len(apps), evidence=evidence, severity=Severity.LOW))
    kinds = sorted({each.type for each in providers.values()} - {ONE_TIME_PIN})
    yield from conclude(
        snapshot.account_id,
        problems,
        of=(snapshot.identity_providers, snapshot.apps),
        seen=len(apps),
        good=f"{count(len(apps), 'app')} sign in through {names(kinds)}.",
        nothing="No Access app is for people.",
        evidence=(
            line("GET /accounts/{account}/access/identity_providers", snapshot.account_id, "type", names(kinds), "SSO"),
        ),
    )


def _pin_only(app: App, observed: str, seen: int) -> Verdict:
    evidence = (line(APPS, app.name, "allowed_idps", observed, "the company's provider"),)
    return failed(
        app.id,
        f"{app.name} is opened with a one-time PIN, not through the company's identity provider.",
        seen=seen,
        evidence=evidence,
        near_miss="One-time PIN by e-mail is not your single sign-on.",
    )


@checks.check(
    "cloudflare.mfa_required",
    title="Access demands MFA",
    verifies=(Verifies("mfa.internal-tools", 2),),
    severity=Severity.HIGH,
    parts=("apps", "groups", "organization"),
)
def mfa_required(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """A method in `include` is one way in of several; only `require`, or Access' own factor, is a condition."""
    apps, groups = of_people(snapshot.apps), groups_of(snapshot)
    organization = next(iter(rows_read(snapshot.organization)), None)
    demanded = organization.mfa_required if organization else None
    problems = [verdict for app in apps if (verdict := _without_factor(app, groups, demanded, len(apps))) is not None]
    yield from conclude(
        snapshot.account_id,
        problems,
        of=(snapshot.apps,),
        seen=len(apps),
        good=f"Every way into {count(len(apps), 'app')} demands a second factor.",
        nothing="No Access app is for people.",
        evidence=(line(APPS, snapshot.account_id, "mfa_required_for_all_apps", demanded, "true, or in require"),),
    )


def _without_factor(app: App, groups: Groups, demanded: bool | None, seen: int) -> Verdict | None:
    if isinstance(app.policies, Unavailable):
        return not_checked(app.id, app.policies, f"{app.name}: its policies could not be read.", seen=seen)
    weak = [
        policy
        for policy in reachable(app.policies)
        if policy.decision == BYPASS
        or policy.decision not in DECISIONS
        or (policy.decision == ALLOW and not demands_second_factor(groups, policy, app, demanded))
    ]
    if not weak:
        return None
    alternative = any(each.kind == "auth_method" for policy in weak for each in policy.include)
    shown = names([policy.name or policy.id for policy in weak])
    return not_checked(
        app.id,
        "unsupported",
        f"{app.name}: {shown} demands no second factor in Access; look at the identity provider, which may.",
        seen=seen,
        near_miss="MFA is one of several ways in, not a condition." if alternative else "",
    )


@checks.check(
    "cloudflare.policies_name_groups",
    title="Each app names its people",
    verifies=(Verifies("proxy.app-policies", 3),),
    severity=Severity.MEDIUM,
    parts=("apps", "groups", "organization"),
)
def policies_name_groups(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """Whole domains and everybody are no group of people; level 3 needs a look at how rules are changed."""
    apps, groups = of_people(snapshot.apps), groups_of(snapshot)
    organization = next(iter(rows_read(snapshot.organization)), None)
    demanded = organization.mfa_required if organization else None
    problems = [verdict for app in apps for verdict in _unnamed(snapshot, app, groups, demanded, len(apps))]
    if not problems and apps and snapshot.declared.sensitive is None:
        reason = (
            f"{all_of(len(apps), 'app')} name their people, but nobody has listed the sensitive tools yet (Facts), "
            "which must also ask for a device or a second factor."
        )
        problems = [not_checked(snapshot.account_id, "input_missing", reason, seen=len(apps))]
    yield from conclude(
        snapshot.account_id,
        problems,
        of=standing_on(snapshot, apps),
        seen=len(apps),
        good=f"{all_of(len(apps), 'app')} name their groups or people, and sensitive ones ask for more. Whether "
        "the rules are changed by code review shows elsewhere.",
        nothing="No Access app is for people.",
        evidence=(line(APPS, snapshot.account_id, "apps that admit a whole domain", 0, "0"),),
        level=2,
    )


def _unnamed(
    snapshot: CloudflareSnapshot, app: App, groups: Groups, demanded: bool | None, seen: int
) -> Iterator[Verdict]:
    if isinstance(app.policies, Unavailable):
        yield not_checked(app.id, app.policies, f"{app.name}: its policies could not be read.", seen=seen)
        return
    for policy in reachable(app.policies):
        thing, what = f"{app.id}:{policy.id}", f"{app.name}: the policy {policy.name or policy.id}"
        if policy.decision not in DECISIONS:
            yield not_checked(thing, "partial_data", f"{what} does not say what it decides.", seen=seen)
        if policy.decision != ALLOW:
            continue
        broad = groups.admits(policy, BROAD)
        if broad:
            domain = next((each.value for each in policy.include if each.kind == "email_domain"), "")
            whom = f"everyone at {domain}" if domain else "people whom it does not name"
            kinds = ", ".join(sorted({each.kind for each in policy.include}))
            evidence = (line(APPS, app.name, "policies[].include", kinds, "groups or e-mail addresses"),)
            reason = f"{what} admits {whom} (1 of {count(seen, 'app')})."
            yield failed(thing, reason, seen=seen, evidence=evidence, near_miss=f"{app.name} admits {whom}.")
        elif broad is None:
            yield not_checked(thing, "partial_data", f"{what} names a group that could not be read.", seen=seen)
        elif is_sensitive(snapshot.declared, app) and not _asks_for_more(groups, policy, app, demanded):
            hidden = _may_ask(snapshot, groups, policy)
            if hidden is not None:
                yield not_checked(
                    thing, hidden, f"{what} may ask for more in a part that could not be read.", seen=seen
                )
                continue
            kinds = ", ".join(sorted({each.kind for each in policy.require})) or "none"
            evidence = (line(APPS, app.name, "policies[].require", kinds, "device_posture or auth_method"),)
            reason = f"{what} names its people, but asks a sensitive app's users for no device and no second factor."
            yield failed(thing, reason, seen=seen, evidence=evidence, level=1)


def _asks_for_more(groups: Groups, policy: Policy, app: App, demanded: bool | None) -> bool:
    return groups.demands(policy.require, "device_posture", None) or demands_second_factor(
        groups, policy, app, demanded
    )


def _may_ask(snapshot: CloudflareSnapshot, groups: Groups, policy: Policy) -> Unavailable | None:
    """The part that was not read and may hold the demand; None if all that could was read."""
    if isinstance(snapshot.organization, Unavailable):
        return snapshot.organization
    grouped = any(each.kind == "group" and each.value not in groups.by_id for each in policy.require)
    return snapshot.groups if grouped and isinstance(snapshot.groups, Unavailable) else None
