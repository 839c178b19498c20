import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organizations', '0001_tenants'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PortfolioRow',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('judged_at', models.DateTimeField()),
                ('catalog_version', models.CharField(max_length=40)),
                ('method_version', models.CharField(max_length=40)),
                ('proven', models.PositiveSmallIntegerField()),
                ('proven_before', models.PositiveSmallIntegerField(null=True)),
                ('claimed', models.PositiveSmallIntegerField()),
                ('ceiling', models.PositiveSmallIntegerField()),
                ('stages', models.CharField(blank=True, max_length=600)),
                ('contradicted', models.PositiveSmallIntegerField(default=0)),
                ('worst_control', models.CharField(blank=True, max_length=80)),
                ('worst_words', models.CharField(blank=True, max_length=300)),
                ('broken', models.PositiveSmallIntegerField(default=0)),
                ('broken_names', models.CharField(blank=True, max_length=300)),
                ('exception_ends', models.DateField(null=True)),
                ('progress_on', models.DateField()),
                ('progress_low', models.FloatField()),
                ('started_on', models.DateField()),
                ('reached_on', models.DateField(null=True)),
                ('lands_on', models.DateField(null=True)),
                ('history', models.CharField(max_length=104)),
                ('history_until', models.DateField()),
                ('organization', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='portfolio_row', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ClientNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(blank=True, max_length=40)),
                ('meeting_at', models.DateTimeField(null=True)),
                ('text', models.TextField(blank=True, max_length=4000)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='client_notes', to='organizations.organization')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='client_notes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'organization'), name='client_note_one')],
            },
        ),
        migrations.CreateModel(
            name='PortfolioState',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('control', 'Control'), ('check', 'Check')], max_length=8)),
                ('subject', models.CharField(max_length=120)),
                ('state', models.CharField(max_length=16)),
                ('since', models.DateField(null=True)),
                ('seen_on', models.DateField(null=True)),
                ('resources', models.PositiveIntegerField(default=0)),
                ('carried', models.BooleanField(default=False)),
                ('words', models.CharField(blank=True, max_length=300)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='portfolio_states', to='organizations.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['kind', 'subject', 'state'], name='portfolio_state_pivot')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'kind', 'subject'), name='portfolio_state_one')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(max_length=600)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('user', 'name'), name='saved_view_name')],
            },
        ),
    ]
