"""Owns one attempt at a webhook: the signed request, and what its answer means in one sentence."""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime
from http import HTTPStatus

from django.utils import timezone

from ztassess.common.envelope import EnvelopeError
from ztassess.common.redaction import OpenSecrets, redact
from ztassess.connectors.errors import BadAnswer, Blocked, BudgetExceeded, ConnectorError, TlsFailed, Unreachable
from ztassess.connectors.netguard import Answer, post_webhook
from ztassess.connectors.netguard.webhook import SECONDS
from ztassess.domain.retrying import asked_pause
from ztassess.notifications.models import Delivery, DeliveryState, WebhookEndpoint
from ztassess.notifications.queue import ANSWER_LIMIT
from ztassess.notifications.services.outcomes import Outcome
from ztassess.notifications.signing import EVENT_HEADER, KIND_HEADER, SIGNATURE_HEADER, signature_header
from ztassess.notifications.vault import secrets_live
from ztassess.scans.reading import guard

UNREACHABLE = f"Could not reach the host. It has to answer at a public https address within {SECONDS:.0f} seconds."
"""Said of every address that gave no answer, so that a member cannot scan a network by reading the log."""
BUCKET = SECONDS + 1.0
"""Seconds that every such attempt takes, for the same reason: a refusal comes at once, a silence at the very end."""
SEALED = "The signing secret does not open, so nothing was sent. Ask whoever runs this installation."
log = logging.getLogger(__name__)
rest = time.sleep
SLOW_DOWN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def body_of(row: Delivery) -> bytes:
    """The body of a webhook: ids, counts, control ids and links; the same in every attempt."""
    said = row.payload
    body = {
        "id": str(row.event_id),
        "kind": row.kind,
        "at": said["at"],
        "organization": str(row.organization_id),
        "count": said["count"],
        "items": said["items"],
        "link": said["link"],
    }
    return json.dumps(body, separators=(",", ":"), sort_keys=True).encode()


def post(row: Delivery, endpoint: WebhookEndpoint) -> Outcome:
    """Send a delivery once. Never raises for what a receiver or a network does."""
    body = body_of(row)
    with OpenSecrets() as hidden:
        try:
            live = secrets_live(endpoint)
        except EnvelopeError:
            return Outcome(DeliveryState.WAITING, SEALED)
        # A receiver may repeat what it was sent, and its address may hold a token of its own.
        hidden.add([*live, endpoint.beyond_host])
        headers = {
            SIGNATURE_HEADER: signature_header(live, int(time.time()), body),
            EVENT_HEADER: str(row.event_id),
            KIND_HEADER: row.kind,
            "user-agent": "ztassess-webhook",
        }
        begun = time.monotonic()
        try:
            answer = post_webhook(guard(), endpoint.url, body, headers)
        except (Blocked, BudgetExceeded, Unreachable) as problem:
            return _unreachable(row, endpoint, problem, time.monotonic() - begun)
        except ConnectorError as problem:
            return _failed(problem)
        return _answered(answer, timezone.now())


def _unreachable(row: Delivery, endpoint: WebhookEndpoint, problem: ConnectorError, took: float) -> Outcome:
    """One sentence, one state and one duration, whether policy refused, nobody listened or nothing came back.

    Which of them it was stands in the operator's log.
    """
    why = getattr(problem, "reason", "") or getattr(problem, "how", "") or problem.sentence
    log.warning(
        "webhook %s of organization %s: delivery %s got no answer in %.1f s: %s (%s)",
        *(endpoint.id, row.organization_id, row.id, took, redact(why), type(problem).__name__),
    )
    rest(max(0.0, BUCKET - took))
    return Outcome(DeliveryState.WAITING, UNREACHABLE)


def _failed(problem: ConnectorError) -> Outcome:
    known = isinstance(problem, TlsFailed | BadAnswer)
    return Outcome(DeliveryState.WAITING if known else DeliveryState.DEAD, redact(problem.sentence))


def _answered(answer: Answer, now: datetime) -> Outcome:
    status = answer.status
    text = redact(answer.body.decode(errors="replace"))
    shown = "".join(letter if letter.isprintable() else " " for letter in text)[:ANSWER_LIMIT]
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome(DeliveryState.DELIVERED, "Delivered.", status, shown)
    if status == HTTPStatus.GONE:
        sentence = "The receiver says that this endpoint is gone, so it was paused."
        return Outcome(DeliveryState.DEAD, sentence, status, shown, gone=True)
    if status in SLOW_DOWN:
        after = asked_pause(answer.header("retry-after"), now)
        wait = f" for {after:.0f} seconds" if after is not None else ""
        return Outcome(DeliveryState.WAITING, f"The receiver asks us to wait{wait}.", status, shown, after=after)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        sentence = "The receiver redirects, and a signed body does not follow. Enter the final address."
        return Outcome(DeliveryState.WAITING, sentence, status, shown)
    return Outcome(DeliveryState.WAITING, f"The receiver answered with status {status}.", status, shown)
