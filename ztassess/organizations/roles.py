"""Owns the one table of who may do what. Views declare an action, never a role."""

from __future__ import annotations

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
    SHARE = "share"
    EXPORT_ALL = "export_all"
    GRANT = "grant"
    END_GRANT = "end_grant"
    DELETE_ORGANIZATION = "delete_organization"
    LEAVE = "leave"


_ALL = frozenset(Role)
_WRITERS = frozenset({Role.OWNER, Role.ADMIN, Role.EDITOR})
_ADMINS = frozenset({Role.OWNER, Role.ADMIN})

MATRIX: dict[Action, frozenset[Role]] = {
    Action.READ: _ALL,
    Action.ANSWER: _WRITERS,
    Action.COMMENT: _ALL,
    Action.ASSIGN: _WRITERS,
    Action.FILE_EVIDENCE: _WRITERS,
    Action.REVIEW_EVIDENCE: _WRITERS,
    Action.REQUEST_EXCEPTION: _WRITERS,
    Action.DECIDE_EXCEPTION: _ADMINS,
    Action.EDIT_FACTS: _WRITERS,
    Action.PLAN: _WRITERS,
    Action.RUN_SCAN: _WRITERS,
    Action.MANAGE_CONNECTION: _ADMINS,
    Action.SCHEDULE: _ADMINS,
    Action.READ_MEMBERS: _ALL,
    Action.INVITE: _ADMINS,
    Action.CHANGE_ROLE: _ADMINS,
    Action.READ_AUDIT: _ADMINS,
    Action.REVIEW_ACCESS: _WRITERS,
    Action.RUN_CAMPAIGN: _ADMINS,
    Action.MANAGE_NOTIFICATIONS: _ADMINS,
    Action.MAKE_REPORT: _WRITERS,
    Action.APPLY_PLAYBOOK: _WRITERS,
    Action.SHARE: _ADMINS,
    Action.EXPORT_ALL: _ADMINS,
    Action.GRANT: frozenset({Role.OWNER}),
    Action.END_GRANT: _ADMINS,
    Action.DELETE_ORGANIZATION: frozenset({Role.OWNER}),
    Action.LEAVE: _ALL,
}


def may(role: Role, action: Action) -> bool:
    """True if this role may do this."""
    return role in MATRIX[action]


def grantable(role: Role) -> tuple[Role, ...]:
    """The roles this role may give or take away: an owner all, an admin up to editor, others none."""
    if role is Role.OWNER:
        return tuple(Role)
    if role is Role.ADMIN:
        return (Role.EDITOR, Role.VIEWER)
    return ()
