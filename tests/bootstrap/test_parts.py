"""The small parts of the bootstrap: keys, .env, file systems, sockets, the environment of the processes."""

from __future__ import annotations

import os
from base64 import b64decode
from pathlib import Path

import pytest

from ztassess.bootstrap.broker import SOCKET_PATH_LIMIT, find_server, private_broker
from ztassess.bootstrap.dotenv import load_dotenv
from ztassess.bootstrap.errors import BootstrapError, from_os_error, tells_full_disk
from ztassess.bootstrap.gates import hermetic
from ztassess.bootstrap.keys import ensure_keys
from ztassess.bootstrap.layout import Layout
from ztassess.bootstrap.options import parse_up
from ztassess.bootstrap.preflight import check_file_system, check_port
from ztassess.bootstrap.prepare import static_digest
from ztassess.bootstrap.up import child_environment, page, web_spec, worker_specs
from ztassess.common.envelope import parse_keyring


def layout(tmp_path: Path) -> Layout:
    made = Layout.of(tmp_path, {})
    made.make()
    return made


def test_keys_are_made_once_private_and_usable(tmp_path):
    said = ensure_keys(tmp_path, {})
    assert len(said) == 2
    text = (tmp_path / "encryption.keys").read_text()
    assert len(parse_keyring(text.strip()).keys) == 1
    assert len(b64decode(text.strip().partition(":")[2])) == 32
    assert not any(text.strip().partition(":")[2] in line for line in said)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert ensure_keys(tmp_path, {}) == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_two_installations_never_share_a_key_name(tmp_path):
    names = set()
    for number in range(5):
        (tmp_path / str(number)).mkdir()
        ensure_keys(tmp_path / str(number), {})
        names.add((tmp_path / str(number) / "encryption.keys").read_text().partition(":")[0])
    assert len(names) == 5


def test_keys_from_the_environment_are_not_written_down(tmp_path):
    assert ensure_keys(tmp_path, {"ZTASSESS_SECRET_KEY": "s" * 50, "ZTASSESS_ENCRYPTION_KEYS": "k1:x"}) == []
    assert list(tmp_path.iterdir()) == []


def test_an_open_key_file_is_closed(tmp_path):
    ensure_keys(tmp_path, {})
    (tmp_path / "secret.key").chmod(0o644)
    ensure_keys(tmp_path, {})
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", ["", "k1:", "k1:c2hvcnQ=", "not a key\n", "\u00e9"])
def test_a_damaged_key_file_is_refused_and_kept(tmp_path, damage):
    ensure_keys(tmp_path, {})
    (tmp_path / "encryption.keys").write_text(damage)
    with pytest.raises(BootstrapError, match=r"encryption\.keys is damaged"):
        ensure_keys(tmp_path, {})
    assert (tmp_path / "encryption.keys").read_text() == damage


def test_lost_secret_key_only_signs_everybody_out(tmp_path):
    ensure_keys(tmp_path, {})
    (tmp_path / "ztassess.sqlite3").touch()
    (tmp_path / "secret.key").unlink()
    assert ensure_keys(tmp_path, {}) == [f"Secret key made in {tmp_path / 'secret.key'}: everybody signs in anew"]


def test_dotenv_is_weaker_than_the_environment(tmp_path):
    (tmp_path / ".env").write_text("# a comment\n\nexport A=1\nB='two words'\nC=\nD = x=y # kept\n")
    environment = {"A": "mine"}
    load_dotenv(tmp_path / ".env", environment)
    assert environment == {"A": "mine", "B": "two words", "C": "", "D": "x=y # kept"}
    load_dotenv(tmp_path / "missing", environment)


def test_dotenv_names_the_line_it_cannot_read(tmp_path):
    (tmp_path / ".env").write_text("A=1\nA B\n")
    with pytest.raises(BootstrapError, match="line 2: expected NAME=value"):
        load_dotenv(tmp_path / ".env", {})


MOUNTS = (
    "/dev/sda / ext4 rw 0 0\nserver:/x /srv/with\\040space nfs4 rw 0 0\ntmpfs /srv/with\\040space/local tmpfs rw 0 0\n"
)


@pytest.mark.parametrize(
    ("data", "environment", "refused"),
    [
        ("/home/user/var", {}, False),
        ("/srv/with space/var", {}, True),
        ("/srv/with space", {}, True),
        ("/srv/with spaces/var", {}, False),
        ("/srv/with space/local/var", {}, False),
        ("/srv/with space/var", {"DATABASE_URL": "postgres://x"}, False),
    ],
)
def test_sqlite_on_a_network_file_system_is_refused(tmp_path, data, environment, refused):
    (tmp_path / "mounts").write_text(MOUNTS)
    check = lambda: check_file_system(Path(data), environment, str(tmp_path / "mounts"))  # noqa: E731  # asked in two ways
    if refused:
        with pytest.raises(BootstrapError, match="network file system"):
            check()
    else:
        check()


def test_address_of_another_machine_cannot_be_bound():
    with pytest.raises(BootstrapError, match="--bind takes an address of this machine"):
        check_port("192.0.2.1", 8000)
    with pytest.raises(BootstrapError, match="is not an address"):
        check_port("no.such.host.invalid", 8000)


def test_socket_of_a_deep_data_folder_is_short_private_and_stable(tmp_path):
    deep = Layout(root=tmp_path, venv=tmp_path, data=tmp_path / ("d" * 90))
    deep.make()
    broker = private_broker(deep, os.environ)
    assert len(os.fsencode(broker.socket)) <= SOCKET_PATH_LIMIT
    assert broker.socket.parent.stat().st_mode & 0o777 == 0o700
    assert private_broker(deep, os.environ).socket == broker.socket
    broker.socket.parent.chmod(0o755)  # as if somebody else had made it
    other = private_broker(deep, os.environ).socket
    assert other.parent != broker.socket.parent
    for folder in (broker.socket.parent, other.parent):
        folder.rmdir()


def test_broker_of_the_package_is_found_without_one_on_path():
    found = find_server({"PATH": "/nonexistent"})
    assert found.name == "valkey-server"
    assert os.access(found, os.X_OK)


def test_url_of_a_socket_with_spaces_survives_celery(tmp_path):
    from kombu.utils.url import url_to_parts

    spaced = Layout(root=tmp_path, venv=tmp_path, data=tmp_path / "a b%c")
    spaced.make()
    broker = private_broker(spaced, os.environ)
    assert f"/{url_to_parts(broker.url).path}" == str(broker.socket)


def test_processes_see_nothing_ambient(tmp_path):
    ambient = {
        "PGPASSWORD": "x",
        "KUBECONFIG": "x",
        "NETRC": "x",
        "https_proxy": "x",
        "HTTP_PROXY": "x",
        "NO_PROXY": "x",
        "PYTHONHOME": "x",
    }
    env = child_environment(
        layout(tmp_path), parse_up(["--port", "8001"]), ambient | {"PATH": "/bin", "DATABASE_URL": "p"}
    )
    assert not set(ambient) & set(env)
    assert env["PATH"] == "/bin"
    assert env["DATABASE_URL"] == "p"
    assert env["ZTASSESS_BASE_URL"] == "http://localhost:8001"
    assert env["ZTASSESS_EMBEDDED"] == "1"
    assert "ZTASSESS_ALLOWED_HOSTS" not in env


def test_loopback_targets_only_are_allowed_unless_said_otherwise(tmp_path):
    options = parse_up([])
    assert (
        child_environment(layout(tmp_path), options, {})["ZTASSESS_ALLOW_PRIVATE_TARGETS"]
        == "localhost,127.0.0.0/8,::1/128"
    )
    given = {"ZTASSESS_ALLOW_PRIVATE_TARGETS": ""}
    assert child_environment(layout(tmp_path), options, given)["ZTASSESS_ALLOW_PRIVATE_TARGETS"] == ""


def test_open_address_lets_other_names_in(tmp_path):
    hosts = child_environment(layout(tmp_path), parse_up(["--bind", "192.168.1.5"]), {})[
        "ZTASSESS_ALLOWED_HOSTS"
    ].split(",")
    assert {"localhost", "127.0.0.1", "192.168.1.5"} <= set(hosts)
    assert "*" not in hosts


def test_every_queue_that_tasks_are_sent_to_has_a_worker(tmp_path):
    from ztassess.celery import app

    served = {
        queue
        for spec in worker_specs(layout(tmp_path), parse_up([]))
        if "worker" in spec.argv
        for queue in spec.argv[spec.argv.index("-Q") + 1].split(",")
    }
    sent = {route["queue"] for route in app.conf.task_routes.values()} | {app.conf.task_default_queue}
    assert sent <= served
    assert served == {"scan", "light", "deliver", "canary"}


def test_workers_option_sets_web_and_scan_processes(tmp_path):
    options = parse_up(["--workers", "5"])
    assert web_spec(layout(tmp_path), options).argv[-2:] == ("--workers", "5")
    scan = next(spec for spec in worker_specs(layout(tmp_path), options) if spec.name == "scan")
    assert scan.argv[scan.argv.index("-c") + 1] == "5"


@pytest.mark.parametrize(
    ("bind", "shown"),
    [
        ("127.0.0.1", "http://localhost:8000"),
        ("0.0.0.0", "http://localhost:8000"),  # noqa: S104  # not bound here
        ("192.168.1.5", "http://192.168.1.5:8000"),
        ("fd00::5", "http://[fd00::5]:8000"),
    ],
)
def test_the_page_shown_is_one_that_answers(tmp_path, bind, shown):
    options = parse_up(["--bind", bind])
    assert page(options) == shown
    assert child_environment(layout(tmp_path), options, {})["ZTASSESS_BASE_URL"] == shown


def test_ipv6_address_is_bracketed(tmp_path):
    argv = web_spec(layout(tmp_path), parse_up(["--bind", "::1", "--port", "9000"])).argv
    assert "[::1]:9000" in argv


def test_static_digest_follows_content_names_and_packages(tmp_path):
    for name in ("static/css/a.css", "requirements.txt", "ztassess/settings.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    seen = {static_digest(tmp_path)}
    assert static_digest(tmp_path) in seen
    for name, text in (("static/css/a.css", "y"), ("requirements.txt", "y"), ("static/css/b.css", "x")):
        (tmp_path / name).write_text(text)
        assert static_digest(tmp_path) not in seen
        seen.add(static_digest(tmp_path))
    (tmp_path / "static/css/b.css").rename(tmp_path / "static/css/c.css")
    assert static_digest(tmp_path) not in seen


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (28, "is full"),
        (122, "has reached its quota"),
        (30, "the file system is read-only"),
        (13, "No permission"),
        (2, "Cannot use"),
    ],
)
def test_errors_of_the_file_system_become_sentences(number, words):
    sentence = str(from_os_error(OSError(number, os.strerror(number), "/some/file"), Path("/data")))
    assert words in sentence
    assert "/some/file" in sentence


def test_full_disk_is_recognized_in_the_words_of_programs():
    assert tells_full_disk("sqlite3.OperationalError: database or disk is full", 1)
    assert tells_full_disk("", -25)
    assert not tells_full_disk("ERROR: no matching distribution", 1)


def test_tests_depend_on_nothing_of_this_machine():
    given = {"ZTASSESS_SECRET_KEY": "x", "DATABASE_URL": "x", "REDIS_URL": "x", "AWS_PROFILE": "x", "all_proxy": "x"}
    kept = {
        "PATH": "/bin",
        "HOME": "/home/user",
        "CI": "true",
        "ZTASSESS_TEST_REDIS_URL": "redis://x",
        "ZTASSESS_VENV": "/v",
    }
    assert hermetic(given | kept) == kept
