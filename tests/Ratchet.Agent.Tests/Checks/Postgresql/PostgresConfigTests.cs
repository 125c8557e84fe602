using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

public sealed class PostgresConfigTests
{
    static PostgresConfig Read(params (string Path, string Text)[] files)
    {
        using var folder = new Folder();
        foreach (var (path, text) in files) folder.Write(path, text);
        return PostgresConfig.Read(new Machine(folder.Path, (_, _, _) => throw new CommandException("none")), "/" + files[0].Path, "/data");
    }

    [Fact]
    public void The_last_assignment_counts_and_auto_conf_is_the_last_of_all()
    {
        var config = Read(("postgresql.conf", "ssl = off\nSSL = on # yes\nport 5433\nlisten_addresses='a''b\\'c'\n"), ("data/postgresql.auto.conf", "port = '5444'\n"));
        Assert.Equal(("on", "5444", "a'b'c"), (config.Value("ssl"), config.Value("port"), config.Value("listen_addresses")));
    }

    [Fact]
    public void Includes_count_where_they_stand()
    {
        var config = Read(("etc/postgresql.conf", "ssl = off\ninclude_dir 'conf.d'\ninclude_if_exists 'none'\ninclude 'last'\n"),
            ("etc/conf.d/10.conf", "ssl = on\nport = 1\n"), ("etc/conf.d/20.conf", "port = 2\n"), ("etc/conf.d/.30.conf", "port = 3\n"), ("etc/conf.d/40.off", "port = 4\n"), ("etc/last", "log_connections = yes\n"));
        Assert.Equal(("on", "2", "yes"), (config.Value("ssl"), config.Value("port"), config.Value("log_connections")));
    }

    [Theory]
    [InlineData("ssl = on off")]
    [InlineData("= on")]
    [InlineData("ssl = 'on")]
    [InlineData("include 'postgresql.conf'")]
    public void What_the_server_refuses_is_a_fault(string text) => Assert.ThrowsAny<FormatException>(() => Read(("postgresql.conf", text)));

    [Fact]
    public void An_include_that_is_missing_is_an_error() => Assert.Throws<IOException>(() => Read(("postgresql.conf", "include 'x'\n")));

    [Theory]
    [InlineData("on", true)]
    [InlineData("TRU", true)]
    [InlineData("of", false)]
    [InlineData("0", false)]
    [InlineData("o", null)]
    [InlineData("receipt,all", null)]
    [InlineData(null, null)]
    public void Booleans_are_read_as_the_server_reads_them(string? text, bool? expected) => Assert.Equal(expected, PostgresConfig.Boolean(text));

    [Theory]
    [InlineData("a,\"b,\"\"c\n\",\n", "a|b,\"c\n|")]
    [InlineData("", "")]
    public void Answers_of_psql_are_cut_into_fields(string text, string expected) => Assert.Equal(expected, string.Join('/', Csv.Parse(text).Select(row => string.Join('|', row))));

    [Theory]
    [InlineData("a,b")]
    [InlineData("a,\"b")]
    [InlineData("a,\"b\"c\n")]
    [InlineData("nothing\n")]
    [InlineData("server,false,x,true,true,,\n")]
    [InlineData("setting,ssl,on,false,,,\n")]
    [InlineData("future,1,2,3,4,5,6\n")]
    public void An_answer_that_is_cut_or_strange_is_none(string text) => Assert.Throws<FormatException>(() => ServerAnswer.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("4711\n")]
    [InlineData("4711\n/data\nx\n5432\n/run\n")]
    [InlineData("99999999999\n/data\n1\n5432\n/run\n")]
    public void A_postmaster_file_that_is_cut_says_nothing(string text) => Assert.Throws<FormatException>(() => PostmasterFile.Parse(text));
}
