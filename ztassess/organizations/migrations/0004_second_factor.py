"""Adds who must have a second factor to get into an organization, with a version against two changes at once."""

from django.db import migrations, models

RULES = [("consultants", "Consultants"), ("admins", "Admins"), ("everybody", "Everybody")]


class Migration(migrations.Migration):
    dependencies = [("organizations", "0003_deletion")]
    operations = [
        migrations.AddField(
            "organization",
            "second_factor",
            models.CharField(choices=RULES, default="consultants", max_length=12),
        ),
        migrations.AddField("organization", "security_version", models.PositiveIntegerField(default=1)),
    ]
