"""Owns the checks of people: two factors, single sign-on, who belongs here, who left, how many owners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ztassess.connectors.github.people import accounts_of, whole_members
from ztassess.connectors.github.snapshot import GitHubSnapshot, Person
from ztassess.connectors.judging import (
    NamedAccounts,
    conclude,
    count,
    excluded,
    input_missing,
    names,
    rows_read,
    unread,
)
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
    passed,
)

CHECKS: Checks[GitHubSnapshot] = Checks("github")
MEMBERS: Final = "GET /orgs/{org}/members"
ORGANIZATION: Final = "GET /orgs/{org}"
SAML: Final = "POST /graphql organization.samlIdentityProvider"
MOST_ORPHANS: Final = 0.05
ENOUGH_OWNERS, MANY_OWNERS = 4, 8
NO_MAP: Final = (
    "Nothing says which login belongs to whom: no aliases are declared, and no identity provider links them."
)
_ENTERPRISE: Final = ("enterprise", "business_plus")
_SMALL: Final = ("free", "team", "business")
_ALTERNATIVE: Final = "Meanwhile require two factors, and match every member to an address of the identity provider."


@CHECKS.check(
    "github.two_factor_required",
    title="The organization requires two factors",
    verifies=(Verifies("mfa.all-humans", level=2),),
    severity=Severity.CRITICAL,
    parts=("settings", "without_two_factor"),
)
def two_factor_required(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """The requirement, not how many happen to have a second factor. Null is "not allowed to know", not "off"."""
    org, found = snapshot.organization, snapshot.settings
    if isinstance(found, Unavailable) or not found:
        yield not_checked(org, found if isinstance(found, Unavailable) else "partial_data")
        return
    required, source = found[0].two_factor_required, "two_factor_requirement_enabled"
    if required is None:
        reason = "GitHub did not tell the App whether two factors are required; Organization: Administration is needed."
        yield not_checked(org, Unavailable("forbidden_role", "Organization: Administration", reason))
        return
    line = Evidence(ORGANIZATION, org, source, str(required).lower(), "true")
    people = accounts_of(snapshot)
    seen = len(people.people) + len(people.spared)
    if required:
        reason = (
            f"The organization requires two factors of its {count(seen, 'account')}."
            if seen
            else ("The organization requires two factors of everyone.")
        )
        yield passed(org, reason, seen=max(seen, 1), evidence=(line,))
        return
    yield _not_required(snapshot, seen, line)


def _not_required(snapshot: GitHubSnapshot, seen: int, line: Evidence) -> Verdict:
    lacking, org = snapshot.without_two_factor, snapshot.organization
    reason, near = "The organization does not require two factors.", ""
    if isinstance(lacking, Unavailable) and not lacking.read:
        reason += f" Who lacks them could not be read: {lacking.detail or lacking.reason}"
    elif rows_read(lacking):
        logins = [each.login for each in rows_read(lacking)]
        least = "At least " if isinstance(lacking, Unavailable) else ""
        reason += f" {least}{len(logins)} of {count(seen, 'account')} lack them: {names(logins)}."
    else:
        near = "Nobody lacks two factors now, but the organization does not require them."
    if rows_read(snapshot.identity_providers):
        reason += " Single sign-on is set up: what it asks for is judged at the identity provider."
    return failed(org, reason, seen=max(seen, 1), evidence=(line,), near_miss=near)


@CHECKS.check(
    "github.saml_sso_enforced",
    title="The code host signs in through the IdP",
    verifies=(Verifies("identity.sso-coverage", level=1),),
    severity=Severity.HIGH,
    parts=("identity_providers", "linked_identities", "settings", "members"),
)
def saml_sso_enforced(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """GitHub tells that a provider is set, never that it is required; members without an identity prove the contrary.

    Where single sign-on is required, GitHub removes members who did not sign in ("Enforcing SAML single sign-on").
    """
    org, providers = snapshot.organization, snapshot.identity_providers
    if snapshot.reading.server:
        reason = "A GitHub Enterprise Server signs people in for the whole server; no organization's reading tells how."
        yield not_checked(org, "unsupported", reason)
    elif isinstance(providers, Unavailable):
        yield not_checked(org, providers)
    elif providers:
        yield _set_up(snapshot, providers[0].sso_url)
    else:
        yield _not_set_up(snapshot)


def _set_up(snapshot: GitHubSnapshot, url: str) -> Verdict:
    org, linked, members = snapshot.organization, snapshot.linked_identities, whole_members(snapshot)
    line = Evidence(SAML, org, "ssoUrl", url or "set", "set and required")
    near = "SAML is set up; members can still enter without it."
    missing = unread(linked, members)
    if missing is None:
        known = {each.login.casefold() for each in rows_read(linked)}
        spare = NamedAccounts.of(snapshot.inputs.break_glass)
        outside = [each for each in rows_read(members) if each.login.casefold() not in known]
        counted = [each.login for each in outside if not spare.matches(each.login)]
        if counted:
            reason = (
                f"{len(counted)} of {count(len(rows_read(members)), 'member')} never signed in through the identity "
                f"provider and are members all the same: {names(counted)}."
            ) + excluded([each.login for each in outside if each.login not in counted])
            return failed(org, reason, seen=len(rows_read(members)), evidence=(line,), near_miss=near)
    reason = (
        "SAML is set up. GitHub does not tell whether it is required; a person must confirm that under Organization "
        "settings > Authentication security."
    )
    return not_checked(org, "unsupported", reason, seen=len(rows_read(members)), near_miss=near)


def _not_set_up(snapshot: GitHubSnapshot) -> Verdict:
    org, settings = snapshot.organization, rows_read(snapshot.settings)
    plan = settings[0].plan if settings else ""
    if plan in _SMALL:
        reason = f"The plan {plan} does not offer SAML (needs Enterprise Cloud). Not checked: this is no failure. "
        return not_checked(org, "missing_license", reason + _ALTERNATIVE)
    if plan not in _ENTERPRISE:
        detail = (
            f"No provider is set in the organization, and its plan ({plan or 'not told'}) is not known to offer it."
        )
        return not_checked(org, Unavailable("missing_scope", "Organization: Plan", detail))
    if rows_read(snapshot.credential_authorizations):
        reason = "No provider is set in the organization, but credentials are authorized for one of the enterprise."
        return not_checked(org, "unsupported", reason)
    seen = max(1, len(rows_read(snapshot.members)))
    line = Evidence(SAML, org, "samlIdentityProvider", "null", "set and required")
    return failed(org, "The plan offers SAML, and no identity provider is set up.", seen=seen, evidence=(line,))


@CHECKS.check(
    "github.member_inventory",
    title="Members and outside collaborators are known",
    verifies=(Verifies("identity.inventory", level=2),),
    severity=Severity.MEDIUM,
    parts=("members", "outside_collaborators", "linked_identities"),
)
def member_inventory(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """Every account belongs to a person of the declared list; a few may be open."""
    org, people = snapshot.organization, snapshot.inputs.people
    if people is None:
        yield input_missing(org, "the people who work here")
        return
    accounts = accounts_of(snapshot)
    missing = unread(*accounts.parts)
    if missing is None and isinstance(snapshot.linked_identities, Unavailable) and snapshot.linked_identities.read:
        missing = snapshot.linked_identities
    if missing is not None or not accounts.mapped:
        yield not_checked(org, missing or "input_missing", "" if missing else NO_MAP, seen=len(accounts.people))
        return
    known = {each.casefold() for each in people}
    orphans = [each for each in accounts.people if not accounts.of(each) & known]
    spared, seen = excluded([each.login for each in accounts.spared]), len(accounts.people)
    if not seen:
        yield not_applicable(org, f"There are no accounts but break-glass ones.{spared}")
        return
    nobody = [each.login for each in orphans]
    outside = [login for login in nobody if login in accounts.outside]
    verb = "has" if len(outside) == 1 else "have"
    near = f"{count(len(outside), 'outside collaborator')} {verb} no owner." if outside else ""
    reason = f"{seen - len(orphans)} of {count(seen, 'account')} belong to a listed person"
    reason += (f"; nobody's: {names(nobody)}." if nobody else ".") + spared
    line = Evidence(MEMBERS, org, "login", f"{len(orphans)} without a person", "fewer than 5 %")
    if len(orphans) < MOST_ORPHANS * seen:
        yield passed(org, reason, seen=seen, evidence=(line,))
    else:
        yield failed(org, reason, seen=seen, evidence=(line,), near_miss=near)


@CHECKS.check(
    "github.leavers_removed",
    title="No leaver is a member",
    verifies=(Verifies("identity.offboarding", level=2),),
    severity=Severity.CRITICAL,
    parts=("members", "outside_collaborators", "linked_identities"),
)
def leavers_removed(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """Nobody who left is a member or collaborator. A login that nobody can match is not taken for current staff."""
    org, leavers = snapshot.organization, snapshot.inputs.leavers
    if leavers is None:
        yield input_missing(org, "the people who left")
        return
    if not leavers:
        yield not_applicable(org, "Nobody left, as declared.")
        return
    accounts, gone = accounts_of(snapshot), NamedAccounts.of(leavers)
    everyone = (*accounts.people, *accounts.spared)
    theirs = [each for each in everyone if gone.matches(each.login, *accounts.of(each))]
    problems = [_still_in(snapshot, each, len(everyone)) for each in theirs]
    unmatched = [each.login for each in everyone if not accounts.of(each) and each not in theirs]
    near = f"{count(len(unmatched), 'login')} could not be matched to a person." if unmatched else ""
    if unmatched:
        reason = (
            NO_MAP
            if not accounts.mapped
            else (f"{len(unmatched)} of {count(len(everyone), 'login')} match no person: {names(unmatched)}.")
        )
        problems.append(not_checked(f"{org}#unmatched", "input_missing", reason, seen=len(everyone), near_miss=near))
    yield from conclude(
        org,
        problems,
        of=accounts.parts,
        seen=len(everyone),
        good=f"None of {count(len(leavers), 'leaver')} is among {count(len(everyone), 'matched account')}.",
        nothing="There are no accounts.",
        evidence=(Evidence(MEMBERS, org, "login", "0 leavers", "0 leavers"),),
    )


def _still_in(snapshot: GitHubSnapshot, person: Person, seen: int) -> Verdict:
    role = "an outside collaborator" if person not in rows_read(snapshot.members) else "a member"
    line = Evidence(MEMBERS, person.login, "login", person.login, "removed")
    reason = f"{person.login} left and is still {role} of {snapshot.organization}."
    return failed(person.login, reason, seen=seen, evidence=(line,))


@CHECKS.check(
    "github.owner_count",
    title="Few owners",
    verifies=(Verifies("identity.admin-separation", level=2),),
    severity=Severity.HIGH,
    parts=("owners",),
)
def owner_count(snapshot: GitHubSnapshot) -> Iterator[Verdict]:
    """Two to four people own the organization; break-glass accounts are counted beside them."""
    org, owners = snapshot.organization, snapshot.owners
    spare = NamedAccounts.of(snapshot.inputs.break_glass)
    everyone = rows_read(owners)
    counted = [each.login for each in everyone if not spare.matches(each.login)]
    spared = excluded([each.login for each in everyone if each.login not in counted])
    line = Evidence(f"{MEMBERS}?role=admin", org, "owners", str(len(counted)), "2 to 4")
    reason = f"{count(len(counted), 'owner')}: {names(counted)}.{spared}"
    near = f"{count(len(counted), 'owner')}; two to four are enough." if len(counted) > ENOUGH_OWNERS else ""
    if len(counted) > MANY_OWNERS:
        yield failed(org, reason, seen=len(everyone), evidence=(line,), near_miss=near)
    elif isinstance(owners, Unavailable) or not everyone:
        detail = "GitHub listed no owner at all, although an organization always has one."
        why = owners if isinstance(owners, Unavailable) else Unavailable("partial_data", detail=detail)
        yield not_checked(org, why, seen=len(everyone))
    elif len(everyone) == 1:
        reason = f"{everyone[0].login} is the only owner; if this account is lost, nobody can administer {org}."
        yield failed(org, reason, seen=1, evidence=(line,))
    else:
        level = 1 if len(counted) > ENOUGH_OWNERS else None
        verdict = passed(org, reason, seen=len(everyone), evidence=(line,), level=level)
        yield replace(verdict, near_miss=near)
