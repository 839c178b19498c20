"""Owns the change of who must have a second factor."""

from __future__ import annotations

from django.db import transaction

from ztassess.accounts.models import User
from ztassess.accounts.second_factor import has_factor
from ztassess.audit.services import audit_record
from ztassess.organizations.errors import PolicyRefused
from ztassess.organizations.models import Organization
from ztassess.organizations.roles import FactorRule, Rights, needs_factor
from ztassess.organizations.selectors import members
from ztassess.organizations.selectors_factor import RULE_WORDS, factor_choices


def second_factor_require(
    *, organization: Organization, rule: FactorRule, version: int, actor: User, rights: Rights
) -> Organization:
    """Say who gets in with a second factor only, from now on. Inside the organization's scope.

    Parameters:
        version: of the rule, as the person saw it; rights: what the person is here.

    Raises:
        PolicyRefused: it would lock out who asks, somebody else changed it meanwhile, or it is the demo company's.
    """
    if organization.is_demo:
        raise PolicyRefused(f"{organization} is invented and open to everybody here; nothing was changed.")
    if needs_factor(rights, rule) and not has_factor(actor):
        raise PolicyRefused(
            "You have no second factor yourself, so this rule would lock you out. Nothing was changed: set one up "
            "under Account, then choose this again."
        )
    with transaction.atomic():
        current = Organization.objects.select_for_update().get(id=organization.id)
        if current.security_version != version:
            raise PolicyRefused(
                f"Somebody else changed the rule meanwhile, to: {RULE_WORDS[current.factor_rule][0].lower()}. "
                "Nothing of yours was saved; save again if you still want it."
            )
        words = RULE_WORDS[rule][0].lower()
        before, now_out = current.factor_rule, _kept_out(organization, rule)
        current.second_factor, current.security_version = rule.value, version + 1
        current.save(update_fields=["second_factor", "security_version"])
        audit_record(
            organization=organization,
            actor=actor,
            action="security.second_factor",
            object="security",
            summary=f"{actor} asks {words} for a second factor, was {RULE_WORDS[before][0].lower()}",
            before={"second_factor": before.value},
            after={"second_factor": rule.value, "without_one": now_out},
        )
    organization.second_factor, organization.security_version = current.second_factor, current.security_version
    return organization


def _kept_out(organization: Organization, rule: FactorRule) -> int:
    """How many members must set one up before they get in again."""
    return next(len(each.kept_out) for each in factor_choices(members(organization), None) if each.value == rule)
