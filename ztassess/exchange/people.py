"""Owns people in archives: as e-mail and name on the way out, as the importing person or placeholders on the way in."""

from __future__ import annotations

import uuid
from typing import Any

from ztassess.accounts.models import User
from ztassess.domain.lines import one_line
from ztassess.exchange.errors import ArchiveRefused
from ztassess.exchange.models import ImportedPerson
from ztassess.organizations.models import Organization

NOWHERE = "imported.invalid"  # RFC 2606: no mail ever arrives there, and nobody can prove that it is theirs
MOST_PEOPLE = 5_000
SHOWN_EMAIL, SHOWN_NAME = 254, 120


class Leaving:
    """Gives each user that an archive names a key that says nothing about this installation."""

    def __init__(self) -> None:
        self._keys: dict[int, str] = {}

    def key(self, user_id: int | None) -> str | None:
        """The key of a user, made at the first question."""
        if user_id is None:
            return None
        return self._keys.setdefault(user_id, f"p{len(self._keys) + 1}")

    def rows(self, organization: Organization) -> list[dict[str, Any]]:
        """Everybody who was asked for, by key: who came with an archive under the address that they had there."""
        users = User.objects.in_bulk(list(self._keys))
        before = {row.user_id: row for row in ImportedPerson.objects.filter(organization=organization)}
        found = []
        for user_id, key in self._keys.items():
            user, came = users.get(user_id), before.get(user_id)
            email = came.email if came else user.email if user else ""
            name = came.name if came else user.name if user else ""
            found.append({"key": key, "email": email, "name": name})
        return found


class Arriving:
    """Users for the people of an archive: the importing person by address, everybody else as a placeholder.

    Only the importing person, because they alone are here to agree; see `ImportedPerson` for what would go wrong else.
    """

    def __init__(self, organization: Organization, importer: User) -> None:
        self._organization, self._importer = organization, importer
        self._users: dict[str, User] = {}

    def add(self, row: dict[str, Any]) -> None:
        """Take one line of people.jsonl. Raises `ArchiveRefused`."""
        key, email, name = (row.get(field) for field in ("key", "email", "name"))
        if not (isinstance(key, str) and isinstance(email, str) and isinstance(name, str)) or key in self._users:
            raise ArchiveRefused("a person has no key of their own, no address or no name")
        if len(self._users) >= MOST_PEOPLE:
            raise ArchiveRefused(f"it names more than {MOST_PEOPLE} people")
        mine = self._importer
        email, name = one_line(email), one_line(name)
        if email and email.casefold() == mine.email.casefold() and mine not in self._users.values():
            self._users[key] = mine
            return
        self._users[key] = self._placeholder(email[:SHOWN_EMAIL], name[:SHOWN_NAME])

    def _placeholder(self, email: str, name: str) -> User:
        shown = name or email.partition("@")[0] or "Somebody"
        user = User.objects.create_user(f"{uuid.uuid4().hex}@{NOWHERE}", None, name=shown, is_active=False)
        ImportedPerson.objects.create(organization=self._organization, user=user, email=email, name=name)
        return user

    def user_id(self, key: Any) -> int | None:
        """The user with this key of the archive. Raises `ArchiveRefused` for one that people.jsonl does not have."""
        if key is None:
            return None
        if not isinstance(key, str) or key not in self._users:
            raise ArchiveRefused("it names a person who is not in people.jsonl")
        return self._users[key].pk

    def name(self, key: str | None) -> str:
        """How the person is called; empty for nobody."""
        user = self._users.get(key or "")
        return "" if user is None else str(user)

    def __len__(self) -> int:
        return len(self._users)


def placeholders_of(organization: Organization) -> list[int]:
    """The users that came with an archive of this organization; nobody else's rows point to them."""
    return list(ImportedPerson.objects.filter(organization=organization).values_list("user_id", flat=True))


def placeholders_delete(users: list[int]) -> None:
    """Delete users that came with an archive. One that became a person's account meanwhile is not touched."""
    User.objects.filter(pk__in=users, email__endswith=f"@{NOWHERE}", is_active=False).delete()
