"""Adds which end by date was told, for grants and memberships."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0004_second_factor")]
    operations = [
        migrations.AddField("grant", "told_end", models.DateTimeField(null=True)),
        migrations.AddField("membership", "told_end", models.DateTimeField(blank=True, null=True)),
    ]
