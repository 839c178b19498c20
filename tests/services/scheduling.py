"""Hands the tests to the workers as xdist's load groups do, without looking at every finished test after each test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex

from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController


class Collected(list[str]):
    """Test ids in the order of collection, found by a look instead of a walk; nobody changes the list."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(ids)
        self._places = {nodeid: place for place, nodeid in enumerate(ids)}

    def index(self, value: str, start: SupportsIndex = 0, stop: SupportsIndex = -1) -> int:
        """Where this id stands; the scheduler asks for the whole list only."""
        del start, stop
        return self._places[value]


class Groups(LoadGroupScheduling):
    """Load groups whose finished ones are forgotten: xdist counts what is pending over all that a worker ever got.

    With fifteen thousand tests that is a hundred million steps beside two busy workers.
    """

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        super().add_node_collection(node, collection)
        if node in self.registered_collections:
            self.registered_collections[node] = Collected(collection)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        del duration
        nodeid = self.registered_collections[node][item_index]
        scope = self._split_scope(nodeid)
        group = self.assigned_work[node][scope]
        group[nodeid] = True
        if all(group.values()):
            del self.assigned_work[node][scope]
        self._reschedule(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Give what a fallen worker had to the others, but for the test in which it fell: that one would fell them too.

        Returns:
            The id of that test; None if the worker had ended in peace.
        """
        groups = self.assigned_work.pop(node)
        waiting = ((group, nodeid) for group in groups.values() for nodeid, done in group.items() if not done)
        fell_in = next(waiting, None)
        if fell_in is None:
            return None
        group, nodeid = fell_in
        group[nodeid] = True
        self.workqueue.update({scope: group for scope, group in groups.items() if not all(group.values())})
        for other in self.assigned_work:
            self._reschedule(other)
        return nodeid

    def _reschedule(self, node: WorkerController) -> None:
        """Keep two tests ahead of a worker: it runs one when it knows the next, or that there is none.

        Who replaces a fallen worker would otherwise wait for ever over a single one.
        """
        if node not in self.registered_collections:
            return
        super()._reschedule(node)
        if not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)


def scheduler(config: Any, log: Any) -> Groups | None:
    """The scheduler of a run that asks for load groups; None leaves the choice to xdist."""
    return Groups(config, log) if config.getvalue("dist") == "loadgroup" else None
