"""Owns the refusals of this floor: each is one sentence for the person who asked."""


class RoadmapError(Exception):
    """Base: something about the sprint was refused; nothing was changed."""

    retryable = False


class SprintRuns(RoadmapError):
    """A sprint runs already; there is one at a time."""


class PlanImpossible(RoadmapError):
    """The plan holds no task: nothing is left, or nothing fits into the hours."""


class PlanOutdated(RoadmapError):
    """What the person looked at is not what would be saved now."""


class TaskChanged(RoadmapError):
    """Somebody else changed the task meanwhile, or the sprint has ended."""


class MoveRefused(RoadmapError):
    """A task cannot go there by a person's hand; only proof closes and opens it again."""
