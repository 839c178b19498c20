"""Owns AWS clients: botocore over guarded connections, nothing ambient where a customer's credentials are used."""

from __future__ import annotations

import os
import socket
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
    AWSPreparedRequest,
    AWSRequest,
    AWSResponse,
)
from botocore.config import Config
from botocore.configprovider import (
    BOTOCORE_DEFAUT_SESSION_VARIABLES,
    ConfigChainFactory,
    ConfigValueStore,
    ConstantProvider,
)
from botocore.credentials import CredentialResolver
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session
from botocore.loaders import Loader
from botocore.tokens import TokenProviderChain
from urllib3 import PoolManager
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from ztassess.connectors.errors import Blocked, ConnectorError, InputInvalid, Unreachable
from ztassess.connectors.netguard.aws_answers import READ_SECONDS, StrictParsers, spending_socket, spending_tls
from ztassess.connectors.netguard.budget import Budget
from ztassess.connectors.netguard.guard import Guard
from ztassess.connectors.netguard.sockets import open_socket, tls_context

# The partitions' DNS suffixes (botocore's partitions.json); api.aws carries dual-stack and newer services.
SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
CONNECT_SECONDS = 5
_Dial = Callable[[str, int], socket.socket]


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """One set of keys; repr shows none of it but the key's first four letters.

    Attributes:
        token: session token of temporary credentials; empty for long-lived ones.
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def aws_client_factory(
    guard: Guard, budget: Budget, *, credentials: AwsCredentials | None, endpoint_url: str = ""
) -> Callable[[str, str], Any]:
    """A function from (service, region) to a botocore client; the same client for the same pair.

    Every attempt, retries included, spends one request of the budget. Errors of the guard and the budget come out of a
    call as they are; the service's own as botocore's exceptions.

    Parameters:
        credentials: a customer's keys: no environment, profile file, metadata service or configured endpoint is looked
            at. None: the operator's standard AWS environment, ``AWS_ENDPOINT_URL`` included.
        endpoint_url: an operator's setting that replaces the public hosts (tests, private partitions); never a
            customer's. Exactly this host is then open, on its port, whatever address it has save metadata.

    Raises:
        InputInvalid: ``endpoint_url`` is not a URL of a host we may connect to.
    """
    return _Clients(guard, budget, credentials, endpoint_url).client


class _Clients:
    def __init__(self, guard: Guard, budget: Budget, credentials: AwsCredentials | None, endpoint_url: str) -> None:
        self._guard, self._budget = guard, budget
        self._endpoint_url, self._ambient = endpoint_url, credentials is None
        self._session = _ambient_session() if credentials is None else _sealed_session(credentials)
        self._operator: dict[tuple[str, int], Guard] = {}
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        context = tls_context(guard)
        context.sslsocket_class = spending_tls(budget)
        self._http = _GuardedSession(context, self._dial)
        if endpoint_url:
            self._open(endpoint_url)

    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region."""
        with self._lock:  # sessions are not thread-safe while they make clients
            if (service, region) not in self._clients:
                self._clients[service, region] = self._made(service, region)
            return self._clients[service, region]

    def _made(self, service: str, region: str) -> Any:
        client = self._session.create_client(
            service,
            region_name=region,
            endpoint_url=self._endpoint_url or None,
            config=Config(
                retries={"mode": "adaptive", "max_attempts": 8},
                ignore_configured_endpoint_urls=not self._ambient,  # type: ignore[call-arg]  # missing in the stubs
                user_agent_extra="ztassess",
            ),
        )
        if self._ambient:
            self._open(client.meta.endpoint_url)
        # botocore's own seam: an answer given here is used instead of the client's own HTTP session.
        client.meta.events.register("before-send", self._send, unique_id="netguard")  # type: ignore[arg-type]  # stubs: None
        return client

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        self._budget.spend_request()
        return self._http.send(request)

    def _open(self, url: str) -> None:
        """Remember an endpoint that the operator's environment or setting chose."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        if not host or host.endswith(SUFFIXES):
            if not host:
                raise InputInvalid(f"The AWS endpoint {url[:80]!r} is not a URL.")
            return
        self._operator[host, port] = Guard(
            (*self._guard.allow_private, host),
            extra_ca=self._guard.extra_ca,
            nat64=self._guard.nat64,
            resolver=self._guard.resolver,
        )

    def _dial(self, host: str, port: int) -> socket.socket:
        for (operator_host, operator_port), guard in self._operator.items():
            # Services that prefix the account id (S3 Control) still mean the operator's endpoint.
            if port == operator_port and (host == operator_host or host.endswith(f".{operator_host}")):
                return self._spending(open_socket(guard, operator_host, port, timeout=self._patience()))
        if not host.endswith(SUFFIXES):
            raise Blocked(f"name: {host} is not an AWS host")
        return self._spending(open_socket(self._guard, host, port, timeout=self._patience(), ports=(443,)))

    def _patience(self) -> float:
        return min(CONNECT_SECONDS, self._budget.remaining_seconds())

    def _spending(self, sock: socket.socket) -> socket.socket:
        return spending_socket(sock, self._budget)


class _GuardedSession(URLLib3Session):
    """botocore's HTTP session with its sockets from the guard; one for all clients, so that connections are shared."""

    def __init__(self, context: Any, dial: _Dial) -> None:
        self._context = context
        timeout: Any = (CONNECT_SECONDS, READ_SECONDS)
        super().__init__(proxies={}, timeout=timeout, max_pool_connections=10)
        self._manager: PoolManager  # made by botocore
        self._manager.pool_classes_by_scheme = _pool_classes(dial)

    def _get_ssl_context(self) -> Any:
        return self._context

    def _setup_ssl_cert(self, conn: Any, url: str, verify: Any) -> None:
        """Certificates are in the shared context already; botocore would read the bundle for each connection."""
        conn.cert_reqs, conn.ca_certs = "CERT_REQUIRED", None

    def send(self, request: AWSRequest | AWSPreparedRequest) -> AWSResponse:
        try:
            return super().send(request)
        except HTTPClientError as problem:
            # As HTTPClientError it would be retried eight times; a refusal by policy stays one.
            cause = problem.kwargs.get("error")
            if isinstance(cause, ConnectorError):
                raise cause from None
            raise


def _pool_classes(dial: _Dial) -> dict[str, type]:
    """Connection pools whose sockets come from `dial`; handed to one pool manager, nothing is patched globally.

    `dial` is a bound method and is held weakly: urllib3 registers each pool's connections for its end, so a strong
    reference from a connection to its clients would keep all clients of a run for the life of the process.
    """
    held = weakref.WeakMethod(dial)

    class Http(AWSHTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _dialed(self, held())

    class Https(AWSHTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _dialed(self, held())

    class HttpPool(AWSHTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(AWSHTTPSConnectionPool):
        ConnectionCls = Https

    return {"http": HttpPool, "https": HttpsPool}


def _dialed(connection: Any, dial: _Dial | None) -> socket.socket:
    """A socket for a urllib3 connection; what did not answer becomes urllib3's own error, which botocore retries."""
    if dial is None:
        raise NewConnectionError(connection, "The clients of this connection are gone.")
    try:
        return dial(connection.host.strip("[]"), connection.port)
    except Unreachable as problem:
        kind = ConnectTimeoutError if problem.how == "timeout" else NewConnectionError
        raise kind(connection, problem.sentence) from problem


@cache
def _loader() -> Loader:
    """Service models, parsed once per process; only those that came with botocore, not those of ``~/.aws/models``."""
    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


def _ambient_session() -> botocore.session.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", _loader())
    session.register_component("response_parser_factory", StrictParsers())
    return session


def _sealed_session(credentials: AwsCredentials) -> botocore.session.Session:
    """A session that knows these credentials and nothing of the machine it runs on."""
    session = botocore.session.Session()
    session.register_component("data_loader", _loader())
    session.register_component("response_parser_factory", StrictParsers())
    chains = ConfigChainFactory(session=session, environ={})
    store: dict[str, Any] = {
        name: chains.create_config_chain(instance_name=name, default=default, conversion_func=convert)
        for name, (_file, _environment, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    for name, value in (
        ("config_file", os.devnull),
        ("credentials_file", os.devnull),
        ("s3", None),
        ("proxies_config", None),
    ):
        store[name] = ConstantProvider(value)
    session.register_component("config_store", ConfigValueStore(mapping=store))
    session.register_component("credential_provider", CredentialResolver(providers=[]))
    session.register_component("token_provider", TokenProviderChain(providers=[]))
    session.set_credentials(credentials.access_key, credentials.secret_key, credentials.token or None)
    return session
