"""Owns what a role can really do: its own rights, those of every role it can reach, ownership, and by which way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.postgres.matrix import BROUGHT_BY_BUILTIN, VERBS
from ztassess.connectors.postgres.snapshot import (
    PUBLIC,
    SEQUENCE,
    ColumnGrant,
    Effective,
    Membership,
    Relation,
    RelationId,
    Role,
)

BROAD_BUILTIN: Final = (
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_execute_server_program",
    "pg_read_server_files",
    "pg_write_server_files",
)
"""Built-in roles that reach every table or the server itself (PostgreSQL documentation, "Predefined Roles")."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The roles one role can use, itself included.

    Attributes:
        become: it can act as them: itself, SET ROLE, or by granting itself membership (ADMIN).
        rights: it can use their rights, by becoming them or by inheriting.
    """

    become: frozenset[str]
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class Way:
    """How a role comes to one verb on one relation.

    Attributes:
        how: a phrase that ends "reporting may update orders ...", such as ``through readers (SET ROLE)``.
        columns: the columns, if the verb does not cover the whole relation.
        partial: True if it covers some columns only.
    """

    how: str
    columns: tuple[str, ...] = ()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """The role graph and the effective rights of one snapshot, indexed. Built once per rule; read only."""

    roles: Mapping[str, Role]
    relations: Mapping[RelationId, Relation]
    _edges: Mapping[str, tuple[Membership, ...]]
    _effective: Mapping[str, tuple[Effective, ...]]
    _columns: Mapping[RelationId, tuple[ColumnGrant, ...]]

    def reach(self, role: str) -> Reach:
        """Every role this one can use (PostgreSQL 16, "Role Membership": INHERIT, SET and ADMIN apart)."""
        become: set[str] = {role}
        rights: set[str] = set()
        todo = [(role, True)]
        while todo:
            name, acting = todo.pop()
            rights.add(name)
            for edge in self._edges.get(name, ()):
                may_act = edge.admin or (acting and edge.become)
                if may_act and edge.role not in become:
                    become.add(edge.role)
                    todo.append((edge.role, True))
                elif edge.inherit and edge.role not in rights:
                    todo.append((edge.role, False))
        return Reach(frozenset(become), frozenset(rights))

    def unlimited(self, role: str, reach: Reach) -> str:
        """Why no grant limits this role, such as ``it is a superuser``; empty if grants do limit it."""
        for name in sorted(reach.become, key=lambda each: (each != role, each)):
            found = self.roles.get(name)
            if found is None or not (found.superuser or found.create_role):
                continue
            what = "a superuser" if found.superuser else "allowed to create roles (CREATEROLE)"
            return f"it is {what}" if name == role else f"it can SET ROLE to {name}, which is {what}"
        return ""

    def verbs(self, role: str, reach: Reach) -> dict[RelationId, dict[str, Way]]:
        """Per relation, every verb the role can use and how; the plainest way wins.

        Broad built-in roles are not unfolded here: see `broad_verbs`.
        """
        found: dict[RelationId, dict[str, Way]] = {}
        whole: list[tuple[RelationId, str, str]] = []
        partial: list[tuple[RelationId, str, str]] = []
        for name in sorted(reach.rights, key=lambda each: (each != role, each)):
            for answer in self._effective.get(name, ()):
                whole += [(answer.relation, verb, name) for verb in sorted(answer.verbs)]
                partial += [(answer.relation, verb, name) for verb in sorted(answer.column_verbs - answer.verbs)]
        for relation, verb, name in whole:
            ways = found.setdefault(relation, {})
            if verb not in ways:
                ways[verb] = Way(self._explained(role, name, relation, verb, reach))
        self._add_ownership(found, reach)
        for relation, verb, name in partial:
            ways = found.setdefault(relation, {})
            if verb not in ways:
                ways[verb] = self._by_column(role, name, relation, verb, reach)
        return found

    def broad_verbs(self, reach: Reach) -> dict[str, frozenset[str]]:
        """Built-in roles within reach that bring verbs on every relation."""
        return {name: verbs for name, verbs in BROUGHT_BY_BUILTIN.items() if name in reach.rights}

    def _add_ownership(self, found: dict[RelationId, dict[str, Way]], reach: Reach) -> None:
        """An owner without a right can grant it to itself, so it counts as held."""
        for relation in self.relations.values():
            if relation.owner in reach.rights and relation.kind != SEQUENCE:
                ways = found.setdefault(relation.id, {})
                for verb in VERBS:
                    ways.setdefault(verb, Way(f"as {relation.owner} owns it"))

    def _explained(self, role: str, holder: str, relation: RelationId, verb: str, reach: Reach) -> str:
        """Where a verb of ``holder`` comes from, seen from ``role``."""
        if holder != role:
            return f"through {holder} (SET ROLE)" if holder in reach.become else f"through {holder} (inherited)"
        known = self.relations.get(relation)
        if known is None:
            return "granted"
        if known.owner == role:
            return f"as {role} owns it"
        givers = [acl.grantee for acl in known.grants if verb in acl.privileges]
        if role in givers:
            return f"granted to {role}"
        if PUBLIC in givers:
            return "through PUBLIC"
        through = sorted(name for name in reach.rights if name in givers)
        if through:
            return f"through {through[0]} (inherited)"
        broad = sorted(name for name, verbs in self.broad_verbs(reach).items() if verb in verbs)
        return f"through {broad[0]}" if broad else "granted"

    def _by_column(self, role: str, holder: str, relation: RelationId, verb: str, reach: Reach) -> Way:
        allowed = reach.rights | {PUBLIC}
        grants = [
            each for each in self._columns.get(relation, ()) if each.privilege == verb and each.grantee in allowed
        ]
        columns = tuple(sorted({each.column for each in grants}))
        givers = {each.grantee for each in grants}
        if role in givers or not givers:
            how = f"granted to {role}"
        elif PUBLIC in givers:
            how = "through PUBLIC"
        else:
            how = self._explained(role, holder if holder != role else min(givers), relation, verb, reach)
        return Way(how, columns, partial=True)


def access_of(
    roles: Iterable[Role],
    memberships: Iterable[Membership],
    relations: Iterable[Relation],
    effective: Iterable[Effective],
    column_grants: Iterable[ColumnGrant],
) -> Access:
    """Index one snapshot's parts."""
    edges: dict[str, list[Membership]] = {}
    for edge in memberships:
        edges.setdefault(edge.member, []).append(edge)
    answers: dict[str, list[Effective]] = {}
    for answer in effective:
        answers.setdefault(answer.role, []).append(answer)
    columns: dict[RelationId, list[ColumnGrant]] = {}
    for grant in column_grants:
        columns.setdefault(grant.relation, []).append(grant)
    return Access(
        {role.name: role for role in roles},
        {relation.id: relation for relation in relations},
        {name: tuple(found) for name, found in edges.items()},
        {name: tuple(found) for name, found in answers.items()},
        {relation: tuple(found) for relation, found in columns.items()},
    )
