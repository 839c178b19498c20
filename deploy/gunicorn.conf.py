"""The web process, embedded and in production; `--bind` and `--workers` come from the command line."""

import re
from pathlib import Path

from gunicorn.glogging import Logger

wsgi_app = "ztassess.wsgi:application"
worker_class = "gthread"
threads = 8
preload_app = True  # loaded once, shared by the worker processes: quicker start, less memory
timeout = 60
graceful_timeout = 5
keepalive = 5
control_socket_disable = True  # it would write into the home directory
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # the heartbeat file must not wait for a disk
max_requests = 10_000  # bounds leaks
max_requests_jitter = 1_000
accesslog = "-"
# Whoever reads a log must not be able to open an invitation or to set somebody's password.
SHARED = re.compile(r"^/+s/[^/]+")
TOKENS = re.compile(r"^(/invite/|/accounts/password/reset/key/|/accounts/confirm-email/)[^/]+")


class TokenFreeLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """The access log, without the tokens that some addresses carry."""

    def atoms(self, response, request, environ, taken):  # type: ignore[no-untyped-def]  # gunicorn's own signature
        found = super().atoms(response, request, environ, taken)
        # The view says which link a token opened; where it says nothing, there is no such link.
        link = environ.get("ztassess.share_link", "***")
        found["U"] = SHARED.sub(f"/s/{link}", TOKENS.sub(r"\1***", found["U"] or ""))
        return found


logger_class = TokenFreeLogger
access_log_format = "%(t)s %(h)s %(m)s %(U)s %(s)s %(B)s %(L)s"  # the path without its query
