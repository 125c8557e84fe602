using Ratchet.Agent.Checks.Postgresql;
using Ratchet.Agent.Probes;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Checks.Postgresql;

public sealed class HbaOrderTests
{
    static HbaFile Read(string text, int major = 16, params (string Path, string Text)[] others)
    {
        using var folder = new Folder();
        folder.Write("pg_hba.conf", text);
        foreach (var (path, content) in others) folder.Write(path, content);
        return HbaFile.Read(new Machine(folder.Path, (_, _, _) => throw new CommandException("none")), "/pg_hba.conf", major);
    }

    /// <summary>The lines that let a session of another host in unencrypted, by their numbers.</summary>
    static string Plain(string text, int major = 16) => string.Join(' ', new HbaOrder(Read(text, major).Lines, new AddressSet()).Reached(Wire.Plain)
        .Where(match => match.IsRemote && !match.Line.Rejects).Select(match => match.Line.Place.Split(':')[1] + (match.IsUncertain ? "?" : "")).Distinct());

    [Theory]
    [InlineData("host all all 10.0.0.0/8 scram-sha-256", "1")]
    [InlineData("hostssl all all 10.0.0.0/8 scram-sha-256", "")]
    [InlineData("hostgssenc all all 10.0.0.0/8 gss", "")]
    [InlineData("hostnogssenc all all 10.0.0.0/8 md5", "1")]
    [InlineData("hostnossl all all all reject\nhost all all 10.0.0.0/8 scram-sha-256", "")]
    [InlineData("host all all 10.0.0.0/8 scram-sha-256\nhostnossl all all all reject", "1")]
    [InlineData("hostnossl all all 0.0.0.0/0 reject\nhostnossl all all ::0/0 reject\nhost all all all scram-sha-256", "")]
    [InlineData("hostnossl all all 0.0.0.0/0 reject\nhost all all all scram-sha-256", "2")]
    [InlineData("hostnossl all all 10.0.0.0/9 reject\nhostnossl all all 10.128.0.0/9 reject\nhost all all 10.0.0.0/8 scram-sha-256", "")]
    [InlineData("hostnossl all all 10.0.0.0/9 reject\nhost all all 10.0.0.0/8 scram-sha-256", "2")]
    [InlineData("hostnossl all bob all reject\nhost all all 10.0.0.0/8 scram-sha-256", "2")]
    [InlineData("hostnossl all bob all reject\nhost all bob 10.0.0.0/8 scram-sha-256", "")]
    [InlineData("host all all 127.0.0.1/32 trust\nhost all all ::1/128 trust\nhost all all samehost md5\nhost all all localhost md5", "")]
    [InlineData("host all all samenet md5", "1")]
    [InlineData("host all all .example.com md5", "1")]
    [InlineData("host all all 0.0.0.0/0 reject", "")]
    [InlineData("host all /^b 10.0.0.0/8 md5", "1")]
    [InlineData("hostnossl all /^b all reject\nhost all all 10.0.0.0/8 md5", "2?")]
    [InlineData("hostnossl all all samenet reject\nhost all all 10.0.0.0/8 md5", "2?")]
    [InlineData("hostnossl all +webs all reject\nhost all alice 10.0.0.0/8 md5", "2?")]
    [InlineData("hostnossl all +webs all reject\nhost all all 10.0.0.0/8 md5", "2?")]
    [InlineData("hostnossl all +webs all reject\nhost all +webs 10.0.0.0/8 md5", "")]
    [InlineData("hostnossl all +webs all reject\nhost all +more 10.0.0.0/8 md5", "2?")]
    [InlineData("hostnossl all +webs 10.0.0.0/9 reject\nhost all alice 10.0.0.0/8 md5", "2")]
    [InlineData("hostnossl all +webs 10.0.0.0/9 reject\nhostnossl all alice 10.128.0.0/9 reject\nhost all alice 10.0.0.0/8 md5", "3?")]
    [InlineData("hostnossl shop +webs all reject\nhost all alice 10.0.0.0/8 md5", "2")]
    [InlineData("hostnossl shop +webs all reject\nhost shop alice 10.0.0.0/8 md5", "2?")]
    [InlineData("hostnossl all +webs all reject\nhost replication alice 10.0.0.0/8 md5", "2")]
    [InlineData("hostnossl sameuser all all reject\nhost alice alice 10.0.0.0/8 md5", "2?")]
    [InlineData("hostnossl sameuser all all reject\nhost all alice 10.0.0.0/8 md5", "2")]
    [InlineData("hostnossl sameuser all all reject\nhost shop all 10.0.0.0/8 md5", "2")]
    [InlineData("hostnossl all +webs .example.com reject\nhost all alice 10.0.0.0/8 md5", "2?")]
    [InlineData("hostnossl all +webs all reject\nhost all alice .example.com md5", "2?")]
    public void A_line_counts_for_what_the_lines_before_it_leave(string text, string expected) => Assert.Equal(expected, Plain(text));

    [Fact]
    public void Where_some_role_is_in_no_group_lines_for_groups_leave_sessions_of_all()
    {
        var lines = Read("hostnossl all +webs all reject\nhost all all 10.0.0.0/8 md5\nhost all alice 10.0.0.0/8 md5").Lines;
        Assert.Equal([false, true], new[] { true, false }.Select(outsider => new HbaOrder(lines, new AddressSet(), outsider).Reached(Wire.Plain).First(match => !match.Line.Rejects).IsUncertain));
    }

    [Fact]
    public void All_databases_do_not_mean_replication() =>
        Assert.Equal("2", Plain("hostnossl all all all reject\nhost replication standby 10.0.0.0/8 scram-sha-256"));

    [Fact]
    public void A_keyword_in_quotes_is_a_name()
    {
        Assert.Equal("2", Plain("hostnossl \"all\" all all reject\nhost all all 10.0.0.0/8 scram-sha-256"));
        Assert.Equal("", Plain("hostnossl all all all reject\nhost \"replication\" all 10.0.0.0/8 scram-sha-256"));
    }

    [Theory]
    [InlineData("host all all 10.0.0.0 255.0.0.0 md5", "10.0.0.0/8")]
    [InlineData("host all all 10.9.8.7/8 md5", "10.9.8.7/8")]
    [InlineData("host \"all\", \"b c\",x all 10.0.0.0/8 md5 # remark", "10.0.0.0/8")]
    public void Masks_quotes_commas_and_remarks_are_read_as_the_server_reads_them(string text, string address)
    {
        var line = Assert.Single(Read(text).Lines);
        Assert.Equal((address, "md5"), (line.Address!.Text, line.Method));
    }

    [Fact]
    public void Names_in_a_list_keep_their_order_and_quotes() =>
        Assert.Equal(["all", "\"b c\"", "d\"e", "x"], Assert.Single(Read("local all,\"b c\", d\"\"\"\"e,x all peer").Lines).Databases.Select(name => name.ToString()));

    [Fact]
    public void A_line_that_goes_on_is_one_from_version_14_and_a_fault_before()
    {
        const string text = "host all all \\\n 10.0.0.0/8 md5\n";
        Assert.EndsWith(":1", Assert.Single(Read(text, 14).Lines).Place, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => Read(text, 13));
    }

    [Fact]
    public void Lists_of_names_come_from_files_beside() =>
        Assert.Equal(["alice", "bob"], Assert.Single(Read("host all @people 10.0.0.0/8 md5", 16, ("people", "alice\nbob # and no more\n")).Lines).Users.Select(name => name.Text));

    [Fact]
    public void A_list_that_is_missing_is_no_empty_list() => Assert.Throws<IOException>(() => Read("host all @people 10.0.0.0/8 md5"));

    [Fact]
    public void Includes_are_followed_from_version_16_and_a_fault_before()
    {
        var file = Read("include_dir d\ninclude_if_exists none\nlocal all all peer", 16, ("d/a.conf", "host all all 10.0.0.0/8 trust\n"), ("d/b.off", "rubbish"));
        Assert.Equal(["host", "local"], file.Lines.Select(line => line.Type));
        Assert.Throws<FormatException>(() => Read("include_dir d\n", 15));
        Assert.ThrowsAny<FormatException>(() => Read("include pg_hba.conf\n"));
    }

    [Theory]
    [InlineData("host all all")]
    [InlineData("hosts all all 10.0.0.0/8 md5")]
    [InlineData("host all all 10.0.0.0/33 md5")]
    [InlineData("host all all 10.0.0.0 255.0.255.0 md5")]
    [InlineData("host all all 10.0.0.0 md5")]
    public void What_the_server_refuses_or_nobody_can_judge_is_a_fault_with_its_place(string text) =>
        Assert.StartsWith("/pg_hba.conf:1: ", Assert.Throws<FormatException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_superuser_is_meant_by_his_name_by_a_group_and_by_all()
    {
        var order = new HbaOrder(Read("hostssl all +dba 10.0.0.0/8 md5\nhostssl all root 10.0.0.0/8 cert\nhostssl all app 10.0.0.0/8 cert\nhostssl all all 0.0.0.0/0 cert").Lines, new AddressSet());
        int[] Lines(string role, params string[] groups) => [.. order.For(role, groups.ToHashSet()).Reached(Wire.Tls).Select(match => int.Parse(match.Line.Place.Split(':')[1]))];
        Assert.Equal([1, 4], Lines("ada", "dba"));
        Assert.Equal([2, 4], Lines("root"));
        Assert.Equal([4], Lines("eve"));
    }

    [Fact]
    public void Ten_thousand_lines_are_judged_and_a_million_names_are_refused()
    {
        var many = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"host all all 10.{i / 250}.{i % 250}.0/24 scram-sha-256\n"));
        Assert.Equal(10_000, new HbaOrder(Read(many).Lines, new AddressSet()).Reached(Wire.Plain).Count(match => match.IsRemote));
        Assert.ThrowsAny<IOException>(() => Read("host " + string.Join(',', Enumerable.Range(0, 300_000)) + " all all md5"));
    }

    [Fact]
    public void Lines_with_names_behind_many_with_addresses_take_no_more_steps_each()
    {
        var many = Addresses(20_000, "all", 0) + string.Concat(Enumerable.Range(0, 15_000).Select(i => $"host all all .x{i}.example md5\n"));
        Assert.Equal(35_000, new HbaOrder(Read(many).Lines, new AddressSet()).Reached(Wire.Plain).Count());
    }

    [Fact]
    public void Lines_whose_order_takes_too_long_to_tell_are_refused()
    {
        var comb = Addresses(10_000, "all", 0) + Addresses(10_000, "u", 1) + string.Concat(Enumerable.Range(0, 10_000).Select(i => $"host d{i} u 10.0.0.0/11 md5\n"));
        Assert.Contains("steps to tell", Assert.Throws<FormatException>(() => new HbaOrder(Read(comb).Lines, new AddressSet()).Reached(Wire.Plain).Count()).Message, StringComparison.Ordinal);
    }

    /// <summary>Every second address of 10.0.0.0/8.</summary>
    static string Addresses(int count, string user, int odd) => string.Concat(Enumerable.Range(0, count).Select(i => $"host all {user} 10.{i >> 15}.{i >> 7 & 255}.{(i & 127) * 2 + odd}/32 md5\n"));

    [Theory]
    [InlineData("0.0.0.0/1 128.0.0.0/1", "0.0.0.0/0", true)]
    [InlineData("128.0.0.0/1 0.0.0.0/1", "10.0.0.0/8", true)]
    [InlineData("10.0.0.0/9", "10.0.0.0/8", false)]
    [InlineData("10.0.0.0/9 10.128.0.0/10 10.192.0.0/11 10.224.0.0/12", "10.0.0.0/8", false)]
    [InlineData("::/1 8000::/1", "::/0", true)]
    [InlineData("::/1 8000::/1", "10.0.0.0/8", false)]
    [InlineData("", "10.0.0.0/32", false)]
    public void A_network_is_taken_where_its_parts_are(string parts, string whole, bool taken)
    {
        var (together, alone, steps) = (new AddressSet(), new List<AddressSet>(), 0);
        foreach (var part in parts.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            together.Add(Network(part));
            alone.Add(Network(part));
        }
        Assert.Equal(taken, Network(whole).IsWithin([together], ref steps));
        Assert.Equal(taken, Network(whole).IsWithin(alone, ref steps));

        static AddressSet Network(string text) => AddressSet.Of(System.Net.IPAddress.Parse(text.Split('/')[0]), int.Parse(text.Split('/')[1]));
    }

    [Fact]
    public void Damaged_files_throw_or_are_read_and_never_hang()
    {
        var (random, text) = (new Random(7), "host \"all\",+dba @x 10.0.0.0/8 \\\n md5 clientcert=verify-full # x\nlocal all all peer\ninclude y\n"u8.ToArray());
        for (var i = 0; i < 500; i++)
        {
            var mutated = (byte[])text.Clone();
            for (var n = 0; n < 4; n++) mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            try
            {
                Read(System.Text.Encoding.Latin1.GetString(mutated[..random.Next(mutated.Length)]));
            }
            catch (Exception e) when (e is FormatException or IOException)
            {
                // Said, not passed.
            }
        }
    }
}
