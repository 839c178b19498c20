"""Owns the addresses of the assessment inside an organization."""

from ztassess.assessments import views, views_as_of, views_evidence, views_exceptions, views_notes
from ztassess.assessments.plan import plan_page
from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action

urlpatterns = [
    org_path("", views.overview, name="overview"),
    org_path("plan/", plan_page, name="plan"),
    org_path("as-of/", views_as_of.as_of, name="as_of"),
    org_path("stages/", views.stages, name="stages"),
    org_path("stages/<slug:stage_id>/", views.stage, name="stage"),
    org_path("stages/<slug:stage_id>/walk/", views.walk, name="walk"),
    org_path("controls/<str:control_id>/", views.control, name="control"),
    org_path("controls/<str:control_id>/answer/", views.answer, read=Action.ANSWER, write=Action.ANSWER, name="answer"),
    org_path(
        "controls/<str:control_id>/assign/", views_notes.assign, read=Action.ASSIGN, write=Action.ASSIGN, name="assign"
    ),
    org_path(
        "controls/<str:control_id>/comment/",
        views_notes.comment,
        read=Action.COMMENT,
        write=Action.COMMENT,
        name="comment",
    ),
    org_path(
        "comments/<uuid:comment_id>/remove/",
        views_notes.comment_end,
        read=Action.COMMENT,
        write=Action.COMMENT,
        name="comment_end",
    ),
    org_path(
        "controls/<str:control_id>/evidence/",
        views_evidence.artifact_new,
        read=Action.FILE_EVIDENCE,
        write=Action.FILE_EVIDENCE,
        name="artifact_new",
    ),
    org_path("evidence/<uuid:artifact_id>/", views_evidence.artifact_page, name="artifact"),
    org_path(
        "evidence/<uuid:artifact_id>/versions/",
        views_evidence.artifact_version,
        read=Action.FILE_EVIDENCE,
        write=Action.FILE_EVIDENCE,
        name="artifact_version",
    ),
    org_path(
        "evidence/<uuid:artifact_id>/versions/<int:number>/file/",
        views_evidence.artifact_download,
        name="artifact_download",
    ),
    org_path(
        "evidence/<uuid:artifact_id>/review/",
        views_evidence.artifact_judge,
        read=Action.REVIEW_EVIDENCE,
        write=Action.REVIEW_EVIDENCE,
        name="artifact_judge",
    ),
    org_path(
        "evidence/<uuid:artifact_id>/withdraw/",
        views_evidence.artifact_end,
        read=Action.FILE_EVIDENCE,
        write=Action.FILE_EVIDENCE,
        name="artifact_end",
    ),
    org_path("exceptions/", views_exceptions.exceptions_page, name="exceptions"),
    org_path(
        "controls/<str:control_id>/exception/",
        views_exceptions.exception_new,
        read=Action.REQUEST_EXCEPTION,
        write=Action.REQUEST_EXCEPTION,
        name="exception_new",
    ),
    org_path("exceptions/<uuid:exception_id>/", views_exceptions.exception_page, name="exception"),
    org_path(
        "exceptions/<uuid:exception_id>/decide/",
        views_exceptions.exception_judge,
        read=Action.DECIDE_EXCEPTION,
        write=Action.DECIDE_EXCEPTION,
        name="exception_judge",
    ),
    org_path(
        "exceptions/<uuid:exception_id>/end/",
        views_exceptions.exception_end,
        read=Action.REQUEST_EXCEPTION,
        write=Action.REQUEST_EXCEPTION,
        name="exception_end",
    ),
    org_path("break-glass/", views_exceptions.break_glass_page, write=Action.EDIT_FACTS, name="break_glass"),
    org_path(
        "break-glass/<uuid:account_id>/test/",
        views_exceptions.break_glass_test,
        read=Action.EDIT_FACTS,
        write=Action.EDIT_FACTS,
        name="break_glass_test",
    ),
    org_path(
        "break-glass/<uuid:account_id>/remove/",
        views_exceptions.break_glass_remove,
        read=Action.EDIT_FACTS,
        write=Action.EDIT_FACTS,
        name="break_glass_remove",
    ),
]
