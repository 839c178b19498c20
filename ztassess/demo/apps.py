"""The Django application of the demo company; it has no models of its own."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "ztassess.demo"
    label = "demo"
