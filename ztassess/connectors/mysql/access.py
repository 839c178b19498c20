"""Owns what an account can really do: its own grants, those its clients match too, those of every role in reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from ztassess.connectors.mysql.hosts import like, literal, may_meet
from ztassess.connectors.mysql.snapshot import (
    EVERY_ACCOUNT,
    Account,
    AccountId,
    AccountState,
    ColumnGrant,
    MysqlSnapshot,
    Restriction,
    SchemaGrant,
    TableGrant,
    TableId,
)
from ztassess.domain.findings import Part, Unavailable

T = TypeVar("T")
EVERYTHING: Final = TableId("*", "*")


@dataclass(frozen=True, slots=True)
class Held:
    """Rights an account holds at one place by one way.

    Attributes:
        place: ``*.*`` of a global grant; ``pattern.*`` of a schema grant, its schema a LIKE pattern; or a table.
        column: the column, if the right covers that one only.
        how: ``granted to app@%``, ``through role readers`` and the like.
        restrictions: partial revokes that cut a global grant.
        source: the grant table, for evidence.
    """

    place: TableId
    rights: frozenset[str]
    how: str
    source: str
    column: str = ""
    restrictions: tuple[Restriction, ...] = ()

    @property
    def everywhere(self) -> bool:
        """True for a global grant."""
        return self.place == EVERYTHING

    @property
    def schema_wide(self) -> bool:
        """True for a grant on all of a schema, or of all that match."""
        return self.place.name == "*" and not self.everywhere


@dataclass(frozen=True, slots=True)
class Access:
    """Accounts, roles and grants of one snapshot, indexed. Built once per rule; read only."""

    accounts: Mapping[AccountId, Account]
    states: Mapping[AccountId, AccountState]
    roles: frozenset[AccountId]
    mandatory: tuple[AccountId, ...]
    _edges: Mapping[AccountId, tuple[AccountId, ...]]
    _dynamic: Mapping[AccountId, frozenset[str]]
    _schemas: Mapping[str, tuple[SchemaGrant, ...]]
    _tables: Mapping[str, tuple[TableGrant, ...]]
    _columns: Mapping[str, tuple[ColumnGrant, ...]]

    def reach(self, account: AccountId) -> tuple[AccountId, ...]:
        """Every role the account can use, by default or by SET ROLE, those that everybody has included; sorted."""
        found: set[AccountId] = set()
        todo = [account, *self.mandatory]
        public = AccountId(EVERY_ACCOUNT, "")
        if public in self.accounts:
            todo.append(public)
        found.update(todo[1:])
        while todo:
            for role in self._edges.get(todo.pop(), ()):
                if role not in found:
                    found.add(role)
                    todo.append(role)
        return tuple(sorted(found - {account}))

    def global_rights(self, account: AccountId) -> dict[str, str]:
        """Each right on the whole server with the way it comes by."""
        ways: dict[str, str] = {}
        for holder in (account, *self.reach(account)):
            for right in sorted(self._own_global(holder)):
                ways.setdefault(right, _way(account, holder))
        return ways

    def held(self, account: AccountId) -> Iterator[Held]:
        """Everything the account holds. A union: of several rows for one schema the server uses the closest match only,
        which one depends on the client's host, so what some connection can do counts."""
        for holder in (account, *self.reach(account)):
            how = _way(account, holder)
            everywhere = self._own_global(holder)
            if everywhere:
                state = self.states.get(holder)
                yield Held(EVERYTHING, everywhere, how, "mysql.user", restrictions=state.restrictions if state else ())
            for schema in self._of(self._schemas, holder, blank=True):
                place = TableId(schema.pattern, "*")
                yield Held(place, schema.rights, _more(how, holder, schema.grantee), "mysql.db")
            for table in self._of(self._tables, holder):
                if table.rights:
                    how_here = _more(how, holder, table.grantee)
                    yield Held(table.table, table.rights, how_here, "mysql.tables_priv")
            for column in self._of(self._columns, holder):
                how_here = _more(how, holder, column.grantee)
                yield Held(column.table, column.rights, how_here, "mysql.columns_priv", column.column)

    def locked(self, account: Account) -> bool | None:
        """Whether it is locked; None if nothing that was read says so."""
        state = self.states.get(account.id)
        return account.locked if state is None else state.locked

    def _own_global(self, holder: AccountId) -> frozenset[str]:
        account, state = self.accounts.get(holder), self.states.get(holder)
        rights = account.rights if account else frozenset()
        return rights | (state.rights if state else frozenset()) | self._dynamic.get(holder, frozenset())

    def _of(self, index: Mapping[str, tuple[T, ...]], holder: AccountId, *, blank: bool = False) -> Iterator[T]:
        """Rows of a holder: of a role its own; of an account all that its clients can match too."""
        users = (holder.user, "") if blank and holder.user and holder not in self.roles else (holder.user,)
        for user in users:
            for row in index.get(user, ()):
                grantee: AccountId = row.grantee  # type: ignore[attr-defined]  # all three kinds of rows have one
                if grantee == holder or self._same_clients(holder, grantee):
                    yield row

    def _same_clients(self, holder: AccountId, grantee: AccountId) -> bool:
        if holder in self.roles or grantee in self.roles:
            return False
        return may_meet(holder.host, grantee.host)


def _way(account: AccountId, holder: AccountId) -> str:
    if holder == account:
        return f"granted to {account}"
    return "through PUBLIC" if holder == AccountId(EVERY_ACCOUNT, "") else f"through role {holder}"


def _more(how: str, holder: AccountId, grantee: AccountId) -> str:
    if grantee == holder:
        return how
    if not grantee.user:
        return "granted to every account"
    return f"granted to {grantee}, whose hosts overlap"


def rows_of(part: Part[T]) -> tuple[T, ...]:
    """The rows of a part, none if it is unread: grants only add rights, so what is found stands either way."""
    return () if isinstance(part, Unavailable) else part


def access_of(snapshot: MysqlSnapshot) -> Access:
    """Index one snapshot. Unread parts count as empty; whoever passes something must ask for them first."""
    edges: dict[AccountId, list[AccountId]] = {}
    for edge in rows_of(snapshot.roles):
        edges.setdefault(edge.member, []).append(edge.role)
    dynamic: dict[AccountId, set[str]] = {}
    for grant in rows_of(snapshot.dynamic):
        dynamic.setdefault(grant.grantee, set()).add(grant.right)
    accounts = {each.id: each for each in rows_of(snapshot.users)}
    states = {each.id: each for each in rows_of(snapshot.states)}
    mandatory = _mandatory(snapshot)
    given = {*mandatory, *(role for found in edges.values() for role in found)}
    roles = {each.id for each in accounts.values() if each.role}
    roles |= {role for role in given if role in accounts and _is_locked(accounts[role], states.get(role))}
    return Access(
        accounts,
        states,
        frozenset(roles),
        mandatory,
        {member: tuple(found) for member, found in edges.items()},
        {grantee: frozenset(found) for grantee, found in dynamic.items()},
        _by_user(rows_of(snapshot.schema_grants)),
        _by_user(rows_of(snapshot.table_grants)),
        _by_user(rows_of(snapshot.column_grants)),
    )


def _is_locked(account: Account, state: AccountState | None) -> bool:
    return bool(state.locked if state else account.locked)


def _by_user(rows: Iterable[T]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(row.grantee.user, []).append(row)  # type: ignore[attr-defined]  # all three kinds have one
    return {user: tuple(grants) for user, grants in found.items()}


def _mandatory(snapshot: MysqlSnapshot) -> tuple[AccountId, ...]:
    """MySQL's mandatory_roles, which every account has: ``role1,`role2`@`%```."""
    value = next((each.value for each in rows_of(snapshot.settings) if each.name == "mandatory_roles"), "")
    found = []
    for entry in value.split(","):
        user, _, host = (part.strip(" `'\"") for part in entry.strip().partition("@"))
        if user:
            found.append(AccountId(user, host or "%"))
    return tuple(found)


def schemas_of(pattern: str, known: Part[str]) -> tuple[str, ...] | None:
    """The schemas a schema grant covers today; None if its wildcards cannot be followed."""
    name = literal(pattern)
    if name is not None:
        return (name,)
    return None if isinstance(known, Unavailable) else tuple(each for each in known if like(pattern, each))
