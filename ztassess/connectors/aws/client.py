"""Owns the calls to AWS: one way to call, page and count; an error becomes the reason of a snapshot part."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from botocore.exceptions import ClientError

from ztassess.connectors.aws.client_errors import FAILURES, NotAws, Refused, failure, refusal
from ztassess.connectors.errors import BudgetExceeded, Canceled, ConnectorError
from ztassess.domain.findings import Unavailable

T = TypeVar("T")

GLOBAL_REGION = "us-east-1"
"""Where IAM, CloudFront and the organization are asked, whatever regions are read."""

_PREFIXES = {
    "elbv2": "elasticloadbalancing",
    "sso-admin": "sso",
    "accessanalyzer": "access-analyzer",
    "s3control": "s3",
}
_ACTIONS = {
    ("s3control", "GetPublicAccessBlock"): "s3:GetAccountPublicAccessBlock",
    ("accessanalyzer", "ListFindingsV2"): "access-analyzer:ListFindings",
}
_SERVER_FAULT = 500
_FAULT_TRIES = 3
_MOST_PAGES = 500


def action_of(service: str, operation: str) -> str:
    """The IAM action that allows an operation (``iam``, ``ListUsers`` -> ``iam:ListUsers``).

    Parameters:
        operation: AWS's own name of it, as in the service model.
    """
    if service == "apigateway":
        return "apigateway:GET"
    return _ACTIONS.get((service, operation), f"{_PREFIXES.get(service, service)}:{operation}")


class ClientSource(Protocol):
    """(service, region) -> botocore client, guarded, with its request budget; `forget` frees those of a region."""

    def __call__(self, service: str, region: str) -> Any: ...

    def forget(self, region: str) -> None: ...


class Once:
    """Results by name, each made once, refusals included. Thread-safe."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def get(self, name: str, make: Callable[[], T]) -> T:
        """The result of `make`, from the first time it was asked for under this name.

        Raises:
            Refused: it was refused that time.
        """
        with self._locks[name]:
            if name not in self._made:
                try:
                    self._made[name] = make()
                except Refused as problem:
                    self._made[name] = problem
            found = self._made[name]
        if isinstance(found, Refused):
            raise found
        return found  # type: ignore[no-any-return]  # what was kept under this name is what make() gave


class Aws:
    """Calls to one account through one set of credentials. Thread-safe.

    Parameters:
        client: where botocore clients come from.

    Attributes:
        calls: how often each (service, operation) was called, pages not counted.
        once: answers that the connection test and the reading of the same run share, so that nothing is asked twice.
    """

    def __init__(self, client: ClientSource) -> None:
        self._client = client
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.calls: Counter[tuple[str, str]] = Counter()
        self.once = Once()

    def stop(self) -> None:
        """Let every later call fail: the person canceled."""
        self._stopped.set()

    def forget(self, region: str) -> None:
        """Free the clients of a region that is read."""
        self._client.forget(region)

    def call(self, service: str, operation: str, region: str = GLOBAL_REGION, **parameters: Any) -> Mapping[str, Any]:
        """One answer.

        Raises:
            Refused: there was none; ``why`` is what goes into the snapshot.
        """
        client, action = self._prepared(service, operation, region)
        try:
            answer: Mapping[str, Any] = getattr(client, operation)(**parameters)
        except FAILURES as problem:
            raise self._refused(problem, action) from problem
        return answer

    def items(
        self, service: str, operation: str, key: str, region: str = GLOBAL_REGION, **parameters: Any
    ) -> Iterator[Any]:
        """The items of all pages, one by one, so that what came before a break is kept.

        Parameters:
            key: where the items are in an answer, for example ``DistributionList.Items``.

        Raises:
            Refused: the first or a later page was not answered, or the chain of pages does not end.
        """
        for page in self.pages(service, operation, region, **parameters):
            found: Any = page
            for part in key.split("."):
                found = found.get(part) or {}
            yield from found or ()

    def pages(
        self, service: str, operation: str, region: str = GLOBAL_REGION, **parameters: Any
    ) -> Iterator[Mapping[str, Any]]:
        """All pages of a list. Raises as `items` does."""
        client, action = self._prepared(service, operation, region)
        seen = 0
        try:
            for page in _paged(client, operation, parameters):
                seen += 1
                if seen > _MOST_PAGES:
                    raise BudgetExceeded(f"The list of {action} has more than {_MOST_PAGES} pages.")
                yield page
                if self._stopped.is_set():
                    raise Canceled("The scan was canceled.")
        except FAILURES as problem:
            refused = self._refused(problem, action)
            raise _broken_off(refused, action) if seen else refused from problem

    def _prepared(self, service: str, operation: str, region: str) -> tuple[Any, str]:
        if self._stopped.is_set():
            raise Canceled("The scan was canceled.")
        client = self._client(service, region)
        client.meta.events.register_first("needs-retry", _give_up, unique_id="ztassess-give-up")
        with self._lock:
            self.calls[service, operation] += 1
        return client, action_of(service, client.meta.method_to_api_mapping[operation])

    @staticmethod
    def _refused(problem: Exception, action: str) -> ConnectorError:
        return problem if isinstance(problem, Refused | Canceled) else refusal(problem, action)


def _paged(client: Any, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate(**parameters)
        return
    method, marker = getattr(client, operation), ""
    while True:
        page = method(**parameters, **({"NextMarker": marker} if marker else {}))
        yield page
        following = page.get("NextMarker") or ""
        if not following or following == marker:
            return
        marker = following


def _broken_off(refused: ConnectorError, action: str) -> ConnectorError:
    """A later page was refused: what was read stays, and is known to be a part only."""
    if not isinstance(refused, Refused):
        return refused
    sentence = f"The list of {action} broke off: {refused.why.detail}"
    return Refused(Unavailable("partial_data", refused.why.missing_scope, sentence), refused.code)


def _give_up(
    response: tuple[Any, Mapping[str, Any]] | None = None, attempts: int = 1, operation: Any = None, **_: Any
) -> None:
    """Stop botocore's retries where they cannot help: a web page instead of an answer, or the third fault of a server.

    Throttling keeps botocore's own eight tries. Raising inside this event ends the call.
    """
    if response is None or response[0].status_code < _SERVER_FAULT:
        return
    http, parsed = response
    if "text/html" in str(http.headers.get("content-type", "")):
        raise NotAws("The server answered with a web page.")
    if attempts >= _FAULT_TRIES:
        raise ClientError(dict(parsed), operation.name)  # type: ignore[arg-type]  # the stub wants its TypedDict


def who_are_we(aws: Aws) -> tuple[str, str]:
    """Account id and ARN of our credentials (``sts:GetCallerIdentity``, which needs no permission).

    Raises:
        ConnectorError: nobody answered, or the credentials are refused.
    """
    try:
        answer = aws.once.get("who", lambda: aws.call("sts", "get_caller_identity"))
    except Refused as problem:
        raise failure(_cause(problem)) from problem
    return str(answer["Account"]), str(answer["Arn"])


def _cause(problem: Refused) -> Exception:
    return problem.__cause__ if isinstance(problem.__cause__, Exception) else problem
