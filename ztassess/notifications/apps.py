"""The Django application of who hears what: the weekly digest, alerts, the signed webhook and its deliveries."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "ztassess.notifications"
    label = "notifications"

    def ready(self) -> None:
        from ztassess.assessments.services import JUDGED_LISTENERS
        from ztassess.notifications.services.endpoints import endpoints_pause_of_gone
        from ztassess.notifications.services.events import alerts_follow
        from ztassess.organizations.services import MEMBERS_LISTENERS

        if alerts_follow not in JUDGED_LISTENERS:
            JUDGED_LISTENERS.append(alerts_follow)
            MEMBERS_LISTENERS.append(endpoints_pause_of_gone)
