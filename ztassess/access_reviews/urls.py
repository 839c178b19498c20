"""Owns the addresses of access reviews inside an organization."""

from ztassess.access_reviews import views, views_campaigns
from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action

REVIEW, RUN = Action.REVIEW_ACCESS, Action.RUN_CAMPAIGN

urlpatterns = [
    org_path("access/", views.table, name="access"),
    org_path("access/accounts.csv", views.table_csv, name="access_csv"),
    org_path("access/decide/", views.decide, read=REVIEW, write=REVIEW, name="access_decide"),
    org_path("access/open/", views.items, name="access_items"),
    org_path(
        "access/accounts/<uuid:connection_id>/<str:account_key>/", views.account, write=REVIEW, name="access_account"
    ),
    org_path("access/campaigns/", views_campaigns.campaigns, write=RUN, name="campaigns"),
    org_path("access/campaigns/<uuid:campaign_id>/", views_campaigns.campaign, write=RUN, name="campaign"),
    org_path(
        "access/campaigns/<uuid:campaign_id>/close/", views_campaigns.close, read=RUN, write=RUN, name="campaign_close"
    ),
    org_path("access/campaigns/<uuid:campaign_id>/evidence.csv", views_campaigns.evidence, name="campaign_evidence"),
]
