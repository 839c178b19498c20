"""The Django application of read-only links for people without an account."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "ztassess.sharing"
    label = "sharing"
