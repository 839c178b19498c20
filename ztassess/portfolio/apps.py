"""The Django application of a consultant's clients side by side."""

from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    name = "ztassess.portfolio"
    label = "portfolio"
