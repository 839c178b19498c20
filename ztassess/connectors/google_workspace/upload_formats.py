"""Owns which exports a person may upload instead of a credential, and how to make them."""

from __future__ import annotations

from ztassess.connectors.contract import UploadFormat

CONSOLE = UploadFormat(
    "console_users",
    "List of users from the Admin console",
    "Admin console > Directory > Users > Download users > All user info columns > CSV",
    (".csv",),
    note="It has no administrator status; checks of administrators stay not checked.",
)
GAM = UploadFormat(
    "gam_users",
    "List of users from gam",
    "gam print users fields primaryEmail,id,suspended,archived,isAdmin,isDelegatedAdmin,isEnrolledIn2Sv,"
    "isEnforcedIn2Sv,lastLoginTime,suspensionTime,orgUnitPath > users.csv",
    (".csv",),
)
PAGES = UploadFormat(
    "api_pages",
    "Pages of the Policy API and the Directory API",
    "# one file for each page: policies-1.json, policies-2.json, ..., orgunits.json, users-1.json, ...\n"
    "GET https://cloudidentity.googleapis.com/v1/policies?pageSize=100\n"
    "GET https://admin.googleapis.com/admin/directory/v1/customer/my_customer/orgunits?type=allIncludingParent\n"
    "GET https://admin.googleapis.com/admin/directory/v1/users?customer=my_customer&maxResults=500",
    (".json",),
    note="Settings are judged by unit, so upload the units and the users with the policies. Every page must be there. "
    'Say when you made it in export.json: {"taken_at": "2026-11-20T08:00:00Z"}.',
)
UPLOADS = (CONSOLE, GAM, PAGES)
