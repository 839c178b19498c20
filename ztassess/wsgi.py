"""The WSGI entry point of the web process."""

import os

from django.core.wsgi import get_wsgi_application

from ztassess.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ztassess.settings")

application = get_wsgi_application()

# Loaded here so that a bell rung by a request finds the configured broker.
__all__ = ["application", "celery_app"]
