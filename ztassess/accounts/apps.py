"""The Django application of people and how they sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ztassess.accounts"
    label = "accounts"

    def ready(self) -> None:
        """A session in which a second factor was added counts as one that used it."""
        from allauth.mfa.signals import authenticator_added

        from ztassess.accounts.second_factor import remember_added

        authenticator_added.connect(remember_added, dispatch_uid="accounts.remember_added")
