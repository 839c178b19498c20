"""Owns pseudonyms: the same person, account, host or resource has the same number in every report of an organization.

Numbers are kept by a keyed digest of what they stand for, never by the name: who reads the table learns no name.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import transaction

from ztassess.accounts.models import User
from ztassess.common.envelope import keyring
from ztassess.organizations.models import Organization
from ztassess.reports.known_names import known_names
from ztassess.reports.models import Pseudonym
from ztassess.reports.naming import GONE, Named, Names
from ztassess.reports.spotting import Known, Spotter, is_everyday


@contextmanager
def pseudonyms(organization: Organization) -> Iterator[Names]:
    """Pseudonyms of an organization while the block runs; new ones are numbered when it ends.

    The organization's row is locked, so that two reports at once do not give one number to two names.
    """
    with transaction.atomic():
        Organization.objects.select_for_update().get(id=organization.id)
        names = Pseudonyms(organization)
        yield names
        names.keep()


class Pseudonyms:
    """Names with every person, account, host and resource replaced by a word and a number."""

    redacted = True

    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self._key = _key(organization)
        self._numbers: dict[tuple[str, str], int] = {}
        self._last: dict[str, int] = defaultdict(int)
        self._new: list[Pseudonym] = []
        rows = Pseudonym.objects.filter(organization=organization)
        for kind, digest, number in rows.values_list("kind", "digest", "number"):
            self._numbers[kind, digest] = number
            self._last[kind] = max(self._last[kind], number)
        self._spotter = Spotter(known_names(organization))

    def person(self, user: User | None) -> str:
        """A person; the same number as for their addresses and accounts."""
        if user is None:
            return GONE
        return self._named(self._spotter.known(user.email) or Known(Named.PERSON, user.email.casefold()))

    def one(self, text: str, kind: Named) -> str:
        """The pseudonym of a whole value. Names of connections that say no more than our own words stay."""
        if not text.strip("* ") or (kind is Named.SYSTEM and is_everyday(text)):
            return text
        return self._named(self._spotter.whole(text, kind))

    def prose(self, text: str) -> str:
        """A sentence with every known name, and everything that looks like one, replaced."""
        return self._replaced(self._spotter.parts(text))

    def term(self, text: str) -> str:
        """A vendor's term with every known name replaced; its own dots and colons make no host of it."""
        return self._replaced(self._spotter.parts(text, shapes=False))

    def _replaced(self, parts: Iterable[str | Known]) -> str:
        return "".join(part if isinstance(part, str) else self._named(part) for part in parts)

    def keep(self) -> None:
        """Store the numbers that are new."""
        Pseudonym.objects.bulk_create(self._new, batch_size=500)
        self._new = []

    def _named(self, known: Known) -> str:
        kind = known.kind.value
        text = f"{kind}|{known.canonical}".encode(errors="replace")
        digest = hmac.new(self._key, text, hashlib.sha256).hexdigest()
        number = self._numbers.get((kind, digest))
        if number is None:
            number = self._last[kind] = self._last[kind] + 1
            self._numbers[kind, digest] = number
            self._new.append(Pseudonym(organization=self._organization, kind=kind, digest=digest, number=number))
        return f"{kind} {number}"


def _key(organization: Organization) -> bytes:
    """Made from the oldest encryption key: a newer one is put in front, and must not number everybody anew."""
    oldest = list(keyring().keys.values())[-1]
    return hashlib.sha256(b"pseudonym|" + str(organization.id).encode() + b"|" + oldest).digest()
