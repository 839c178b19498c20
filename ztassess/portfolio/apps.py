"""The Django application of a consultant's clients side by side: it follows every judgment of the floors below."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class PortfolioConfig(AppConfig):
    name = "ztassess.portfolio"
    label = "portfolio"

    def ready(self) -> None:
        from ztassess.assessments.services import JUDGED_LISTENERS
        from ztassess.portfolio.services.following import judgment_follow
        from ztassess.scans.models import Connection

        if judgment_follow not in JUDGED_LISTENERS:
            JUDGED_LISTENERS.append(judgment_follow)
        post_save.connect(_connection_saved, sender=Connection, dispatch_uid="portfolio-connections")


def _connection_saved(instance: Any, **kwargs: Any) -> None:
    from ztassess.portfolio.services.following import connection_follow

    connection_follow(instance)
