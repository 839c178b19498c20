"""The connect form: what is taken, what is refused with a sentence."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.connectors.github.answers import app_key
from ztassess.connectors.github import CONNECTOR
from ztassess.connectors.runner import parse_form

GOOD = {"organization": "acme", "app_id": "4711"}


def problems(entered: dict[str, str], key: str | None = None) -> dict[str, str]:
    return parse_form(CONNECTOR, {**GOOD, **entered}, {"app_private_key": app_key()[0] if key is None else key})[1]


def test_values_are_parsed() -> None:
    entered = {
        **GOOD,
        "organization": "https://github.com/Acme-Corp/",
        "api_base": "https://git.example.com/api/v3/",
        "production_environments": "Shop-EU, live2",
        "policy_folders": "platform:/mesh/policies/\nplatform:net",
    }
    values, found = parse_form(CONNECTOR, entered, {"app_private_key": app_key()[0]})
    assert found == {}
    assert values["organization"] == "Acme-Corp"
    assert values["api_base"] == "https://git.example.com/api/v3"
    assert values["production_environments"] == ("shop-eu", "live2")
    assert values["policy_folders"] == (("platform", "mesh/policies"), ("platform", "net"))
    assert parse_form(CONNECTOR, GOOD, {"app_private_key": app_key()[0]})[0]["api_base"] == "https://api.github.com"


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"organization": ""}, "organization"),
        ({"organization": "a/b"}, "organization"),
        ({"organization": "-a"}, "organization"),
        ({"app_id": ""}, "app_id"),
        ({"app_id": "my app"}, "app_id"),
        ({"installation_id": "12x"}, "installation_id"),
        ({"api_base": "http://git.example.com/api/v3"}, "api_base"),
        ({"api_base": "https://git.example.com/other"}, "api_base"),
        ({"api_base": "https://user@git.example.com/api/v3"}, "api_base"),
        ({"policy_folders": "mesh/policies"}, "policy_folders"),
        ({"policy_folders": "platform:../x"}, "policy_folders"),
    ],
)
def test_wrong_value_is_refused_at_its_field(entered: dict[str, str], field: str) -> None:
    assert list(problems(entered)) == [field]


def test_key_must_be_one_of_an_app() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    pem = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert "RSA keys only" in problems({}, pem)["app_private_key"]
    assert "public half" in problems({}, app_key()[1])["app_private_key"]
    assert "app_private_key" in problems({}, "no key")
    assert "app_private_key" in problems({}, "")


def test_changed_target_deletes_the_key() -> None:
    bound = {field.name for field in CONNECTOR.fields if field.binds_target}
    assert bound == {"organization", "app_id", "api_base"}
    assert {field.name for field in CONNECTOR.fields if field.secret} == {"app_private_key"}
