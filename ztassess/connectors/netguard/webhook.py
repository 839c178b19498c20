"""Owns the one POST to an address that a customer chose whole: a webhook. Public https only, once, no redirects."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ztassess.connectors.errors import Blocked
from ztassess.connectors.netguard.addresses import parsed_address
from ztassess.connectors.netguard.budget import Budget
from ztassess.connectors.netguard.guard import Guard
from ztassess.connectors.netguard.http import HTTPS_PORTS, Answer, http_client
from ztassess.connectors.netguard.names import Url, parse_url, public_name

SECONDS = 15.0
"""Wall clock of look-up, connection, TLS and answer together."""

KEPT_BYTES = 4 * 1024
"""Of the answer's body; the rest is not read."""

WIRE_BYTES = 256 * 1024


def webhook_url(guard: Guard, text: str) -> Url:
    """Judge an address before anybody looks it up: scheme, spelling, port, and an address written as numbers.

    Raises:
        Blocked: it could never be posted to; ``reason`` starts with ``scheme``, ``text``, ``name``, ``port`` or
            ``address``.
    """
    url = parse_url(text, schemes=("https",))
    if guard.listed(url.host):
        return url
    if parsed_address(url.host) is None:
        public_name(url.host)
    elif not guard.address_ok(url.host):
        raise Blocked(f"address: {url.host}")
    if url.port not in HTTPS_PORTS:
        raise Blocked(f"port: {url.port} is not one of {HTTPS_PORTS}")
    return url


def post_webhook(guard: Guard, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST JSON to a webhook, once. What was looked up is judged and dialed by number; a redirect is an answer.

    The client is made for this path and no other, so that nothing else can be written to.

    Raises:
        ConnectorError: refused by policy, or it did not answer in HTTP over verified TLS within 15 seconds.
    """
    target = webhook_url(guard, url)
    path = re.escape(target.target.partition("?")[0])
    budget = Budget(seconds=SECONDS, requests=1, wire_bytes=WIRE_BYTES, decoded_bytes=WIRE_BYTES)
    with http_client(guard, budget, posts=(path,), connections=1) as client:
        return client.post(str(target), body, content_type="application/json", headers=headers, max_body=KEPT_BYTES)
