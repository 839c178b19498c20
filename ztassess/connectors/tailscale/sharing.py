"""Owns what a tailnet tells rules over several systems: its accounts, and the apps that were declared in it."""

from __future__ import annotations

import re
from typing import Final

from ztassess.connectors.judging import rows_read, unread
from ztassess.connectors.tailscale.apps import app_device
from ztassess.connectors.tailscale.judging import policy_read
from ztassess.connectors.tailscale.people import LIVE, People
from ztassess.connectors.tailscale.rules_policy import judge_app
from ztassess.connectors.tailscale.snapshot import TailscaleSnapshot, User
from ztassess.domain.findings import Outcome, Part, Unavailable
from ztassess.domain.roster import Account, AccountKind, Host, Share

# Every role beyond member can change, or at least see, the whole tailnet; an auditor can only look.
ADMINS: Final = frozenset({"owner", "admin", "it-admin", "network-admin", "billing-admin"})
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}")
_NAME: Final = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+")
MAGIC: Final = ".ts.net"


def shares(snapshot: TailscaleSnapshot) -> Share:
    """Accounts are users, never the owners of devices; hosts are the declared apps that have a name."""
    users = snapshot.users
    if isinstance(users, Unavailable):
        read = tuple(_account(user) for user in users.read)
        accounts: Part[Account] = Unavailable(users.reason, users.missing_scope, users.detail, read)
    else:
        accounts = tuple(_account(user) for user in users)
    return Share(accounts=accounts, hosts=_hosts(snapshot))


def _account(user: User) -> Account:
    # somebody@github and somebody@passkey are logins, no addresses.
    address = (user.login,) if _ADDRESS.fullmatch(user.login) else ()
    return Account(
        id=user.id,
        name=user.login,
        kind=AccountKind.PERSON,
        emails=address,
        active=user.status in LIVE,
        admin=user.role in ADMINS,
        last_used=user.last_seen,
    )


def _hosts(snapshot: TailscaleSnapshot) -> Part[Host]:
    if snapshot.declared.apps is None:
        return Unavailable("input_missing", detail="No app of the tailnet was declared.")
    found = []
    for app in snapshot.declared.apps:
        device = app_device(snapshot, app)
        name = device.name if device and device.name else app.lower().rstrip(".")
        if _NAME.fullmatch(name):
            found.append(Host(name, internal=True, covered=_covered(snapshot, app, name)))
    missing = unread(snapshot.devices)
    if missing is not None:
        return Unavailable(missing.reason, missing.missing_scope, missing.detail, tuple(found))
    return tuple(dict.fromkeys(found))


def _covered(snapshot: TailscaleSnapshot, app: str, name: str) -> bool | None:
    """Only for a name that exists in the tailnet alone: another one may answer outside it, which we do not see.

    With Funnel, even such a name may be served to the internet.
    """
    policy = policy_read(snapshot)
    if not name.endswith(MAGIC) or isinstance(policy, Unavailable) or policy.funnel or rows_read(snapshot.users) == ():
        return None
    verdict = judge_app(snapshot, People.of(snapshot, policy), app)
    if verdict is None:
        return None if unread(snapshot.devices, snapshot.users) else True
    return False if verdict.outcome is Outcome.FAIL else None
