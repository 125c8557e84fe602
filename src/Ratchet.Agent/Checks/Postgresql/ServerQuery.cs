namespace Ratchet.Agent.Checks.Postgresql;

/// <summary>
/// What a server is asked, in one statement that versions 13 to 18 understand: rows of a kind and up to six texts. Nothing in
/// it selects a value that can hold a password: not primary_conninfo, no archive_command beyond its first word, no options of
/// pg_hba.conf, no setting of a file. One line, so that a recording can hold it.
/// </summary>
static class ServerQuery
{
    static readonly string[] Settings =
    [
        "archive_mode", "cluster_name", "config_file", "data_directory", "hba_file", "ident_file", "listen_addresses", "log_connections", "log_destination",
        "log_directory", "log_disconnections", "log_file_mode", "log_min_messages", "logging_collector", "password_encryption", "port", "server_version", "server_version_num",
        "ssl", "ssl_ca_file", "ssl_cert_file", "ssl_crl_file", "ssl_dh_params_file", "ssl_key_file", "ssl_max_protocol_version", "ssl_min_protocol_version",
    ];

    static readonly string[] Logged = ["log_connections", "log_disconnections", "log_min_messages", "password_encryption"];

    public static readonly string Text = string.Join(' ',
        "with recursive member(name, granted) as (select r.oid, m.roleid from pg_roles r join pg_auth_members m on m.member = r.oid where r.rolsuper",
        "union select s.name, m.roleid from member s join pg_auth_members m on m.member = s.granted)",
        Row("'server'", "pg_is_in_recovery()::text", "trunc(extract(epoch from pg_conf_load_time()) * 1000000)::bigint::text", "pg_has_role('pg_read_all_stats', 'usage')::text", "pg_has_role('pg_read_all_settings', 'usage')::text"),
        And(Row("'setting'", "name", "setting", "pending_restart::text"), $"from pg_settings where name in ({List(Settings)})"),
        And(Row("'pending'", "name"), "from pg_settings where pending_restart"),
        And(Row("'archive'", "(setting <> '')::text", "substring(setting from '^\\s*([^\\s=;|&<>]+)(?:\\s|$)')"), "from pg_settings where name = 'archive_command'"),
        And(Row("'archive'", "(setting <> '')::text", "setting"), "from pg_settings where name = 'archive_library' and setting <> ''"),
        And(Row("'source'"), "from pg_settings where name = 'primary_conninfo' and setting <> ''"),
        And(Row("'receiver'", "substring(conninfo from '(?:^|\\s)sslmode=([a-z-]+)')", "coalesce(substring(conninfo from '(?:^|\\s)hostaddr=(\\S+)'), sender_host)"), "from pg_stat_wal_receiver"),
        And(Row("'superuser'", "rolname", "rolcanlogin::text"), "from pg_roles where rolsuper"),
        And(Row("'role'", "rolname", "case when isfinite(rolvaliduntil) then extract(epoch from rolvaliduntil)::bigint::text end"), "from pg_roles where rolcanlogin"),
        And(Row("'member'", "r.rolname", "g.rolname"), "from member join pg_roles r on r.oid = member.name join pg_roles g on g.oid = member.granted"),
        And(Row("'override'", "d.datname", "r.rolname", "split_part(c, '=', 1)", "substr(c, strpos(c, '=') + 1)"),
            $"from pg_db_role_setting s cross join lateral unnest(s.setconfig) c left join pg_database d on d.oid = s.setdatabase left join pg_roles r on r.oid = s.setrole where split_part(c, '=', 1) in ({List(Logged)})"),
        And(Row("'session'", "a.usename", "host(a.client_addr)", "(coalesce(s.ssl, g.encrypted) is not null)::text", "(coalesce(s.ssl, false) or coalesce(g.encrypted, false))::text", "count(*)::text", "a.backend_type"),
            "from pg_stat_activity a left join pg_stat_ssl s using (pid) left join pg_stat_gssapi g using (pid) where a.client_addr is not null and a.backend_type in ('client backend', 'walsender') group by 2, 3, 4, 5, 7"),
        And(Row("'tablespace'", "spcname", "pg_tablespace_location(oid)"), "from pg_tablespace where pg_tablespace_location(oid) <> ''"),
        And(Row("'hba'", "file", "line::text", "type", "method", "wrong::text"), "from ratchet_agent.hba_rules()"),
        And(Row("'refused'", "name", "file", "line::text"), "from ratchet_agent.refused_settings()"),
        And(Row("'password'", "role", "kind"), "from ratchet_agent.password_kinds()"),
        // Where the function has no kind it is one of an earlier agent, which took URIs and lists of hosts for connections of the host.
        And(Row("'upstream'", "sslmode", "local::text"), "from ratchet_agent.subscriptions() s where to_jsonb(s) ->> 'kind' = 'upstream'"),
        And(Row("'subscription'", "name", "case when to_jsonb(s) ->> 'kind' is not null then sslmode end", "case when to_jsonb(s) ->> 'kind' is not null then local::text end"),
            "from ratchet_agent.subscriptions() s where to_jsonb(s) ->> 'kind' is distinct from 'upstream'"));

    /// <summary>A row has seven columns, whatever it tells.</summary>
    static string Row(params string[] values) => "select " + string.Join(", ", values.Concat(Enumerable.Repeat("null::text", 7 - values.Length)));

    static string And(string row, string from) => $"union all {row} {from}";

    static string List(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
