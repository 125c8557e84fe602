using Ratchet.Agent.Checks;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Disk;

/// <summary>Where PostgreSQL and Tomcat say that their data is: included files, command lines of what runs.</summary>
public sealed class ServerDirectoryTests
{
    const string Main = "/etc/postgresql/16/main/";

    /// <summary>A plain root and an encrypted /srv, with a directory on each.</summary>
    static DiskTree Tree(string role) => new DiskTree { Settings = new Settings { Roles = [role] } }
        .Disk("sda", "8:0").Disk("sdb", "8:16", Luks2Builder.Both(Luks2Builder.Json())).Mapped(0, "srv", Luks2Builder.MapperId("srv"), "sdb")
        .Mount("8:0", "/", "ext4").Mount("253:0", "/srv", "ext4").Write("/srv/good/x", "").Write("/data/bad/x", "").Write("/var/lib/postgresql/16/main/x", "");

    static async Task ExpectAsync(DiskTree tree, string subject, Outcome outcome, string words = "")
    {
        using (tree)
        {
            var finding = await tree.JudgeAsync("data-encrypted", subject);
            Assert.Equal((outcome, finding.Message), (finding.Outcome, finding.Message));
            Assert.Contains(words, finding.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("include 'more.conf'")]
    [InlineData("INCLUDE='more.conf'   # a comment")]
    [InlineData("  include = '/etc/postgresql/16/main/more.conf'")]
    [InlineData("include more.conf")]
    [InlineData("include_if_exists 'gone.conf'\ninclude_if_exists 'more.conf'")]
    [InlineData("include 'sub/deeper.conf'")]
    [InlineData("include_dir 'conf.d'")]
    [InlineData("data_directory = '/srv/good'\ninclude_dir = 'conf.d'")]
    public Task A_data_directory_in_an_included_file_is_found(string line) => ExpectAsync(Tree("postgres")
        .Write(Main + "postgresql.conf", line + "\nport = 5432\n").Write(Main + "more.conf", "data_directory = '/data/bad'\n").Write(Main + "sub/deeper.conf", "include '../more.conf'\n")
        .Write(Main + "conf.d/10.conf", "data_directory = '/srv/good'\n").Write(Main + "conf.d/20.conf", "data_directory = '/data/bad'\n")
        .Write(Main + "conf.d/.30.conf", "data_directory = '/srv/good'\n").Write(Main + "conf.d/40.conf.old", "data_directory = '/srv/good'\n"), "/data/bad", Outcome.Fail, "sda");

    [Theory]
    [InlineData("data_directory = '/data/bad'\ndata_directory = '/srv/good/'")]
    [InlineData("include 'more.conf'\ndata_directory '/srv/good'")]
    [InlineData("data_directory = '/srv/good'\n#include 'more.conf'\n # data_directory = '/data/bad'")]
    public Task The_last_assignment_counts_and_comments_do_not(string text) =>
        ExpectAsync(Tree("postgres").Write(Main + "postgresql.conf", text).Write(Main + "more.conf", "data_directory = '/data/bad'\n"), "/srv/good", Outcome.Pass);

    [Theory]
    [InlineData("include 'postgresql.conf'", "include one another")]
    [InlineData("include 'gone.conf'", "gone.conf is missing")]
    [InlineData("include_dir 'gone.d'", "gone.d is missing")]
    [InlineData("data_directory = 'here'", "absolute path")]
    public Task A_configuration_that_cannot_be_followed_is_unknown_never_passed(string text, string words) =>
        ExpectAsync(Tree("postgres").Write(Main + "postgresql.conf", text), "/var/lib/postgresql/16/main", Outcome.Unknown, words);

    [Fact]
    public async Task Files_that_include_each_other_many_times_do_not_hold_the_check_up()
    {
        var tree = Tree("postgres").Write(Main + "postgresql.conf", string.Concat(Enumerable.Repeat("include 'a0'\n", 9)));
        for (var i = 0; i < 8; i++) tree.Write($"{Main}a{i}", string.Concat(Enumerable.Repeat($"include 'a{i + 1}'\n", 9)));
        tree.Write(Main + "a8", "");
        await ExpectAsync(tree, "/var/lib/postgresql/16/main", Outcome.Unknown, "include one another");
    }

    [Theory]
    [InlineData("/usr/bin/postgres\0-D\0/data/bad\0-p\0005433\0")]
    [InlineData("/usr/bin/postgres\0-p\05433\0-D/data/bad\0")]
    [InlineData("/usr/bin/postgres\0-D\0/srv/conf\0")]
    public Task The_directory_of_a_postgres_that_runs_is_judged(string arguments) => ExpectAsync(Tree("postgres")
        .Write("/srv/conf/postgresql.conf", "data_directory = '/data/bad'\n").Write("/data/bad/PG_VERSION", "16\n").Write("/data/bad/postgresql.conf", "#data_directory = 'x'\n")
        .Write("/proc/100/comm", "postgres\n").Write("/proc/100/cmdline", arguments)
        .Write("/proc/101/comm", "postgres\n").Write("/proc/101/cmdline", "postgres: 16/main: -D /srv/elsewhere "), "/data/bad", Outcome.Fail);

    [Theory]
    [InlineData("/srv/good/base", "/data/bad", Outcome.Fail)]
    [InlineData("/srv/good/base/16384", "/data/bad", Outcome.Fail)]
    [InlineData("/srv/good/log", "/data/bad", Outcome.Fail)]
    [InlineData("/srv/good/base/16384", "/srv/other", Outcome.Pass)]
    internal Task What_is_linked_into_a_data_directory_is_judged_by_itself(string link, string target, Outcome outcome) => ExpectAsync(Tree("postgres")
        .Write(Main + "postgresql.conf", "data_directory = '/srv/good'\n").Write("/srv/other/x", "").Link(link, target), link, outcome);

    [Fact]
    public async Task A_link_within_it_to_a_file_or_to_nowhere_is_no_data_directory()
    {
        using var tree = Tree("postgres").Write(Main + "postgresql.conf", "data_directory = '/srv/good'\n").Write("/srv/good/real/x", "").Write("/data/server.crt", "")
            .Link("/srv/good/within", "real").Link("/srv/good/server.crt", "/data/server.crt").Link("/srv/good/nowhere", "/data/gone");
        Assert.Equal(["/srv/good", "/var/lib/postgresql/16/main"], (await tree.CheckAsync()).Where(finding => finding.Rule.Id == "disk.data-encrypted").Select(finding => finding.Subject));
    }

    [Theory]
    [InlineData("logging_collector = on\nlog_directory = '/data/bad/'", Outcome.Fail)]
    [InlineData("logging_collector = on\nlog_directory = '/srv/logs'", Outcome.Pass)]
    internal Task Logs_that_the_server_writes_elsewhere_are_judged(string lines, Outcome outcome) => ExpectAsync(Tree("postgres").Write("/srv/logs/x", "")
        .Write(Main + "postgresql.conf", "data_directory = '/srv/good'\n" + lines + "\n"), outcome == Outcome.Fail ? "/data/bad" : "/srv/logs", outcome);

    [Theory]
    [InlineData("logging_collector = off\nlog_directory = '/data/bad'")]
    [InlineData("logging_collector = on\nlog_directory = 'log'")]
    public async Task Logs_that_it_does_not_write_or_that_lie_within_are_not(string lines)
    {
        using var tree = Tree("postgres").Write(Main + "postgresql.conf", "data_directory = '/srv/good'\n" + lines + "\n");
        Assert.Equal(["/srv/good", "/var/lib/postgresql/16/main"], (await tree.CheckAsync()).Where(finding => finding.Rule.Id == "disk.data-encrypted").Select(finding => finding.Subject));
    }

    [Fact]
    public Task An_application_that_is_linked_into_webapps_is_judged() =>
        ExpectAsync(Jvm("/srv/good", "/srv/good").Write("/srv/good/webapps/x", "").Link("/srv/good/webapps/records", "/data/bad"), "/srv/good/webapps/records", Outcome.Fail);

    [Fact]
    public Task A_Tomcat_that_only_its_command_line_names_is_judged() => ExpectAsync(Jvm("/data/bad/", "/srv/good").Write("/data/bad/webapps/x", ""), "/data/bad/webapps", Outcome.Fail);

    [Fact]
    public Task So_is_its_directory_for_temporary_files() => ExpectAsync(Jvm("/srv/good", "/data/bad").Write("/srv/good/webapps/x", ""), "/data/bad", Outcome.Fail);

    [Fact]
    public Task A_base_that_is_not_on_this_host_is_unknown() => ExpectAsync(Jvm("/usr/local/tomcat", "/tmp"), "/usr/local/tomcat", Outcome.Unknown, "container");

    [Fact]
    public Task A_program_of_another_name_is_not_taken_for_a_Tomcat() => ExpectAsync(Jvm("/data/bad", "/data/bad").Write("/proc/77/comm", "vim\n"), "role tomcat", Outcome.Unknown, "no CATALINA_BASE");

    static DiskTree Jvm(string directory, string temp) => Tree("tomcat")
        .Write("/proc/77/comm", "java\n").Write("/proc/77/cmdline", $"/usr/bin/java\0-Dcatalina.base=/srv/old\0-Dcatalina.base={directory}\0-Djava.io.tmpdir={temp}\0org.apache.catalina.startup.Bootstrap\0start\0");
}
