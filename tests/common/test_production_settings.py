"""The settings of a production installation: they load, Django finds nothing to warn of, limits count people."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from ztassess.settings import _mail_server

ROOT = Path(__file__).resolve().parents[2]
ASKED = (
    *("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "MAIL_IN_TERMINAL"),
    *("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "DEMO_AT"),
)
ASK = f"""
import json, django
django.setup()
from django.conf import settings
from django.test import RequestFactory
from allauth.account.adapter import get_adapter
request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 8.8.4.4")
said = {{name: getattr(settings, name) for name in {ASKED!r}}}
print(json.dumps(said | {{"client": get_adapter().get_client_ip(request)}}))
"""


@pytest.fixture
def production(tmp_path):
    """Run Python as on a production machine; more variables by name."""

    def run(*arguments, **more):
        given = {
            name: value for name, value in os.environ.items() if not name.startswith(("ZTASSESS_", "EMAIL_", "DJANGO_"))
        }
        keys = "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()
        wanted = {
            "DJANGO_SETTINGS_MODULE": "ztassess.settings",
            "ZTASSESS_DATA_DIR": str(tmp_path),
            "ZTASSESS_BASE_URL": "https://zt.example.com",
            "ZTASSESS_ALLOWED_HOSTS": "zt.example.com",
            "ZTASSESS_SECRET_KEY": secrets.token_urlsafe(60),
            "ZTASSESS_ENCRYPTION_KEYS": keys,
            "EMAIL_URL": "smtp+tls://mailer:p%40ss@mail.example.com:587",
        }
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=given | wanted | more,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def asked(run, **more):
    ran = run("-c", ASK, **more)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_mail_server_of_the_environment_is_used(production):
    found = asked(production)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example.com", 587, True)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("mailer", "p@ss")
    assert not found["MAIL_IN_TERMINAL"]


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://mail.example.com", 25, False, False),
        ("smtp+tls://mail.example.com", 587, True, False),
        ("smtp+ssl://mail.example.com:4650", 4650, False, True),
    ],
)
def test_scheme_says_how_the_mail_server_is_spoken_to(url, port, starttls, tls):
    found = _mail_server(url)
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (port, starttls, tls)


@pytest.mark.parametrize("url", ["smtps://u:hidden-word@mail.example.com", "mail.example.com:25", "smtp+tls://"])
def test_other_mail_address_is_refused_without_telling_its_password(url):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as refused:
        _mail_server(url)
    assert "hidden-word" not in str(refused.value)


def test_cookies_are_for_this_host_over_tls_and_there_is_no_demo(production):
    found = asked(production)
    assert (found["SESSION_COOKIE_NAME"], found["SESSION_COOKIE_SECURE"]) == ("__Host-sessionid", True)
    assert not found["DEMO_AT"]


@pytest.mark.parametrize(("proxy", "client"), [("1", "8.8.4.4"), ("0", "127.0.0.1")])
def test_sign_in_limits_count_the_person_and_believe_only_our_own_proxy(production, proxy, client):
    assert asked(production, ZTASSESS_BEHIND_PROXY=proxy)["client"] == client


def test_django_has_nothing_to_warn_of(production):
    ran = production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_guessable_secret_key_is_warned_of(production):
    ran = production("manage.py", "check", "--deploy", "--fail-level", "WARNING", ZTASSESS_SECRET_KEY="short")
    assert ran.returncode != 0
    assert "security.W009" in ran.stdout + ran.stderr
