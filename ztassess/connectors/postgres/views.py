"""Owns what a role sees through views: a view reads with its owner's rights unless it says security_invoker."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ztassess.connectors.postgres.judging import have
from ztassess.connectors.postgres.snapshot import VIEWS, PostgresSnapshot, RelationId


def read_through_views(
    snapshot: PostgresSnapshot, within: Collection[RelationId]
) -> Iterator[tuple[RelationId, tuple[RelationId, ...]]]:
    """Each view of ``within`` that works with its owner's rights, and every table behind it, views unfolded.

    PostgreSQL documentation, CREATE VIEW, "security_invoker"; a materialized view always holds what its owner read.
    """
    relations = {each.id: each for each in have(snapshot.relations)}
    sources: dict[RelationId, list[RelationId]] = {}
    for edge in have(snapshot.view_sources):
        sources.setdefault(edge.view, []).append(edge.source)
    for view in sorted(within, key=lambda each: (each.database, str(each))):
        known = relations.get(view)
        if known is None or known.kind not in VIEWS or known.security_invoker or known.extension:
            continue
        tables: dict[RelationId, None] = {}
        seen, todo = {view}, list(sources.get(view, ()))
        while todo:
            source = todo.pop()
            if source in seen:
                continue
            seen.add(source)
            behind = relations.get(source)
            if behind is not None and behind.kind in VIEWS:
                todo += sources.get(source, ())
            else:
                tables[source] = None
        yield view, tuple(sorted(tables, key=str))
