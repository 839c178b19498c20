"""The Django application of who hears what: the weekly digest, alerts, the signed webhook and its deliveries."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "ztassess.notifications"
    label = "notifications"

    def ready(self) -> None:
        from ztassess.assessments.services import JUDGED_LISTENERS
        from ztassess.notifications.services.events import alerts_follow

        if alerts_follow not in JUDGED_LISTENERS:
            JUDGED_LISTENERS.append(alerts_follow)
