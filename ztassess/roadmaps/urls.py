"""Owns the addresses of the roadmap inside an organization."""

from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action
from ztassess.roadmaps import views, views_export

urlpatterns = [
    org_path("roadmap/", views.roadmap, name="roadmap"),
    org_path("roadmap/start/", views.start, write=Action.PLAN, name="roadmap_start"),
    org_path("roadmap/replan/", views.replan, write=Action.PLAN, name="roadmap_replan"),
    org_path("roadmap/end/", views.end, read=Action.PLAN, write=Action.PLAN, name="roadmap_end"),
    org_path("roadmap/timeline/", views.timeline, name="roadmap_timeline"),
    org_path("roadmap/later/", views.later, name="roadmap_later"),
    org_path("roadmap/tasks/<uuid:task_id>/", views.task, write=Action.PLAN, name="roadmap_task"),
    org_path("roadmap/sprint.csv", views_export.csv_file, name="roadmap_csv"),
    org_path("roadmap/sprint.ics", views_export.calendar_file, name="roadmap_ics"),
    org_path("roadmap/figures/<slug:figure_id>.csv", views_export.figure_file, name="roadmap_figure"),
    org_path(
        "roadmap/push/<slug:tracker>/",
        views_export.push_page,
        read=Action.PLAN,
        write=Action.PLAN,
        name="roadmap_push",
        apart=True,
    ),
]
