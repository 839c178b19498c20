"""The Django application of a consultant's own plan presets, wording, weights and branding, applied to clients."""

from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "ztassess.playbooks"
    label = "playbooks"
