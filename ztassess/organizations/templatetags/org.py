"""Owns template tags about the organization of the request: links, rights, form tokens."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django import template
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ztassess.accounts.step_up import proof_address, proof_left
from ztassess.organizations import links
from ztassess.organizations.access import refusal
from ztassess.organizations.roles import Action

register = template.Library()


@register.simple_tag(takes_context=True)
def org_url(context: template.Context, name: str, /, **kwargs: Any) -> str:
    """``{% org_url 'control' control_id=control.id %}``: a page of the request's organization."""
    return links.org_url(context["request"], name, **kwargs)


@register.simple_tag(takes_context=True)
def can(context: template.Context, action: str) -> bool:
    """``{% can 'answer' as may_answer %}``: whether the reader may do this here."""
    request = context["request"]
    return not request.is_demo_visit and not refusal(request, Action(action))


@register.simple_tag(takes_context=True)
def form_tokens(context: template.Context) -> SafeString:
    """The hidden fields of every form that changes something: token, organization, a key against double clicks."""
    request = context["request"]
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="for_organization" value="{}">'
        '<input type="hidden" name="idempotency_key" value="{}">',
        get_token(request),
        request.organization.id,
        secrets.token_urlsafe(18),
    )


@register.inclusion_tag("components/_proof_note.html", takes_context=True)
def proof_note(context: template.Context) -> dict[str, Any]:
    """On a form that needs a fresh proof: how long it lasts, and how to renew it without losing what was typed."""
    left = proof_left(context["request"])
    then = reverse("proof_confirmed")
    return {"left": int(left), "until": timezone.localtime() + timedelta(seconds=left), "prove": proof_address(then)}


@register.filter
def entry(values: dict[str, Any], key: str) -> Any:
    """``{{ descriptions|entry:choice.value }}``: a value by a key that is a variable."""
    return values.get(str(key), "")
