"""Owns the Celery application and its settings; each deviation from the defaults was measured, see the reasons."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ztassess.settings")

app = Celery("ztassess")


def _configure() -> None:
    from django.conf import settings

    app.conf.update(
        broker_url=settings.REDIS_URL,
        result_backend=None,
        task_ignore_result=True,
        accept_content=["json"],
        task_serializer="json",
        timezone="UTC",
        enable_utc=True,
        task_create_missing_queues=True,
        task_default_queue="light",
        # What takes minutes stands beside the scans: one worker has the light queue, and mail waits behind it.
        task_routes={
            "scans.run_scan": {"queue": "scan"},
            "exchange.take_in": {"queue": "scan"},
            "notifications.deliver": {"queue": "deliver"},
        },
        # A worker that dies gives its task back; the claim in the database makes the second run harmless.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_soft_time_limit=240,
        task_time_limit=300,
        worker_max_tasks_per_child=200,
        worker_max_memory_per_child=400_000,
        worker_soft_shutdown_timeout=8 if settings.EMBEDDED else 60,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        broker_transport_options={
            # More than twice the hard limit: a shorter one starts a second copy beside the first.
            "visibility_timeout": 900,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "health_check_interval": 10,
        },
        beat_scheduler="celery.beat:PersistentScheduler",
        beat_schedule_filename=str(settings.DATA_DIR / "beat-schedule"),
        beat_schedule={
            "sweep": {"task": "scans.sweep", "schedule": 30.0, "options": {"expires": 25}},
            "tick": {"task": "scans.tick", "schedule": 60.0, "options": {"expires": 55}},
            "ends": {"task": "organizations.notice_ends", "schedule": 60.0, "options": {"expires": 55}},
            "reports": {"task": "reports.sweep", "schedule": 30.0, "options": {"expires": 25}},
            "playbooks": {"task": "playbooks.sweep", "schedule": 30.0, "options": {"expires": 25}},
            "daily-scores": {"task": "assessments.snapshot_due", "schedule": 900.0, "options": {"expires": 800}},
            "deliveries": {"task": "notifications.sweep", "schedule": 30.0, "options": {"expires": 25}},
            "exchange": {"task": "exchange.sweep", "schedule": 60.0, "options": {"expires": 55}},
            "portfolio": {"task": "portfolio.refresh_due", "schedule": 900.0, "options": {"expires": 800}},
        },
    )
    with_tasks = ("organizations", "scans", "assessments", "playbooks", "notifications", "reports", "portfolio")
    app.autodiscover_tasks([f"ztassess.{name}" for name in (*with_tasks, "exchange")])


@worker_process_init.connect
def _raise_walls(**kwargs: Any) -> None:
    """Each worker process reads customers' systems only from behind the walls."""
    from ztassess.scans.walls import raise_walls

    raise_walls()


_configure()
