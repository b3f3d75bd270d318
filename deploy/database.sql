-- Makes the database that Undertone should run on, or mends one that it has run on as a superuser. For psql, as a superuser
-- of the server, as often as you like (a database that is in use: stop Undertone first):
--   psql -v role=undertone -v database=undertone -v password=SECRET -f deploy/database.sql 'postgresql://postgres@HOST/postgres'
-- The role is an ordinary one, so that row-level security binds it: docs/deploy.md, "The role of the database".
\set ON_ERROR_STOP on
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = :'role') \gexec
SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD %L', :'role', :'password') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'role') WHERE NOT EXISTS (SELECT 1 FROM pg_database WHERE datname = :'database') \gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', :'database', :'role') \gexec
\connect :database
SET client_min_messages = warning;

CREATE EXTENSION IF NOT EXISTS vector;

-- These compare and tell nothing of what they compare; the server does not know it of them. Only what is leakproof may use an
-- index before a policy has been asked, so without this a search by tag, by assignee or in the audit log reads all that a
-- workspace has. It is not part of a dump: run this file again where a dump was restored.
ALTER FUNCTION pg_catalog.arraycontains(anyarray, anyarray) LEAKPROOF;
ALTER FUNCTION pg_catalog.arrayoverlap(anyarray, anyarray) LEAKPROOF;
ALTER FUNCTION pg_catalog.enum_eq(anyenum, anyenum) LEAKPROOF;

-- What another role has made here belongs to this one from now on.
SELECT format('GRANT ALL ON SCHEMA public TO %I', :'role') \gexec
SELECT format('ALTER SCHEMA %I OWNER TO %I', nspname, :'role') FROM pg_namespace WHERE nspname = 'pgboss' \gexec
SELECT format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, :'role') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname IN ('public', 'pgboss') AND c.relkind IN ('r', 'p', 'v', 'm')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') \gexec
SELECT format('ALTER SEQUENCE %s OWNER TO %I', c.oid::regclass, :'role') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname IN ('public', 'pgboss') AND c.relkind = 'S'
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i', 'e')) \gexec
SELECT format('ALTER TYPE %s OWNER TO %I', t.oid::regtype, :'role') FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE n.nspname IN ('public', 'pgboss') AND t.typtype IN ('e', 'd')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e') \gexec
SELECT format('ALTER ROUTINE %s OWNER TO %I', p.oid::regprocedure, :'role') FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname IN ('public', 'pgboss')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') \gexec
