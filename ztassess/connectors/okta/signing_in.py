"""Owns signing in to an Okta org: by key (private_key_jwt, with or without DPoP), or by a static token."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from ztassess.connectors.api import ApiSession, Pace, Row, api_session, fan_out, row_of
from ztassess.connectors.api.signing import client_assertion, private_key
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, BadAnswer, Forbidden, NotFound, OverPrivileged, Refused
from ztassess.connectors.netguard import Answer
from ztassess.connectors.okta.dpop import SCHEME, WANTED, DpopProver
from ztassess.connectors.okta.parsing import host_of
from ztassess.connectors.okta.scopes import SCOPES, SUPER_ONLY, writing

TOKEN_PATH: Final = "/oauth2/v1/token"  # noqa: S105  a path, not a password
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Okta answers at most 75 requests of an org at once (free orgs: 35); most of that belongs to the customer's own tools.
PACE: Final = Pace(
    width=16, remaining="x-rate-limit-remaining", limit="x-rate-limit-limit", reset="x-rate-limit-reset", reserve=0.1
)
GRANTED: Final = "okta granted scopes"
NEEDS_DPOP: Final = (
    "The app requires DPoP. Leave 'DPoP' ticked here, or untick it in the app's general settings in Okta."
)
NOT_IN_THIS_PLAN: Final = "E0000015"
SCOPE_REFUSALS: Final = frozenset({"invalid_scope", "access_denied", "consent_required"})


class RoleForbidden(Forbidden):
    """The scope is granted, but the admin role hides the data."""

    reason = "forbidden_role"


class PlanForbidden(Forbidden):
    """The org's plan has no such feature."""

    reason = "missing_license"


@contextmanager
def okta_session(context: ReadContext) -> Iterator[ApiSession]:
    """One session with the org of the connect form. Nothing is sent before the first request."""
    began = time.monotonic()

    def clock() -> datetime:
        return context.now + timedelta(seconds=time.monotonic() - began)

    static = context.secrets.get("ssws_token", "").strip() if not context.secrets.get("private_key") else ""
    prover = DpopProver(clock) if context.config.get("dpop") and not static else None
    authorize = _by_token(static) if static else _by_key(context, clock)
    with api_session(
        context,
        "Okta",
        context.config["org_url"],
        authorize=authorize,
        pace=PACE,
        posts=(re.escape(TOKEN_PATH),),
        refusal=_refusal(context),
        prover=prover,
    ) as session:
        yield session


def uses_static_token(context: ReadContext) -> bool:
    """True if the fallback is used: no key was entered."""
    return not context.secrets.get("private_key", "").strip()


def granted(context: ReadContext) -> frozenset[str]:
    """The scopes that Okta said it granted; empty before signing in, and with a static token."""
    found = context.kept.get(GRANTED, frozenset())
    return found if isinstance(found, frozenset) else frozenset()


def _by_token(token: str) -> Callable[[ApiSession, bool], Mapping[str, str]]:
    def authorize(session: ApiSession, renew: bool) -> Mapping[str, str]:
        return {"authorization": f"SSWS {token}"}

    return authorize


def _by_key(context: ReadContext, clock: Callable[[], datetime]) -> Callable[[ApiSession, bool], Mapping[str, str]]:
    key = private_key(context.secrets.get("private_key", ""))
    header = {"kid": context.config["key_id"]} if context.config.get("key_id") else {}

    def ask(session: ApiSession, scopes: tuple[str, ...]) -> Row:
        for last in (False, True):
            assertion = client_assertion(
                key,
                issuer=context.config["client_id"],
                audience=session.base + TOKEN_PATH,
                now=clock(),
                header=header,
            )
            form = {
                "grant_type": "client_credentials",
                "scope": " ".join(scopes),
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": assertion,
            }
            try:
                return row_of(session.post_form(TOKEN_PATH, form).value, "AccessTokenResponse")
            except Refused as problem:
                # The nonce is known now. An assertion may be used once only, so the second try signs a new one.
                if last or problem.word != WANTED:
                    raise
        raise AssertionError("unreachable")

    def authorize(session: ApiSession, renew: bool) -> Mapping[str, str]:
        wanted = tuple(scope for scope in SCOPES if scope in granted(context)) or SCOPES
        try:
            reply = ask(session, wanted)
        except Refused as problem:
            reply = _by_single_scopes(session, ask, problem)
        return _signature(context, reply, wanted)

    return authorize


def _by_single_scopes(session: ApiSession, ask: Callable[[ApiSession, tuple[str, ...]], Row], problem: Refused) -> Row:
    """Okta refuses a whole request for one scope that the app lacks and does not say which: ask for each alone."""
    if problem.word not in SCOPE_REFUSALS:
        raise AuthFailed(f"Okta refused to sign this app in ({problem.word or problem.status}).") from problem

    def lacks(scope: str) -> bool:
        try:
            ask(session, (scope,))
        except Refused as refused:
            if refused.word in SCOPE_REFUSALS:
                return True
            raise
        return False

    had = tuple(scope for scope, lacking in zip(SCOPES, fan_out(session, SCOPES, lacks), strict=True) if not lacking)
    if not had:
        sentence = "The app has none of the scopes it needs. Grant them under Okta API Scopes, in the app's page."
        raise AuthFailed(sentence) from problem
    return ask(session, had)


def _signature(context: ReadContext, reply: Row, wanted: tuple[str, ...]) -> Mapping[str, str]:
    token, kind = reply.text("access_token"), reply.text("token_type")
    if kind.lower() not in ("bearer", SCHEME.lower()) or not token.isascii() or not token.isprintable():
        raise BadAnswer("Okta gave a token of a kind that we do not know.")
    # The scope may be left out where it is what was asked for (RFC 6749, 5.1).
    scopes = frozenset(reply.text("scope", " ".join(wanted)).split())
    if writing(scopes):
        raise OverPrivileged(
            f"This app can change your org ({', '.join(writing(scopes))}). Remove these scopes; only .read is needed."
        )
    context.kept[GRANTED] = scopes
    return {"authorization": f"{SCHEME if kind.lower() == SCHEME.lower() else 'Bearer'} {token}"}


def _refusal(context: ReadContext) -> Callable[[Answer, Any, str], Exception | None]:
    """Okta's refusals in our words. The codes: Okta, "Error codes"; OAuth's: RFC 6749, 5.2 and RFC 9449, 5."""

    def named(answer: Answer, value: Any, scope: str) -> Exception | None:
        value = value if isinstance(value, dict) else {}
        error, code = str(value.get("error", "")), str(value.get("errorCode", ""))[:40]
        if answer.status == 401 and error == "invalid_client":  # noqa: PLR2004  HTTP's own number
            kid = context.config.get("key_id") or "(no kid was entered)"
            return AuthFailed(f"Okta refused the key {kid}. Check that its public half is active in the app.")
        if error == "invalid_dpop_proof" or (error == WANTED and not context.config.get("dpop")):
            return AuthFailed(NEEDS_DPOP)
        if answer.status == 403:  # noqa: PLR2004  as above
            return _forbidden(context, answer, code, scope)
        if answer.status in (404, 405) and scope:
            sentence = "Your org runs the Classic engine or lacks this feature. Not checked; this is not a failure."
            return NotFound(sentence, status=answer.status, word=code, scope="")
        return None

    return named


def _forbidden(context: ReadContext, answer: Answer, code: str, scope: str) -> Forbidden:
    status = answer.status
    if code == NOT_IN_THIS_PLAN:
        sentence = "Your Okta plan does not offer this feature. Not checked: this is not a failure of your setup."
        return PlanForbidden(sentence, status=status, word=code)
    lacking = any("insufficient_scope" in each for each in answer.header_all("www-authenticate"))
    if scope and (lacking or (granted(context) and scope not in granted(context))):
        sentence = f"Connected, but {scope} is missing. Grant it under Okta API Scopes, in the app's page."
        return Forbidden(sentence, status=status, word=code, scope=scope)
    role = "Super Administrator" if scope in SUPER_ONLY else "Read-Only Administrator"
    sentence = f"Connected, but {scope or 'a scope'} or the {role} role is missing; Okta hides this data ({code})."
    if scope in SUPER_ONLY:
        sentence = f"Okta shows this to Super Administrators only ({code}). We do not ask for that role; not checked."
    return RoleForbidden(sentence, status=status, word=code, scope=scope)


def org_host(context: ReadContext) -> str:
    """The host of the org, for people."""
    return host_of(str(context.config.get("org_url") or ""))
