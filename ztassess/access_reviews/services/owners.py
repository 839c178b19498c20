"""Owns who carries decisions out, and telling the floors above that decisions or their states changed."""

from __future__ import annotations

from collections.abc import Callable

from ztassess.access_reviews.models import AccessDecision
from ztassess.access_reviews.selectors_items import open_decisions
from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_lock, audit_record
from ztassess.organizations.models import Membership, Organization

# What must happen in the transaction of a decision, or of a reading that changed what is known of one; and who carries
# a decision out where the reviewer names nobody. Registered by floors above, which are not imported here.
DECIDED_LISTENERS: list[Callable[[Organization], object]] = []
DEFAULT_OWNERS: list[Callable[[Organization], User | None]] = []


def default_owner(organization: Organization) -> User | None:
    """Who carries decisions out where the reviewer names nobody; None if nobody does."""
    return next((found for ask in DEFAULT_OWNERS if (found := ask(organization)) is not None), None)


def tell_decided(organization: Organization) -> None:
    """Run what the floors above registered, inside the caller's transaction."""
    for listener in DECIDED_LISTENERS:
        listener(organization)


def decision_hand_over(*, decision: AccessDecision, owner: User | None) -> None:
    """Give a decision to somebody else to carry out. The caller has locked the log and writes the line."""
    decision.owner = owner
    decision.save(update_fields=["owner"])


def owners_leave(organization: Organization) -> None:
    """Take open decisions from who left. Registered with the organizations: runs where a membership ended."""
    audit_lock(organization)
    present = Membership.objects.active().filter(organization=organization).values("user_id")
    rows = open_decisions().exclude(owner=None).exclude(owner_id__in=present)
    names = dict(rows.order_by().values_list("owner_id", "owner__name"))
    taken = rows.order_by().update(owner=None)
    if taken:
        who = ", ".join(sorted(names.values()))
        audit_record(
            organization=organization,
            via=Via.TASK,
            action="access.unassign",
            object="accounts",
            summary=f"{taken} decisions to be carried out have no owner: {who} is not a member any more.",
            before={"owners": sorted(names.values())},
            after={"owner": None, "decisions": taken},
        )
