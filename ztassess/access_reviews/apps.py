"""The Django application of access reviews."""

from django.apps import AppConfig


class AccessReviewsConfig(AppConfig):
    name = "ztassess.access_reviews"
    label = "access_reviews"

    def ready(self) -> None:
        from ztassess.access_reviews.services.owners import owners_leave
        from ztassess.access_reviews.services.verification import decisions_verify
        from ztassess.organizations.services import MEMBERS_LISTENERS
        from ztassess.scans.services.results import RESULT_LISTENERS

        if decisions_verify not in RESULT_LISTENERS:
            RESULT_LISTENERS.append(decisions_verify)
            MEMBERS_LISTENERS.append(owners_leave)
