"""Owns the checks of the front door: who answers a stranger, on every path, with forged headers, without TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.http_probe.fingerprints import OWN_PAGES, product_of
from ztassess.connectors.http_probe.judging import (
    SCOPE,
    SHARED_PASSWORD,
    Word,
    front_of,
    is_success,
    reply_evidence,
    sensitive_words,
    unread,
    unsent_word,
    word_of,
)
from ztassess.connectors.http_probe.probe import FORGED as FORGED_HEADERS
from ztassess.connectors.http_probe.snapshot import FORGED, HTML, PATH, PLAIN, HttpProbeSnapshot, Reply, Target
from ztassess.connectors.judging import count, names
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Outcome, Severity, Unavailable, Verdict, failed, not_checked, passed

CHECKS: Checks[HttpProbeSnapshot] = Checks("http_probe")
_FRONT: Final = "proxy.front-internal-apps"
_EXPECTED: Final = "refused by a proxy or sent to the identity provider"


@CHECKS.check(
    "http_probe.anonymous_request_refused",
    title="A stranger is sent to the identity provider",
    verifies=(Verifies(_FRONT, level=2), Verifies("mfa.internal-tools", level=1)),
    severity=Severity.CRITICAL,
    parts=("targets",),
)
def anonymous_request_refused(snapshot: HttpProbeSnapshot) -> Iterator[Verdict]:
    """Every internal address refuses an anonymous request, asked as a page and as an interface, and shows by whom."""
    if isinstance(snapshot.targets, Unavailable):
        yield unread(snapshot.targets)
        return
    total = len(snapshot.targets)
    said = [(target, *front_of(target, snapshot.declared)) for target in snapshot.targets]
    good = [target for target, word, _ in said if word.outcome is Outcome.PASS]
    tally = f"{len(good)} of {count(total, 'internal address')} refused a stranger."
    for target, word, reply in said:
        evidence = (reply_evidence(target.url, reply, _EXPECTED),) if reply is not None else ()
        reason = f"{target.url}: {word.sentence} {tally}"
        if word.outcome is Outcome.FAIL:
            yield failed(target.url, reason, seen=total, evidence=evidence, near_miss=word.near_miss)
        elif word.outcome is Outcome.NOT_CHECKED:
            yield not_checked(target.url, word.code, reason)
    if len(good) == total:
        lines = tuple(reply_evidence(target.url, reply, _EXPECTED) for target, _, reply in said if reply is not None)
        yield passed(SCOPE, tally + sensitive_words(snapshot.targets, good), seen=total, evidence=lines[:50])


@CHECKS.check(
    "http_probe.no_public_path",
    title="No path behind the proxy is open",
    verifies=(Verifies(_FRONT, level=2),),
    severity=Severity.HIGH,
    parts=("targets",),
)
def no_public_path(snapshot: HttpProbeSnapshot) -> Iterator[Verdict]:
    """No path tried beside the declared one answers a stranger whom the declared one refuses."""
    if isinstance(snapshot.targets, Unavailable):
        yield unread(snapshot.targets)
        return
    good, tried = 0, 0
    for target in snapshot.targets:
        verdict = _paths(snapshot, target)
        good += verdict is None
        tried += sum(1 for _ in target.talk.replies_of(PATH))
        if verdict is not None:
            yield verdict
    if good == len(snapshot.targets):
        reason = (
            f"{count(tried, 'path')} tried on {count(good, 'internal address')}; all were refused like the page itself."
        )
        yield passed(SCOPE, reason, seen=tried)


def _paths(snapshot: HttpProbeSnapshot, target: Target) -> Verdict | None:
    """What the paths of one address say; None if all were refused."""
    word, front = front_of(target, snapshot.declared)
    replies = [each for each in target.talk.replies_of(PATH) if not _own_page(front, each)]
    opened = [each for each in replies if is_success(each)]
    is_refused = word.outcome is Outcome.PASS or word.code == "refused_by_unknown"
    if opened and is_refused:
        paths = [each.name for each in opened]
        reason = f"{target.url}: {names(paths)} answered a stranger, of {count(len(replies), 'path')} tried."
        near_miss = (
            f"{paths[0]} answers without sign-in (status {opened[0].status}). If it is a health check, move it to a "
            "port that is not public."
        )
        lines = tuple(reply_evidence(target.url, each, "refused like the page itself") for each in opened)
        return failed(target.url, reason, seen=len(replies), evidence=lines, near_miss=near_miss)
    if word.outcome is not Outcome.PASS or front is None:
        return _not_judged(target, word)
    if target.talk.unsent is not None:
        return _missing(target)
    for each in replies:
        if not _like(each, front, target, snapshot):
            said = "gave no answer" if each.status is None else f"answered {each.status}"
            reason = f"{target.url}: {each.name} {said}, unlike the page itself: it may bypass the proxy."
            return not_checked(target.url, "unexpected_answer", reason)
    if not replies:
        return _missing(target)
    if target.untried:
        reason = (
            f"{target.url}: at most 12 requests go to an address, so {names(target.untried)} could not be tried. Keep "
            "the four paths that matter most."
        )
        return not_checked(target.url, "partial_data", reason)
    return None


def _not_judged(target: Target, word: Word) -> Verdict:
    if word.outcome is Outcome.FAIL:
        reason = f"{target.url} answers a stranger already, so nothing more can be told here."
        return not_checked(target.url, "baseline_open", reason)
    return not_checked(target.url, word.code, f"{target.url}: {word.sentence}")


def _own_page(front: Reply | None, reply: Reply) -> bool:
    """True for a page of the proxy itself: by its exact path, and only where that product was recognized."""
    return front is not None and reply.name in OWN_PAGES.get(product_of(front), ())


def _like(reply: Reply, front: Reply, target: Target, snapshot: HttpProbeSnapshot) -> bool:
    """True if a request was refused like the plain one: by the same product and way, or as surely by another."""
    ways = [
        (each.status, product_of(each), (each.location.host, each.location.path) if each.location else None)
        for each in (reply, front)
    ]
    if ways[0] == ways[1]:
        return True
    return word_of(reply, target, snapshot.declared, like=product_of(front)).outcome is Outcome.PASS


@CHECKS.check(
    "http_probe.forged_headers_refused",
    title="Forged identity headers change nothing at the front door",
    verifies=(Verifies("proxy.per-request-authz", level=1),),
    severity=Severity.CRITICAL,
    parts=("targets",),
)
def forged_headers_refused(snapshot: HttpProbeSnapshot) -> Iterator[Verdict]:
    """A stranger who writes identity headers gets no further than one who does not."""
    if isinstance(snapshot.targets, Unavailable):
        yield unread(snapshot.targets)
        return
    good, sent = 0, 0
    for target in snapshot.targets:
        verdict = _forged(snapshot, target)
        good += verdict is None
        sent += sum(1 for _ in target.talk.replies_of(FORGED))
        if verdict is not None:
            yield verdict
    if good == len(snapshot.targets):
        reason = (
            f"{count(sent, 'forged request')} to {count(good, 'internal address')} were refused like one without. "
            "Whether the app verifies the signed assertion is tested at the origin."
        )
        yield passed(SCOPE, reason, seen=good)


def _forged(snapshot: HttpProbeSnapshot, target: Target) -> Verdict | None:
    """What forged headers do at one address; None if nothing."""
    word, _ = front_of(target, snapshot.declared)
    front, replies = target.talk.reply(HTML), list(target.talk.replies_of(FORGED))
    inside = [each for each in replies if is_success(each)]
    if inside and not is_success(front):
        headers = [each.name for each in inside]
        reason = (
            f"{target.url}: {names(headers)} opened the door to a stranger, of {count(len(replies), 'header')} forged."
        )
        lines = tuple(reply_evidence(target.url, each, "refused like the request without it") for each in inside)
        return failed(target.url, reason, seen=len(replies), evidence=lines)
    if word.outcome is not Outcome.PASS or front is None:
        return _not_judged(target, word)
    if {name for name, _ in FORGED_HEADERS} - {each.name for each in replies}:
        return _missing(target)
    for each in replies:
        if not _like(each, front, target, snapshot):
            said = "no answer" if each.status is None else f"status {each.status}"
            reason = f"{target.url}: with {each.name} forged came {said}, unlike the request without it."
            return not_checked(target.url, "unexpected_answer", reason)
    return None


def _missing(target: Target) -> Verdict:
    """Requests that the check needs were not sent."""
    word = unsent_word(target.talk, target.host)
    return not_checked(target.url, word.code, f"{target.url}: {word.sentence}")


@CHECKS.check(
    "http_probe.no_basic_auth",
    title="No internal tool is protected by a shared password prompt",
    verifies=(Verifies("mfa.internal-tools", level=2, supporting=True),),
    severity=Severity.MEDIUM,
    parts=("targets",),
)
def no_basic_auth(snapshot: HttpProbeSnapshot) -> Iterator[Verdict]:
    """No internal address asks for a password of the web server, which no second factor can protect."""
    if isinstance(snapshot.targets, Unavailable):
        yield unread(snapshot.targets)
        return
    good = 0
    for target in snapshot.targets:
        prompt = next((each for each in target.talk.replies if _is_prompt(each)), None)
        word, _ = front_of(target, snapshot.declared)
        if prompt is not None:
            scheme = next(each for each in prompt.challenges if each in SHARED_PASSWORD).capitalize()
            near_miss = f"{target.host} asks for HTTP {scheme} credentials. MFA cannot be enforced there."
            lines = (reply_evidence(target.url, prompt, "no Basic or Digest challenge"),)
            yield failed(target.url, near_miss, seen=len(target.talk.replies), evidence=lines, near_miss=near_miss)
        elif word.outcome is Outcome.PASS:
            good += 1
        else:
            yield _not_judged(target, word)
    if good == len(snapshot.targets):
        reason = f"None of {count(good, 'internal address')} asks for a password of the web server."
        yield passed(SCOPE, reason, seen=good)


def _is_prompt(reply: Reply) -> bool:
    return reply.status == 401 and any(each in SHARED_PASSWORD for each in reply.challenges)  # noqa: PLR2004  HTTP's own


@CHECKS.check(
    "http_probe.https_only",
    title="Plain HTTP leads nowhere but to HTTPS",
    verifies=(Verifies(_FRONT, level=2, supporting=True),),
    severity=Severity.MEDIUM,
    parts=("targets",),
)
def https_only(snapshot: HttpProbeSnapshot) -> Iterator[Verdict]:
    """Port 80 of every internal host is closed, or redirects to the same host with TLS."""
    if isinstance(snapshot.targets, Unavailable):
        yield unread(snapshot.targets)
        return
    good = 0
    for target in snapshot.targets:
        reply = target.talk.reply(PLAIN)
        if reply is None:
            word, _ = front_of(target, snapshot.declared)
            code = word.code or "partial_data"
            yield not_checked(target.url, code, f"{target.host}: port 80 was not asked. {word.sentence}")
        elif reply.error in ("refused", "timeout") or _leads_to_tls(reply, target.host):
            good += 1
        elif is_success(reply):
            near_miss = f"Port 80 answers {reply.status} instead of redirecting."
            lines = (reply_evidence(f"http://{target.host}/", reply, "closed, or a redirect to https"),)
            reason = f"{target.host} shows pages without encryption. {near_miss}"
            yield failed(target.url, reason, evidence=lines, near_miss=near_miss)
        else:
            said = f"status {reply.status}" if reply.status is not None else f"no HTTP ({reply.error})"
            reason = f"{target.host}: port 80 answers {said}, neither a page nor a redirect to https of the same host."
            yield not_checked(target.url, "unexpected_answer", reason)
    if good == len(snapshot.targets):
        reason = f"Port 80 of {count(good, 'internal address')} is closed or leads to https."
        yield passed(SCOPE, reason, seen=good)


def _leads_to_tls(reply: Reply, host: str) -> bool:
    to = reply.location
    return reply.status in (301, 302, 307, 308) and to is not None and to.scheme == "https" and to.host == host
