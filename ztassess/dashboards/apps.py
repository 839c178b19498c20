"""The Django application of charts over time."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "ztassess.dashboards"
    label = "dashboards"
