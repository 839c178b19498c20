"""Owns the checks of code: reviewed default branches, secret scanning and its alerts, owners of mesh policies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.github.scope import resource, seen_note
from ztassess.connectors.github.snapshot import GitHubSnapshot
from ztassess.connectors.github.snapshot_pipelines import Bypass, ClassicProtection, CodeOwners, Protection, ReviewRule
from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[GitHubSnapshot] = Checks("github")
PROTECTION: Final = "GET /repos/{owner}/{repo}/branches/{branch}/protection"
RULES: Final = "GET /repos/{owner}/{repo}/rules/branches/{branch}"
REPOSITORIES: Final = "GET /orgs/{org}/repos"
ALERTS: Final = "GET /orgs/{org}/secret-scanning/alerts"
OWNERS: Final = "GET /repos/{owner}/{repo}/contents/CODEOWNERS"
GRACE: Final = timedelta(hours=24)
ON: Final = "enabled"
# Whole groups by nature; teams, people, apps and deploy keys are named exemptions.
_ROLES: Final = ("RepositoryRole", "OrganizationAdmin", "EnterpriseOwner", "EnterpriseRole")
# Numbers of GitHub's own repository roles, as ruleset exports and providers use them.
_ROLE_NAMES: Final = {1: "everyone who can read", 2: "maintainers", 4: "everyone who can write", 5: "administrators"}


@CHECKS.check(
    "github.protected_default_branches",
    title="Default branches need review",
    verifies=(Verifies("least-privilege.ci-scopes", level=2),),
    severity=Severity.MEDIUM,
    parts=("repositories", "protections"),
)
def protected_default_branches(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """Each default branch needs an approval, by protection or by an active ruleset, that whole roles cannot pass by."""
    every = rows_read(snapshot.protections)
    judged = [each for each in every if not each.empty]
    empty = [each.repository for each in every if each.empty]
    problems = [verdict for each in judged for verdict in _branch(each, snapshot, len(judged))]
    exempt = [f"{each.repository} ({names(who)})" for each in judged if (who := _named_exemptions(each))]
    without = f" Left out, without a branch yet: {names(empty)}." if empty else ""
    yield from conclude(
        snapshot.organization,
        problems,
        of=(snapshot.repositories, snapshot.protections),
        seen=len(judged),
        good=f"{count(len(judged), 'default branch', 'default branches')}, each needing at least one approval.{without}"
        + (f" Named exemptions: {names(exempt)}." if exempt else "")
        + seen_note(snapshot),
        nothing=f"No repository has a branch to protect.{without}{seen_note(snapshot)}",
        evidence=(Evidence(RULES, snapshot.organization, "required_approving_review_count", "1 or more", "1 or more"),),
    )


def _branch(each: Protection, snapshot: GitHubSnapshot, seen: int) -> Iterator[Verdict]:
    where = resource(snapshot, each.repository)
    if each.unread is not None:
        detail = f"{each.repository}: {each.unread.detail}"
        yield not_checked(where, Unavailable(each.unread.reason, each.unread.missing_scope, detail), seen=seen)
        return
    classic = each.classic if each.classic and each.classic.reviews > 0 else None
    rules = [rule for rule in each.rules if rule.reviews > 0]
    if _holds(classic) or any(rule.bypass is not None and not _roles(rule.bypass) for rule in rules):
        return
    hidden = [rule for rule in rules if rule.bypass is None]
    if hidden or (classic and classic.admins_bound is None):
        reason = (
            f"{each.repository}: {each.branch} needs a review, but who may pass by it is shown only to those who may "
            "change the rule. Upload an owner's export to have it judged."
        )
        yield not_checked(where, "forbidden_role", reason, seen=seen)
        return
    yield _unguarded(each, classic, rules, where, seen)


def _holds(classic: ClassicProtection | None) -> bool:
    return classic is not None and classic.admins_bound is True


def _unguarded(
    each: Protection, classic: ClassicProtection | None, rules: list[ReviewRule], where: str, seen: int
) -> Verdict:
    place, near = f"{each.repository} {each.branch}", ""
    if classic is not None or rules:
        who = (
            "administrators" if classic is not None else names(sorted({one for r in rules for one in _roles(r.bypass)}))
        )
        near = f"{each.repository}: reviews required, {who} may bypass."
        line = Evidence(PROTECTION if classic else RULES, place, "who may bypass", who, "no whole role")
        reason = f"{each.repository}: {each.branch} needs a review that {who} may pass by, one of {seen} repositories."
        return failed(where, reason, seen=seen, evidence=(line,), near_miss=near)
    observed = "protected without reviews" if each.classic is not None else "not protected"
    if each.passive:
        near = f"{each.repository}: the ruleset {names(each.passive)} does not act."
    line = Evidence(PROTECTION, place, "required_approving_review_count", observed, "1 or more")
    reason = f"{each.repository}: {each.branch} can be changed without a review, one of {seen} repositories."
    return failed(where, reason, seen=seen, evidence=(line,), near_miss=near)


def _roles(bypass: tuple[Bypass, ...] | None) -> list[str]:
    """Whole roles that may pass by, in words."""
    found = [each for each in bypass or () if each.kind in _ROLES]
    return [
        _ROLE_NAMES.get(each.id or 0, f"role {each.id}") if each.kind == "RepositoryRole" else "administrators"
        for each in found
    ]


def _named_exemptions(each: Protection) -> list[str]:
    """Single teams, people, apps and keys that may merge without a review."""
    classic = list(each.classic.exempt) if each.classic else []
    actors = [one for rule in each.rules for one in rule.bypass or () if one.kind not in _ROLES]
    return classic + [f"{one.kind} {one.id}" if one.id is not None else one.kind for one in actors]


@CHECKS.check(
    "github.secret_scanning_on",
    title="Secret scanning blocks pushes",
    verifies=(Verifies("credentials.no-secrets-in-code", level=2),),
    severity=Severity.HIGH,
    parts=("repositories",),
)
def secret_scanning_on(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """Scanning and push protection are on in every repository; a repository that does not tell is not one that has."""
    live = snapshot.live_repositories()
    unprotected = [each.name for each in live if each.scanning == ON and each.push_protection == "disabled"]
    near = f"Scanning is on, push protection is off in {len(unprotected)}." if unprotected else ""
    problems = []
    for each in live:
        states = {"secret_scanning": each.scanning, "secret_scanning_push_protection": each.push_protection}
        off = [field for field, state in states.items() if state not in (None, ON)]
        where = resource(snapshot, each.name)
        if off:
            lines = tuple(Evidence(REPOSITORIES, each.name, f"{field}.status", str(states[field]), ON) for field in off)
            said = " and ".join(field.removeprefix("secret_scanning_").replace("_", " ") for field in off)
            reason = f"{each.name}: {said} is off, one of {count(len(live), 'repository', 'repositories')}."
            problems.append(failed(where, reason, seen=len(live), evidence=lines, near_miss=near))
        elif None in states.values():
            reason = (
                f"{each.name}: GitHub does not tell whether secret scanning is on. Your plan lacks it for this "
                "repository, or the App may not read Repository: Administration."
            )
            problems.append(not_checked(where, "missing_license", reason, seen=len(live)))
    yield from conclude(
        snapshot.organization,
        problems,
        of=(snapshot.repositories,),
        seen=len(live),
        good=f"Scanning and push protection are on in {count(len(live), 'repository', 'repositories')}."
        f"{seen_note(snapshot)}",
        nothing=f"There is no repository that is not archived.{seen_note(snapshot)}",
        evidence=(Evidence(REPOSITORIES, snapshot.organization, "security_and_analysis", ON, ON),),
    )


@CHECKS.check(
    "github.secret_alerts_closed",
    title="No open secret alerts",
    verifies=(Verifies("credentials.no-secrets-in-code", level=2),),
    severity=Severity.HIGH,
    parts=("repositories", "open_alerts", "dismissed_alerts"),
)
def secret_alerts_closed(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """No alert is open where scanning looks; where it does not, none says nothing."""
    org, live = snapshot.organization, snapshot.live_repositories()
    alerts, dismissed = rows_read(snapshot.open_alerts), rows_read(snapshot.dismissed_alerts)
    near = f"{count(len(dismissed), 'alert')} closed as 'won't fix'." if dismissed else ""
    problems = []
    for each in alerts:
        place, age = f"{each.repository} alert {each.number}", snapshot.taken_at - each.created_at
        where = resource(snapshot, each.repository, f"alert {each.number}")
        if age > GRACE:
            line = Evidence(ALERTS, place, "created_at", f"{each.created_at:%Y-%m-%d}", "closed within 24 h")
            reason = f"{place} has been open for {count(age.days, 'day')}, one of {count(len(alerts), 'open alert')}."
            problems.append(failed(where, reason, seen=len(live) or 1, evidence=(line,), near_miss=near))
        else:
            reason = f"{place} is open for less than 24 hours; it counts once that time has passed."
            problems.append(not_checked(where, "still_in_time", reason, seen=len(live), near_miss=near))
    off = [each.name for each in live if each.scanning != ON]
    if off:
        reason = (
            f"Nobody looks for secrets in {len(off)} of {count(len(live), 'repository', 'repositories')}: {names(off)}."
        )
        problems.append(not_checked(f"{org}#scanning", "not_configured", reason, seen=len(live), near_miss=near))
    yield from conclude(
        org,
        problems,
        of=(snapshot.repositories, snapshot.open_alerts),
        seen=len(live),
        good=f"No alert is open in {count(len(live), 'scanned repository', 'scanned repositories')}."
        f"{seen_note(snapshot)}",
        nothing=f"There is no repository that is not archived.{seen_note(snapshot)}",
        evidence=(Evidence(ALERTS, org, "state=open", "0", "0"),),
        near_miss=near,
    )


@CHECKS.check(
    "github.mesh_policy_has_code_owners",
    title="Mesh policy folders have code owners",
    verifies=(Verifies("mesh.policy-as-code", level=1),),
    severity=Severity.LOW,
    parts=("code_owners",),
)
def mesh_policy_has_code_owners(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """A line of CODEOWNERS gives each declared folder an owner, and none after it takes that away."""
    folders = snapshot.inputs.policy_folders
    if not folders:
        reason = "Nobody has said in which folder policies of the service mesh are kept; nothing was compared."
        yield not_checked(snapshot.organization, "input_missing", reason)
        return
    found = rows_read(snapshot.code_owners)
    problems = [verdict for each in found for verdict in _folder(each, snapshot, len(folders))]
    owned = [f"{each.repository}:{each.folder} by {names(each.owners)}" for each in found]
    yield from conclude(
        snapshot.organization,
        problems,
        of=(snapshot.code_owners,),
        seen=len(found),
        good=f"Owners of {len(found)} of {count(len(folders), 'policy folder')}: {names(owned)}.",
        nothing="No declared folder was found.",
        evidence=(Evidence(OWNERS, snapshot.organization, "owners", "named", "named"),),
    )


def _folder(each: CodeOwners, snapshot: GitHubSnapshot, seen: int) -> Iterator[Verdict]:
    place = f"{each.repository}:{each.folder}"
    where = resource(snapshot, each.repository, each.folder)
    if each.unread is not None:
        detail = f"{place}: {each.unread.detail}"
        yield not_checked(where, Unavailable(each.unread.reason, each.unread.missing_scope, detail), seen=seen)
        return
    if each.owners and not each.canceled:
        return
    near = ""
    if not each.file:
        observed, reason = "no file", f"{place} has no owner: the repository has no CODEOWNERS file."
    elif each.canceled:
        observed = f"line {each.canceled} names nobody"
        reason = (
            f"{place} has no owner: line {each.canceled} of {each.file} matches it or a part of it and names nobody."
        )
        near = "CODEOWNERS exists; a later line without an owner cancels the match."
    else:
        observed, reason = "no matching line", f"{place} has no owner: no line of {each.file} matches all of it."
    line = Evidence(OWNERS, place, "owners", observed, "an owner")
    yield failed(where, reason, seen=seen, evidence=(line,), near_miss=near)
