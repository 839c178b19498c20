"""The Django application of read-only links for people without an account."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "ztassess.sharing"
    label = "sharing"

    def ready(self) -> None:
        from ztassess.organizations.services import MEMBERS_LISTENERS
        from ztassess.sharing.services_pausing import links_pause_of_gone

        if links_pause_of_gone not in MEMBERS_LISTENERS:
            MEMBERS_LISTENERS.append(links_pause_of_gone)
