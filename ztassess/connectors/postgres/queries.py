"""Owns the text of every query: those of the shipped export script, plus the two that only make sense live."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

EXPORT_SCRIPT: Final = "zt-export.sql"
"""The script a person runs instead of giving us a password; it is the source of Q1 to Q11 and Q13."""

_SECTION = re.compile(r"^-- (Q\d+) [^\n]*\n(.*?)\n-- end$", re.MULTILINE | re.DOTALL)

OWN_RIGHTS: Final = """
SELECT DISTINCT n.nspname, c.relname, a.privilege_type AS verb
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
  SELECT x.grantee, x.privilege_type FROM aclexplode(COALESCE(c.relacl, acldefault('r', c.relowner))) x
  UNION ALL
  SELECT y.grantee, y.privilege_type
  FROM pg_attribute t CROSS JOIN LATERAL aclexplode(t.attacl) y WHERE t.attrelid = c.oid AND t.attacl IS NOT NULL) a
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
  AND CASE WHEN a.grantee = 0 THEN false ELSE pg_has_role(current_user, a.grantee, 'MEMBER') END
ORDER BY 1, 2, 3
LIMIT 20
"""
"""Our own rights on user tables that PUBLIC alone does not explain; SET ROLE counts. Any row means: do not go on."""

OWN_ROLE: Final = """
SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolbypassrls, r.rolreplication, r.rolvaliduntil IS NULL AS endless,
  current_setting('server_version_num') AS version,
  ARRAY(SELECT g.rolname::text FROM pg_roles g
        WHERE g.oid <> r.oid AND pg_has_role(current_user, g.oid, 'MEMBER')
          AND (g.rolsuper OR g.rolcreaterole OR g.rolbypassrls OR g.rolname IN (
            'pg_read_all_data', 'pg_write_all_data', 'pg_execute_server_program', 'pg_read_server_files',
            'pg_write_server_files', 'pg_signal_backend', 'pg_create_subscription', 'pg_maintain'))
        ORDER BY 1) AS broad
FROM pg_roles r
WHERE r.rolname = current_user
"""
"""Our own row of Q1 and the broad roles we can reach."""

ACTIVITY: Final = """
SELECT usename, application_name, client_addr::text AS client_addr, count(*)::int AS sessions
FROM pg_stat_activity
WHERE datname IS NOT NULL AND usename IS NOT NULL AND usename <> current_user AND backend_type = 'client backend'
GROUP BY 1, 2, 3
"""
"""Q12 live use. The address is empty without pg_read_all_stats; user and application name are visible to everyone."""


@cache
def _sections() -> dict[str, str]:
    script = files(__package__).joinpath(EXPORT_SCRIPT).read_text(encoding="utf-8")
    return dict(_SECTION.findall(script))


def query(number: str) -> str:
    """The text of one query of the export script, such as ``Q7``.

    Raises:
        KeyError: the script has no such query.
    """
    return _sections()[number]
