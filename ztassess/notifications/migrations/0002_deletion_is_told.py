"""Lets deliveries be about the deletion of the organization."""

from django.db import migrations, models

BEFORE = [
    ("regression", "Regression"),
    ("exception_ending", "Exception ending"),
    ("connection_broken", "Connection broken"),
    ("evidence_expiring", "Evidence expiring"),
    ("weekly_digest", "Weekly digest"),
    ("test", "Test"),
]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_outbox")]
    operations = [
        migrations.AlterField(
            "delivery",
            "kind",
            models.CharField(
                max_length=20,
                choices=[*BEFORE[:4], ("deletion", "Deletion of the organization"), *BEFORE[4:]],
            ),
        )
    ]
