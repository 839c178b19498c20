"""Owns what the people said over the weeks: who claimed which level of which control, when, and in which words."""

from __future__ import annotations

from typing import Final, NamedTuple


class Said(NamedTuple):
    """One answer. ``day`` counts days before the present one; ``at`` is a time of day in UTC."""

    day: int
    at: str
    who: str
    control: str
    level: int
    note: str


CLAIMS: Final = (
    # Week 1: what everybody believed.
    Said(88, "09:20", "priya", "identity.inventory", 1, "Spreadsheet in the shared drive, last checked in spring."),
    Said(
        88, "09:26", "priya", "identity.single-idp", 1, "Google Workspace for employees. Contractors use GitHub alone."
    ),
    Said(88, "09:31", "priya", "identity.offboarding", 2, "Suspending the Google account closes everything."),
    Said(88, "09:40", "priya", "mfa.admins", 1, "All of us have a second factor, nothing enforces it."),
    Said(87, "13:05", "marcus", "identity.workload-identity", 2, "Each service has its own task role."),
    Said(87, "13:18", "marcus", "least-privilege.no-wildcard-iam", 2, "No service is an administrator."),
    Said(87, "13:24", "marcus", "credentials.no-static-cloud-keys", 2, "We use roles everywhere."),
    Said(86, "10:02", "lena", "least-privilege.db-user-per-service", 2, "Seven services, seven roles."),
    Said(86, "10:11", "lena", "least-privilege.db-grants-minimal", 2, "Grants follow the migration files."),
    Said(86, "10:30", "diego", "proxy.front-internal-apps", 2, "All five tools are behind the sign-in proxy."),
    Said(85, "15:45", "tom", "device.lost-device", 1, "We change the password."),
    Said(85, "15:52", "tom", "least-privilege.third-party-scopes", 0, "Nobody has looked yet."),
    Said(84, "11:15", "marcus", "proxy.vpn-retired", 0, "The VPN still opens the whole network."),
    Said(84, "11:21", "marcus", "perimeter.waf", 2, "Managed rules on the load balancer."),
    Said(84, "11:30", "marcus", "perimeter.private-datastores", 2, "One database, private, encrypted."),
    # Weeks 2 to 6: the first findings correct several claims, and more questions get answers.
    Said(79, "16:20", "marcus", "credentials.no-static-cloud-keys", 0, "Four keys, one over a year old. See the scan."),
    Said(78, "15:35", "marcus", "least-privilege.grant-inventory", 2, "The scans list every grant."),
    Said(
        76,
        "14:10",
        "lena",
        "least-privilege.db-user-per-service",
        1,
        "The api owns the tables, because it migrates them.",
    ),
    Said(74, "10:25", "diego", "proxy.front-internal-apps", 0, "The admin panel was open. We start there."),
    Said(72, "11:40", "lena", "least-privilege.human-prod-data", 1, "Two people, named, and the database logs it."),
    Said(71, "09:50", "priya", "mfa.all-humans", 1, "Enforced for the root unit, contractors are next."),
    Said(70, "10:05", "priya", "mfa.root-and-orphan-accounts", 2, "Root, registrar and bank, all with an app."),
    Said(66, "16:00", "marcus", "least-privilege.no-wildcard-iam", 1, "Batch may still start functions with any role."),
    Said(63, "13:30", "tom", "identity.break-glass", 2, "Two sealed envelopes, tested in spring."),
    Said(60, "15:10", "marcus", "proxy.inventory", 1, "List in the wiki, with owners."),
    Said(58, "10:40", "marcus", "identity.logging", 1, "CloudTrail is on, nobody reads it yet."),
    Said(54, "16:00", "diego", "proxy.admin-paths", 2, "Shells go through Session Manager, port 22 is closed."),
    Said(55, "17:10", "lena", "least-privilege.db-user-per-service", 1, "Migrations have their own role now."),
    Said(52, "09:15", "priya", "identity.sso-coverage", 1, "GitHub, AWS, mail and the help desk."),
    Said(49, "11:55", "marcus", "perimeter.default-deny-firewall", 2, "Only 443 is public."),
    Said(47, "14:30", "lena", "mesh.service-map", 1, "Drawn on the whiteboard, photographed."),
    Said(45, "10:20", "lena", "mesh.service-auth", 2, "Signed tokens, five minutes, for every call."),
    Said(44, "10:35", "lena", "mesh.sensitive-path-mtls", 1, "TLS to billing and ledger."),
    # The second half: claims follow what was fixed, and sometimes run ahead of it.
    Said(40, "09:45", "diego", "proxy.front-internal-apps", 2, "Admin, wiki and jobs moved. All five are behind it."),
    Said(38, "15:25", "marcus", "identity.inventory", 2, "Exported from Workspace, AWS and GitHub each quarter."),
    Said(36, "11:05", "priya", "mfa.admins", 2, "Enforced for the administrators group, keys for both."),
    Said(33, "10:10", "priya", "identity.no-shared-accounts", 2, "The last shared log-in, the help desk's, is gone."),
    Said(31, "14:50", "lena", "mesh.service-map", 2, "Made from a month of tokens, payment paths marked."),
    Said(30, "13:40", "marcus", "identity.logging", 2, "One archive account, alerts on new administrators."),
    Said(
        27,
        "16:15",
        "marcus",
        "least-privilege.just-in-time-admin",
        2,
        "AdministratorAccess on request, four hours at most.",
    ),
    Said(25, "09:30", "marcus", "credentials.human-sessions", 2, "Eight hours, four for administrators."),
    Said(23, "10:50", "diego", "proxy.no-direct-origin", 2, "Tunnel only, no public listener."),
    Said(20, "14:45", "marcus", "proxy.inventory", 2, "Compared with the load balancers each quarter."),
    Said(17, "11:20", "lena", "credentials.secrets-manager", 2, "All in Secrets Manager, rotated each quarter."),
    Said(13, "10:00", "aiko", "device.inventory", 1, "List of company laptops."),
    Said(12, "15:30", "marcus", "least-privilege.environment-separation", 2, "Three accounts, no role crosses."),
    Said(11, "09:45", "priya", "identity.single-idp", 2, "Contractors have Workspace accounts too, see the list."),
    Said(2, "14:20", "marcus", "least-privilege.ci-scopes", 2, "GitHub signs in with a token of the main branch."),
    Said(2, "14:25", "marcus", "credentials.no-static-cloud-keys", 2, "The last key was deleted."),
)
