"""Owns what several rules need: evidence lines, who is sensitive, which apps people use, the index of records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ztassess.connectors.cloudflare.admission import Groups, for_people
from ztassess.connectors.cloudflare.hosts import Names, clean_host, matches, public_destinations
from ztassess.connectors.cloudflare.snapshot import App, CloudflareSnapshot, Declared
from ztassess.connectors.judging import count, rows_read, unread
from ztassess.domain.findings import Evidence, Part, Unavailable

APPS: Final = "GET /accounts/{account}/access/apps"
ORGANIZATION: Final = "GET /accounts/{account}/access/organizations"
LINKS: Final = frozenset({"bookmark"})
"""Types of apps that nobody enters: they only point somewhere."""
NO_APPS: Final = "The account has no Access applications."


def line(source: str, thing: str, field: str, observed: object, expected: str) -> Evidence:
    """One observed fact."""
    return Evidence(source, thing, field, str(observed), expected)


def all_of(number: int, noun: str) -> str:
    """``3 of 3 apps``, for the sentence of a pass."""
    return f"{number:,} of {count(number, noun)}"


def entered(apps: Part[App]) -> tuple[App, ...]:
    """The apps that somebody enters, out of those that were read."""
    return tuple(app for app in rows_read(apps) if app.type not in LINKS)


def of_people(apps: Part[App]) -> tuple[App, ...]:
    """The apps that people sign in to, out of those that were read; apps for machines only are none of them."""
    return tuple(app for app in entered(apps) if for_people(app))


def unread_policies(app: App) -> Unavailable | None:
    """Why an app's policies could not be read; None if they were."""
    return app.policies if isinstance(app.policies, Unavailable) else None


def is_sensitive(declared: Declared, app: App) -> bool:
    """The app is one of the tools declared as sensitive, by its name or by a host it protects."""
    wanted = declared.sensitive or frozenset()
    if app.name.strip().lower() in wanted:
        return True
    named = {clean_host(each) for each in wanted if "." in each}
    return any(matches(each.host, host) for each in public_destinations(app) for host in named)


def groups_of(snapshot: CloudflareSnapshot) -> Groups:
    """The account's groups, as far as they were read."""
    return Groups.of(snapshot.groups)


def names_of(snapshot: CloudflareSnapshot) -> Names:
    """The records of the assessed zones, as far as they were read."""
    whole = unread(snapshot.zones, snapshot.records) is None
    return Names.of(rows_read(snapshot.zones), rows_read(snapshot.records), whole=whole)


def uses_groups(apps: Iterable[App]) -> bool:
    """A policy of these apps names a group, so that groups must be known."""
    return any(
        criterion.kind == "group"
        for app in apps
        if not isinstance(app.policies, Unavailable)
        for policy in app.policies
        for criterion in (*policy.include, *policy.require)
    )
