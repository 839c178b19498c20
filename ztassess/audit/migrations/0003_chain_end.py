"""Lets the lines of a deleted organization go, and nothing else: only where its chain was ended, for good."""

from django.db import migrations, models

REFUSED = "the audit log is append-only"
CHANGED = "the end of a chain is never changed"
NO_HEAD = "a chain ends only at its head"
ENDED = "this chain has ended"

SQLITE = [
    "DROP TRIGGER audit_event_no_delete",
    f"""CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_auditevent
        WHEN NOT EXISTS (SELECT 1 FROM audit_chainend WHERE organization_id = OLD.organization_id)
        BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
    f"""CREATE TRIGGER audit_event_not_after_end BEFORE INSERT ON audit_auditevent
        WHEN EXISTS (SELECT 1 FROM audit_chainend WHERE organization_id = NEW.organization_id)
        BEGIN SELECT RAISE(ABORT, '{ENDED}'); END""",
    f"""CREATE TRIGGER audit_end_at_head BEFORE INSERT ON audit_chainend
        WHEN NOT EXISTS (SELECT 1 FROM audit_audithead h
                         WHERE h.organization_id = NEW.organization_id AND h.seq = NEW.seq AND h.hash = NEW.hash)
        BEGIN SELECT RAISE(ABORT, '{NO_HEAD}'); END""",
    f"CREATE TRIGGER audit_end_no_update BEFORE UPDATE ON audit_chainend BEGIN SELECT RAISE(ABORT, '{CHANGED}'); END",
    f"CREATE TRIGGER audit_end_no_delete BEFORE DELETE ON audit_chainend BEGIN SELECT RAISE(ABORT, '{CHANGED}'); END",
]
BACK_SQLITE = [
    "DROP TRIGGER IF EXISTS audit_end_no_delete",
    "DROP TRIGGER IF EXISTS audit_end_no_update",
    "DROP TRIGGER IF EXISTS audit_end_at_head",
    "DROP TRIGGER IF EXISTS audit_event_not_after_end",
    "DROP TRIGGER IF EXISTS audit_event_no_delete",
    f"CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_auditevent BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
]
POSTGRES = [
    "DROP TRIGGER audit_event_append_only ON audit_auditevent",
    f"""CREATE FUNCTION audit_line_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'DELETE' AND EXISTS (
            SELECT 1 FROM audit_chainend WHERE organization_id = OLD.organization_id) THEN RETURN OLD; END IF;
          RAISE EXCEPTION '{REFUSED}';
        END $$""",
    """CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_auditevent
       FOR EACH ROW EXECUTE FUNCTION audit_line_stays()""",
    f"""CREATE FUNCTION audit_no_line_after_end() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (SELECT 1 FROM audit_chainend WHERE organization_id = NEW.organization_id) THEN
            RAISE EXCEPTION '{ENDED}'; END IF;
          RETURN NEW;
        END $$""",
    """CREATE TRIGGER audit_event_not_after_end BEFORE INSERT ON audit_auditevent
       FOR EACH ROW EXECUTE FUNCTION audit_no_line_after_end()""",
    f"""CREATE FUNCTION audit_end_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            IF NOT EXISTS (SELECT 1 FROM audit_audithead h WHERE h.organization_id = NEW.organization_id
                           AND h.seq = NEW.seq AND h.hash = NEW.hash) THEN RAISE EXCEPTION '{NO_HEAD}'; END IF;
            RETURN NEW;
          END IF;
          RAISE EXCEPTION '{CHANGED}';
        END $$""",
    """CREATE TRIGGER audit_end_kept BEFORE INSERT OR UPDATE OR DELETE ON audit_chainend
       FOR EACH ROW EXECUTE FUNCTION audit_end_kept()""",
    """CREATE TRIGGER audit_end_no_truncate BEFORE TRUNCATE ON audit_chainend
       FOR EACH STATEMENT EXECUTE FUNCTION audit_end_kept()""",
]
BACK_POSTGRES = [
    "DROP TRIGGER IF EXISTS audit_end_no_truncate ON audit_chainend",
    "DROP TRIGGER IF EXISTS audit_end_kept ON audit_chainend",
    "DROP FUNCTION audit_end_kept()",
    "DROP TRIGGER IF EXISTS audit_event_not_after_end ON audit_auditevent",
    "DROP FUNCTION audit_no_line_after_end()",
    "DROP TRIGGER IF EXISTS audit_event_append_only ON audit_auditevent",
    "DROP FUNCTION audit_line_stays()",
    """CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_auditevent
       FOR EACH ROW EXECUTE FUNCTION audit_append_only()""",
]


def _run(schema_editor, sqlite, postgres):
    for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
        schema_editor.execute(statement)


def guard(apps, schema_editor):
    _run(schema_editor, SQLITE, POSTGRES)


def unguard(apps, schema_editor):
    _run(schema_editor, BACK_SQLITE, BACK_POSTGRES)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.CreateModel(
            name="ChainEnd",
            fields=[
                ("organization_id", models.UUIDField(primary_key=True, serialize=False)),
                ("seq", models.PositiveBigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("head_at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField()),
            ],
        ),
        migrations.RunPython(guard, unguard),
    ]
