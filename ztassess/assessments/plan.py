"""Owns the old address of the plan: it stands before the sprint on the roadmap now."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url


def plan_page(request: OrgRequest) -> HttpResponse:
    """Send on to the roadmap, with what was chosen in the address."""
    query = request.META.get("QUERY_STRING", "")
    return redirect(org_url(request, "roadmap") + (f"?{query}" if query else ""))
