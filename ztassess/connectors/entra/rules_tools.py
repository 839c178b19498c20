"""Owns the check of declared tools: which of them people enter through this tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.entra.snapshot import EntraSnapshot
from ztassess.connectors.entra.snapshot_directory import ServicePrincipal
from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read, unread
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_applicable, not_checked

CHECKS: Checks[EntraSnapshot] = Checks("entra")
SOURCE: Final = "GET /servicePrincipals"
SINGLE_SIGN_ON: Final = frozenset({"saml", "oidc"})
NO_SINGLE_SIGN_ON: Final = frozenset({"password", "notSupported"})
ENOUGH: Final = 0.8


@CHECKS.check(
    "entra.tools_on_sso",
    title="Declared tools use single sign-on",
    verifies=(Verifies("identity.sso-coverage", level=2),),
    severity=Severity.HIGH,
    parts=("service_principals",),
)
def tools_on_sso(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """Four of five tools and all sensitive ones. An app whose way in is not told is neither counted for nor against."""
    tools = snapshot.declared.tools
    if tools is None:
        yield input_missing(snapshot.scope, "the tools that people sign in to")
        return
    if not tools:
        yield not_applicable(snapshot.scope, "It is declared that there are no tools.")
        return
    sensitive = {each.casefold() for each in snapshot.declared.sensitive_tools or ()}
    apps = rows_read(snapshot.service_principals)
    states = {tool: _state(tool, apps) for tool in tools}
    on = [tool for tool, state in states.items() if state == "sso"]
    unknown = [tool for tool, state in states.items() if state == "unknown"]
    off = [tool for tool, state in states.items() if state not in ("sso", "unknown")]
    near = " ".join(f"{tool} uses password vaulting." for tool in off if states[tool] == "password")
    yield from conclude(
        snapshot.scope,
        list(_problems(snapshot, states, on, unknown, off, sensitive, near)),
        of=(snapshot.service_principals,),
        seen=len(tools),
        good=f"{len(on)} of {count(len(tools), 'tool')} use single sign-on, all sensitive ones among them."
        f"{_rest(off, unknown)}",
        nothing="",
        evidence=tuple(_line(snapshot, tool, states[tool]) for tool in on),
        near_miss=near,
    )


def _rest(off: list[str], unknown: list[str]) -> str:
    without = f" Not: {names(off)}." if off else ""
    return f"{without} Not told: {names(unknown)}." if unknown else without


def _problems(
    snapshot: EntraSnapshot,
    states: dict[str, str],
    on: list[str],
    unknown: list[str],
    off: list[str],
    sensitive: set[str],
    near: str,
) -> Iterator[Verdict]:
    if unread(snapshot.service_principals) is not None:
        return  # a tool that was not found may stand on a page that was not read
    total, exposed = len(states), [tool for tool in off if tool.casefold() in sensitive]
    enough = len(on) >= ENOUGH * total
    reachable = len(on) + len(unknown) >= ENOUGH * total
    said = f"{len(on)} of {count(total, 'tool')} use single sign-on.{_rest(off, unknown)}"
    if exposed or not reachable:
        also = f" Sensitive among them: {names(exposed)}." if exposed else ""
        lines = tuple(_line(snapshot, tool, states[tool]) for tool in off)
        yield failed(snapshot.scope, f"{said}{also}", seen=total, evidence=lines, near_miss=near)
    elif not enough or any(tool.casefold() in sensitive for tool in unknown):
        reason = f"{said} Microsoft does not tell how people sign in to the others; look at their sign-in activity."
        yield not_checked(snapshot.scope, "partial_data", reason, seen=total, near_miss=near)
    elif snapshot.declared.sensitive_tools is None:
        reason = f"{said} Nobody has listed which tools are sensitive (Facts)."
        yield not_checked(snapshot.scope, "input_missing", reason, seen=total, near_miss=near)


def _state(tool: str, apps: tuple[ServicePrincipal, ...]) -> str:
    """``sso``, ``unknown``, ``password``, ``notSupported``, ``disabled`` or ``absent``; the best of several apps."""
    found = [each for each in apps if _is(tool, each)]
    alive = [each for each in found if each.enabled is not False]
    modes = {each.sso for each in alive if each.enabled}
    if modes & SINGLE_SIGN_ON:
        return "sso"
    if not found:
        return "absent"
    if not alive:
        return "disabled"
    known = [each.sso for each in alive if each.sso in NO_SINGLE_SIGN_ON]
    return str(known[0]) if known and len(known) == len(alive) else "unknown"


def _is(tool: str, app: ServicePrincipal) -> bool:
    """By its whole name, or by its host."""
    wanted = tool.strip().casefold()
    host = wanted.removeprefix("https://").partition("/")[0]
    return app.name.strip().casefold() == wanted or ("." in host and host in app.hosts)


def _line(snapshot: EntraSnapshot, tool: str, state: str) -> Evidence:
    return Evidence(SOURCE, tool, "preferredSingleSignOnMode", state, "saml or oidc, enabled")
