"""The Django application that joins claim and proof."""

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "ztassess.assessments"
    label = "assessments"

    def ready(self) -> None:
        from ztassess.assessments.declaring import rows_declared
        from ztassess.assessments.selectors import judged
        from ztassess.assessments.services import score_record_change, score_record_facts
        from ztassess.assessments.services_notes import owners_leave
        from ztassess.inventory.standing import ASSESSORS
        from ztassess.organizations.selectors import DECLARED_SOURCES
        from ztassess.organizations.services import FACTS_LISTENERS, MEMBERS_LISTENERS
        from ztassess.scans.services.results import RESULT_LISTENERS

        if score_record_change not in RESULT_LISTENERS:
            RESULT_LISTENERS.append(score_record_change)
            FACTS_LISTENERS.append(score_record_facts)
            MEMBERS_LISTENERS.append(owners_leave)
            ASSESSORS.append(judged)
            DECLARED_SOURCES.append(rows_declared)
