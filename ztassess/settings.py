"""Owns the configuration: everything comes from the environment, with an embedded default that needs nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

env = Env()
ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("ZTASSESS_DATA_DIR", str(ROOT / "var")))
EMBEDDED = env.bool("ZTASSESS_EMBEDDED", False)
DEBUG = env.bool("ZTASSESS_DEBUG", False)


def _from_file(name: str) -> str:
    path = DATA_DIR / name
    return path.read_text().strip() if path.is_file() else ""


def _mail_server(url: str) -> dict[str, Any]:
    """Django's settings for ``smtp://``, ``smtp+tls://`` (STARTTLS) or ``smtp+ssl://user:password@host:port``."""
    parts = urlsplit(url)
    ports = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
    if parts.scheme not in ports or not parts.hostname:
        known = ", ".join(f"{scheme}://" for scheme in ports)
        raise ImproperlyConfigured(f"EMAIL_URL starts with one of {known} and names a host; this one does not.")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtp+ssl",
        "EMAIL_TIMEOUT": 10,  # seconds; a request waits for the server
    }


# An empty key is refused by Django itself at first use, and by our own system check with a sentence.
SECRET_KEY = env.str("ZTASSESS_SECRET_KEY", "") or _from_file("secret.key")
ENCRYPTION_KEYS = env.str("ZTASSESS_ENCRYPTION_KEYS", "") or _from_file("encryption.keys")

ALLOWED_HOSTS = env.list("ZTASSESS_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("ZTASSESS_TRUSTED_ORIGINS", [])
BASE_URL = env.str("ZTASSESS_BASE_URL", "http://localhost:8000").rstrip("/")
HTTPS = BASE_URL.startswith("https://")

# Connectors: what an operator, never a customer, may widen.
ALLOW_PRIVATE_TARGETS = env.str("ZTASSESS_ALLOW_PRIVATE_TARGETS", "")
EXTRA_CA_FILE = env.str("ZTASSESS_EXTRA_CA_FILE", "")
AWS_ENDPOINT_URL = env.str("ZTASSESS_AWS_ENDPOINT_URL", "")
# Vendors' fixed addresses and what is asked instead: sovereign clouds, and the tests' own servers.
VENDOR_ENDPOINTS: dict[str, str] = env.dict("ZTASSESS_VENDOR_ENDPOINTS", {})
# Shown in the trust policy that customers copy: the account of this installation's own AWS identity.
AWS_ACCOUNT_ID = env.str("ZTASSESS_AWS_ACCOUNT_ID", "")
DEMO_AT = env.bool("ZTASSESS_DEMO", EMBEDDED)

INSTALLED_APPS = [
    "ztassess.common",
    "ztassess.audit",
    "ztassess.accounts",
    "ztassess.organizations",
    "ztassess.scans",
    "ztassess.inventory",
    "ztassess.assessments",
    "ztassess.roadmaps",
    "ztassess.access_reviews",
    "ztassess.dashboards",
    "ztassess.notifications",
    "ztassess.portfolio",
    "ztassess.playbooks",
    "ztassess.reports",
    "ztassess.sharing",
    "ztassess.exchange",
    "ztassess.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
]

MIDDLEWARE = [
    "ztassess.common.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ztassess.common.middleware.PrivatePagesMiddleware",
]

ROOT_URLCONF = "ztassess.urls"
WSGI_APPLICATION = "ztassess.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ztassess.organizations.context.shell",
            ],
            "builtins": [
                "ztassess.common.templatetags.look",
                "ztassess.organizations.templatetags.org",
                "ztassess.assessments.templatetags.weighting",
            ],
        },
    }
]

SQLITE_OPTIONS = {
    # IMMEDIATE avoids the read-then-write upgrade that fails without waiting; FULL keeps what was answered with 2xx
    # through a power cut (NORMAL may lose the last commits in WAL mode).
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}
DATABASE_URL = env.str("DATABASE_URL", "")
if DATABASE_URL:
    DATABASES = {"default": dict(dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True))}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "ztassess.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The replay guard of one-time codes and the sign-in limits live in the cache, so it is shared by all processes and
# survives the loss of the broker.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "organizations"
LOGOUT_REDIRECT_URL = "landing"

ACCOUNT_ADAPTER = "ztassess.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "ztassess.accounts.forms.NameForm"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_CHANGE_EMAIL = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
MFA_ADAPTER = "ztassess.accounts.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# The default "preferred" would let a bare touch count as two factors.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_ISSUER = "ztassess"
# Tracking would write to the database with every page that is read.
USERSESSIONS_TRACK_ACTIVITY = False

SESSION_COOKIE_AGE = int(timedelta(days=7).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if HTTPS:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("ZTASSESS_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if env.bool("ZTASSESS_BEHIND_PROXY", False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        # Else the sign-in limits would count all people as one, the proxy, and one attacker would lock everybody out.
        ALLAUTH_TRUSTED_PROXY_COUNT = 1
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        # The hash of an empty style element: Plotly inserts one, and its layout breaks without it.
        "style-src": [SELF, "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "ztassess.common.finders.PlotlyFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "files"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = ["ztassess.common.uploads.LimitedUploads"]
UPLOAD_LIMIT = 50 * 1024 * 1024
IMPORT_LIMIT = 500 * 1024 * 1024
# By path, what a signed-in person may send there instead.
UPLOAD_LARGER = {"/o/import/": IMPORT_LIMIT}
UPLOAD_FILES_LIMIT = 200
DATA_UPLOAD_MAX_NUMBER_FILES = UPLOAD_FILES_LIMIT + 1  # ours comes first: it answers with a sentence

EMAIL_URL = env.str("EMAIL_URL", "")
DEFAULT_FROM_EMAIL = env.str("ZTASSESS_MAIL_FROM", "ztassess <no-reply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if EMAIL_URL:
    vars().update(_mail_server(EMAIL_URL))
else:
    EMAIL_BACKEND = "ztassess.common.mail.TerminalBackend"
MAIL_IN_TERMINAL = not EMAIL_URL

REDIS_URL = env.str("REDIS_URL", "redis://localhost:6379/0")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "ztassess.common.redaction.RedactFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Their DEBUG output prints headers and bodies, which carry credentials.
    "loggers": {
        name: {"level": "WARNING"} for name in ("httpx", "httpcore", "urllib3", "botocore", "boto3", "s3transfer")
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
