"""The egress guard: the only code that opens a socket to an address a customer can influence.

Text rules, one look-up, every record judged by the address table, the number pinned and dialed, the peer judged again;
budgets over everything; nothing ambient. One module per transport: HTTP, sockets and TLS, PostgreSQL, MySQL, AWS.
"""

from typing import TYPE_CHECKING, Any

from ztassess.connectors.netguard.body import parse_json
from ztassess.connectors.netguard.budget import Budget
from ztassess.connectors.netguard.guard import Guard, Pinned
from ztassess.connectors.netguard.names import Url, host_text, parse_url
from ztassess.connectors.netguard.sockets import (
    connect_pinned,
    open_socket,
    start_tls,
    tls_context,
    unverified_context,
)

if TYPE_CHECKING:
    from ztassess.connectors.netguard.aws import AwsCredentials, aws_client_factory
    from ztassess.connectors.netguard.http import Answer, HttpClient, http_client
    from ztassess.connectors.netguard.mysql import MysqlConnection, QueryRefused, connect_mysql
    from ztassess.connectors.netguard.postgres import GuardedConnection, connect_postgres
    from ztassess.connectors.netguard.seat_belt import install_seat_belt, scrub_environment
    from ztassess.connectors.netguard.webhook import post_webhook, webhook_url

__all__ = [
    "Answer",
    "AwsCredentials",
    "Budget",
    "Guard",
    "GuardedConnection",
    "HttpClient",
    "MysqlConnection",
    "Pinned",
    "QueryRefused",
    "Url",
    "aws_client_factory",
    "connect_mysql",
    "connect_pinned",
    "connect_postgres",
    "host_text",
    "http_client",
    "install_seat_belt",
    "open_socket",
    "parse_json",
    "parse_url",
    "post_webhook",
    "scrub_environment",
    "start_tls",
    "tls_context",
    "unverified_context",
    "webhook_url",
]

# botocore, psycopg, pymysql and httpcore take time and memory to import; a scan needs one of them.
_LATER = {
    "Answer": "http",
    "AwsCredentials": "aws",
    "GuardedConnection": "postgres",
    "HttpClient": "http",
    "MysqlConnection": "mysql",
    "QueryRefused": "mysql",
    "aws_client_factory": "aws",
    "connect_mysql": "mysql",
    "connect_postgres": "postgres",
    "http_client": "http",
    "install_seat_belt": "seat_belt",
    "post_webhook": "webhook",
    "scrub_environment": "seat_belt",
    "webhook_url": "webhook",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
