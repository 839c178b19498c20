"""Owns which settings of the Policy API are read, and which of their fields: everything else is dropped at once."""

from __future__ import annotations

from typing import Final

ENFORCEMENT: Final = "security.two_step_verification_enforcement"
ENROLLMENT: Final = "security.two_step_verification_enrollment"
GRACE: Final = "security.two_step_verification_grace_period"
FACTORS: Final = "security.two_step_verification_enforcement_factor"
TRUSTED_DEVICE: Final = "security.two_step_verification_device_trust"
LESS_SECURE: Final = "security.less_secure_apps"
SUPER_RECOVERY: Final = "security.super_admin_account_recovery"
USER_RECOVERY: Final = "security.user_account_recovery"
SESSION: Final = "security.session_controls"
POP: Final = "gmail.pop_access"
IMAP: Final = "gmail.imap_access"
APPS: Final = "api_controls.unconfigured_third_party_apps"
MARKETPLACE: Final = "workspace_marketplace.apps_access_options"

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    ENFORCEMENT: ("enforcedFrom",),
    ENROLLMENT: ("allowEnrollment",),
    GRACE: ("enrollmentGracePeriod",),
    FACTORS: ("allowedSignInFactorSet",),
    TRUSTED_DEVICE: ("allowTrustingDevice",),
    LESS_SECURE: ("allowLessSecureApps",),
    SUPER_RECOVERY: ("enableAccountRecovery",),
    USER_RECOVERY: ("enableAccountRecovery",),
    SESSION: ("webSessionDuration",),
    POP: ("enablePopAccess",),
    IMAP: ("enableImapAccess", "imapAccessRestriction.allowedOauthMailClientList"),
    APPS: ("accessLevel",),
    MARKETPLACE: ("accessLevel",),
}
"""Names as in "Policy API supported settings" of the Cloud Identity documentation."""

MERGED: Final = frozenset({SUPER_RECOVERY, USER_RECOVERY, APPS})
"""Settings reduced field by field ("Merge" in "Policy API concepts"); of all others the first policy has all fields."""

PRESENT: Final = "present"
"""Stands for a list or an object of which only the presence matters."""
