"""Every connector reads its counterpart from the command line, and says what is wrong there."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import call_command

from tests.fakes.counterpart import Counterpart, counterpart_of
from tests.fakes.vendor import authority
from ztassess.connectors.registry import CONNECTORS, connector
from ztassess.organizations.access import KEY_FIELD, ORGANIZATION_FIELD

Run = Callable[..., tuple[int, dict[str, Any], str]]
pytestmark = pytest.mark.xdist_group("counterparts")


@pytest.fixture
def check_system(settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> Run:
    """``check_system SLUG`` against a counterpart: exit code, what was printed as JSON, what was complained about."""

    def run(slug: str, system: Counterpart, *more: str) -> tuple[int, dict[str, Any], str]:
        settings.ALLOW_PRIVATE_TARGETS, settings.EXTRA_CA_FILE = "localhost,127.0.0.0/8", authority()[1]
        settings.VENDOR_ENDPOINTS = dict(system.endpoints)
        for name, value in system.settings.items():
            setattr(settings, name, value)
        arguments = ["check_system", slug, "--json", *more]
        for name, value in system.entered.items():
            arguments += ["--set", f"{name}={value}"]
        for name, value in system.secrets.items():
            monkeypatch.setenv(f"SECRET_{name.upper()}", value)
            arguments += ["--secret", f"{name}=env:SECRET_{name.upper()}"]
        for file in system.uploads:
            (tmp_path / file.name).write_bytes(file.content)
            arguments += ["--upload", str(tmp_path / file.name)]
        with pytest.raises(SystemExit) as ended:
            call_command(*arguments)
        said = capsys.readouterr()
        return int(str(ended.value.code)), json.loads(said.out) if said.out.strip() else {}, said.err

    return run


# Hidden fields of every form, and those that the pages of a connection add.
TAKEN = {"csrfmiddlewaretoken", ORGANIZATION_FIELD, KEY_FIELD, "version", "external", "connection_name"}


@pytest.mark.parametrize("slug", CONNECTORS)
def test_no_field_of_a_connector_has_a_name_that_its_page_needs(slug: str) -> None:
    assert not TAKEN & {field.name for field in connector(slug).fields}


@pytest.mark.parametrize("slug", CONNECTORS)
def test_check_system_reads_the_counterpart(slug: str, check_system: Run) -> None:
    with ExitStack() as running:
        system = running.enter_context(counterpart_of(slug))
        code, found, complaint = check_system(slug, system)
    outcomes: dict[str, set[str]] = {}
    for each in found.get("findings", ()):
        outcomes.setdefault(each["check"], set()).add(each["outcome"])
    assert set(outcomes) == {check.id for check in connector(slug).checks}, complaint
    assert "error" not in {word for words in outcomes.values() for word in words}
    if system.fails:
        assert "fail" in outcomes[system.fails]
        assert code == 1
    if system.passes:
        assert outcomes[system.passes] == {"pass"}
    for secret in system.secrets.values():
        assert secret not in json.dumps(found) + complaint


@pytest.mark.parametrize("slug", [slug for slug in CONNECTORS if any(field.secret for field in connector(slug).fields)])
def test_a_wrong_secret_is_one_sentence_and_exit_code_2(slug: str, check_system: Run) -> None:
    with ExitStack() as running:
        system = running.enter_context(counterpart_of(slug))
        wrong = {name: _other(value) for name, value in system.secrets.items()}
        system = replace(system, secrets=wrong)
        if slug == "aws":
            pytest.skip("moto lets everybody in; refusals of AWS are proven with its stubber")
        code, found, complaint = check_system(slug, system)
    if system.half_open:
        assert "pass" not in {each["outcome"] for each in found["findings"] if each["check"] == system.passes}
    else:
        assert (code, found) == (2, {})
        assert complaint.count("\n") == 1
    assert "Traceback" not in complaint
    for secret in wrong.values():
        assert secret not in complaint


def _other(secret: str) -> str:
    """A secret of the same form with another content: a key stays a key."""
    if "PRIVATE KEY" in secret or secret.startswith("{"):
        return _new_key()
    return secret[:8] + "x" * max(4, len(secret) - 8)


def _new_key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
