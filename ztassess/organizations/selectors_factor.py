"""Owns what joins members and their second factors: who has one, and whom a rule would keep out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from ztassess.accounts.models import User
from ztassess.accounts.second_factor import has_factor, is_factor_used, with_factor
from ztassess.organizations.access import memberships_of
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import FactorRule, needs_factor
from ztassess.organizations.second_factor import is_locked

RULE_WORDS = {
    FactorRule.CONSULTANTS: ("Consultants", "Whoever works here from outside. This cannot be switched off."),
    FactorRule.ADMINS: ("Consultants, owners and admins", "Also who can change connections, members and rules."),
    FactorRule.EVERYBODY: ("Everybody", "Whoever reads anything here."),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One rule as a choice. ``kept_out`` are the members who would not get in until they have a second factor."""

    value: str
    title: str
    about: str
    checked: bool
    kept_out: tuple[Membership, ...]


def factor_choices(members: Sequence[Membership], chosen: str | None) -> list[Choice]:
    """Every rule with whom it would keep out today. One query, whatever the number of members."""
    has = with_factor(each.user_id for each in members)
    without = [each for each in members if each.user_id not in has]
    return [Choice(rule.value, *RULE_WORDS[rule], rule == chosen, kept_out(without, rule)) for rule in FactorRule]


def kept_out(without: Sequence[Membership], rule: FactorRule) -> tuple[Membership, ...]:
    """Those of these members, who have no factor, whom a rule asks for one."""
    return tuple(each for each in without if needs_factor(each.rights, rule))


def is_factor_asked(membership: Membership) -> bool:
    """True if the organization lets this member in with a second factor only. Ask with organization joined."""
    organization = membership.organization
    return needs_factor(membership.rights, organization.factor_rule) and not organization.is_demo


def is_shut_out(membership: Membership) -> bool:
    """True for who is let in with a second factor only and has none: no session of theirs opens a page, so nothing of
    the organization is sent to them either. Ask with organization and user joined. No query where none is asked for.
    """
    return is_factor_asked(membership) and not has_factor(membership.user)


def locked_slugs(request: HttpRequest) -> frozenset[str]:
    """The person's organizations that this session does not open for lack of a second factor; pages across several
    organizations show their names only. No query for organizations where a factor was used.
    """
    if not isinstance(request.user, User) or is_factor_used(request):
        return frozenset()
    mine = memberships_of(request.user)
    return frozenset(each.organization.slug for each in mine if is_locked(request, each))
