"""Owns the conversations with Google Cloud's hosts: one session each, tokens by scope, made by impersonation."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from functools import partial
from typing import Final

from ztassess.connectors.api import ApiSession, Pace, api_session, google, row_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, Refused
from ztassess.connectors.google_iap import credential, refusals

STS: Final = "https://sts.googleapis.com"
CREDENTIALS: Final = "https://iamcredentials.googleapis.com"
RESOURCES: Final = "https://cloudresourcemanager.googleapis.com"
IAP: Final = "https://iap.googleapis.com"
IAM: Final = "https://iam.googleapis.com"
COMPUTE: Final = "https://compute.googleapis.com"
LEVELS: Final = "https://accesscontextmanager.googleapis.com"
ASSETS: Final = "https://cloudasset.googleapis.com"
RUN: Final = "https://run.googleapis.com"
SQL: Final = "https://sqladmin.googleapis.com"
STORAGE: Final = "https://storage.googleapis.com"
ORG_POLICY: Final = "https://orgpolicy.googleapis.com"
PRIVILEGED: Final = "https://privilegedaccessmanager.googleapis.com"
ADDRESSES: Final = (
    *(STS, CREDENTIALS, RESOURCES, IAP, IAM, COMPUTE, LEVELS),
    *(ASSETS, RUN, SQL, STORAGE, ORG_POLICY, PRIVILEGED),
)

_AUTH = "https://www.googleapis.com/auth/"
WHOLE: Final = f"{_AUTH}cloud-platform"
"""The only scope that IAP, IAM, assets, access levels and Cloud SQL take; what it allows, the reader's role says."""
COMPUTE_SCOPE: Final = f"{_AUTH}compute.readonly"
RUN_SCOPE: Final = f"{_AUTH}run.readonly"
STORAGE_SCOPE: Final = f"{_AUTH}devstorage.read_only"
ORG_POLICY_SCOPE: Final = f"{_AUTH}organizationpolicy.readonly"

STS_POSTS = (r"/v1/token",)
CREDENTIAL_POSTS = (r"/v1/projects/-/serviceAccounts/[^/:]+:generateAccessToken",)
IAP_POSTS = (r"/v1/projects/\d+/iap_web(/[a-z0-9_-]+(/services/[^/:]+)?)?:getIamPolicy",)
RESOURCE_POSTS = (r"/v3/(projects|folders|organizations)/[a-z0-9:.-]+:(getIamPolicy|testIamPermissions)",)

PACE = Pace(width=6, throttle=google.throttle)
# Cloud Asset Inventory answers 400 searches a minute for one project (its "Quotas and limits"); half is ours.
ASSET_PACE = Pace(width=4, per_second=3.3, throttle=google.throttle)
EXCHANGE: Final = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "scope": WHOLE,
}


class Tokens:
    """Access tokens of the reader account, by scope, of one run. Threads may share it."""

    def __init__(self, context: ReadContext, sts: ApiSession, signer: ApiSession) -> None:
        self._context, self._sts, self._signer = context, sts, signer
        self._ready: dict[str, str] = {}
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    def authorize(self, scope: str, _session: ApiSession, renew: bool) -> Mapping[str, str]:
        """The headers of a request with this scope; a new token if the one before was refused."""
        with self._lock:
            lock = self._locks.setdefault(scope, threading.Lock())
        with lock:
            if renew or scope not in self._ready:
                self._ready[scope] = self._impersonate(scope)
            return {"authorization": f"Bearer {self._ready[scope]}"}

    def sign_in(self) -> None:
        """Get the first token, so that a refused credential is one sentence and not one for each part."""
        self.authorize(WHOLE, self._signer, False)  # noqa: FBT003  the shape of every authorize

    def _impersonate(self, scope: str) -> str:
        """A token of the reader account (IAM Service Account Credentials API, ``generateAccessToken``).

        Raises:
            AuthFailed: whoever asks may not impersonate the account.
        """
        account = self._context.config["service_account_email"]
        body = json.dumps({"scope": [scope], "lifetime": "3600s"}).encode()
        try:
            reply = self._signer.post(f"/v1/projects/-/serviceAccounts/{account}:generateAccessToken", body)
        except Refused as problem:
            raise AuthFailed(_not_impersonated(self._context, problem)) from problem
        return row_of(reply.value, "GenerateAccessTokenResponse").text("accessToken")

    def own(self, _session: ApiSession, renew: bool) -> Mapping[str, str]:
        """The headers of whoever impersonates: the identity pool's member, or the person whose token was entered.

        Raises:
            AuthFailed: the token has ended, or the pool does not know our signature.
        """
        if self._context.config["auth"] == credential.FEDERATION:
            return {"authorization": f"Bearer {self._exchanged()}"}
        if renew:
            raise AuthFailed("The access token has ended; it lives for an hour. Make a new one and enter it again.")
        return {"authorization": f"Bearer {self._context.secrets['access_token'].strip()}"}

    def _exchanged(self) -> str:
        """A token of the identity pool for our signature (Security Token Service API, ``token``; RFC 8693)."""
        asked = {
            **EXCHANGE,
            "audience": credential.audience(self._context),
            "subject_token": credential.subject_token(self._context),
        }
        try:
            reply = self._sts.post_form("/v1/token", asked)
        except Refused as problem:
            word = f" ({problem.word})" if problem.word else ""
            raise AuthFailed(
                f"Google's identity pool did not take our signature{word}. Check the provider, its issuer and "
                "whether it holds the public half of this key, and that the clock of this machine is right."
            ) from problem
        return row_of(reply.value, "GoogleIdentityStsV1ExchangeTokenResponse").text("access_token")


def _not_impersonated(context: ReadContext, problem: Refused) -> str:
    role = "workloadIdentityUser" if context.config["auth"] == credential.FEDERATION else "serviceAccountTokenCreator"
    word = f" ({problem.word})" if problem.word else ""
    return (
        f"Google gives no token for {context.config['service_account_email']}{word}. Whoever asks needs "
        f"roles/iam.{role} on that service account, and the IAM Service Account Credentials API must be enabled."
    )


@dataclass(frozen=True, slots=True)
class Cloud:
    """All sessions of one run, by what they are asked about."""

    resources: ApiSession
    iap: ApiSession
    iam: ApiSession
    compute: ApiSession
    levels: ApiSession
    assets: ApiSession
    run: ApiSession
    sql: ApiSession
    storage: ApiSession
    org_policy: ApiSession
    privileged: ApiSession

    @property
    def all(self) -> tuple[ApiSession, ...]:
        """Every session, to be stopped together."""
        return tuple(getattr(self, each.name) for each in fields(self))


@contextmanager
def open_cloud(context: ReadContext) -> Iterator[Cloud]:
    """Sign in and open the sessions; connections are made when they are first used, closed at the end of the block.

    Raises:
        AuthFailed: the credential was refused.
    """
    with ExitStack() as stack:

        def opened(base: str, scope: str = WHOLE, pace: Pace = PACE, posts: tuple[str, ...] = ()) -> ApiSession:
            signed = partial(tokens.authorize, scope)
            return stack.enter_context(
                api_session(
                    context, "Google Cloud", base, pace=pace, posts=posts, authorize=signed, refusal=refusals.refusal
                )
            )

        sts = stack.enter_context(api_session(context, "Google", STS, pace=PACE, posts=STS_POSTS))

        def own(session: ApiSession, renew: bool) -> Mapping[str, str]:
            return tokens.own(session, renew)

        signer = stack.enter_context(
            api_session(context, "Google", CREDENTIALS, pace=PACE, posts=CREDENTIAL_POSTS, authorize=own)
        )
        tokens = Tokens(context, sts, signer)
        tokens.sign_in()
        yield Cloud(
            opened(RESOURCES, posts=RESOURCE_POSTS),
            opened(IAP, posts=IAP_POSTS),
            opened(IAM),
            opened(COMPUTE, COMPUTE_SCOPE),
            opened(LEVELS),
            opened(ASSETS, pace=ASSET_PACE),
            opened(RUN, RUN_SCOPE),
            opened(SQL),
            opened(STORAGE, STORAGE_SCOPE),
            opened(ORG_POLICY, ORG_POLICY_SCOPE),
            opened(PRIVILEGED),
        )
