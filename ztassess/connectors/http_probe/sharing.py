"""Owns what the external probe tells rules over several systems: which hosts answer, who answers, and past what."""

from __future__ import annotations

from ztassess.connectors.http_probe.judging import front_of
from ztassess.connectors.http_probe.rules_origin import origin_answers
from ztassess.connectors.http_probe.snapshot import HttpProbeSnapshot, Target
from ztassess.domain.findings import Outcome, Unavailable
from ztassess.domain.roster import Host, Share


def shares(snapshot: HttpProbeSnapshot) -> Share:
    """The declared internal addresses and the origins of public hosts, each host once."""
    targets = snapshot.targets
    if isinstance(targets, Unavailable):
        return Share(hosts=targets)
    found: dict[str, Host] = {}
    for target in targets:
        host = _target(snapshot, target)
        known = found.get(host.name)
        # Of several addresses of one host the open one counts.
        if known is None or known.covered is not False:
            found[host.name] = host
    for name, is_open in origin_answers(snapshot).items():
        known = found.get(name, Host(name))
        found[name] = Host(name, known.served, known.internal, known.covered, is_open)
    return Share(hosts=tuple(found.values()))


def _target(snapshot: HttpProbeSnapshot, target: Target) -> Host:
    word, _ = front_of(target, snapshot.declared)
    answered = any(reply.status is not None for reply in target.talk.replies)
    covered = {Outcome.PASS: True, Outcome.FAIL: False}.get(word.outcome)
    return Host(target.host.lower(), served=answered or None, internal=True, covered=covered)
