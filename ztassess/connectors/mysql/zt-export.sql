-- Zero-trust assessment: export of accounts and grants of one MySQL 8 or MariaDB server.
--
--   mariadb --batch --raw < zt-export.sql > grants.json        (MySQL: mysql --batch --raw < zt-export.sql > grants.json)
--
-- Run it as an administrator. It only reads the grant tables, in one read-only transaction: no table of yours, no hash.
-- Whether a password is empty and which bits of rights are set is computed here; the hash itself is not written.
-- Comments that start with an exclamation mark run on MySQL 8 only, those with M and an exclamation mark on MariaDB only.

SET NAMES utf8mb4;
SET SESSION sql_mode = '';
START TRANSACTION READ ONLY;

SELECT CONCAT('{"format":"ztassess-mysql/1","taken_at":"', DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ'),
  '","version":', JSON_QUOTE(VERSION()), ',"sees_schemas":"', COALESCE((SELECT Show_db_priv FROM mysql.user
  WHERE CONCAT(User, '@', Host) = CURRENT_USER() LIMIT 1), 'N'), '",') AS zt_export;

SELECT '"users":[' AS zt_export;
SELECT CONCAT(JSON_OBJECT(
  'User', User, 'Host', Host, 'Select_priv', Select_priv, 'Insert_priv', Insert_priv,
  'Update_priv', Update_priv, 'Delete_priv', Delete_priv, 'Create_priv', Create_priv, 'Drop_priv', Drop_priv,
  'Grant_priv', Grant_priv, 'References_priv', References_priv, 'Index_priv', Index_priv, 'Alter_priv', Alter_priv,
  'Create_tmp_table_priv', Create_tmp_table_priv, 'Lock_tables_priv', Lock_tables_priv, 'Create_view_priv', Create_view_priv, 'Show_view_priv', Show_view_priv,
  'Create_routine_priv', Create_routine_priv, 'Alter_routine_priv', Alter_routine_priv, 'Execute_priv', Execute_priv, 'Event_priv', Event_priv,
  'Trigger_priv', Trigger_priv, 'Reload_priv', Reload_priv, 'Shutdown_priv', Shutdown_priv, 'Process_priv', Process_priv,
  'File_priv', File_priv, 'Show_db_priv', Show_db_priv, 'Super_priv', Super_priv, 'Repl_slave_priv', Repl_slave_priv,
  'Repl_client_priv', Repl_client_priv, 'Create_user_priv', Create_user_priv, 'Create_tablespace_priv', Create_tablespace_priv, 'plugin', plugin,
  'ssl_type', ssl_type
  /*!80000 , 'Create_role_priv', Create_role_priv, 'Drop_role_priv', Drop_role_priv, 'account_locked', account_locked */
  /*M!100600 , 'Delete_history_priv', Delete_history_priv, 'is_role', is_role */
), ',') AS zt_export
FROM mysql.user;
SELECT 'null],' AS zt_export;

SELECT '"db":[' AS zt_export;
SELECT CONCAT(JSON_OBJECT(
  'Host', Host, 'Db', Db, 'User', User, 'Select_priv', Select_priv,
  'Insert_priv', Insert_priv, 'Update_priv', Update_priv, 'Delete_priv', Delete_priv, 'Create_priv', Create_priv,
  'Drop_priv', Drop_priv, 'Grant_priv', Grant_priv, 'References_priv', References_priv, 'Index_priv', Index_priv,
  'Alter_priv', Alter_priv, 'Create_tmp_table_priv', Create_tmp_table_priv, 'Lock_tables_priv', Lock_tables_priv, 'Create_view_priv', Create_view_priv,
  'Show_view_priv', Show_view_priv, 'Create_routine_priv', Create_routine_priv, 'Alter_routine_priv', Alter_routine_priv, 'Execute_priv', Execute_priv,
  'Event_priv', Event_priv, 'Trigger_priv', Trigger_priv
  /*M!100600 , 'Delete_history_priv', Delete_history_priv */
), ',') AS zt_export
FROM mysql.db;
SELECT 'null],' AS zt_export;

SELECT '"tables_priv":[' AS zt_export;
SELECT CONCAT(JSON_OBJECT(
  'Host', Host, 'Db', Db, 'User', User, 'Table_name', Table_name, 'Table_priv', Table_priv
), ',') AS zt_export
FROM mysql.tables_priv;
SELECT 'null],' AS zt_export;

SELECT '"columns_priv":[' AS zt_export;
SELECT CONCAT(JSON_OBJECT(
  'Host', Host, 'Db', Db, 'User', User, 'Table_name', Table_name, 'Column_name', Column_name, 'Column_priv', Column_priv
), ',') AS zt_export
FROM mysql.columns_priv;
SELECT 'null],' AS zt_export;

SELECT '"roles":[' AS zt_export;
SELECT CONCAT(JSON_OBJECT(
  /*!80000 'FROM_USER', FROM_USER, 'FROM_HOST', FROM_HOST, 'TO_USER', TO_USER, 'TO_HOST', TO_HOST */
  /*M!100600 'Host', Host, 'User', User, 'Role', Role */
), ',') AS zt_export
FROM /*!80000 mysql.role_edges */ /*M!100600 mysql.roles_mapping */;
SELECT 'null],' AS zt_export;

SELECT '"global_grants":[' AS zt_export;
SELECT CONCAT(JSON_OBJECT(
  /*!80000 'USER', USER, 'HOST', HOST, 'PRIV', PRIV */
), ',') AS zt_export
FROM /*!80000 mysql.global_grants */ /*M!100600 mysql.db WHERE 1 = 0 */;
SELECT 'null],' AS zt_export;

SELECT '"account_state":[' AS zt_export;
SELECT CONCAT(JSON_OBJECT(
  /*!80000
  'account_locked', account_locked,
  'passwordless', IF(plugin IN ('mysql_native_password', 'caching_sha2_password', 'sha256_password')
    AND COALESCE(authentication_string, '') = '', 1, 0),
  'access', NULL,
  'plugins', NULL,
  'restrictions', JSON_EXTRACT(User_attributes, '$.Restrictions'),
  */
  /*M!100600
  'account_locked', IF(JSON_VALUE(Priv, '$.account_locked'), 'Y', 'N'),
  'passwordless', IF(JSON_VALUE(Priv, '$.is_role'), 0,
    (COALESCE(JSON_VALUE(Priv, '$.plugin'), '') IN ('', 'mysql_native_password', 'mysql_old_password', 'ed25519',
        'parsec') AND COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') = '')
    OR COALESCE(JSON_CONTAINS(JSON_EXTRACT(Priv, '$.auth_or[*].authentication_string'), '""'), 0)),
  'access', JSON_VALUE(Priv, '$.access'),
  'plugins', JSON_EXTRACT(Priv, '$.auth_or[*].plugin'),
  'restrictions', NULL,
  */
  'User', User, 'Host', Host
), ',') AS zt_export
FROM /*!80000 mysql.user */ /*M!100600 mysql.global_priv */;
SELECT 'null],' AS zt_export;

SELECT '"settings":[' AS zt_export;
SELECT CONCAT(JSON_OBJECT(
  'name', LOWER(VARIABLE_NAME), 'value', VARIABLE_VALUE
), ',') AS zt_export
FROM /*!80000 performance_schema.global_variables */ /*M!100600 information_schema.GLOBAL_VARIABLES */
WHERE LOWER(VARIABLE_NAME) IN ('require_secure_transport', 'have_ssl', 'partial_revokes', 'mandatory_roles');
SELECT 'null],' AS zt_export;

SELECT '"schemata":[' AS zt_export;
SELECT CONCAT(JSON_OBJECT(
  'SCHEMA_NAME', SCHEMA_NAME
), ',') AS zt_export
FROM information_schema.SCHEMATA;
SELECT 'null],' AS zt_export;

SELECT '"tables":[' AS zt_export;
SELECT CONCAT(JSON_OBJECT(
  'TABLE_SCHEMA', TABLE_SCHEMA, 'TABLE_NAME', TABLE_NAME
), ',') AS zt_export
FROM information_schema.TABLES
WHERE TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys');
SELECT 'null],' AS zt_export;

SELECT '"complete":true}' AS zt_export;
COMMIT;
