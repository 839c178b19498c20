"""Notifications are tested with the door connector; bells are counted, and receivers are real servers on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from tests.assessments.week import Week
from tests.fakes.doors import bells, building, connection
from tests.fakes.vendor import Answer, Request, Vendor, authority
from ztassess.domain.event_kinds import ALERTS
from ztassess.notifications.models import Delivery, WebhookEndpoint
from ztassess.notifications.services.endpoints import endpoint_create, endpoint_test
from ztassess.notifications.work import delivery_work
from ztassess.scans import bell

__all__ = ["bells", "building", "connection"]

KINDS = [kind.value for kind in ALERTS]


@pytest.fixture(autouse=True)
def rung(bells, building, monkeypatch) -> list[tuple[str, object]]:
    """The bells of deliveries, counted."""
    heard: list[tuple[str, object]] = []
    monkeypatch.setattr(bell, "ring_task", lambda task, organization_id, row_id: heard.append((task, row_id)) or True)
    return heard


@pytest.fixture
def week(monkeypatch) -> Week:
    return Week(monkeypatch)


@pytest.fixture
def receiver(settings) -> Iterator[Vendor]:
    """A receiver with TLS that answers 200 to every POST; `fault` makes it say something else."""
    settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost", authority()[1]
    made = Vendor()

    @made.route("POST", "/hook.*")
    def take(request: Request) -> Answer:
        return Answer(raw=b"thank you", kind="text/plain")

    with made:
        yield made


@pytest.fixture
def hook(receiver, in_scope, owner) -> WebhookEndpoint:
    """A webhook to the receiver. Its secret stands in ``plain``."""
    row, plain = endpoint_create(
        organization=in_scope, url=f"{receiver.base}/hook?token=in-url", kinds=KINDS, actor=owner
    )
    row.plain = plain
    return row


@pytest.fixture
def attempt(hook, owner) -> Callable[..., Delivery]:
    """Queue a test delivery, or make one due that waits, and try it once."""

    def once(row: Delivery | None = None, endpoint: WebhookEndpoint = hook) -> Delivery:
        row = row or endpoint_test(endpoint=endpoint, actor=owner)
        Delivery.objects.filter(id=row.id).update(not_before=timezone.now() - timezone.timedelta(seconds=1))
        delivery_work(row.organization, row.id)
        row.refresh_from_db()
        return row

    return once
