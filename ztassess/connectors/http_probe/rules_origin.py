"""Owns the checks past the proxy: does the origin answer a stranger, and does it believe a forged assertion?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.http_probe.doors import control_lines, control_of, inside_verdict
from ztassess.connectors.http_probe.fingerprints import REDIRECTS, REFUSALS, product_of
from ztassess.connectors.http_probe.judging import is_success, reply_evidence, unread, unsent_sentence
from ztassess.connectors.http_probe.snapshot import (
    INTERNET,
    ORIGIN,
    ORIGIN_FORGED,
    ORIGIN_PLAIN,
    HttpProbeSnapshot,
    Origin,
    Reply,
)
from ztassess.connectors.judging import count, names
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Outcome,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
    passed,
)

CHECKS: Checks[HttpProbeSnapshot] = Checks("http_probe")
_SCOPE: Final = "origins"
# OpenSSL's names of the alert that demands a client certificate (RFC 8446, 6: certificate_required).
_CERTIFICATE_DEMANDED: Final = "CERTIFICATE_REQUIRED"
_NO_CONNECTION: Final = ("refused", "timeout")


def first_reply(origin: Origin) -> Reply | None:
    """The origin's answer to a stranger: over TLS, else without where it speaks none."""
    return origin.talk.reply(ORIGIN_PLAIN) or origin.talk.reply(ORIGIN)


def _certificate_demanded(reply: Reply) -> bool:
    return (reply.error == "tls" and _CERTIFICATE_DEMANDED in reply.detail) or "no_client_certificate" in reply.marks


def _is_the_proxy(origin: Origin, reply: Reply | None) -> bool:
    """True if the declared origin is the proxy itself: the same address and port, or the proxy's own answer on it."""
    if origin.shares and origin.same_port:
        return True
    return bool(reply is not None and reply.status in REDIRECTS and product_of(reply))


@CHECKS.check(
    "http_probe.forged_assertion_refused_at_origin",
    title="The app rejects an assertion it cannot verify",
    verifies=(Verifies("proxy.per-request-authz", level=2),),
    severity=Severity.HIGH,
    parts=("origins",),
)
def forged_assertion_refused_at_origin(snapshot: HttpProbeSnapshot) -> Iterator[Verdict]:
    """Asked past its proxy, the app refuses a stranger, and one with forged or unsigned identity headers too."""
    if isinstance(snapshot.origins, Unavailable):
        yield unread(snapshot.origins, _SCOPE)
        return
    verdicts = [_assertion(origin) for origin in snapshot.origins]
    yield from (verdict for verdict in verdicts if verdict is not None)
    judged = verdicts.count(None)
    if judged and all(verdict is None or verdict.outcome is Outcome.NOT_APPLICABLE for verdict in verdicts):
        reason = (
            f"{judged} of {count(len(verdicts), 'origin')} answer past the proxy and refuse a stranger, with and "
            "without a forged identity."
        )
        yield passed(_SCOPE, reason, seen=judged)


def _assertion(origin: Origin) -> Verdict | None:
    """What one origin does with forged identities; None if it refuses them all."""
    reply = first_reply(origin)
    if reply is None:
        code = origin.talk.unsent.reason if origin.talk.unsent else "partial_data"
        return not_checked(origin.label, code, unsent_sentence(origin.talk, origin.label))
    if _is_the_proxy(origin, reply):
        return not_checked(origin.label, "input_missing", _proxy_sentence(origin, reply))
    if reply.error in ("name", "private"):
        return not_checked(origin.label, "unreachable", _nowhere(origin, reply))
    if reply.error in _NO_CONNECTION or _certificate_demanded(reply):
        return not_applicable(origin.label, f"{origin.label}: the origin cannot be reached without the proxy.")
    forged = list(origin.talk.replies_of(ORIGIN_FORGED))
    believed = [each for each in forged if is_success(each)]
    total = 1 + len(forged)
    if is_success(reply):
        reason = f"{origin.label} answers {reply.status} for {origin.serves} past the proxy, to anybody."
        line = reply_evidence(origin.label, reply, "refused")
        return failed(origin.label, reason, seen=total, evidence=(line,), severity=Severity.CRITICAL)
    if believed:
        headers = names([each.name for each in believed])
        near_miss = "The origin refuses anonymous requests but accepted a header with an unsigned token."
        reason = f"{origin.label} believes {headers} of a stranger: anybody who reaches it can be anybody."
        lines = tuple(reply_evidence(origin.label, each, "refused like the request without it") for each in believed)
        return failed(
            origin.label,
            reason,
            seen=total,
            evidence=lines,
            severity=Severity.CRITICAL,
            near_miss=near_miss,
        )
    if not _refuses(reply) or not all(_refuses(each) for each in forged):
        odd = next((each for each in (reply, *forged) if not _refuses(each)), reply)
        said = f"status {odd.status}" if odd.status is not None else f"no answer ({odd.error})"
        reason = f"{origin.label}: {said} to {odd.name or 'a stranger'} is no refusal; it may be a wrong host name."
        return not_checked(origin.label, "unexpected_answer", reason)
    if origin.talk.unsent is not None or not forged:
        code = origin.talk.unsent.reason if origin.talk.unsent else "partial_data"
        return not_checked(origin.label, code, unsent_sentence(origin.talk, origin.label))
    return None


def _refuses(reply: Reply) -> bool:
    return reply.status in (*REFUSALS, *REDIRECTS)


def _proxy_sentence(origin: Origin, reply: Reply | None) -> str:
    if origin.shares and origin.same_port:
        return f"{origin.label} is the proxy itself: {origin.serves} has the same address {origin.shares}."
    product = product_of(reply) if reply is not None else ""
    return f"{origin.label} answers with the sign-in of {product}: it is the proxy, not what stands behind it."


def _nowhere(origin: Origin, reply: Reply) -> str:
    if reply.error == "name":
        return f"{origin.label} has no address. If the name is right, remove it from the origins; else correct it."
    return f"{origin.label} has no public address and cannot be asked from here; run the inside runner."


@CHECKS.check(
    "http_probe.origin_unreachable",
    title="The origin does not answer past the proxy",
    verifies=(Verifies("proxy.no-direct-origin", level=3),),
    severity=Severity.HIGH,
    parts=("origins", "controls"),
)
def origin_unreachable(snapshot: HttpProbeSnapshot) -> Iterator[Verdict]:
    """From the internet, every origin refuses the connection, or anyone without the proxy's client certificate."""
    if isinstance(snapshot.origins, Unavailable):
        yield unread(snapshot.origins, _SCOPE)
        return
    verdicts = [_direct(snapshot, origin) for origin in snapshot.origins]
    yield from (verdict for verdict in verdicts if verdict is not None)
    if all(verdict is None for verdict in verdicts):
        total = len(verdicts)
        reason = (
            f"{total} of {count(total, 'origin')} did not answer a stranger past the proxy. One run supports level 2; "
            "level 3 needs a passing run on each of the last 30 days."
        )
        lines = tuple(
            reply_evidence(each.label, reply, "no answer") for each in snapshot.origins if (reply := first_reply(each))
        )
        yield passed(_SCOPE, reason, seen=total, evidence=(*control_lines(snapshot), *lines)[:50], level=2)


def origin_answers(snapshot: HttpProbeSnapshot) -> dict[str, bool]:
    """By public host: True if one of its origins answers the internet past the proxy, False if all refuse.

    A host with an origin that could not be judged, and none that answers, is left out.
    """
    if isinstance(snapshot.origins, Unavailable):
        return {}
    words: dict[str, set[Outcome | None]] = {}
    for origin in snapshot.origins:
        verdict = _direct(snapshot, origin)
        words.setdefault(origin.serves.lower(), set()).add(verdict.outcome if verdict else None)
    return {host: Outcome.FAIL in found for host, found in words.items() if Outcome.FAIL in found or found == {None}}


def _direct(snapshot: HttpProbeSnapshot, origin: Origin) -> Verdict | None:
    """What one origin says to the internet; None if it refuses."""
    reply = first_reply(origin)
    if origin.vantage != INTERNET:
        return inside_verdict(origin.label)
    if reply is None:
        code = origin.talk.unsent.reason if origin.talk.unsent else "partial_data"
        return not_checked(origin.label, code, unsent_sentence(origin.talk, origin.label))
    if _is_the_proxy(origin, reply):
        return not_checked(origin.label, "input_missing", _proxy_sentence(origin, reply))
    control = control_of(snapshot, origin.serves)
    if reply.error in ("name", "private"):
        return not_checked(origin.label, "unreachable", _nowhere(origin, reply))
    if reply.error in _NO_CONNECTION or _certificate_demanded(reply):
        if origin.shares is None:
            reason = f"{origin.serves} has no address to compare with, so {origin.label} may be the proxy itself."
            return not_checked(origin.label, "partial_data", reason)
        return _without_control(origin, control)
    if reply.status is None:
        reason = f"{origin.label} accepted the connection but did not answer in HTTP ({reply.detail or reply.error})."
        return not_checked(origin.label, "unexpected_answer", reason)
    if reply.status == 403:  # noqa: PLR2004  HTTP's own number
        if product_of(reply):
            return _without_control(origin, control)
        reason = f"{origin.label} answers 403, which does not show who refused."
        return not_checked(origin.label, "refused_by_unknown", reason)
    near_miss = (
        f"The origin answers {reply.status} to its own IP. Restricting it to the proxy's ranges is level 1; a tunnel "
        "or proxy-authenticated mTLS is level 2."
    )
    reason = f"{origin.label} answers {reply.status} for {origin.serves} past the proxy."
    lines = (reply_evidence(origin.label, reply, "no answer"),)
    return failed(origin.label, reason, evidence=lines, level=0, near_miss=near_miss)


def _without_control(origin: Origin, control: str) -> Verdict | None:
    """A closed origin counts only if the public host was reachable at the same time."""
    return not_checked(origin.label, "unreachable", f"{origin.label}: {control}") if control else None
