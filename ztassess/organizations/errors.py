"""Owns the refusals of this floor: each is one sentence for the person who asked."""


class OrganizationError(Exception):
    """Base: something about members, roles, invitations or facts was refused; nothing was changed."""

    retryable = False


class RoleRefused(OrganizationError):
    """A role may not be given or taken by this person."""


class LastOwner(OrganizationError):
    """The last owner cannot leave or be demoted."""


class InvitationClosed(OrganizationError):
    """The invitation was used, revoked, has expired, or is for another address."""


class FactsChanged(OrganizationError):
    """Somebody else saved the facts in the meantime."""


class GrantRefused(OrganizationError):
    """A consultant's access may not be offered, taken or changed like this."""


class GrantClosed(OrganizationError):
    """The offer was taken, ended or replaced, has expired, or is for another address."""


class PolicyRefused(OrganizationError):
    """The rule of who needs a second factor may not be changed like this."""
