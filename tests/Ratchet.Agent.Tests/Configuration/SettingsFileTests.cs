using Ratchet.Agent.Configuration;
using Ratchet.Agent.Tests.Fixtures;

namespace Ratchet.Agent.Tests.Configuration;

public sealed class SettingsFileTests : IDisposable
{
    const string Logstash = """
        "logstash": { "urls": ["https://a:8443/"], "certificateAuthority": "/ca", "certificate": "/cert", "key": "/key" }
        """;

    readonly Folder folder = new();
    readonly Dictionary<string, string> environment = [];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_documented_key_is_read()
    {
        var settings = Load($$"""
            {
              // Salt writes this.
              "host": "web01.internal", "roles": ["tomcat"], "interval": "1m", "snapshot": "6h", "state": "/srv/ratchet",
              {{Logstash}},
              "ports": { "allow": [{ "protocol": "udp", "port": "8000-8010", "unit": "tomcat10.service", "program": "/usr/bin/java", "user": "tomcat", "reach": "private", "required": true }],
                         "exceptions": [{ "protocol": "tcp", "port": 9999, "program": "/usr/bin/java", "owner": "ops", "reason": "JMX", "expires": "2027-01-31" }] },
              "ssh": { "contexts": [{ "user": "root", "address": "203.0.113.5", "host": "gate" }] },
              "waivers": [{ "rule": "sshd.forwarding", "subject": "*", "owner": "ops", "reason": "bastion", "expires": "2027-06-30" },],
            }
            """).Settings;

        Assert.Equal(("web01.internal", TimeSpan.FromMinutes(1), TimeSpan.FromHours(6), "/srv/ratchet"), (settings.Host, settings.Interval, settings.Snapshot, settings.State));
        Assert.Equal(["tomcat"], settings.Roles);
        Assert.Equal(["https://a:8443/"], settings.Logstash!.Urls);
        Assert.Equal(("/ca", "/cert", "/key"), (settings.Logstash.CertificateAuthority, settings.Logstash.Certificate, settings.Logstash.Key));
        var allowed = Assert.Single(settings.Ports.Allow);
        Assert.Equal(("udp", new PortRange(8000, 8010), "tomcat10.service", "/usr/bin/java"), (allowed.Protocol, allowed.Port, allowed.Unit, allowed.Program));
        Assert.Equal(("tomcat", Ratchet.Agent.Configuration.Reach.Private, true), (allowed.User, allowed.Reach, allowed.Required));
        var exception = Assert.Single(settings.Ports.Exceptions);
        Assert.Equal((new PortRange(9999, 9999), "ops", "JMX", new DateOnly(2027, 1, 31)), (exception.Port, exception.Owner, exception.Reason, exception.Expires));
        var context = Assert.Single(settings.Ssh.Contexts);
        Assert.Equal(("root", "203.0.113.5", "gate"), (context.User, context.Address, context.Host));
        Assert.Equal(new WaiverSettings("sshd.forwarding", "*", "ops", "bastion", new DateOnly(2027, 6, 30)), Assert.Single(settings.Waivers));
    }

    [Fact]
    public void An_empty_configuration_has_the_documented_defaults()
    {
        var settings = Load("{}").Settings;

        Assert.Equal((null, "/var/lib/ratchet-agent", null), (settings.Host, settings.State, settings.Logstash));
        Assert.Equal((TimeSpan.FromMinutes(5), TimeSpan.FromHours(12)), (settings.Interval, settings.Snapshot));
    }

    [Theory]
    [InlineData("10s", 10)]
    [InlineData("5m", 300)]
    [InlineData("12h", 43200)]
    [InlineData("7d", 604800)]
    [InlineData("90s", 90)]
    public void Durations_are_read_and_written(string text, int seconds)
    {
        Assert.True(DurationConverter.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
        Assert.Equal(text, DurationConverter.Format(duration));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m")]
    [InlineData("5 m")]
    [InlineData("-5m")]
    [InlineData("+5m")]
    [InlineData("5M")]
    [InlineData("5min")]
    [InlineData("1.5h")]
    [InlineData("99999d")]
    [InlineData("9999999999s")]
    [InlineData("00:05:00")]
    public void Other_texts_are_no_durations(string? text) => Assert.False(DurationConverter.TryParse(text, out _));

    [Fact]
    public void Objects_merge_lists_append_and_of_anything_else_the_later_wins()
    {
        folder.Write("conf.d/20-last.json", """{"roles": ["web"], "interval": "3m"}""");
        folder.Write("conf.d/10-first.json", $$"""{"roles": ["grails"], "interval": "2m", {{Logstash}} }""");
        folder.Write("conf.d/30-urls.json", """{"logstash": {"urls": ["https://b/"], "key": "/other"}}""");
        folder.Write("conf.d/README", "no JSON at all");
        var file = Load("""{"roles": ["tomcat"], "interval": "1m", "snapshot": "9h"}""");

        Assert.Equal(["tomcat", "grails", "web"], file.Settings.Roles);
        Assert.Equal((TimeSpan.FromMinutes(3), TimeSpan.FromHours(9)), (file.Settings.Interval, file.Settings.Snapshot));
        Assert.Equal(["https://a:8443/", "https://b/"], file.Settings.Logstash!.Urls);
        Assert.Equal(("/cert", "/other"), (file.Settings.Logstash.Certificate, file.Settings.Logstash.Key));
        Assert.Equal(
            (folder["conf.d/20-last.json"], folder["agent.json"], folder["conf.d/10-first.json"], folder["conf.d/20-last.json"], folder["conf.d/30-urls.json"], folder["conf.d/10-first.json"]),
            (file.Origins["$.interval"], file.Origins["$.roles[0]"], file.Origins["$.roles[1]"], file.Origins["$.roles[2]"], file.Origins["$.logstash.key"], file.Origins["$.logstash.certificate"]));
    }

    [Fact]
    public void The_environment_comes_last_also_below_an_object()
    {
        environment["RATCHET_INTERVAL"] = "30s";
        environment["RATCHET_HOST"] = "5";
        environment["RATCHET_LOGSTASH__KEY"] = "/from/environment";
        environment["RATCHET_LOGSTASH__URLS"] = """["https://b/"]""";
        environment["RATCHET_SSH"] = """{"contexts":[{"user":"a","address":"::1"}]}""";
        environment["OTHER_INTERVAL"] = "ignored";
        var file = Load($$"""{"interval": "1m", {{Logstash}} }""");

        Assert.Equal((TimeSpan.FromSeconds(30), "5", "/from/environment"), (file.Settings.Interval, file.Settings.Host, file.Settings.Logstash!.Key));
        Assert.Equal(["https://a:8443/", "https://b/"], file.Settings.Logstash.Urls);
        Assert.Single(file.Settings.Ssh.Contexts);
        Assert.Equal("RATCHET_LOGSTASH__KEY", file.Origins["$.logstash.key"]);
    }

    [Theory]
    [InlineData("RATCHET_NOTHING", "1", "$: no setting is called NOTHING")]
    [InlineData("RATCHET_", "1", "$: no setting is called ")]
    [InlineData("RATCHET_LOGSTASH__NOTHING", "1", "$.logstash: no setting is called NOTHING")]
    [InlineData("RATCHET_INTERVAL", "soon", "$.interval: expected a duration")]
    [InlineData("RATCHET_ROLES", "web", "$.roles: expected JSON")]
    [InlineData("RATCHET_ROLES", "[null]", "$.roles[0]: expected a value")]
    [InlineData("RATCHET_SSH", """{"contexts":[],"contexts":[]}""", "$.ssh: expected JSON")]
    [InlineData("RATCHET_PORTS__ALLOW__PORT", "1", "$.ports.allow: no setting is called PORT")]
    public void A_variable_that_must_not_be_used_is_named(string name, string value, string reason)
    {
        environment[name] = value;
        var message = Assert.Throws<SettingsException>(() => Load("{}")).Message;
        Assert.Contains(name + ": ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"intervall": "5m"}""", "$.intervall: unknown key")]
    [InlineData("""{"Interval": "5m"}""", "$.Interval: unknown key")]
    [InlineData("""{"access": {"isConfigured": true}}""", "$.access.isConfigured: unknown key")]
    [InlineData("""{"ports": {"allow": [{"port": 22, "prot": "tcp"}]}}""", "$.ports.allow[0].prot: unknown key")]
    [InlineData("""{"interval": 5}""", "$.interval: expected a duration")]
    [InlineData("""{"interval": null}""", "$.interval: ")]
    [InlineData("""{"roles": "web"}""", "$.roles: wrong type of value")]
    [InlineData("""{"roles": [1]}""", "$.roles[0]: wrong type of value")]
    [InlineData("""{"roles": [null]}""", "$.roles[0]: expected a value, found null")]
    [InlineData("""{"waivers": [null]}""", "$.waivers[0]: expected a value, found null")]
    [InlineData("""{"ports": {"allow": [null]}}""", "$.ports.allow[0]: expected a value, found null")]
    [InlineData("""{"ports": null}""", "$.ports: ")]
    [InlineData("""{"ports": []}""", "$.ports: wrong type of value")]
    [InlineData("""{"ports": {"allow": [{}]}}""", "$.ports.allow[0]: missing: ")]
    [InlineData("""{"ports": {"allow": [{"port": 65536}]}}""", "$.ports.allow[0].port: expected a port")]
    [InlineData("""{"ports": {"allow": [{"port": "9-1"}]}}""", "$.ports.allow[0].port: expected a port")]
    [InlineData("""{"ports": {"allow": [{"port": "1-2-3"}]}}""", "$.ports.allow[0].port: expected a port")]
    [InlineData("""{"ports": {"allow": [{"port": 22, "protocol": "icmp"}]}}""", "$.ports.allow[0].protocol: expected tcp")]
    [InlineData("""{"ports": {"allow": [{"port": 22, "reach": "public"}]}}""", "$.ports.allow[0].reach: ")]
    [InlineData("""{"ports": {"allow": [{"port": 22, "reach": 1}]}}""", "$.ports.allow[0].reach: ")]
    [InlineData("""{"ports": {"exceptions": [{"port": 22, "reason": "r", "expires": "2027-01-01"}]}}""", "$.ports.exceptions[0]: missing: ")]
    [InlineData("""{"ports": {"exceptions": [{"port": 22, "owner": " ", "reason": "r", "expires": "2027-01-01"}]}}""", "$.ports.exceptions[0].owner: expected who")]
    [InlineData("""{"ports": {"exceptions": [{"port": 22, "owner": "o", "reason": "", "expires": "2027-01-01"}]}}""", "$.ports.exceptions[0].reason: expected why")]
    [InlineData("""{"ports": {"exceptions": [{"port": 22, "owner": "o", "reason": "r", "expires": "31.1.2027"}]}}""", "$.ports.exceptions[0].expires: ")]
    [InlineData("""{"waivers": [{"rule": "a.b", "subject": "*", "owner": "o", "reason": "r"}]}""", "$.waivers[0]: missing: ")]
    [InlineData("""{"waivers": [{"rule": "a.b", "subject": "*", "owner": "o", "reason": "r", "expires": "2027-02-30"}]}""", "$.waivers[0].expires: ")]
    [InlineData("""{"waivers": [{"rule": "a.b", "subject": "*", "owner": "", "reason": "r", "expires": "2027-01-01"}]}""", "$.waivers[0].owner: expected who")]
    [InlineData("""{"waivers": [{"rule": "a.b", "subject": "*", "owner": "o", "reason": " ", "expires": "2027-01-01"}]}""", "$.waivers[0].reason: expected why")]
    [InlineData("""{"waivers": [{"rule": "", "subject": "*", "owner": "o", "reason": "r", "expires": "2027-01-01"}]}""", "$.waivers[0].rule: expected a rule")]
    [InlineData("""{"interval": "9s"}""", "$.interval: expected at least 10s")]
    [InlineData("""{"interval": "1h", "snapshot": "30m"}""", "$.snapshot: expected at least the interval")]
    [InlineData("""{"state": "relative"}""", "$.state: expected an absolute path")]
    [InlineData("""{"host": ""}""", "$.host: expected a host name")]
    [InlineData("""{"host": "a\u001bb"}""", "$.host: expected a host name")]
    [InlineData("""{"ssh": {"contexts": [{"user": "a", "address": "somewhere"}]}}""", "$.ssh.contexts[0].address: expected an IP address")]
    [InlineData("""{"logstash": {"urls": ["https://a/"], "certificateAuthority": "/ca", "certificate": "/cert"}}""", "$.logstash: missing: ")]
    [InlineData("""{"logstash": {"urls": [], "certificateAuthority": "/ca", "certificate": "/cert", "key": "/key"}}""", "$.logstash.urls: expected at least one")]
    [InlineData("""{"logstash": {"urls": ["http://a/"], "certificateAuthority": "/ca", "certificate": "/cert", "key": "/key"}}""", "$.logstash.urls[0]: expected an https address")]
    [InlineData("""{"logstash": {"urls": ["a"], "certificateAuthority": "/ca", "certificate": "/cert", "key": "/key"}}""", "$.logstash.urls[0]: expected an https address")]
    [InlineData("""{"logstash": {"urls": ["https://u:p@a/"], "certificateAuthority": "/ca", "certificate": "/cert", "key": "/key"}}""", "$.logstash.urls[0]: expected no user name")]
    [InlineData("""{"interval": "5m", "interval": "6m"}""", "$: Duplicate property 'interval'")]
    [InlineData("{\n\"interval\": \"5m\"\n\"host\": 1}", "line 3: ")]
    [InlineData("[]", "$: expected an object")]
    [InlineData("null", "$: expected an object")]
    [InlineData("", "line 1: ")]
    [InlineData("\u0000\u0001", "line 1: ")]
    public void A_configuration_that_must_not_be_used_is_refused_with_file_and_place(string json, string reason)
    {
        var main = Assert.Throws<SettingsException>(() => Load(json)).Message;
        Assert.Contains($"{folder["agent.json"]}: {reason}", main, StringComparison.Ordinal);

        folder.Write("conf.d/50-site.json", json);
        var part = Assert.Throws<SettingsException>(() => Load("{}")).Message;
        Assert.Contains($"{folder["conf.d/50-site.json"]}: {reason}", part, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_json_is_refused_and_no_crash() => Assert.Throws<SettingsException>(() => Load(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))));

    [Fact]
    public void A_named_file_that_is_missing_or_no_file_is_refused()
    {
        Assert.Contains(folder["none.json"], Assert.Throws<SettingsException>(() => SettingsFile.Load(folder["none.json"], environment)).Message, StringComparison.Ordinal);
        Assert.Contains(folder.Path, Assert.Throws<SettingsException>(() => SettingsFile.Load(folder.Path, environment)).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(folder["conf.d/10-directory.json"]);
        File.CreateSymbolicLink(folder["conf.d/20-dangling.json"], "nowhere");
        Assert.Contains(folder["conf.d/20-dangling.json"], Assert.Throws<SettingsException>(() => Load("{}")).Message, StringComparison.Ordinal);
    }

    SettingsFile Load(string json) => SettingsFile.Load(folder.Write("agent.json", json), environment);
}
