"""The Django application of the shared bricks."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "ztassess.common"
    label = "common"

    def ready(self) -> None:
        from ztassess.common import checks  # noqa: F401  registers the system checks
