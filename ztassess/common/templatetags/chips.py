"""Owns the small marks: proof state, outcome, severity, difference, person. Icon, then word, then color."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ztassess.common.templatetags.icons import icon

register = template.Library()

# value -> (class, word, icon), worst first: the order of every list, filter and stack.
PROOF_STATES = {
    "contradicted": ("contradicted", "Contradicted", "octagon-alert"),
    "cannot_check": ("cannot-check", "Cannot check", "eye-off"),
    "stale": ("stale", "Stale", "history"),
    "unanswered": ("unanswered", "Unanswered", "circle-dashed"),
    "claimed": ("claimed", "Claimed", "message-square"),
    "partly_verified": ("partly", "Partly verified", "contrast"),
    "attested": ("attested", "Attested", "user-round-check"),
    "verified": ("verified", "Verified", "circle-check"),
    "excepted": ("excepted", "Excepted", "calendar-clock"),
    "not_applicable": ("not-applicable", "Not applicable", "circle-minus"),
}
OUTCOMES = {
    "fail": ("fail", "Fail", "octagon-alert"),
    "error": ("error", "Error", "x"),
    "not_checked": ("not-checked", "Not checked", "eye-off"),
    "pass": ("pass", "Pass", "circle-check"),
    "not_applicable": ("not-applicable", "Not applicable", "circle-minus"),
}
DIFFERENCES = {
    "regressed": ("danger", "Regressed", "trending-down"),
    "new": ("danger", "New", "plus"),
    "not_checked": ("warn", "Not checked", "eye-off"),
    "stale": ("warn", "Went stale", "history"),
    "fixed": ("ok", "Fixed", "check"),
    "unchanged": ("", "Unchanged", "minus"),
    "gone": ("", "Gone", "minus"),
}
SEVERITIES = ("low", "medium", "high", "critical")


def _key(value: object) -> str:
    return str(value).lower().replace("-", "_").replace(" ", "_")


@register.simple_tag
def chip(state: object, words: str = "") -> SafeString:
    """`{% chip control.state %}`, or with a count or a reason: `{% chip "contradicted" "3 contradicted" %}`."""
    classes, word, name = PROOF_STATES[_key(state)]
    return format_html('<span class="chip {}">{}{}</span>', classes, icon(name), words or word)


@register.simple_tag
def state_icon(state: object) -> SafeString:
    """The icon of a proof state alone, for filters that print the word themselves."""
    return icon(PROOF_STATES[_key(state)][2])


@register.filter
def state_word(state: object) -> str:
    """The word of a proof state: "partly_verified" becomes "Partly verified"."""
    return PROOF_STATES[_key(state)][1]


@register.filter
def state_class(state: object) -> str:
    """The CSS class of a proof state: "partly_verified" becomes "partly"."""
    return PROOF_STATES[_key(state)][0]


@register.simple_tag
def outcome(value: object, words: str = "") -> SafeString:
    """`{% outcome finding.outcome %}`: the color of a proof state, without its ground."""
    classes, word, name = OUTCOMES[_key(value)]
    return format_html('<span class="outcome {}">{}{}</span>', classes, icon(name), words or word)


@register.simple_tag
def diff(kind: object, words: str = "") -> SafeString:
    """`{% diff "regressed" "Regressed Nov 20" %}`: what changed against the scan before."""
    classes, word, name = DIFFERENCES[_key(kind)]
    return format_html('<span class="diff{}">{}{}</span>', f" {classes}" if classes else "", icon(name), words or word)


@register.simple_tag
def severity(value: object) -> SafeString:
    """Four gray bars and the word: severity has no color of its own."""
    word = _key(value)
    filled = SEVERITIES.index(word) + 1
    bars = format_html_join(
        "", '<b class="{}"></b>', (("on" if step < filled else "",) for step in range(len(SEVERITIES)))
    )
    return format_html('<span class="sev"><i aria-hidden="true">{}</i>{}</span>', bars, word.capitalize())


@register.simple_tag
def person(name: str, otherwise: str = "Nobody yet") -> SafeString:
    """`{% person task.owner_name %}`: initials in a disk and the name; says so where there is nobody."""
    if not name:
        return format_html('<span class="dim">{}</span>', otherwise)
    return format_html('<span class="person" data-initials="{}">{}</span>', initials(name), name)


@register.filter
def initials(name: str) -> str:
    """ "Priya Raman" becomes "PR", "ztassess" becomes "ZT", an address is read up to its @."""
    spaced = str(name).partition("@")[0].replace(".", " ").replace("-", " ")
    words = [word for word in spaced.split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()
