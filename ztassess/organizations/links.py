"""Owns links inside an organization: the same page under ``/o/<slug>/`` for members, under ``/demo/`` for visitors,
there below the slug for what is not the demo company itself."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from ztassess.organizations.access import OrgRequest


def org_url(request: OrgRequest, name: str, /, **kwargs: Any) -> str:
    """The address of an organization's page, for where this request is.

    Parameters:
        name: route name without namespace, for example ``overview``.
    """
    if request.is_demo_visit and request.demo_slug:
        return reverse(f"demo_client:{name}", kwargs={"slug": request.demo_slug, **kwargs})
    if request.is_demo_visit:
        return reverse(f"demo:{name}", kwargs=kwargs or None)
    return reverse(f"org:{name}", kwargs={"slug": request.organization.slug, **kwargs})
