"""The Django application of access reviews."""

from django.apps import AppConfig


class AccessReviewsConfig(AppConfig):
    name = "ztassess.access_reviews"
    label = "access_reviews"

    def ready(self) -> None:
        from ztassess.access_reviews.services.verification import decisions_verify
        from ztassess.scans.services.results import RESULT_LISTENERS

        if decisions_verify not in RESULT_LISTENERS:
            RESULT_LISTENERS.append(decisions_verify)
