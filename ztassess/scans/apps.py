"""The Django application of connections, scans and findings."""

from django.apps import AppConfig


class ScansConfig(AppConfig):
    name = "ztassess.scans"
    label = "scans"
