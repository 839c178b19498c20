"""Owns following a log from its first line to its head: what was changed, put in, taken out or cut off shows."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ztassess.audit.models import AuditEvent, AuditHead
from ztassess.audit.services import CHAINED, START, canonical, chain_mac

if TYPE_CHECKING:
    from ztassess.organizations.models import Organization

AT_ONCE = 2000
NOTED = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


class ChainBroken(Exception):
    """A line is not what its chain says. ``seq`` is the first such line; the text says what is wrong with it."""

    def __init__(self, seq: int, what: str) -> None:
        super().__init__(f"Line {seq} {what}.")
        self.seq = seq


class Chain:
    """Follows lines one by one, and counts those whose words do not fit the digests in the chain.

    It needs no key: anybody can follow a chain so, in an archive too (security: audit trail).
    """

    def __init__(self) -> None:
        self.seq, self.hash, self.altered_words, self.erased_words = 0, START, 0, 0

    def follow(self, line: Mapping[str, Any]) -> None:
        """Take the next line: the chained fields, ``prev_hash``, ``hash`` and ``detail`` (None where it was erased).

        Raises:
            ChainBroken: it is not the next one, or was altered.
            KeyError, TypeError, AttributeError: it has not the fields of a line.
        """
        hashed = {name: str(line[name]) for name in CHAINED}
        expected = self.seq + 1
        if hashed["seq"] != str(expected):
            raise ChainBroken(expected, "is missing")
        if line["prev_hash"] != self.hash:
            raise ChainBroken(expected, "does not follow from the one before")
        made = hashlib.sha256(self.hash.encode() + canonical(hashed)).hexdigest()
        if made != line["hash"]:
            raise ChainBroken(expected, "was altered")
        detail = line["detail"]
        if detail is None:
            self.erased_words += 1
        elif not all(fits(detail["salt"], detail[side], line[f"{side}_digest"]) for side in ("before", "after")):
            self.altered_words += 1
        self.seq, self.hash = expected, made


def fits(salt: str, value: Any, digest: str) -> bool:
    """Whether a digest in the chain is that of these words."""
    return hashlib.sha256(salt.encode() + canonical(value)).hexdigest() == digest


def line_noted(text: str) -> tuple[int, str] | None:
    """Number and hash of ``LINE:HASH`` as the page of a log shows them; None where the text is something else."""
    found = NOTED.fullmatch(text.strip())
    return (int(found[1]), found[2]) if found else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What following a log found.

    Attributes:
        lines: how many follow from the first one, and ``hash``, that of the last of them.
        problem: what is wrong, one sentence; empty where every line is as it was written.
        erased_words: lines whose words were erased, as personal data may be. The lines themselves stand.
    """

    lines: int
    hash: str
    problem: str
    erased_words: int


def log_verify(organization: Organization, *, noted: tuple[int, str] | None = None) -> Verdict:
    """Follow every line of an organization's log, without keeping them in memory.

    Parameters:
        noted: number and hash of a line that somebody wrote down earlier. It alone shows a log that was cut off and
            written anew by who can change the database and knows the installation's keys.
    """
    chain, problem = Chain(), ""
    try:
        _follow_all(chain, organization, noted)
    except ChainBroken as broken:
        problem = str(broken)
    return Verdict(chain.seq, chain.hash, problem, chain.erased_words)


def _follow_all(chain: Chain, organization: Organization, noted: tuple[int, str] | None) -> None:
    # Read before the lines: one that is written meanwhile stands behind it.
    head = AuditHead.objects.filter(organization=organization).values_list("seq", "hash").first()
    pins = [(pin, who) for pin, who in ((head, "the head of the log names"), (noted, "somebody noted")) if pin]
    for line in _lines(organization):
        chain.follow(line)
        if not hmac.compare_digest(chain_mac(line["hash"]), line["mac"]):
            raise ChainBroken(chain.seq, "was not written by this installation")
        if chain.altered_words:
            raise ChainBroken(chain.seq, "has other words than were written")
        for (seq, pinned), who in pins:
            if seq == chain.seq and pinned != chain.hash:
                raise ChainBroken(seq, f"is another one than {who}")
    for (seq, _), who in pins:
        if seq > chain.seq:
            raise ChainBroken(chain.seq + 1, f"is missing, and {who} line {seq}")


def _lines(organization: Organization) -> Iterator[dict[str, Any]]:
    details = ("salt", "before", "after")
    names = (*CHAINED, "prev_hash", "hash", "mac")
    rows = AuditEvent.objects.filter(organization=organization).order_by("seq")
    columns = (*names, *(f"detail__{name}" for name in details))
    for row in rows.values_list(*columns).iterator(chunk_size=AT_ONCE):
        line: dict[str, Any] = dict(zip(names, row, strict=False))
        line["at"] = line["at"].isoformat()
        words = dict(zip(details, row[len(names) :], strict=True))
        line["detail"] = words if words["salt"] is not None else None
        yield line
