"""Owns the addresses of the blast radius with its inventory, and of the apps behind the VPN."""

from ztassess.inventory import views, views_apps
from ztassess.organizations.access import org_path
from ztassess.organizations.roles import Action

EDIT = Action.EDIT_FACTS

urlpatterns = [
    org_path("blast-radius/", views.radius, name="radius"),
    org_path("blast-radius/<slug:figure_id>.csv", views.radius_csv, name="radius_csv"),
    org_path("blast-radius/import/", views.import_page, read=EDIT, write=EDIT, name="inventory_import"),
    org_path("blast-radius/tables/<slug:table>/", views.table_page, write=EDIT, name="inventory_table"),
    org_path("blast-radius/tables/<slug:table>.csv", views.table_csv, name="inventory_csv"),
    org_path("blast-radius/tables/<slug:table>/paste/", views.paste, read=EDIT, write=EDIT, name="inventory_paste"),
    org_path("apps/", views_apps.apps_page, write=EDIT, name="apps"),
    org_path("apps.csv", views_apps.apps_csv, name="apps_csv"),
    org_path("apps/found/", views_apps.apps_found, read=EDIT, write=EDIT, name="apps_found"),
    org_path("apps/<uuid:app_id>/", views_apps.app_page, write=EDIT, name="app"),
    org_path("apps/<uuid:app_id>/tick/", views_apps.app_ticked, read=EDIT, write=EDIT, name="app_tick"),
    org_path("apps/<uuid:app_id>/remove/", views_apps.app_removed, read=EDIT, write=EDIT, name="app_remove"),
]
