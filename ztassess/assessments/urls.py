"""Owns the addresses of the assessment inside an organization."""

from ztassess.assessments import views
from ztassess.assessments.plan import plan_page
from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action

urlpatterns = [
    org_path("", views.overview, name="overview"),
    org_path("plan/", plan_page, name="plan"),
    org_path("stages/", views.stages, name="stages"),
    org_path("stages/<slug:stage_id>/", views.stage, name="stage"),
    org_path("stages/<slug:stage_id>/walk/", views.walk, name="walk"),
    org_path("controls/<str:control_id>/", views.control, name="control"),
    org_path("controls/<str:control_id>/answer/", views.answer, read=Action.ANSWER, write=Action.ANSWER, name="answer"),
]
