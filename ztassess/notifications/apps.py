"""The Django application of who hears what: the weekly digest, alerts, the signed webhook and its deliveries."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "ztassess.notifications"
    label = "notifications"
