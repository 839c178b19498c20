"""The Django application of a consultant's own plan presets, wording, weights and branding, applied to clients."""

from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "ztassess.playbooks"
    label = "playbooks"

    def ready(self) -> None:
        from ztassess.assessments.advice import ADVICE_SOURCES
        from ztassess.playbooks.selectors import advice_source

        if advice_source not in ADVICE_SOURCES:
            ADVICE_SOURCES.append(advice_source)
