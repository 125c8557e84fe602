-- Lets the Ratchet agent ask this cluster: a role that logs in over the Unix socket as the system account of its name (peer), and
-- functions that tell it what it needs, without any value that can hold a password. May be run again at any time; run it again after
-- an upgrade of the agent. PostgreSQL 13 to 18; on a standby run it on the primary. As a superuser, in the database postgres:
--
--     sudo -u postgres psql -X -d postgres -f ratchet-agent.sql          (another role's name: -v role=NAME, and postgresql.role)
--
-- It does not touch pg_hba.conf. Where no line 'local all all peer' lets the role in, add before the lines that would match earlier:
--
--     local   postgres   ratchet-agent   peer
\set ON_ERROR_STOP on
\if :{?role}
\else
  \set role ratchet-agent
\endif

begin;
set local search_path = pg_catalog;
set local client_min_messages = warning;

do $$
begin
  if current_database() <> 'postgres' then raise exception 'run this in the database postgres, not in %', current_database(); end if;
  if not (select rolsuper from pg_roles where rolname = current_user) then raise exception 'run this as a superuser'; end if;
end
$$;

select format('create role %I', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec

-- No password: it comes over the socket alone. Read-only, and never in the way.
alter role :"role" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit 3 password null;
alter role :"role" set default_transaction_read_only = on;
alter role :"role" set search_path = pg_catalog;
alter role :"role" set statement_timeout = '5s';
grant pg_monitor to :"role";
grant connect on database postgres to :"role";

-- The schema and all in it are made anew: functions that somebody else put there first would run in his name.
drop schema if exists ratchet_agent cascade;
create schema ratchet_agent;
revoke all on schema ratchet_agent from public;
grant usage on schema ratchet_agent to :"role";

-- pg_hba.conf as the server reads it, without names, addresses, options and messages (an option can be ldapbindpasswd).
create function ratchet_agent.hba_rules(out file text, out line integer, out type text, out method text, out wrong boolean)
  returns setof record language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select to_jsonb(r) ->> 'file_name', r.line_number, r.type, r.auth_method, r.error is not null from pg_catalog.pg_hba_file_rules r $$;

-- Settings in files that the server refuses, without their values.
create function ratchet_agent.refused_settings(out name text, out file text, out line integer)
  returns setof record language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select s.name, s.sourcefile, s.sourceline from pg_catalog.pg_file_settings s where s.error is not null $$;

-- How the password of each role that may log in is stored, not the password.
create function ratchet_agent.password_kinds(out role text, out kind text)
  returns setof record language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select a.rolname::text, case when a.rolpassword is null then 'none' when a.rolpassword like 'SCRAM-SHA-256$%' then 'scram'
          when a.rolpassword ~ '^md5[0-9a-f]{32}$' then 'md5' else 'other' end
        from pg_catalog.pg_authid a where a.rolcanlogin $$;

-- What a connection string of libpq (words "key = value", or a URI) says: its sslmode, and whether it stays on the host. Null where it
-- cannot be read, or a service file has a say. An address decides over the host name beside it.
create function ratchet_agent.connection(conninfo text, out sslmode text, out local boolean)
  language sql immutable set search_path = pg_catalog, pg_temp
  as $$
    with shape as (
      select conninfo ~ '^postgres(?:ql)?://' as uri,
             '\s*([^\s=]+)\s*=\s*(''(?:[^''\\]|\\.)*''|(?:[^\s''\\]|\\.)(?:[^\s\\]|\\.)*)?' as pair,
             regexp_match(conninfo, '^postgres(?:ql)?://(?:[^@/]*@)?([^@/?]*)(?:/[^?]*)?(?:\?(.*))?$') as part),
    word as (
      select n, m[1] as key, regexp_replace(case when m[2] like '''%' then substr(m[2], 2, length(m[2]) - 2) else coalesce(m[2], '') end, '\\(.)', '\1', 'g') as value
        from shape cross join lateral regexp_matches(conninfo, pair, 'g') with ordinality w(m, n) where not uri
      union all
      select n, case when w = 'ssl=true' then 'sslmode' else split_part(w, '=', 1) end, case when w = 'ssl=true' then 'require' else substr(w, strpos(w, '=') + 1) end
        from shape cross join lateral regexp_split_to_table(part[2], '&') with ordinality w(w, n) where uri and part[2] <> ''
      union all
      select 0, 'host', string_agg(regexp_replace(regexp_replace(h, ':[0-9]*$', ''), '^\[(.*)\]$', '\1'), ',' order by n)
        from shape cross join lateral regexp_split_to_table(part[1], ',') with ordinality w(h, n) where uri),
    -- The last word of a key counts.
    said as (
      select coalesce(bool_and(key ~ '^[a-z_]+$'), true) as plain, coalesce(bool_or(key in ('service', 'servicefile')), false) as service,
             coalesce((array_agg(value order by n desc) filter (where key = 'sslmode'))[1], '') as mode,
             replace(replace(coalesce((array_agg(value order by n desc) filter (where key = 'host'))[1], ''), '%2F', '/'), '%2f', '/') as host,
             coalesce((array_agg(value order by n desc) filter (where key = 'hostaddr'))[1], '') as addr
        from word),
    way as (
      select *, plain and mode ~ '^[a-z-]*$' and case when uri then part is not null else conninfo ~ ('^(?:' || pair || ')*\s*$') end as readable,
             case when addr = '' then host when addr ~ '(?:^|,)(?:,|$)' then host || ',' || addr else addr end as hosts
        from shape cross join said)
    select case when readable then mode end,
           case when readable and not service and hosts !~ '%' then
             (select bool_and(h ~ '^(?:[/@].*|localhost|127(?:\.[0-9]{1,3}){3}|::1)?$') from regexp_split_to_table(hosts, ',') h) end
      from way
  $$;

-- What each subscription in use, and the stream that a standby receives (primary_conninfo), says of the above; not where it connects
-- to, and not as whom.
create function ratchet_agent.subscriptions(out kind text, out name text, out sslmode text, out local boolean)
  returns setof record language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$ select 'subscription', s.subname::text, c.sslmode, c.local
          from pg_catalog.pg_subscription s cross join lateral ratchet_agent.connection(s.subconninfo) c where s.subenabled
        union all
        select 'upstream', null, c.sslmode, c.local
          from pg_catalog.pg_settings t cross join lateral ratchet_agent.connection(t.setting) c where t.name = 'primary_conninfo' and t.setting <> '' $$;

revoke all on all functions in schema ratchet_agent from public;
grant execute on all functions in schema ratchet_agent to :"role";
commit;
