"""The Django application of tenants, members and roles."""

from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "ztassess.organizations"
    label = "organizations"
