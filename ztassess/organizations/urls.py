"""Owns the addresses of a person's organizations, and of members and settings inside one."""

from django.urls import path

from ztassess.organizations import views, views_factor, views_firm, views_grants, views_members, views_own
from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action

urlpatterns = [
    path("o/", views_own.organizations, name="organizations"),
    path("o/new/", views_own.onboarding, name="onboarding"),
    path("o/new/<int:step>/", views_own.onboarding, name="onboarding_step"),
    path("accounts/confirmed/", views_factor.confirmed_page, name="proof_confirmed"),
    path("accounts/second-factor-needed/<slug:slug>/", views_factor.needed_page, name="second_factor_needed"),
    path("invite/<str:token>/", views_own.invitation, name="invitation"),
    path("grant/<str:token>/", views_firm.grant_offer_page, name="grant_offer"),
]

org_urlpatterns = [
    org_path("members/", views_members.members_page, read=Action.READ_MEMBERS, name="members"),
    org_path(
        "members/invite/",
        views_members.invite_page,
        read=Action.INVITE,
        write=Action.INVITE,
        name="member_invite",
        step_up=True,
    ),
    org_path(
        "members/<uuid:membership_id>/role/",
        views_members.role_change,
        read=Action.CHANGE_ROLE,
        write=Action.CHANGE_ROLE,
        name="role_change",
        step_up=True,
    ),
    org_path(
        "members/<uuid:membership_id>/end/",
        views_members.membership_end,
        read=Action.LEAVE,
        write=Action.LEAVE,
        name="membership_end",
    ),
    org_path(
        "invitations/<uuid:invitation_id>/revoke/",
        views_members.invitation_close,
        read=Action.INVITE,
        write=Action.INVITE,
        name="invitation_revoke",
    ),
    org_path("settings/", views.settings_page, read=Action.READ_MEMBERS, write=Action.EDIT_FACTS, name="settings"),
    org_path(
        "settings/sign-in-security/",
        views_factor.policy_page,
        read=Action.SECURITY_POLICY,
        write=Action.SECURITY_POLICY,
        name="security_policy",
        step_up=True,
    ),
    org_path("settings/log/", views.log_page, read=Action.READ_AUDIT, name="audit_log"),
    org_path("settings/consultants/", views_grants.consultants_page, read=Action.END_GRANT, name="consultants"),
    org_path(
        "settings/consultants/offer/",
        views_grants.offer_page,
        read=Action.GRANT,
        write=Action.GRANT,
        name="consultant_offer",
        step_up=True,
    ),
    org_path(
        "settings/consultants/hand-over/",
        views_grants.hand_over,
        read=Action.GRANT,
        write=Action.GRANT,
        name="hand_over",
        step_up=True,
    ),
    org_path(
        "settings/consultants/<uuid:grant_id>/",
        views_grants.grant_page,
        read=Action.GRANT,
        write=Action.GRANT,
        name="consultant_change",
        step_up=True,
    ),
    org_path(
        "settings/consultants/<uuid:grant_id>/end/",
        views_grants.grant_over,
        read=Action.END_GRANT,
        write=Action.END_GRANT,
        name="consultant_end",
        step_up=True,
    ),
    org_path("settings/clients/", views_firm.clients_page, read=Action.STAFF_GRANT, name="firm_clients"),
    org_path(
        "settings/clients/<uuid:grant_id>/",
        views_firm.client_page,
        read=Action.STAFF_GRANT,
        write=Action.STAFF_GRANT,
        name="firm_client",
        step_up=True,
    ),
]
