"""Owns the questions to the Directory API of the Admin SDK: people, units, roles, phones and Chromebooks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ztassess.connectors.api import ApiSession, Row
from ztassess.connectors.api.google import first_page, listed
from ztassess.connectors.errors import Incomplete
from ztassess.connectors.google_workspace import scopes
from ztassess.connectors.google_workspace.snapshot import NEVER_BEFORE, DeviceUser, OrgUnit, Role, RoleAssignment, User

DIRECTORY = "/admin/directory/v1"
CUSTOMER = f"{DIRECTORY}/customer/my_customer"
USERS_WORD, UNITS_WORD = "admin#directory#users", "admin#directory#orgUnits"


def list_users(session: ApiSession, admin: str) -> Iterator[User]:
    """All accounts, suspended and archived ones included (Directory API, "users.list").

    Raises:
        Incomplete: the administrator in whose name we ask is not among them.
    """
    params = (("customer", "my_customer"), ("maxResults", "500"))
    found = False
    for row in listed(
        session,
        f"{DIRECTORY}/users",
        params,
        kind="Users",
        field="users",
        of="User",
        scope=scopes.USERS,
        word=USERS_WORD,
    ):
        user = user_of(row)
        found = found or user.email == admin
        yield user
    if not found:
        raise Incomplete(f"Google Workspace did not list {admin}, in whose name we ask; the list is not whole.")


def user_of(row: Row) -> User:
    """One ``User``."""
    last_login = row.moment("lastLoginTime", absent=None)
    return User(
        id=row.text("id", absent=""),
        email=row.text("primaryEmail").lower(),
        super_admin=row.flag("isAdmin", absent=None),
        delegated_admin=row.flag("isDelegatedAdmin", absent=None),
        enrolled=row.flag("isEnrolledIn2Sv", absent=None),
        enforced=row.flag("isEnforcedIn2Sv", absent=None),
        suspended=row.flag("suspended"),
        archived=row.flag("archived", absent=None),
        last_login=since_1971(last_login),
        logins_told=last_login is not None,
        suspended_at=since_1971(row.moment("suspensionTime", absent=None)),
        unit=row.text("orgUnitPath", absent=""),
    )


def since_1971(moment: datetime | None) -> datetime | None:
    """Google's zero means never."""
    return None if moment is None or moment < NEVER_BEFORE else moment


def list_org_units(session: ApiSession) -> Iterator[OrgUnit]:
    """All organizational units with the root (Directory API, "orgunits.list"); Google does not page them."""
    params = (("type", "allIncludingParent"),)
    for row in first_page(
        session,
        f"{CUSTOMER}/orgunits",
        params,
        kind="OrgUnits",
        field="organizationUnits",
        of="OrgUnit",
        scope=scopes.ORG_UNITS,
        word=UNITS_WORD,
    ):
        yield org_unit_of(row)


def org_unit_of(row: Row) -> OrgUnit:
    """One ``OrgUnit``."""
    return OrgUnit(row.text("orgUnitId").removeprefix("id:"), row.text("orgUnitPath"))


def list_roles(session: ApiSession) -> Iterator[Role]:
    """All administrator roles (Directory API, "roles.list")."""
    for row in listed(
        session,
        f"{CUSTOMER}/roles",
        (("maxResults", "100"),),
        kind="Roles",
        field="items",
        of="Role",
        scope=scopes.ROLES,
        word="admin#directory#roles",
    ):
        yield Role(row.text("roleId"), row.text("roleName", absent=""), row.flag("isSuperAdminRole", absent=None))


def list_role_assignments(session: ApiSession) -> Iterator[RoleAssignment]:
    """Who holds them (Directory API, "roleAssignments.list")."""
    for row in listed(
        session,
        f"{CUSTOMER}/roleassignments",
        (("maxResults", "200"),),
        kind="RoleAssignments",
        field="items",
        of="RoleAssignment",
        scope=scopes.ROLES,
        word="admin#directory#roleAssignments",
    ):
        kind = row.text("assigneeType", absent="").lower()
        yield RoleAssignment(row.text("roleId"), row.text("assignedTo"), kind)


def list_mobile_users(session: ApiSession) -> Iterator[DeviceUser]:
    """People on managed phones (Directory API, "mobiledevices.list")."""
    params = (("maxResults", "100"), ("projection", "BASIC"))
    for row in listed(
        session,
        f"{CUSTOMER}/devices/mobile",
        params,
        kind="MobileDevices",
        field="mobiledevices",
        of="MobileDevice",
        scope=scopes.MOBILE,
        word="admin#directory#mobiledevices",
    ):
        if row.text("status", absent="").upper() not in GONE:
            last_sync = since_1971(row.moment("lastSync", absent=None))
            for email in row.texts("email", absent=()):
                yield DeviceUser(email.lower(), row.text("resourceId", absent=""), last_sync)


GONE = frozenset({"BLOCKED", "WIPED", "WIPING", "ACCOUNT_WIPED", "ACCOUNT_WIPING", "DELETED"})


def list_chrome_users(session: ApiSession) -> Iterator[DeviceUser]:
    """People who were last on managed ChromeOS devices (Directory API, "chromeosdevices.list")."""
    params = (("maxResults", "100"), ("projection", "BASIC"))
    for row in listed(
        session,
        f"{CUSTOMER}/devices/chromeos",
        params,
        kind="ChromeOsDevices",
        field="chromeosdevices",
        of="ChromeOsDevice",
        scope=scopes.CHROME,
        word="admin#directory#chromeosdevices",
    ):
        if row.text("status", absent="").upper() == "ACTIVE":
            last_sync = since_1971(row.moment("lastSync", absent=None))
            for person in row.rows("recentUsers", absent=()):
                if person.has("email"):
                    yield DeviceUser(person.text("email").lower(), row.text("deviceId", absent=""), last_sync)
