"""Django's settings. Everything that differs between installations is a ZAHLSTELLE_* variable."""

import os
from pathlib import Path
from typing import Any

from zahlstelle import environment

_HERE = Path(__file__).parent


def _database() -> dict[str, Any]:
    given = dict(environment.database(environment.DATABASE_URL, "dbname=zahlstelle"))
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings: dict[str, Any] = {django: given.pop(libpq, "") for libpq, django in known.items()}
    # A pool per process; transaction-mode poolers in front need no server-side cursors and no session state.
    pool = {"min_size": 1, "max_size": environment.whole("ZAHLSTELLE_DATABASE_POOL", 8, most=1000), "timeout": 10}
    return settings | {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {**given, "pool": pool},
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


SECRET_KEY = os.environ.get(environment.SECRET_KEY, "")  # `serve` refuses to start without it
DEBUG = False
ALLOWED_HOSTS = [host.strip() for host in environment.text("ZAHLSTELLE_HOSTS", "localhost,127.0.0.1").split(",")]
BASE_URL = environment.origin("ZAHLSTELLE_BASE_URL", "http://localhost:8000")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
PROXIES = environment.networks("ZAHLSTELLE_PROXIES", "127.0.0.1,::1")  # whose word counts on where visitors come from
METRICS_TOKEN = os.environ.get("ZAHLSTELLE_METRICS_TOKEN", "")

DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "zahlstelle.tables",
]
ZAHLSTELLE_WIRING = "zahlstelle.wiring.wire"

MIDDLEWARE = [
    "zahlstelle.web.headers.OnlyOverTls",
    "zahlstelle.api.EveryErrorIsAProblem",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "zahlstelle.web.language.ChosenLanguage",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "zahlstelle.web.headers.SafeHeaders",
    "zahlstelle.web.health.BackSoon",
]

ROOT_URLCONF = "zahlstelle.urls"
WSGI_APPLICATION = "zahlstelle.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [
            _HERE / "web" / "templates",
            _HERE / "payment_page" / "templates",
            _HERE / "back_office" / "templates",
            _HERE / "operator" / "templates",
        ],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "zahlstelle.web.context.shared",
            ],
            "libraries": {"zahlstelle": "zahlstelle.web.tags", "kasse": "zahlstelle.back_office._tags"},
        },
    }
]

AUTH_USER_MODEL = "tables.Person"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
LOGIN_URL = "/kasse/anmelden/"
LOGIN_REDIRECT_URL = "/kasse/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")

CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

LANGUAGE_CODE = "de"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = BASE_URL.startswith("https://")
LANGUAGES = [("de", "Deutsch"), ("de-x-leicht", "Leichte Sprache"), ("en", "English")]
LOCALE_PATHS = [_HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Berlin"

_MAIL = environment.mail("ZAHLSTELLE_MAIL")
DEFAULT_FROM_EMAIL = environment.mail_from("ZAHLSTELLE_MAIL_FROM", needed=bool(_MAIL))
EMAIL_BACKEND = _MAIL.get("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = _MAIL.get("EMAIL_FILE_PATH")
EMAIL_HOST = _MAIL.get("EMAIL_HOST", "localhost")
EMAIL_PORT = _MAIL.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _MAIL.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _MAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds; the worker waits for it

STATIC_URL = "/static/"
STATICFILES_DIRS = [_HERE / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Other sites learn no address of ours. `no-referrer` would say no more to them, but makes browsers send `Origin: null`
# with our own forms, which then fail the check against forged requests.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
UPLOAD_LIMIT_MB = environment.whole("ZAHLSTELLE_UPLOAD_LIMIT_MB", 200, most=100_000)  # of a bank file at the desk
LOGGING_CONFIG = None
