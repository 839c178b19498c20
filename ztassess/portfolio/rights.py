"""Owns the one question of what a person may do in one of their clients. Bulk actions ask it for each row."""

from __future__ import annotations

from ztassess.organizations.models import Membership
from ztassess.organizations.roles import Action, may

NEEDS = {
    Action.PLAN: "creating tasks needs another one",
    Action.ASSIGN: "setting a due day needs another one",
    Action.COMMENT: "asking for evidence needs another one",
}


def refused(membership: Membership, action: Action) -> str:
    """Why the holder of this membership may not do this there, in words; empty if they may."""
    if may(membership.rights, action):
        return ""
    return f"Your role there is {membership.role}; {NEEDS.get(action, 'this needs another one')}. Ask an owner there."
