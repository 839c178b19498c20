"""Owns small views of several systems for the tests of joint rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.fakes.vendor import NOW
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import NOT_SHARED, Account, AccountKind, Host, Leaver, Share, SharedView

BLIND = Unavailable("missing_scope", "users.read", "The token may not list people.")
HALF = Unavailable("partial_data", detail="Only the first page came.")


def person(email: str, *, active: bool | None = True, name: str = "") -> Account:
    return Account(name or email, name or email, AccountKind.PERSON, (email,) if email else (), active=active)


def service(name: str) -> Account:
    return Account(name, name, AccountKind.SERVICE, active=True)


def view(
    connector: str,
    *accounts: Account,
    authority: bool = False,
    broken: Unavailable | None = None,
    hosts: tuple[Host, ...] | Unavailable = NOT_SHARED,
    days_old: int = 0,
    leavers: tuple[Leaver, ...] | None = None,
) -> SharedView:
    """One connection. ``broken``: its accounts could not be (all) read; those given came before that."""
    part = tuple(accounts) if broken is None else replace(broken, read=tuple(accounts))
    tells = bool(accounts) or broken is not None
    share = Share(
        accounts=part if tells else NOT_SHARED,
        hosts=hosts,
        leavers=NOT_SHARED if leavers is None else leavers,
        authority=authority,
    )
    return SharedView(connector.title(), connector, NOW - timedelta(days=days_old), share)


ANNA, BEN = person("anna@x.io"), person("ben@x.io")
OKTA = view("okta", ANNA, BEN, person("cleo@x.io", active=False), authority=True)
