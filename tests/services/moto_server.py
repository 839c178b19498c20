"""A moto server process with routes of its own: fill an account at once, tell which calls were made, answer wrongly.

Started by `tests.services.moto.start_moto`; prints its port. Filling 700 identities over the API takes a minute.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs

ACCOUNT = "123456789012"

XML_SERVICES = ("iam", "sts", "rds", "elasticloadbalancing", "redshift", "cloudfront", "s3")

_calls: list[str] = []
_faults: list[dict[str, str]] = []
_calls_lock = threading.Lock()


def document(*statements: dict[str, object]) -> str:
    """A policy document as JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: object, resources: object = "*", **more: object) -> dict[str, object]:
    """An Allow statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def trust(principal: object, action: str = "sts:AssumeRole", **more: object) -> str:
    """A trust policy."""
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def fill(users: int, roles: int) -> None:
    """Fill the account: ordinary users and roles, and a few roles that must be found among them."""
    from moto.iam.models import AWSManagedPolicy, iam_backends

    iam = iam_backends[ACCOUNT]["aws"]
    iam.account_summary._account_mfa_enabled = 1
    administrator = AWSManagedPolicy.from_data(
        "AdministratorAccess",
        ACCOUNT,
        "us-east-1",
        {
            "Path": "/",
            "CreateDate": "2015-02-06T18:39:46+00:00",
            "UpdateDate": "2015-02-06T18:39:46+00:00",
            "DefaultVersionId": "v1",
            "Document": json.loads(document(allow("*"))),
        },
    )
    iam.managed_policies[administrator.arn] = administrator
    for number in range(20):
        statement = allow(
            ["s3:GetObject", "s3:ListBucket"], [f"arn:aws:s3:::team-{number}", f"arn:aws:s3:::team-{number}/*"]
        )
        iam.create_policy("", "/", document(statement), f"team-{number}-read", [])
    iam.create_group("developers")
    iam.put_group_policy("developers", "read", document(allow(["ec2:Describe*", "logs:Get*", "logs:Filter*"])))
    for number in range(users):
        _user(iam, number)
    for number in range(roles):
        _role(iam, number)
    _traps(iam, administrator.arn)


def _user(iam, number: int) -> None:
    name = f"user-{number:03}"
    iam.create_user("us-east-1", name, "/people/", [{"Key": "owner", "Value": "team"}])
    iam.add_user_to_group("developers", name)
    if number % 40 == 0:
        iam.create_login_profile(name, "canary-password-9f2c")
    if number % 25 == 0:
        iam.create_access_key(name)


def _role(iam, number: int) -> None:
    name = f"service-{number:03}"
    service = ("ecs-tasks", "lambda", "ec2")[number % 3]
    iam.create_role(name, trust({"Service": f"{service}.amazonaws.com"}), "/", None, "", [], "3600")
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}"
    own = document(
        allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], table),
        allow(["s3:GetObject"], f"arn:aws:s3:::{name}/*"),
        allow(["logs:CreateLogStream", "logs:PutLogEvents"]),
        allow(["lambda:Invoke*", "sqs:*"], f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"),
    )
    iam.put_role_policy(name, "own", own)
    iam.attach_role_policy(f"arn:aws:iam::{ACCOUNT}:policy/team-{number % 20}-read", name)


def _traps(iam, administrator: str) -> None:
    plain = trust({"Service": "lambda.amazonaws.com"})
    for name in ("deploy-everything", "passes-roles", "shouting-admin"):
        iam.create_role(name, plain, "/", None, "", [], "3600")
    iam.attach_role_policy(administrator, "deploy-everything")
    iam.put_role_policy("passes-roles", "pass", document(allow("iam:PassRole")))
    iam.put_role_policy("passes-roles", "make", document(allow(["lambda:CreateFunction", "lambda:InvokeFunction"])))
    iam.put_role_policy("shouting-admin", "all", document(allow("*:*")))
    iam.create_role("open-to-anyone", trust({"AWS": "*"}), "/", None, "", [], "3600")
    provider = iam.create_open_id_connect_provider(
        "https://token.actions.githubusercontent.com", ["a" * 40], ["sts.amazonaws.com"], []
    )
    federated = {"Federated": provider.arn}
    condition = {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}
    unbound = trust(federated, "sts:AssumeRoleWithWebIdentity", Condition=condition)
    iam.create_role("pipeline-unbound", unbound, "/", None, "", [], "3600")


class Application:
    """moto's own application with our two routes before it."""

    def __init__(self, moto: Callable[..., Iterable[bytes]]) -> None:
        self.moto = moto

    def __call__(self, environ, start_response) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/test-account":
            body = json.loads(_body(environ))
            fill(int(body["users"]), int(body["roles"]))
            return _answer(start_response, {})
        if path == "/test-calls":
            with _calls_lock:
                found = list(_calls)
                if environ["REQUEST_METHOD"] == "DELETE":
                    _calls.clear()
                    _faults.clear()
            return _answer(start_response, found)
        if path == "/test-faults":
            with _calls_lock:
                _faults.append(json.loads(_body(environ)))
            return _answer(start_response, {})
        if path.startswith("/moto-api"):
            return self.moto(environ, start_response)
        fault = _fault_of(_name(environ), _scope(environ)[2])
        return self.moto(environ, start_response) if fault is None else _faulty(fault, environ, start_response)


def _fault_of(name: str, region: str) -> dict[str, str] | None:
    """Note the call, and find the fault that was ordered for it."""
    with _calls_lock:
        _calls.append(name)
        return next(
            (each for each in _faults if name.startswith(each["call"]) and each.get("region", region) == region),
            None,
        )


def _faulty(fault: dict[str, str], environ, start_response) -> Iterable[bytes]:
    """AWS's own error in the form of the service, or any body."""
    code, message, service = fault.get("code", ""), fault.get("message", ""), _scope(environ)[3]
    if "body" in fault:
        kind, body = fault.get("type", "text/xml"), fault["body"]
    elif service == "ec2":
        error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        kind, body = "text/xml", f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"
    elif service in XML_SERVICES:
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        kind, body = "text/xml", f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"
    else:
        kind, body = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message, "Message": message})
    start_response(fault.get("status", "403 Forbidden"), [("Content-Type", kind), ("x-amzn-ErrorType", code)])
    return [body.encode()]


def _scope(environ) -> list[str]:
    """Key, date, region and service of the signature."""
    found = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split("/")
    return found if len(found) > 3 else ["", "", "", "?"]


def _body(environ) -> bytes:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _name(environ) -> str:
    """``iam:GetAccountSummary`` by form field or target header; REST services by method and path."""
    service = _scope(environ)[3]
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    form = parse_qs(_body(environ).decode("utf-8", "replace")) if "form" in environ.get("CONTENT_TYPE", "") else {}
    action = target or form.get("Action", [""])[0]
    return f"{service}:{action or environ['REQUEST_METHOD'] + ' ' + environ.get('PATH_INFO', '')}"


def _answer(start_response, value: object) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


def main() -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, Application(application), threaded=True, request_handler=MotoRequestHandler)
    os.environ["MOTO_PORT"] = str(server.port)
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
