"""Owns the conversations with Google's hosts: one session each, one token for all, signed anew when it is refused."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from ztassess.connectors.api import ApiSession, Pace, api_session, fan_out, google, row_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, Forbidden, Refused
from ztassess.connectors.google_workspace import credential, refusals, scopes
from ztassess.connectors.google_workspace.credential import key_of

TOKEN, SIGNER = "https://oauth2.googleapis.com", "https://iamcredentials.googleapis.com"
ADMIN, IDENTITY = "https://admin.googleapis.com", "https://cloudidentity.googleapis.com"
LEVELS, CERTIFICATES = "https://accesscontextmanager.googleapis.com", "https://www.googleapis.com"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
TOKEN_POSTS = (re.escape("/token"),)
SIGNER_POSTS = (r"/v1/projects/-/serviceAccounts/[^/:]+:signJwt",)
# 2,400 questions a minute for one user of a project are published for the Directory and the Reports API; half is ours.
ADMIN_PACE = Pace(width=8, per_second=20.0, throttle=google.throttle)
CLOUD_PACE = Pace(width=6, throttle=google.throttle)
TOKEN_PACE = Pace(width=6, throttle=google.throttle)


class Tokens:
    """Access tokens of one run, by the scopes they are for. Threads may share it.

    Attributes:
        granted: the delegated scopes that Google gave us a token for.
        lacking: why not, of the others, by scope.
        exchange: the session with the token address.
    """

    def __init__(self, context: ReadContext, exchange: ApiSession, signer: ApiSession | None) -> None:
        self.granted: tuple[str, ...] = ()
        self.lacking: dict[str, Forbidden] = {}
        self.exchange = exchange
        self._context, self._signer = context, signer
        self._key = key_of(context.secrets["service_account_key"]) if signer is None else None
        self._ready: dict[bool, str] = {}
        # Two, so that nobody who speaks for the administrator waits for the service account's own token.
        self._locks = {True: threading.Lock(), False: threading.Lock()}

    def sign_in(self) -> None:
        """Get a token for all delegated scopes, or find out which of them are lacking.

        Google refuses the whole request if one scope is not delegated; only then each is asked for alone.

        Raises:
            AuthFailed: the assertion was refused, or not one scope is delegated.
        """
        with suppress(Forbidden):
            self._ready[True] = self.ask(scopes.DELEGATED, delegated=True)
            self.granted = scopes.DELEGATED
            return
        for scope, lacking in fan_out(self.exchange, scopes.DELEGATED, self._one):
            if lacking is not None:
                self.lacking[scope] = lacking
        self.granted = tuple(scope for scope in scopes.DELEGATED if scope not in self.lacking)
        if not self.granted:
            raise AuthFailed(refusals.missing(scopes.USERS))
        self._ready[True] = self.ask(self.granted, delegated=True)

    def _one(self, scope: str) -> tuple[str, Forbidden | None]:
        try:
            self.ask((scope,), delegated=True)
        except Forbidden as problem:
            return scope, problem
        return scope, None

    def ask(self, wanted: tuple[str, ...], *, delegated: bool) -> str:
        """One access token (RFC 7523, 2.1).

        Raises:
            Forbidden: a scope is not delegated.
            AuthFailed: the assertion was refused: key deleted, account unknown, clock wrong.
        """
        assertion = self._assertion(credential.claims(self._context, wanted, delegated=delegated))
        body = urlencode({"grant_type": GRANT, "assertion": assertion}).encode()
        first = wanted[0] if len(wanted) == 1 else ""
        try:
            reply = self.exchange.post("/token", body, content_type=FORM, scope=first, signed=False)
        except Forbidden:
            raise
        except Refused as problem:
            sentence = (
                f"Google refused the service account {self._context.config['service_account_email']} for "
                f"{self._context.config['admin_email']}{f' ({problem.word})' if problem.word else ''}. Check that both "
                "exist, that the key is still registered, and that the clock of this machine is right."
            )
            raise AuthFailed(sentence) from problem
        return row_of(reply.value, "Token").text("access_token")

    def _assertion(self, claims: dict[str, Any]) -> str:
        if self._key is not None:
            return self._key.sign(claims)
        assert self._signer is not None  # noqa: S101  there is a key otherwise
        return signed_by_google(self._signer, self._context.config["service_account_email"], claims)

    def authorize(self, delegated: bool, session: ApiSession, renew: bool) -> Mapping[str, str]:
        """The headers of a request; a new token if the one before was refused."""
        with self._locks[delegated]:
            if renew or delegated not in self._ready:
                wanted = self.granted if delegated else (scopes.CLOUD,)
                self._ready[delegated] = self.ask(wanted, delegated=delegated)
            return {"authorization": f"Bearer {self._ready[delegated]}"}


def signed_by_google(session: ApiSession, account: str, claims: dict[str, Any]) -> str:
    """A JWT signed with a key that only Google has (IAM Service Account Credentials API, ``serviceAccounts.signJwt``).

    Raises:
        AuthFailed: the access token has ended, or its owner is not a token creator of the service account.
    """
    body = json.dumps({"payload": json.dumps(claims)}).encode()
    try:
        reply = session.post(f"/v1/projects/-/serviceAccounts/{account}:signJwt", body)
    except Refused as problem:
        sentence = (
            f"Google does not let this access token sign for {account}. Its owner needs "
            "roles/iam.serviceAccountTokenCreator on that service account, and the IAM Service Account Credentials "
            "API must be enabled."
        )
        raise AuthFailed(sentence) from problem
    return row_of(reply.value, "SignJwtResponse").text("signedJwt")


@dataclass(frozen=True, slots=True)
class Google:
    """All sessions of one run.

    Attributes:
        levels: None if no organization was given.
    """

    tokens: Tokens
    admin: ApiSession
    identity: ApiSession
    levels: ApiSession | None
    certificates: ApiSession = field(repr=False)

    @property
    def all(self) -> tuple[ApiSession, ...]:
        """The sessions that read parts, to be stopped together."""
        return tuple(each for each in (self.admin, self.identity, self.levels) if each is not None)


@contextmanager
def open_google(context: ReadContext) -> Iterator[Google]:
    """Open the sessions; connections are made when they are first used, and closed at the end of the block."""
    with ExitStack() as stack:
        opened = partial(_opened, stack, context)
        signer = None
        if context.config["auth"] == credential.WORKLOAD:
            signer = opened(
                "Google", SIGNER, pace=TOKEN_PACE, posts=SIGNER_POSTS, authorize=partial(_entered_token, context)
            )
        exchange = opened("Google", TOKEN, pace=TOKEN_PACE, posts=TOKEN_POSTS, refusal=refusals.not_delegated)
        tokens = Tokens(context, exchange, signer)
        refusal = partial(refusals.refusal, context.config["admin_email"])
        delegated, own = partial(tokens.authorize, True), partial(tokens.authorize, False)  # noqa: FBT003  bound here
        yield Google(
            tokens,
            opened("Google Workspace", ADMIN, pace=ADMIN_PACE, authorize=delegated, refusal=refusal),
            opened("Cloud Identity", IDENTITY, pace=CLOUD_PACE, authorize=delegated, refusal=refusal),
            opened("Access Context Manager", LEVELS, pace=CLOUD_PACE, authorize=own, refusal=refusal)
            if context.config.get("organization_id")
            else None,
            opened("Google", CERTIFICATES),
        )


def _opened(stack: ExitStack, context: ReadContext, vendor: str, base: str, **more: Any) -> ApiSession:
    return stack.enter_context(api_session(context, vendor, base, **more))


def _entered_token(context: ReadContext, session: ApiSession, renew: bool) -> Mapping[str, str]:
    if renew:
        raise AuthFailed("The access token has ended; it lives for an hour. Make a new one and enter it again.")
    return {"authorization": f"Bearer {context.secrets['access_token'].strip()}"}
