"""Owns the one table of who may do what. Views declare an action, never a role."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a member is in one organization, strongest first."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"

    @property
    def rank(self) -> int:
        """3 for an owner down to 0 for a viewer."""
        return len(Role) - 1 - list(Role).index(self)


class Flag(StrEnum):
    """What a client may allow a consultant beside the role; all off unless switched on."""

    CREDENTIALS = "credentials"
    SHARE = "share"
    EXPORT = "export"


class Action(StrEnum):
    """What a route does, as a permission."""

    READ = "read"
    ANSWER = "answer"
    COMMENT = "comment"
    ASSIGN = "assign"
    FILE_EVIDENCE = "file_evidence"
    REVIEW_EVIDENCE = "review_evidence"
    REQUEST_EXCEPTION = "request_exception"
    DECIDE_EXCEPTION = "decide_exception"
    EDIT_FACTS = "edit_facts"
    PLAN = "plan"
    RUN_SCAN = "run_scan"
    MANAGE_CONNECTION = "manage_connection"
    SCHEDULE = "schedule"
    READ_MEMBERS = "read_members"
    INVITE = "invite"
    CHANGE_ROLE = "change_role"
    READ_AUDIT = "read_audit"
    REVIEW_ACCESS = "review_access"
    RUN_CAMPAIGN = "run_campaign"
    MANAGE_NOTIFICATIONS = "manage_notifications"
    MAKE_REPORT = "make_report"
    APPLY_PLAYBOOK = "apply_playbook"
    END_PLAYBOOK = "end_playbook"
    SHARE = "share"
    EXPORT_ALL = "export_all"
    GRANT = "grant"
    END_GRANT = "end_grant"
    STAFF_GRANT = "staff_grant"
    SECURITY_POLICY = "security_policy"
    DELETE_ORGANIZATION = "delete_organization"
    LEAVE = "leave"


class FactorRule(StrEnum):
    """Who gets into an organization with a second factor only, mildest first. Consultants do under each of them."""

    CONSULTANTS = "consultants"
    ADMINS = "admins"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Who:
    """One row of the table: which members, which consultants by role, and which flag opens it to a consultant."""

    members: frozenset[Role]
    consultants: frozenset[Role] = frozenset()
    flag: Flag | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody is in one organization: the only thing that is asked whether an action is allowed.

    ``flags`` count for consultants alone. A consultant with an owner's role is a steward: it set the client up, and
    holds an owner's rights until an owner of the client claims it.
    """

    role: Role
    is_consultant: bool = False
    flags: frozenset[Flag] = frozenset()

    @property
    def is_steward(self) -> bool:
        """True for a consultant who stands in for an owner who has not come yet."""
        return self.is_consultant and self.role is Role.OWNER


_ALL = frozenset(Role)
_WRITERS = frozenset({Role.OWNER, Role.ADMIN, Role.EDITOR})
_ADMINS = frozenset({Role.OWNER, Role.ADMIN})
_OWNERS = frozenset({Role.OWNER})
# A grant gives one of these, never more.
GRANTED_ROLES = (Role.EDITOR, Role.VIEWER)
_READING = frozenset(GRANTED_ROLES)
_WRITING = frozenset({Role.EDITOR})

MATRIX: dict[Action, Who] = {
    Action.READ: Who(_ALL, _READING),
    Action.ANSWER: Who(_WRITERS, _WRITING),
    Action.COMMENT: Who(_ALL, _WRITING),
    Action.ASSIGN: Who(_WRITERS, _WRITING),
    Action.FILE_EVIDENCE: Who(_WRITERS, _WRITING),
    Action.REVIEW_EVIDENCE: Who(_WRITERS, _WRITING),
    Action.REQUEST_EXCEPTION: Who(_WRITERS, _WRITING),
    Action.DECIDE_EXCEPTION: Who(_ADMINS),
    Action.EDIT_FACTS: Who(_WRITERS, _WRITING),
    Action.PLAN: Who(_WRITERS, _WRITING),
    Action.RUN_SCAN: Who(_WRITERS, _WRITING),
    Action.MANAGE_CONNECTION: Who(_ADMINS, flag=Flag.CREDENTIALS),
    Action.SCHEDULE: Who(_ADMINS, _WRITING),
    Action.READ_MEMBERS: Who(_ALL, _READING),
    Action.INVITE: Who(_ADMINS),
    Action.CHANGE_ROLE: Who(_ADMINS),
    Action.READ_AUDIT: Who(_ADMINS),
    Action.REVIEW_ACCESS: Who(_WRITERS, _WRITING),
    Action.RUN_CAMPAIGN: Who(_ADMINS),
    Action.MANAGE_NOTIFICATIONS: Who(_ADMINS, _WRITING),
    Action.MAKE_REPORT: Who(_WRITERS, _WRITING),
    Action.APPLY_PLAYBOOK: Who(_WRITERS, _WRITING),
    Action.END_PLAYBOOK: Who(_ADMINS),
    Action.SHARE: Who(_ADMINS, flag=Flag.SHARE),
    Action.EXPORT_ALL: Who(_ADMINS, flag=Flag.EXPORT),
    Action.GRANT: Who(_OWNERS),
    Action.END_GRANT: Who(_ADMINS),
    Action.STAFF_GRANT: Who(_ADMINS),
    Action.SECURITY_POLICY: Who(_OWNERS),
    Action.DELETE_ORGANIZATION: Who(_OWNERS),
    Action.LEAVE: Who(_ALL, _READING),
}


def may(rights: Rights, action: Action) -> bool:
    """True if somebody with these rights may do this: the one question, for members, consultants and stewards."""
    row = MATRIX[action]
    if not rights.is_consultant or rights.is_steward:
        return rights.role in row.members
    return rights.role in row.consultants or row.flag in rights.flags


def needs_factor(rights: Rights, rule: FactorRule) -> bool:
    """True if somebody with these rights gets in with a second factor only: the one question, for every door."""
    if rights.is_consultant or rule is FactorRule.EVERYBODY:
        return True
    return rule is FactorRule.ADMINS and rights.role in _ADMINS


def grantable(role: Role) -> tuple[Role, ...]:
    """The roles this role may give or take away: an owner all, an admin up to editor, others none."""
    if role is Role.OWNER:
        return tuple(Role)
    if role is Role.ADMIN:
        return (Role.EDITOR, Role.VIEWER)
    return ()
