"""The Django application of what a company runs: services, stores, rights, and the apps behind its VPN."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "ztassess.inventory"
    label = "inventory"
