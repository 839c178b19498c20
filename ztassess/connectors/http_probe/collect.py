"""Owns one run of the probe: who may be asked what, many hosts side by side, one request at a time to each.

Whose view is it? A person says where the probe stands. From outside, what a public address does is what the internet
sees. A private address that the operator of this installation opened is reached over the inside: a closed port there
proves nothing about the internet, and an open one contradicts nothing. Those doors are marked as seen from inside, and
the checks about the internet's view leave them unjudged. Only somebody who says that any visitor could be on this
network (a lab, a guest network) has private addresses judged as a stranger sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import ConnectorError, InputInvalid
from ztassess.connectors.http_probe import probe
from ztassess.connectors.http_probe.client import Asker, Line, dial, is_public
from ztassess.connectors.http_probe.document import read_document
from ztassess.connectors.http_probe.form import INSIDE as STANDS_INSIDE
from ztassess.connectors.http_probe.form import STRANGER, UPLOADED, host_of, sensitive_urls, served_origins
from ztassess.connectors.http_probe.ownership import Ownership, TxtLookup, missing_proof, proof_token, txt_records
from ztassess.connectors.http_probe.probe import Failed
from ztassess.connectors.http_probe.snapshot import INSIDE, INTERNET, PLAIN, Declarations, HttpProbeSnapshot

ADDRESSES_AT_ONCE: Final = 32
PORTS_AT_ONCE: Final = 64
_Record = dict[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Pace:
    """How the probe waits and whom it asks for proofs; other values than these are for tests.

    Attributes:
        pause: seconds between two requests to one host.
        plain_port: where the same host is asked without TLS.
    """

    pause: float = probe.PAUSE
    plain_port: int = 80
    lookup: TxtLookup = txt_records


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the form's values, the guarded line, the proofs."""

    context: ReadContext
    line: Line
    owned: Ownership
    pace: Pace
    stands: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stands", self.context.config.get("origin_of_probe") or "")

    def wait(self) -> None:
        """The pause between two requests to one host; over at once when the run is."""
        self.line.stopped.wait(self.pace.pause)

    def listed(self, name: str) -> tuple[Any, ...]:
        """The entries of a field of the form."""
        return tuple(self.context.config.get(name) or ())

    def vantage(self, resolved: str | None) -> str:
        """Whose view an address gives: see the top of this module."""
        if self.stands == STRANGER:
            return INTERNET
        if self.stands == STANDS_INSIDE or (resolved and not is_public(resolved)):
            return INSIDE
        return INTERNET


OUR_PACE: Final = Pace()


def collect(context: ReadContext, pace: Pace = OUR_PACE) -> HttpProbeSnapshot:
    """Ask every declared address once.

    Raises:
        InputInvalid: this connection takes uploaded results only.
        Canceled: the person canceled; nothing more is sent.
    """
    if context.config.get("origin_of_probe") == UPLOADED:
        raise InputInvalid(
            "This connection takes results of the inside runner. Upload one, or choose another place for the probe."
        )
    line = Line(context.guard, context.budget, agent_of(context))
    owned = Ownership(line, proof_token(str(context.config.get("external_id") or "")), pace.lookup)
    run = Run(context, line, owned, pace)
    try:
        document = _document(run)
    finally:
        line.stopped.set()
    return read_document(document, declarations(context), where="The run", now=context.now)


def declarations(context: ReadContext) -> Declarations:
    """What the form declares."""
    config = context.config
    by = str(config.get("consent_by") or "") or "whoever saved this connection"
    return Declarations(
        identity_hosts=tuple(config.get("identity_hosts") or ()),
        extra_paths=tuple(config.get("extra_paths") or ()),
        no_vpn=str(config.get("no_vpn") or ""),
        consent_by=by if config.get("consent") else "",
    )


def agent_of(context: ReadContext) -> str:
    """How the probe names itself, with the installation's address if the operator set one."""
    contact = context.operator.get("contact_url", "")
    return f"{probe.AGENT} (+{contact})" if contact else probe.AGENT


def _document(run: Run) -> _Record:
    urls, served = run.listed("internal_hosts"), served_origins(run.context.config)
    with ThreadPoolExecutor(ADDRESSES_AT_ONCE) as pool:
        hosts = _grouped(urls, host_of)
        targets = _gathered(run, "targets", [pool.submit(_host, run, group) for group in hosts])
        origins = _gathered(run, "origins", [pool.submit(_origins, run, group) for group in _grouped(served, _first)])
        vpn = _gathered(run, "vpn_gateways", [pool.submit(_gateway, run, host) for host in run.listed("vpn_hosts")])
    by_url = {each["url"]: each for each in targets}
    return {
        "format": probe.FORMAT,
        "taken_at": run.context.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "vantage": INSIDE if run.stands == STANDS_INSIDE else INTERNET,
        "declared": {"sensitive": sensitive_urls(urls, run.listed("sensitive_hosts"))},
        "targets": [by_url[url] for url in urls],
        "origins": origins,
        "vpn": vpn,
        "sockets": _sockets(run, _answered(targets) or urls[:1]),
    }


def _answered(targets: Sequence[_Record]) -> tuple[str, ...]:
    """The first address that said anything: there a connection must work again beside doors that stay closed."""
    return tuple(each["url"] for each in targets if each.get("resolved"))[:1]


def _first(entry: tuple[Any, ...]) -> str:
    return str(entry[0])


def _grouped(entries: Iterable[_T], key: Callable[[_T], str]) -> list[list[_T]]:
    """Entries of one host together, in order: it gets one request at a time."""
    groups: dict[str, list[_T]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return list(groups.values())


def _gathered(run: Run, part: str, jobs: Sequence[Future[list[_Record]]]) -> list[_Record]:
    """The results in order; progress is told as they come. A canceled run stops all that still goes on."""
    try:
        for done, _ in enumerate(as_completed(jobs), start=1):
            run.context.progress(part, done)
        return [each for job in jobs for each in job.result()]
    except BaseException:
        run.line.stopped.set()
        for job in jobs:
            job.cancel()
        raise


def _host(run: Run, urls: Sequence[str]) -> list[_Record]:
    """All addresses of one host, one after the other; its port 80 is asked once."""
    host = host_of(urls[0])
    withheld = "" if run.owned.proven(host) else missing_proof(host, run.owned.token)
    most, plain = probe.MOST - run.owned.gets.get(host, 0), plain_address(host, run.pace.plain_port)
    found: list[_Record] = []
    for url in urls:
        if found or most < probe.MOST:
            run.wait()
        if withheld and urlsplit(url).path != "/":
            found.append(_unasked({"url": url}, "consent_missing", withheld))
            continue
        job = partial(_target, run, url=url, most=most, withheld=withheld, plain=plain)
        found.append(_asked(run, most, job, {"url": url}))
        shared = [said for said in found[0]["requests"] if said["variant"] == PLAIN]
        found[-1]["requests"] += [] if plain or not found[-1]["requests"] else shared
        plain = "" if shared else plain
    return found


def plain_address(host: str, port: int) -> str:
    """The same host without TLS."""
    authority = f"[{host}]" if ":" in host else host
    return f"http://{authority}/" if port == 80 else f"http://{authority}:{port}/"  # noqa: PLR2004  HTTP's own port


def _target(run: Run, ask: Asker, *, url: str, most: int, withheld: str, plain: str) -> _Record:
    extra = run.listed("extra_paths")
    return probe.probe_target(ask, run.wait, url, extra=extra, most=most, withheld=withheld, plain=plain)


def _unasked(what: _Record, reason: str, detail: str, count: int = probe.MOST) -> _Record:
    """A conversation of which nothing was sent."""
    return {**what, "requests": [], "unsent": {"count": count, "reason": reason, "detail": detail}}


def _asked(run: Run, most: int, conversation: Callable[[Asker], _Record], what: _Record) -> _Record:
    """One conversation; where the run is over before it begins, an empty one that says so."""
    try:
        with Asker(run.line, most) as ask:
            return conversation(ask)
    except Failed as problem:
        return _unasked(what, "partial_data", problem.detail)


def _origins(run: Run, entries: Sequence[tuple[str, int, str]]) -> list[_Record]:
    """The origins of one host, one after the other."""
    found: list[_Record] = []
    for entry in entries:
        if found:
            run.wait()
        found.append(_origin(run, *entry))
    return found


def _origin(run: Run, name: str, port: int, serves: str) -> _Record:
    what = {"origin": f"[{name}]:{port}" if ":" in name else f"{name}:{port}", "serves": serves}
    if not run.owned.proven(serves):
        return _unasked(what, "consent_missing", missing_proof(serves, run.owned.token))
    path, public_port = _public_side(run, serves)
    talk = partial(probe.probe_origin, pause=run.wait, origin=(name, port), serves=serves, path=path)
    found = _asked(run, probe.MOST, talk, what)
    here, there = _addresses(run, name, port), _addresses(run, serves, public_port)
    shared = sorted(set(here) & set(there))
    found["vantage"] = run.vantage(found.get("resolved") or next(iter(here), None))
    found["shares"] = (shared[0] if shared else "") if there else None
    found["same_port"] = port == public_port
    return found


def _public_side(run: Run, serves: str) -> tuple[str, int]:
    """Path and port of the public host's own address."""
    for url in run.listed("internal_hosts"):
        if host_of(url) == serves:
            part = urlsplit(url)
            return part.path, part.port or 443
    return "/", 443


def _addresses(run: Run, host: str, port: int) -> tuple[str, ...]:
    try:
        return run.context.guard.pin(host, port, ports=None).addresses
    except ConnectorError:
        return ()


def _gateway(run: Run, host: str) -> list[_Record]:
    if not run.owned.proven(host):
        detail = missing_proof(host, run.owned.token)
        return [_unasked({"host": host}, "consent_missing", detail, len(probe.PORTALS))]
    return [_asked(run, probe.MOST, partial(probe.probe_vpn, pause=run.wait, host=host), {"host": host})]


def _sockets(run: Run, known: Sequence[str]) -> list[_Record]:
    """All connections without payload, one at a time to each host.

    Parameters:
        known: addresses whose ports are tried as a control, beside the public hosts of origins.
    """
    hosts, addresses = run.listed("vpn_hosts"), run.listed("owned_addresses")
    doors: list[tuple[str, str, int]] = [("store", *each) for each in run.listed("data_stores")]
    doors += [("vpn", host, probe.VPN_PORT) for host in (*hosts, *addresses)]
    doors += [("admin", each, port) for each in addresses for port in probe.ADMIN_PORTS]
    if doors or run.listed("origins"):
        doors += [("control", host, port) for host, port in _controls(run, known)]
    domain, groups = _proven_domain(run), _grouped(dict.fromkeys(doors), itemgetter(1))
    with ThreadPoolExecutor(PORTS_AT_ONCE) as pool:
        return _gathered(run, "ports", [pool.submit(_knocks, run, each, domain) for each in groups])


def _proven_domain(run: Run) -> bool:
    """True if the customer proved at least one domain on the internet; what the operator opened proves none."""
    hosts = dict.fromkeys(host_of(url) for url in run.listed("internal_hosts"))
    return any(run.owned.proven(each) for each in hosts if not run.owned.opened_by_operator(each))


def _controls(run: Run, known: Sequence[str]) -> list[tuple[str, int]]:
    """Where a connection must succeed for a closed door elsewhere to mean anything."""
    served = [each[2] for each in served_origins(run.context.config)]
    return [(host, _public_side(run, host)[1]) for host in dict.fromkeys((*map(host_of, known), *served)) if host]


def _knocks(run: Run, doors: Sequence[tuple[str, str, int]], domain: bool) -> list[_Record]:
    return [_knock(run, *door, domain=domain) for door in doors]


def _knock(run: Run, purpose: str, host: str, port: int, *, domain: bool) -> _Record:
    why = "" if purpose == "control" else _forbidden(run, purpose, host, domain)
    if why:
        door = {"purpose": purpose, "host": host, "port": port, "result": "untested"}
        return {**door, "reason": "consent_missing", "detail": why}
    said = probe.knock(partial(dial, run.line), purpose, host, port)
    resolved = said["resolved"] or next(iter(_addresses(run, host, port)), None)
    return {**said, "resolved": resolved, "vantage": run.vantage(resolved)}


def _forbidden(run: Run, purpose: str, host: str, domain: bool) -> str:
    """Why no connection may be tried; empty if it may.

    Addresses and managed databases have no domain that a customer could prove, so one proven domain stands for them,
    with a person's consent where ports are tried that nobody declared to be in use.
    """
    if purpose != "store" and host in run.listed("owned_addresses") and not run.context.config.get("consent"):
        return "Ports are tried only after somebody ticked that these addresses may be tested from the internet."
    if domain or run.owned.opened_by_operator(host):
        return ""
    first = next((host_of(url) for url in run.listed("internal_hosts")), host)
    return missing_proof(first, run.owned.token)
