"""Owns what the control page shows beside claim and proof: artifacts, exceptions, owner, comments, fix cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ztassess.accounts.models import User
from ztassess.assessments.forms_notes import AssignForm, CommentForm
from ztassess.assessments.models_notes import ControlComment, ControlOwner
from ztassess.assessments.selectors import Reading, failing_of, findings_behind
from ztassess.assessments.selectors_evidence import control_artifacts
from ztassess.assessments.selectors_exceptions import exceptions_by_end
from ztassess.catalog import load_catalog, load_index
from ztassess.domain.affected import Failing, affected, near_miss
from ztassess.domain.controls import Control, Fix
from ztassess.domain.derivation import derive
from ztassess.domain.facts import Facts
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import Action, may
from ztassess.organizations.selectors import members

COMMENTS_SHOWN = 50
NAMED = 20
STAGES_OF_ACCOUNTS = ("identity", "mfa")


def control_extras(request: OrgRequest, reading: Reading, control_id: str) -> dict[str, Any]:
    """What only the control page shows, walk mode does not: five queries."""
    each = reading.assessment.control(control_id)
    people = members(request.organization)
    row = ControlOwner.objects.filter(control_id=control_id).select_related("owner").first()
    writers = assignable(people, row)
    chosen = {
        "owner": str(row.owner_id) if row and row.owner_id else "",
        "due": row.due if row else None,
        "version": row.version if row else 0,
    }
    return {
        "artifacts": control_artifacts(
            control_id, claimed=each.claim_level, freshness_days=each.control.freshness_days, withdrawn=False
        ),
        "exceptions": exceptions_by_end(request.organization, control_id=control_id),
        "owner": row,
        "assign_form": AssignForm(writers, initial=chosen),
        "comments": _comments(control_id, [one.user for one in people]),
        "comment_form": CommentForm(),
        "derivation": derive(reading.assessment, control_id),
    }


def assignable(people: Sequence[Membership], row: ControlOwner | None) -> list[User]:
    """Members who may be named as owner: those who may change things, and the one who has it, from a sprint perhaps."""
    has = row.owner_id if row else None
    return [one.user for one in people if may(one.rights, Action.ASSIGN) or one.user_id == has]


def _comments(control_id: str, people: Sequence[User]) -> list[dict[str, Any]]:
    names = {user.pk: user.get_full_name() for user in people}
    rows = ControlComment.objects.filter(control_id=control_id).select_related("by")[:COMMENTS_SHOWN]
    return [{"row": row, "mentioned": [names[key] for key in map(int, row.mentioned) if key in names]} for row in rows]


@dataclass(frozen=True, slots=True)
class Touched:
    """Whom a fix will touch: the first twenty names, how many there are, and of how many that were looked at."""

    names: tuple[str, ...]
    count: int
    seen: int

    @property
    def more(self) -> int:
        """How many are not listed."""
        return self.count - len(self.names)


def touched_by(failing: Sequence[Failing]) -> Touched | None:
    """Whom the failing findings name; None where nothing fails."""
    names = affected(failing)
    seen = max((each.seen for each in failing), default=0)
    return Touched(names[:NAMED], len(names), max(seen, len(names))) if names else None


def near(request: OrgRequest, control_id: str, failing: Sequence[Failing]) -> dict[str, Any] | None:
    """The near miss of a control in a sentence, with what to do for each object; None where it is not near."""
    sentence = near_miss(failing)
    if not sentence:
        return None
    ask = org_url(request, "exception_new", control_id=control_id)
    accounts = load_catalog().control(control_id).stage in STAGES_OF_ACCOUNTS
    return {
        "sentence": sentence,
        "objects": [
            {
                "name": name,
                "except_url": f"{ask}?{urlencode({'object': name})}",
                # A host or a page is no account; an address most likely is.
                "is_account": accounts and "@" in name and "://" not in name,
            }
            for name in affected(failing)
        ],
    }


def fix_cards(facts: Facts, control: Control, failing: Sequence[Failing]) -> list[dict[str, Any]]:
    """Fix cards: the system that contradicts first, then the own stack, the general one, and those of other systems.

    Each card of a system that found something says whom it will touch; where no card is that system's, the general
    one does.
    """
    used = {
        slug for slugs in (facts.identity_providers, facts.clouds, facts.databases, facts.ci) for slug in slugs or ()
    }
    slugs, of_cards = _slugs(), _of_cards(control)
    found = {each.source for each in failing}

    def place(fix: Fix) -> int:
        slug = slugs.get(fix.vendor, "")
        return 0 if slug in found else 1 if slug in used else 2 if fix.vendor == "Any" else 3

    def whom(fix: Fix) -> Touched | None:
        slug = slugs.get(fix.vendor, "")
        return touched_by(
            [each for each in failing if (each.source not in of_cards if fix.vendor == "Any" else each.source == slug)]
        )

    ordered = sorted(control.fixes, key=place)
    return [
        {
            "fix": fix,
            "open": number == 0 or fix.vendor == "Any",
            "foreign": place(fix) == 3,  # noqa: PLR2004  the last place
            "touched": whom(fix),
        }
        for number, fix in enumerate(ordered)
    ]


def touched_without_card(control: Control, failing: Sequence[Failing]) -> Touched | None:
    """Whom the findings of systems without a fix card name, where there is no general card to say it."""
    if any(fix.vendor == "Any" for fix in control.fixes):
        return None
    return touched_by([each for each in failing if each.source not in _of_cards(control)])


def _slugs() -> dict[str, str]:
    return {vendor.name: vendor.slug for vendor in load_index().vendors.values()}


def _of_cards(control: Control) -> set[str]:
    slugs = _slugs()
    return {slugs.get(fix.vendor, "") for fix in control.fixes}


def findings_of(reading: Reading, control_id: str) -> tuple[list[Any], list[Failing]]:
    """The findings behind a control and those that fail, from one query."""
    ordered = findings_behind(reading, control_id)
    return ordered, failing_of(ordered)
