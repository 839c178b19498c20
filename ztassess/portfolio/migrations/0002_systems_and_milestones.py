"""Adds which checks pass in each client, and whether 80 % was reached by proof.

The summaries are made again by themselves within a quarter of an hour, and on first use: what they did not keep is in
the recorded scores alone. Going back keeps the summaries, which the older code understands.
"""

import uuid

import django.db.models.deletion
from django.db import migrations, models


def summaries_go(apps, schema_editor):
    apps.get_model("portfolio", "PortfolioRow").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("portfolio", "0001_clients")]

    operations = [
        migrations.CreateModel(
            name="PortfolioSystem",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("connector", models.CharField(max_length=40)),
                ("checks", models.TextField(blank=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="portfolio_systems",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "connector"), name="portfolio_system_one")
                ],
            },
        ),
        migrations.AddField(
            model_name="portfoliorow", name="below_version", field=models.CharField(blank=True, max_length=100)
        ),
        migrations.AddField(model_name="portfoliorow", name="compared_from", field=models.DateField(null=True)),
        migrations.AddField(model_name="portfoliorow", name="remade_on", field=models.DateField(null=True)),
        migrations.RunPython(summaries_go, migrations.RunPython.noop),
    ]
