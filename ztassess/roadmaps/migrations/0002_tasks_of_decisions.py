"""Lets a task be a decision about an account, and gives controls the owners that running tasks have.

Going back removes the tasks of decisions, which the older tables cannot hold; the decisions themselves stay.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


def owners_to_controls(apps, schema_editor):
    """The owner of a control and of its task are one from here on: the task's fills what nobody had entered."""
    tasks = apps.get_model("roadmaps", "RoadmapTask")
    owners = apps.get_model("assessments", "ControlOwner")
    running = tasks.objects.filter(sprint__ended_at=None, left_out_at=None).exclude(owner=None)
    for task in running.iterator():
        row, made = owners.objects.get_or_create(
            organization_id=task.organization_id, control_id=task.control_id, defaults={"owner_id": task.owner_id}
        )
        if not made and row.owner_id is None:
            row.owner_id, row.version = task.owner_id, row.version + 1
            row.save(update_fields=["owner", "version"])
        elif row.owner_id != task.owner_id:
            task.owner_id, task.version = row.owner_id, task.version + 1
            task.save(update_fields=["owner", "version"])
    _check_now(schema_editor)


def tasks_of_decisions_go(apps, schema_editor):
    apps.get_model("roadmaps", "RoadmapTask").objects.filter(control_id="").delete()
    _check_now(schema_editor)


def _check_now(schema_editor):
    """PostgreSQL alters no table that has rows whose references are still to be checked."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    dependencies = [
        ("roadmaps", "0001_sprints"),
        ("access_reviews", "0002_decision_owner"),
        ("assessments", "0002_evidence_and_exceptions"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="roadmaptask", name="roadmap_task_one"),
        migrations.AddField(
            model_name="roadmaptask",
            name="decision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="access_reviews.accessdecision",
            ),
        ),
        migrations.AlterField(
            model_name="roadmaptask", name="control_id", field=models.CharField(blank=True, max_length=80)
        ),
        migrations.RunPython(owners_to_controls, tasks_of_decisions_go),
        migrations.AddConstraint(
            model_name="roadmaptask",
            constraint=models.UniqueConstraint(
                fields=["organization", "sprint", "control_id"],
                condition=Q(decision__isnull=True),
                name="roadmap_task_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="roadmaptask",
            constraint=models.UniqueConstraint(
                fields=["organization", "sprint", "decision"],
                condition=Q(decision__isnull=False),
                name="roadmap_task_one_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="roadmaptask",
            constraint=models.CheckConstraint(
                condition=Q(("control_id", ""), ("decision__isnull", False))
                | (~Q(control_id="") & Q(decision__isnull=True)),
                name="roadmap_task_one_thing",
            ),
        ),
    ]
