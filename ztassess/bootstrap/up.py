"""Owns `manage.py up`: from the checkout to a running system, and its orderly end."""

from __future__ import annotations

import http.client
import os
import resource
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from ztassess.bootstrap.broker import Broker, private_broker
from ztassess.bootstrap.errors import BootstrapError
from ztassess.bootstrap.keys import ensure_keys
from ztassess.bootstrap.layout import Layout
from ztassess.bootstrap.options import UpOptions
from ztassess.bootstrap.preflight import LOOPBACK, check_file_system, check_port
from ztassess.bootstrap.preparing import prepare_data
from ztassess.bootstrap.screen import Screen
from ztassess.supervisor.child import ChildSpec
from ztassess.supervisor.group import Group, GroupError

READY_SECONDS = 90.0
BROKER_SECONDS = 15.0
# Libraries read these on their own; a scan must use what its connection says and nothing else. Byte code must be kept
# when a module is first imported, because pip was told not to compile.
# The workers themselves drop AWS_* but for the identity with which this installation assumes customers' roles.
AMBIENT_PREFIXES = ("PG",)
AMBIENT = {"KUBECONFIG", "NETRC", "PYTHONHOME", "PYTHONSAFEPATH", "PYTHONDONTWRITEBYTECODE"}


def page(options: UpOptions) -> str:
    """The address to open. Passkeys need the name localhost, so it is used wherever it works."""
    if options.bind in {*LOOPBACK, "0.0.0.0", "::"}:  # noqa: S104  # compared, not bound
        return f"http://localhost:{options.port}"
    return f"http://{bracketed(options.bind)}:{options.port}"


def bracketed(address: str) -> str:
    """An IPv6 address in the brackets that URLs and gunicorn want; others as they are."""
    return f"[{address}]" if ":" in address else address


def child_environment(layout: Layout, options: UpOptions, environment: Mapping[str, str]) -> dict[str, str]:
    """What the processes of the group see: the person's settings, the embedded defaults, nothing ambient."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(AMBIENT_PREFIXES) and name not in AMBIENT and not name.lower().endswith("_proxy")
    }
    defaults = {
        "ZTASSESS_BASE_URL": page(options),
        "ZTASSESS_ALLOW_PRIVATE_TARGETS": "localhost,127.0.0.0/8,::1/128",
        "HOME": str(layout.data),
    }
    if options.bind not in LOOPBACK:
        names = ["localhost", "127.0.0.1", "[::1]", socket.gethostname()]
        own = bracketed(options.bind)
        defaults["ZTASSESS_ALLOWED_HOSTS"] = ",".join(names if options.bind in {"0.0.0.0", "::"} else [*names, own])  # noqa: S104  # the person's choice
    fixed = {
        "ZTASSESS_EMBEDDED": "1",
        "ZTASSESS_DATA_DIR": str(layout.data),
        "DJANGO_SETTINGS_MODULE": "ztassess.settings",
        "PYTHONUNBUFFERED": "1",
    }
    return defaults | kept | fixed


def web_spec(layout: Layout, options: UpOptions) -> ChildSpec:
    """The web process: gunicorn."""
    config = str(layout.root / "deploy" / "gunicorn.conf.py")
    bound = ("--bind", f"{bracketed(options.bind)}:{options.port}", "--workers", str(options.workers))
    return ChildSpec("web", (str(layout.python), "-m", "gunicorn", "-c", config, *bound))


def worker_specs(layout: Layout, options: UpOptions) -> list[ChildSpec]:
    """The workers and the scheduler. Scans have a process of their own, so that they never delay short jobs."""
    celery = (str(layout.python), "-m", "celery", "-A", "ztassess.celery")
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")

    def worker(name: str, queues: str, processes: int) -> ChildSpec:
        return ChildSpec(name, (*celery, "worker", "-n", f"{name}@%h", "-Q", queues, "-c", str(processes), *quiet))

    return [
        worker("scan", "scan", options.workers),
        worker("light", "light,deliver,canary", 1),
        ChildSpec("beat", (*celery, "beat", "--pidfile=", "--loglevel", "INFO")),
    ]


def ready(options: UpOptions) -> bool:
    """Whether the web process says it can serve."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.bind, options.bind)  # noqa: S104  # compared, not bound
    connection = http.client.HTTPConnection(host, options.port, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def run_up(layout: Layout, options: UpOptions, screen: Screen) -> int:
    """Prepare and run until somebody asks for the end; the exit code. Runs in the virtual environment."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold secrets
    check_file_system(layout.data, os.environ)
    for line in ensure_keys(layout.data, os.environ):
        screen.line(f"  {line}")
    check_port(options.bind, options.port)
    env = child_environment(layout, options, os.environ)
    broker = None if env.get("REDIS_URL") else private_broker(layout, env)
    if broker is not None:
        env["REDIS_URL"] = broker.url
    group = Group(logs=layout.logs, env=env, cwd=layout.root, say=screen.line)
    try:
        _start(layout, options, screen, group, env, broker)
        group.serve()
        screen.line()
        screen.line("Stopping ...")
    except GroupError as error:
        raise BootstrapError(str(error)) from error
    finally:
        group.stop()
        if broker is not None:
            broker.clean()
    screen.line("Stopped. Everything is kept; start again with: python3 manage.py up")
    return 0


def _start(
    layout: Layout, options: UpOptions, screen: Screen, group: Group, env: dict[str, str], broker: Broker | None
) -> None:
    if broker is None:
        _look_for_broker(env["REDIS_URL"], screen)
    else:
        _start_broker(broker, group, screen)
    said = prepare_data(layout, screen, env=env, demo=options.demo, on_tick=lambda: group.turn_or_stop(0))
    with screen.step("Starting web, workers and scheduler") as step:

        def answered() -> bool:
            step.tick()
            return ready(options)

        group.start(web_spec(layout, options))
        for spec in worker_specs(layout, options):
            group.start(spec)
        group.wait_until(answered, seconds=READY_SECONDS, what="The web process")
        step.done = "Web, workers and scheduler started"
    _welcome(layout, options, screen, said)


def _start_broker(broker: Broker, group: Group, screen: Screen) -> None:
    child = group.start(broker.spec)
    try:
        group.wait_until(broker.answers, seconds=BROKER_SECONDS, what="The broker")
    except GroupError:
        if not any(broker.files.iterdir()):
            raise
        # Its files may come from another version, or from a crash it cannot read back.
        group.drop(child)
        screen.line(f"  The broker could not read its files; they are set aside in {broker.set_files_aside()}")
        group.start(broker.spec)
        group.wait_until(broker.answers, seconds=BROKER_SECONDS, what="The broker")


def _look_for_broker(url: str, screen: Screen) -> None:
    parts = urlsplit(url)
    if parts.hostname is None:
        return
    try:
        socket.create_connection((parts.hostname, parts.port or 6379), timeout=2).close()
    except OSError:
        screen.line(
            f"  The broker of REDIS_URL at {parts.hostname} does not answer. Answers are saved; scans wait for it."
        )


def _welcome(layout: Layout, options: UpOptions, screen: Screen, said: list[str]) -> None:
    screen.line()
    screen.line(f"ztassess is ready, {screen.elapsed():.1f} s after the start.")
    screen.line()
    screen.line(f"  Open this page    {page(options)}")
    screen.line("  Then              sign up, answer a few questions, connect a first system")
    for line in said:
        screen.line(f"  {line}" if line else "")
    if not os.environ.get("EMAIL_URL"):
        screen.line("  E-mail            is shown here: no mail server is set, so nothing is sent")
    screen.line(f"  Logs              {layout.logs}")
    if options.bind not in LOOPBACK:
        screen.line(
            "  Note              other machines can reach this without encryption; passkeys work at localhost only"
        )
    screen.line("  Stop              Ctrl-C")
    screen.line()
