"""The Django application of the sprint: it follows every judgment of the floor below, and tells it what is next."""

from django.apps import AppConfig


class RoadmapsConfig(AppConfig):
    name = "ztassess.roadmaps"
    label = "roadmaps"

    def ready(self) -> None:
        from ztassess.assessments.next_tasks import NEXT_TASK_SOURCES
        from ztassess.assessments.services import JUDGED_LISTENERS
        from ztassess.organizations.services import MEMBERS_LISTENERS
        from ztassess.roadmaps.next_tasks import sprint_tasks
        from ztassess.roadmaps.services.following import owners_follow, sprint_follow

        if sprint_follow not in JUDGED_LISTENERS:
            JUDGED_LISTENERS.append(sprint_follow)
            MEMBERS_LISTENERS.append(owners_follow)
            NEXT_TASK_SOURCES.append(sprint_tasks)
