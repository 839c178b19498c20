"""The Django application of documents made of the numbers that the pages show."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "ztassess.reports"
    label = "reports"
