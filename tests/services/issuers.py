"""Two real issuers for tests, each behind TLS on an ephemeral loopback port.

`people_issuer` is oidc-provider-mock: discovery, key set, sign-in with a code, opaque access tokens, ID tokens.
`machine_issuer` is Authlib's authorization server: client credentials, tokens of RFC 9068, assertions of RFC 7523.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import flask
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from joserfc.jwk import Key, KeySet, RSAKey
from oidc_provider_mock import app as mock_app
from werkzeug.serving import make_server

from tests.fakes.vendor import authority

API = "https://api.example.com"
CLIENT, SECRET = "zt-minter", "minter-secret-canary"


@contextmanager
def behind_tls(app: Any) -> Iterator[str]:
    """Serve a WSGI application; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority()[0].issue_cert("localhost", "127.0.0.1").configure_cert(context)
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for every request helps nobody
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@contextmanager
def people_issuer(seconds: int = 900) -> Iterator[str]:
    """oidc-provider-mock; its issuer."""
    with behind_tls(mock_app(access_token_max_age=timedelta(seconds=seconds))) as address:
        yield address


@dataclass
class _Client(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    public: Key | None = None
    scope: str = "read:status"
    methods: tuple[str, ...] = ("private_key_jwt", "client_assertion_jwt", "client_secret_basic", "client_secret_post")

    client_id = CLIENT

    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        return scope or self.scope

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in self.methods

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


class _Assertion(JWTBearerClientAssertion):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, issuer: MachineIssuer) -> None:
        super().__init__(validate_jti=False)
        self.issuer = issuer

    def get_audiences(self) -> list[str]:
        return [f"{self.issuer.address}/token"]

    def resolve_client_public_key(self, client: _Client) -> Any:
        return client.public


class _Grant(grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "client_assertion_jwt"]


class _Tokens(JWTBearerTokenGenerator):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, issuer: MachineIssuer) -> None:
        super().__init__(issuer.address, expires_generator=lambda *_: issuer.seconds)
        self.owner = issuer

    def get_jwks(self) -> Any:
        return KeySet([self.owner.key])

    def get_audiences(self, client: Any, user: Any, scope: str) -> Any:
        return self.owner.audience

    def get_extra_claims(self, client: Any, grant_type: str, user: Any, scope: str) -> dict[str, Any]:
        return self.owner.claims


@dataclass
class MachineIssuer:
    """An authorization server, its behavior open to tests.

    Attributes:
        seconds: life of the next token.
        opaque: gives random text instead of a JWT.
        document: changes to its metadata; a value of None removes the field.
    """

    address: str = ""
    seconds: int = 600
    opaque: bool = False
    audience: str = API
    key: Key = field(
        default_factory=lambda: RSAKey.generate_key(2048, {"kid": "2026-11", "use": "sig", "alg": "RS256"})
    )
    claims: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, Any]] | None = None
    client: _Client = field(default_factory=_Client)

    def metadata(self) -> dict[str, Any]:
        found = {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic"],
            "id_token_signing_alg_values_supported": ["RS256"],
            **self.document,
        }
        return {name: value for name, value in found.items() if value is not None}

    def key_set(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)] if self.keys is None else self.keys}


def _machine_app(issuer: MachineIssuer) -> flask.Flask:
    app = flask.Flask("machine-issuer")
    server = AuthorizationServer(app, query_client=lambda name: issuer.client if name == CLIENT else None)
    server.save_token = lambda token, request: None
    server.register_client_auth_method("client_assertion_jwt", _Assertion(issuer))
    server.register_grant(_Grant)
    opaque = BearerTokenGenerator(lambda *_, **__: flask.g.token, expires_generator=lambda *_: issuer.seconds)

    def generate(**more: Any) -> Any:
        return (opaque if issuer.opaque else _Tokens(issuer))(**{**more, "include_refresh_token": False})

    server.register_token_generator("default", generate)
    app.get("/.well-known/openid-configuration", endpoint="metadata")(lambda: flask.jsonify(issuer.metadata()))
    app.get("/jwks", endpoint="jwks")(lambda: flask.jsonify(issuer.key_set()))
    minted: list[str] = []

    @app.post("/token")
    def token() -> Any:
        minted.append(f"opaque-{len(minted)}")
        flask.g.token = minted[-1]
        return server.create_token_response()

    return app


@contextmanager
def machine_issuer() -> Iterator[MachineIssuer]:
    """Authlib's server, running for the block."""
    issuer = MachineIssuer()
    with behind_tls(_machine_app(issuer)) as address:
        issuer.address = address
        yield issuer
