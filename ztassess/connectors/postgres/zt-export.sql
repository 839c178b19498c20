-- Zero-trust assessment: export of roles, grants and authentication of one PostgreSQL database.
--
--   psql -X -A -t -v ON_ERROR_STOP=1 -d shop -f zt-export.sql > shop.json
--
-- Run it once per database. It only reads the system catalogs, in one read-only transaction: no table of yours, no
-- password, no query text. Any role that may connect can run it. The live reading runs the same queries (Q1 to Q13):
-- each stands between its heading and "-- end".

\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
BEGIN TRANSACTION READ ONLY;

-- Authentication lines need two optional grants; without them they are left out and not checked.
SELECT has_table_privilege('pg_catalog.pg_hba_file_rules', 'SELECT')
       AND has_function_privilege('pg_catalog.pg_hba_file_rules()', 'EXECUTE') AS hba_allowed \gset
\if :hba_allowed
SELECT COALESCE(json_agg(q), '[]')::text AS hba_rows FROM (
-- Q9 authentication; other options may hold secrets (ldapbindpasswd, radiussecrets), so they stay where they are
SELECT line_number, type, database, user_name, address, netmask, auth_method,
  ARRAY(SELECT o FROM unnest(options) o WHERE o ~ '^(clientcert|clientname|map)=') AS options, error
FROM pg_catalog.pg_hba_file_rules
-- end
) q \gset
\else
\set hba_rows null
\endif

SELECT json_build_object(
'format', 'ztassess-postgres/1',
'taken_at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
'database', current_database(),
'hba', :'hba_rows'::json,
'roles', (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q1 roles
SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolinherit, rolreplication, rolbypassrls,
  CASE WHEN rolvaliduntil IS NULL OR rolvaliduntil = 'infinity' THEN NULL
       ELSE to_char(LEAST(GREATEST(rolvaliduntil, '1970-01-01 00:00Z'), '9999-01-01 00:00Z') AT TIME ZONE 'UTC',
                    'YYYY-MM-DD"T"HH24:MI:SS"Z"') END AS rolvaliduntil
FROM pg_catalog.pg_roles
WHERE rolname !~ '^pg_'
-- end
) q),
'relations', (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q2 relations with their grants; owner's default rights included; grantee 0 is PUBLIC
SELECT n.nspname, c.relname, c.relkind::text AS relkind, pg_get_userbyid(c.relowner) AS owner,
  c.relrowsecurity AS row_security,
  EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
          WHERE o.option_name = 'security_invoker' AND o.option_value::boolean) AS security_invoker,
  EXISTS (SELECT FROM pg_depend d
          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS extension,
  pn.nspname AS parent_nspname, pc.relname AS parent_relname,
  ARRAY(SELECT json_build_object(
            'grantee', CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END,
            'privileges', array_agg(a.privilege_type ORDER BY a.privilege_type))
        FROM aclexplode(COALESCE(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) a
        GROUP BY a.grantee) AS grants
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_class pc ON pc.oid = i.inhparent
LEFT JOIN pg_namespace pn ON pn.oid = pc.relnamespace
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
-- end
) q),
'column_grants', (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q3 column grants
SELECT n.nspname, c.relname, t.attname,
  CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END AS grantee,
  a.privilege_type
FROM pg_attribute t
JOIN pg_class c ON c.oid = t.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(t.attacl) a
WHERE t.attacl IS NOT NULL AND NOT t.attisdropped AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
-- end
) q),
'default_privileges', (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q4 default privileges
SELECT pg_get_userbyid(d.defaclrole) AS owner, COALESCE(n.nspname, '*') AS nspname, d.defaclobjtype::text AS objtype,
  CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END AS grantee,
  a.privilege_type
FROM pg_default_acl d
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL aclexplode(d.defaclacl) a
-- end
) q),
'memberships', (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q5 memberships; inherit_option and set_option exist from PostgreSQL 16 on, before it the member's rolinherit decides
SELECT r.rolname AS member, pg_get_userbyid(m.roleid) AS role, m.admin_option,
  COALESCE((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit) AS inherit_option,
  COALESCE((to_jsonb(m) ->> 'set_option')::boolean, true) AS set_option
FROM pg_auth_members m
JOIN pg_roles r ON r.oid = m.member
-- end
) q),
'schema_grants', (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q6 schema grants
SELECT n.nspname, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END AS grantee,
  a.privilege_type
FROM pg_namespace n
CROSS JOIN LATERAL aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) a
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
-- end
) q),
'effective', (SELECT CASE WHEN
    (SELECT count(*) FROM pg_roles WHERE rolname !~ '^pg_')
    * (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')) <= 500000
  THEN (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q7 effective privileges: what the server itself answers, inheritance, PUBLIC and column grants included; pairs without any are left out
SELECT r.rolname, e.nspname, e.relname,
  array_remove(ARRAY[
    CASE WHEN has_table_privilege(r.oid, e.oid, 'SELECT') THEN 'SELECT' END,
    CASE WHEN has_table_privilege(r.oid, e.oid, 'INSERT') THEN 'INSERT' END,
    CASE WHEN has_table_privilege(r.oid, e.oid, 'UPDATE') THEN 'UPDATE' END,
    CASE WHEN has_table_privilege(r.oid, e.oid, 'DELETE') THEN 'DELETE' END,
    CASE WHEN has_table_privilege(r.oid, e.oid, 'TRUNCATE') THEN 'TRUNCATE' END,
    CASE WHEN has_table_privilege(r.oid, e.oid, 'REFERENCES') THEN 'REFERENCES' END,
    CASE WHEN has_table_privilege(r.oid, e.oid, 'TRIGGER') THEN 'TRIGGER' END], NULL) AS verbs,
  CASE WHEN e.by_column THEN array_remove(ARRAY[
    CASE WHEN has_any_column_privilege(r.oid, e.oid, 'SELECT') THEN 'SELECT' END,
    CASE WHEN has_any_column_privilege(r.oid, e.oid, 'INSERT') THEN 'INSERT' END,
    CASE WHEN has_any_column_privilege(r.oid, e.oid, 'UPDATE') THEN 'UPDATE' END,
    CASE WHEN has_any_column_privilege(r.oid, e.oid, 'REFERENCES') THEN 'REFERENCES' END], NULL)
    ELSE ARRAY[]::text[] END AS column_verbs
FROM pg_roles r
CROSS JOIN (
  SELECT c.oid, n.nspname, c.relname,
    EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attacl IS NOT NULL) AS by_column
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')) e
WHERE r.rolname !~ '^pg_'
  AND (has_table_privilege(r.oid, e.oid, 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER')
       OR (e.by_column AND has_any_column_privilege(r.oid, e.oid, 'SELECT,INSERT,UPDATE,REFERENCES')))
-- end
) q) END),
'settings', (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q8 settings
SELECT name, setting
FROM pg_catalog.pg_settings
WHERE name IN ('ssl', 'ssl_min_protocol_version', 'ssl_ca_file', 'password_encryption', 'log_connections', 'row_security',
  'server_version_num', 'rds.force_ssl', 'require_secure_transport')
-- end
) q),
'definer_functions', (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q10 functions that run with their owner's rights, and who may call them
SELECT n.nspname, p.proname, pg_get_function_identity_arguments(p.oid) AS arguments, pg_get_userbyid(p.proowner) AS owner,
  ARRAY(SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END
        FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a
        WHERE a.privilege_type = 'EXECUTE') AS callers
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
-- end
) q),
'databases', (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q11 databases
SELECT datname
FROM pg_catalog.pg_database
WHERE datallowconn AND NOT datistemplate
-- end
) q),
'view_sources', (SELECT COALESCE(json_agg(q), '[]') FROM (
-- Q13 what each view reads
SELECT DISTINCT vn.nspname, v.relname, tn.nspname AS source_nspname, t.relname AS source_relname
FROM pg_rewrite w
JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm')
JOIN pg_namespace vn ON vn.oid = v.relnamespace
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
  AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid
JOIN pg_class t ON t.oid = d.refobjid AND t.relkind IN ('r', 'p', 'v', 'm', 'f')
JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE vn.nspname !~ '^pg_' AND vn.nspname <> 'information_schema' AND tn.nspname !~ '^pg_' AND tn.nspname <> 'information_schema'
-- end
) q),
'complete', true);
ROLLBACK;
