"""The Django application of people and how they sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ztassess.accounts"
    label = "accounts"
