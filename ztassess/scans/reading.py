"""Owns what a connector is given for one run: values, opened secrets, guard, budget, the operator's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from ztassess.connectors.contract import Connector, Declared, ReadContext
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.runner import parse_form
from ztassess.domain.roster import SharedView

SCAN_SECONDS = 220.0
PREFLIGHT_SECONDS = 20.0
# A catalog of tens of thousands of tables is large and honest; probes have smaller limits of their own.
SCAN_WIRE_BYTES = 64 * 1024 * 1024
SCAN_DECODED_BYTES = 256 * 1024 * 1024
# 20,000 people at 100 a page, in five lists, and as many small questions again.
SCAN_PAGES = 2000


def guard() -> Guard:
    """The egress guard with the operator's allow-list for private targets."""
    return Guard(allow_private=Guard.parse_allowed(settings.ALLOW_PRIVATE_TARGETS), extra_ca=settings.EXTRA_CA_FILE)


def operator_settings() -> dict[str, str]:
    """Trusted settings of the installation that connectors may use."""
    found = {"aws_endpoint_url": settings.AWS_ENDPOINT_URL} if settings.AWS_ENDPOINT_URL else {}
    found |= {f"endpoint {address.rstrip('/')}": url.rstrip("/") for address, url in settings.VENDOR_ENDPOINTS.items()}
    # Probes name the installation in their User-Agent, so that whoever reads a log knows whom to ask.
    return found | ({"contact_url": settings.BASE_URL} if settings.HTTPS else {})


def read_context(
    *,
    connector: Connector,
    entered: Mapping[str, str],
    secrets: Mapping[str, str],
    declared: Declared,
    now: datetime,
    progress: Callable[[str, int], None] | None = None,
    seconds: float = SCAN_SECONDS,
    operator: Mapping[str, str] | None = None,
    for_upload: bool = False,
    views: tuple[SharedView, ...] = (),
    exported_at: datetime | None = None,
) -> ReadContext:
    """Parse the form's text and put a run together.

    Parameters:
        entered, secrets: text by field name.
        for_upload: an export needs no target; what was entered beside it must still be right.
        views: what the organization's connections told last, for a connector that takes views.
        exported_at: when the uploaded export was made, as the person said.

    Raises:
        InputInvalid: a value cannot be used; the sentence names it.
    """
    values, problems = parse_form(connector, entered, secrets, for_upload=for_upload)
    if problems:
        raise InputInvalid(" ".join(problems.values()))
    extra: dict[str, Any] = {"progress": progress} if progress else {}
    return ReadContext(
        config=values,
        secrets=dict(secrets),
        guard=guard(),
        budget=Budget(seconds=seconds, wire_bytes=SCAN_WIRE_BYTES, decoded_bytes=SCAN_DECODED_BYTES, pages=SCAN_PAGES),
        now=now,
        declared=declared,
        operator=operator_settings() if operator is None else operator,
        views=views,
        exported_at=exported_at,
        **extra,
    )
