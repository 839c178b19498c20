"""Owns who may connect to which database as which database user, by IAM token (``rds-db:connect``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ztassess.connectors.aws.policy_actions import is_everything
from ztassess.connectors.aws.policy_patterns import matches
from ztassess.connectors.aws.principals import Holder
from ztassess.connectors.aws.snapshot import Document

ACTION = "rds-db:connect"


@dataclass(frozen=True, slots=True)
class ConnectGrant:
    """One right to connect.

    Attributes:
        holder: name of the user or role.
        resource: as written, ``arn:aws:rds-db:REGION:ACCOUNT:dbuser:RESOURCE-ID/USER``, ``*`` or a pattern.
    """

    holder: str
    resource: str

    @property
    def user(self) -> str:
        """The database user it names; ``*`` where it names none."""
        return self.resource.rpartition("/")[2] if "/" in self.resource else "*"

    @property
    def any_user(self) -> bool:
        """True if it does not bind to one database user."""
        return "*" in self.user or "?" in self.user

    def reaches(self, region: str, resource_id: str) -> bool:
        """True if it covers the database with this resource id; without a known id, any right in the region does."""
        database, _, _ = self.resource.rpartition("/") if "/" in self.resource else (self.resource, "", "")
        parts = database.split(":")
        if len(parts) < 7:  # noqa: PLR2004  an ARN of dbuser has seven parts; a shorter pattern is all wildcard
            return matches(database, f"arn:aws:rds-db:{region}:0:dbuser:{resource_id}")
        in_region = matches(parts[3], region)
        return in_region and (not resource_id or matches(parts[6], resource_id))


def connect_grants(holders: Iterable[Holder]) -> tuple[ConnectGrant, ...]:
    """Every right to connect, by holder. A right to do everything is not one of them: that is `aws.no_admin_roles`.

    Denials and conditions are not applied: a right that may exist counts.
    """
    by_document: dict[str, tuple[str, ...]] = {}
    found: list[ConnectGrant] = []
    for holder in holders:
        if holder.service_linked:
            continue
        for document in holder.documents:
            if document.key not in by_document:
                by_document[document.key] = tuple(_resources(document))
            found += [ConnectGrant(holder.name, resource) for resource in by_document[document.key]]
    return tuple(dict.fromkeys(found))


def _resources(document: Document) -> Iterator[str]:
    for statement in document.statements:
        named = any(matches(action, ACTION) and not is_everything(action) for action in statement.actions)
        if statement.allow and named:
            yield from statement.resources
            if statement.not_resources:
                yield "*"
