"""Owns what one answer means to a stranger, and the words several rules share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from ztassess.connectors.http_probe.fingerprints import OAUTH2_PROXY, REDIRECTS, REFUSALS, is_below, product_of
from ztassess.connectors.http_probe.snapshot import HTML, JSON, Conversation, Declarations, Reply, Target
from ztassess.connectors.judging import count
from ztassess.domain.findings import Evidence, Outcome, Unavailable, Verdict, not_checked

SCOPE: Final = "internal tools"
SHARED_PASSWORD: Final = ("basic", "digest")
_SUCCESS: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Word:
    """What one answer means.

    Attributes:
        outcome: PASS if a stranger was refused by something we know, FAIL if not, NOT_CHECKED if it cannot be told.
        code: why it cannot be told.
        sentence: for a person; says what happened, without the host's name.
        by: what refused: a product, or ``your identity provider``.
    """

    outcome: Outcome
    sentence: str
    code: str = ""
    by: str = ""
    near_miss: str = ""


def is_success(reply: Reply | None) -> bool:
    """True for any 2xx: the page may be a sign-in form of a single-page app, the status does not say so."""
    return reply is not None and reply.status in _SUCCESS


def word_of(reply: Reply, target: Target, declared: Declarations, *, like: str = "") -> Word:
    """What an answer means to a stranger who asked ``target``.

    Parameters:
        like: the product that refused the same page asked as HTML; some answer programs with a bare 401.
    """
    host = target.host
    if reply.status is None:
        return _no_answer(reply, host)
    if reply.status == 429 or reply.header("cf-mitigated"):  # noqa: PLR2004  HTTP's own number
        sentence = unsent_sentence(target.talk, host) or f"{host} limits our requests; nothing was judged from it."
        return Word(Outcome.NOT_CHECKED, sentence, "rate_limited")
    product = product_of(reply)
    if reply.status in _SUCCESS:
        return Word(Outcome.FAIL, f"An anonymous request was answered with status {reply.status}.")
    if product:
        return Word(Outcome.PASS, f"{product} refused (status {reply.status}).", by=product)
    if reply.status in REDIRECTS:
        return _redirected(reply, target, declared)
    if reply.status in REFUSALS:
        return _refused(reply, like)
    return Word(
        Outcome.NOT_CHECKED, f"Status {reply.status} says neither yes nor no to a stranger.", "unexpected_answer"
    )


def _redirected(reply: Reply, target: Target, declared: Declarations) -> Word:
    to = reply.location
    if to is None or not to.host:
        return Word(Outcome.NOT_CHECKED, "A redirect leads nowhere that can be read.", "unexpected_answer")
    if to.host == target.host:
        return _own_page(reply.name or urlsplit(target.url).path, target.host, to.path)
    if any(is_below(to.host, each) for each in declared.identity_hosts):
        if to.scheme != "https":
            return Word(Outcome.NOT_CHECKED, f"A redirect leads to {to.host} without encryption.", "unexpected_answer")
        return Word(Outcome.PASS, f"A redirect leads to your sign-in host {to.host}.", by="your identity provider")
    sentence = (
        f"A redirect leads to {to.host}, which is not among your sign-in hosts. If strangers sign in there, add it to "
        "them."
    )
    return Word(Outcome.NOT_CHECKED, sentence, "unknown_redirect")


def _own_page(asked: str, host: str, path: str) -> Word:
    if path != asked and path.rstrip("/") == asked.rstrip("/"):
        sentence = f"A redirect only completes the address to {path}; declare that one."
        return Word(Outcome.NOT_CHECKED, sentence, "unexpected_answer")
    near_miss = (
        f"{host} redirects to its own sign-in page. That page is reachable by anyone; put the proxy in front of it."
    )
    sentence = f"The application's own page {path} answers a stranger, not a proxy."
    return Word(Outcome.FAIL, sentence, near_miss=near_miss)


def _refused(reply: Reply, like: str) -> Word:
    if any(each in SHARED_PASSWORD for each in reply.challenges):
        return Word(Outcome.FAIL, "A password prompt of the web server (HTTP Basic or Digest) answered, not a proxy.")
    if reply.status == 401 and like == OAUTH2_PROXY:  # noqa: PLR2004  HTTP's own number
        return Word(Outcome.PASS, f"{like} refused (status 401).", by=like)
    sentence = (
        f"Status {reply.status} refused the request, but it does not show who refused: a proxy, a firewall, the "
        "application and a crash look the same."
    )
    return Word(Outcome.NOT_CHECKED, sentence, "refused_by_unknown")


def _no_answer(reply: Reply, host: str) -> Word:
    if reply.error == "private":
        return Word(Outcome.NOT_CHECKED, private_sentence(host, reply.detail), "not_reachable")
    if reply.error == "tls":
        return Word(Outcome.NOT_CHECKED, _tls_sentence(host, reply.detail), "unexpected_answer")
    sentence, code = {
        "name": (
            f"{host} has no public address. That hides it from the internet but proves nothing about a proxy.",
            "not_reachable",
        ),
        "timeout": (f"{host} did not answer in time. That says nothing about a proxy.", "not_reachable"),
        "refused": (f"{host} accepts no connection. That says nothing about a proxy.", "not_reachable"),
        "closed": (f"{host} hung up without an answer.", "not_reachable"),
        "budget": ("The limit of this run was reached before this request.", "partial_data"),
    }.get(reply.error, (f"{host} did not answer in HTTP.", "unexpected_answer"))
    return Word(Outcome.NOT_CHECKED, sentence, code)


def _tls_sentence(host: str, detail: str) -> str:
    if "CERTIFICATE_REQUIRED" in detail:
        return f"{host} demands a client certificate. That keeps strangers out, but it shows no identity-aware proxy."
    if "VERIFY_FAILED" in detail:
        return f"{host}: the certificate could not be verified ({detail}). The page was not requested."
    return f"{host}: TLS failed ({detail}). The page was not requested."


def private_sentence(host: str, kind: str) -> str:
    """What to do about a host that the guard refused."""
    where = f"resolves to {kind} address" if kind else "cannot be asked"
    return f"{host} {where}. It cannot be tested from here; run the inside runner and upload its result."


def front_of(target: Target, declared: Declarations) -> tuple[Word, Reply | None]:
    """What the front door says to a stranger, over HTML and JSON: the worse of both, with its reply."""
    html, json = target.talk.reply(HTML), target.talk.reply(JSON)
    if html is None:
        return unsent_word(target.talk, target.host), None
    first = word_of(html, target, declared)
    if first.outcome is not Outcome.PASS:
        second = word_of(json, target, declared, like=first.by) if json is not None else None
        is_worse = second is not None and second.outcome is Outcome.FAIL and first.outcome is Outcome.NOT_CHECKED
        return (second, json) if second is not None and is_worse else (first, html)
    if json is None:
        return unsent_word(target.talk, target.host), html
    second = word_of(json, target, declared, like=first.by)
    return (first, html) if second.outcome is Outcome.PASS else (second, json)


def unsent_word(talk: Conversation, host: str) -> Word:
    """Why a request is missing."""
    if talk.unsent is None:
        return Word(Outcome.NOT_CHECKED, "This request is not in the result.", "partial_data")
    return Word(Outcome.NOT_CHECKED, unsent_sentence(talk, host), talk.unsent.reason)


def unsent_sentence(talk: Conversation, host: str) -> str:
    """Why the rest of a conversation was not carried out; empty if it was."""
    unsent = talk.unsent
    if unsent is None:
        return ""
    if unsent.detail:
        return unsent.detail
    rest = f"The remaining {count(unsent.count, 'request')} were not sent"
    return {
        "rate_limited": f"{host} limits our requests. {rest}; nothing was judged from them.",
        "partial_data": f"The limit of this run was reached. {rest}.",
    }.get(unsent.reason, f"A request to {host} got no answer. {rest}.")


def reply_evidence(target: str, reply: Reply, expected: str) -> Evidence:
    """What was seen, raw."""
    if reply.status is None:
        observed = reply.error
    elif reply.location is not None:
        observed = f"{reply.status} to {reply.location}"
    else:
        observed = str(reply.status)
    return Evidence(f"GET {reply.variant}", target, "status", observed, expected)


def unread(part: Unavailable, scope: str = SCOPE) -> Verdict:
    """A part that is not there."""
    return not_checked(scope, part)


def sensitive_words(targets: Iterable[Target], judged: Iterable[Target]) -> str:
    """The denominators of the sensitive tools, as an appendix to a sentence; empty if none is declared."""
    declared = [each for each in targets if each.is_sensitive]
    if not declared:
        return ""
    good = sum(each.is_sensitive for each in judged)
    return f" Of {count(len(declared), 'sensitive tool')}, {good} did."
