"""The Django application of an organization as files: export, import, OSCAL, deletion."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "ztassess.exchange"
    label = "exchange"
