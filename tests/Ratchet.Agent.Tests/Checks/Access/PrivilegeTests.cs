using Ratchet.Agent.Checks;
using Ratchet.Agent.Checks.Access;
using Ratchet.Agent.Configuration;

namespace Ratchet.Agent.Tests.Checks.Access;

public sealed class PrivilegeTests : IDisposable
{
    readonly AccessHost host = new();

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task A_right_that_is_not_registered_fails_and_says_where_it_stands()
    {
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "accounts");
        host.Sudoers("root ALL=(ALL:ALL) ALL\nacme ALL=(root) NOPASSWD: /usr/bin/systemctl restart tomcat10\n");
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", "/usr/bin/systemctl restart tomcat10 by sudo (/etc/sudoers:2)");
        host.AcmeAccount.Sudo = ["/usr/bin/systemctl restart tomcat10"];
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "acme", "registered for acme");
    }

    [Theory]
    [InlineData("acme ALL=(ALL) ALL, !/bin/su\n")]
    [InlineData("#1001 ALL=(ALL) NOPASSWD: ALL\n")]
    [InlineData("%sudo ALL=(ALL:ALL) ALL\n")]
    [InlineData("User_Alias OUT = acme : X = nobody\nOUT ALL = ALL\n")]
    [InlineData("Cmnd_Alias SHELLS = /bin/bash, /bin/sh\nacme ALL = SHELLS\n")]
    public async Task Power_over_all_fails_however_it_is_written(string sudoers)
    {
        host.Tree.File("/etc/group", "root:x:0:\nsudo:x:27:acme\n");
        host.Sudoers(sudoers).AcmeAccount.Sudo = ["/usr/bin/id"];
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme");
    }

    [Fact]
    public async Task A_command_that_starts_others_is_as_good_as_all()
    {
        host.Sudoers("acme ALL=(root) /usr/bin/vim\n").AcmeAccount.Sudo = ["/usr/bin/vim"];
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", "as good as ALL");
        host.Sudoers("acme ALL=(postgres) /usr/bin/vim\n").AcmeAccount.Sudo = ["(postgres) /usr/bin/vim"];
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "acme");
        host.AcmeAccount.Sudo = ["/usr/bin/vim"];
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", "(postgres) /usr/bin/vim");
        host.Sudoers("ops ALL=(ALL) ALL\n").Settings.Access.Staff!.Accounts[0].Sudo = ["ALL"];
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "ops", "may become root");
    }

    /// <summary>Who may set LD_PRELOAD needs no editor.</summary>
    [Fact]
    public async Task A_command_in_an_environment_of_the_caller_s_own_is_as_good_as_all()
    {
        host.AcmeAccount.Sudo = ["/usr/bin/id"];
        host.Sudoers("acme ALL=(root) SETENV: /usr/bin/id\n");
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", "SETENV: /usr/bin/id by sudo (/etc/sudoers:1), which is as good as ALL");
        host.Sudoers("acme ALL=(root) SETENV: /usr/bin/true, NOSETENV: /usr/bin/id\n").AcmeAccount.Sudo = ["/usr/bin/id"];
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", "SETENV: /usr/bin/true");
        host.Sudoers("acme ALL=(root) NOSETENV: /usr/bin/id\n");
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "acme");
    }

    /// <summary>An editor or a pager starts a shell whatever file it was given; an editor without one still writes every file.</summary>
    [Theory]
    [InlineData("/usr/bin/vim /etc/nginx/nginx.conf", nameof(Outcome.Fail))]
    [InlineData("/usr/bin/vim.tiny /etc/nginx/nginx.conf", nameof(Outcome.Fail))]
    [InlineData("NOEXEC: /usr/bin/vim /etc/nginx/nginx.conf", nameof(Outcome.Fail))]
    [InlineData("/usr/bin/less /var/log/syslog", nameof(Outcome.Fail))]
    [InlineData("NOEXEC: /usr/bin/less /var/log/syslog", nameof(Outcome.Pass))]
    [InlineData("NOEXEC: EXEC: /usr/bin/less /var/log/syslog", nameof(Outcome.Fail))]
    [InlineData("/usr/bin/nano -R /etc/hosts", nameof(Outcome.Pass))]
    [InlineData("sudoedit /etc/nginx/nginx.conf", nameof(Outcome.Pass))]
    [InlineData("/bin/sh \"\"", nameof(Outcome.Fail))]
    [InlineData("/usr/bin/python3.12", nameof(Outcome.Fail))]
    [InlineData("/usr/bin/python3.12 /opt/report.py", nameof(Outcome.Pass))]
    [InlineData("/usr/bin/vim.basic", nameof(Outcome.Fail))]
    [InlineData("/usr/bin/emacs-nox", nameof(Outcome.Fail))]
    [InlineData("/usr/bin/gcc-12", nameof(Outcome.Fail))]
    [InlineData("/usr/bin/git", nameof(Outcome.Fail))]
    [InlineData("/usr/sbin/chroot", nameof(Outcome.Fail))]
    [InlineData("/usr/bin/crontab", nameof(Outcome.Fail))]
    [InlineData("/usr/bin/tmux", nameof(Outcome.Fail))]
    [InlineData("/opt/find.py", nameof(Outcome.Pass))]
    [InlineData("/usr/bin/systemctl restart tomcat10", nameof(Outcome.Pass))]
    public async Task A_registered_command_is_judged_by_what_it_can_become(string command, string outcome)
    {
        host.Sudoers($"acme ALL=(root) {command}\n").AcmeAccount.Sudo = [command[(command.LastIndexOf(": ", StringComparison.Ordinal) is >= 0 and var tag ? tag + 2 : 0)..]];
        await host.ExpectAsync(Enum.Parse<Outcome>(outcome), AccessRules.LeastPrivilege, "acme");
    }

    [Theory]
    [InlineData("Defaults:acme setenv", nameof(Outcome.Fail))]
    [InlineData("Defaults setenv", nameof(Outcome.Fail))]
    [InlineData("Defaults!/usr/bin/id setenv", nameof(Outcome.Fail))]
    [InlineData("Defaults!/usr/bin/true setenv", nameof(Outcome.Pass))]
    [InlineData("Cmnd_Alias IDS = /usr/bin/id\nDefaults!IDS setenv", nameof(Outcome.Fail))]
    [InlineData("Defaults>root setenv", nameof(Outcome.Fail))]
    [InlineData("Defaults>postgres setenv", nameof(Outcome.Pass))]
    [InlineData("Defaults@web01 setenv", nameof(Outcome.Fail))]
    [InlineData("Defaults@db01 setenv", nameof(Outcome.Pass))]
    [InlineData("Defaults:ops setenv", nameof(Outcome.Pass))]
    [InlineData("Defaults:+admins setenv", nameof(Outcome.Unknown))]
    [InlineData("Defaults setenv\nDefaults:acme !setenv", nameof(Outcome.Pass))]
    [InlineData("Defaults:acme setenv\nDefaults !setenv", nameof(Outcome.Pass))]
    [InlineData("Defaults!/usr/bin/id !setenv\nDefaults setenv", nameof(Outcome.Pass))]
    [InlineData("Defaults env_keep += \"LD_PRELOAD\"", nameof(Outcome.Fail))]
    [InlineData("Defaults env_keep+=\"HOME LD_*\"", nameof(Outcome.Fail))]
    [InlineData("Defaults env_keep += \"HOME http_proxy\"", nameof(Outcome.Pass))]
    [InlineData("Defaults env_keep += LD_PRELOAD\nDefaults env_keep -= LD_PRELOAD", nameof(Outcome.Pass))]
    [InlineData("Defaults !env_reset", nameof(Outcome.Pass))]
    [InlineData("Defaults !env_reset, !env_delete", nameof(Outcome.Fail))]
    [InlineData("Defaults !env_reset, env_delete -= \"LD_*\"", nameof(Outcome.Fail))]
    [InlineData("Defaults !env_reset, env_delete=\"FOO\"", nameof(Outcome.Fail))]
    [InlineData("Defaults !env_delete", nameof(Outcome.Pass))]
    public async Task What_Defaults_leave_open_counts_as_SETENV_does(string defaults, string outcome)
    {
        host.Sudoers($"Defaults env_reset, mail_badpass, secure_path=\"/usr/sbin:/usr/bin\"\n{defaults}\nacme ALL=(root) /usr/bin/id\n").AcmeAccount.Sudo = ["/usr/bin/id"];
        await host.ExpectAsync(Enum.Parse<Outcome>(outcome), AccessRules.LeastPrivilege, "acme");
    }

    [Fact]
    public async Task A_pager_that_Defaults_let_start_nothing_is_no_shell()
    {
        host.Sudoers("Defaults!/usr/bin/less noexec\nacme ALL=(root) /usr/bin/less /var/log/syslog\n").AcmeAccount.Sudo = ["/usr/bin/less /var/log/syslog"];
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "acme");
    }

    /// <summary>sudo asks the resolver for the full name of the host, as Debian builds it.</summary>
    [Theory]
    [InlineData("web01.internal", "127.0.1.1 web01.internal web01", nameof(Outcome.Fail))]
    [InlineData("WEB01.INTERNAL", "127.0.1.1 web01.internal web01", nameof(Outcome.Fail))]
    [InlineData("*.internal", "127.0.1.1 web01.internal web01", nameof(Outcome.Fail))]
    [InlineData("db", "127.0.1.1 db.internal web01", nameof(Outcome.Fail))]
    [InlineData("web01.internal", "127.0.0.1 localhost", nameof(Outcome.Unknown))]
    [InlineData("web*.internal", "127.0.0.1 localhost", nameof(Outcome.Unknown))]
    [InlineData("web01.internal", "127.0.1.1 web01.internal web01\n10.0.0.5 web01.example web01", nameof(Outcome.Unknown))]
    public async Task A_full_name_of_the_host_is_what_the_resolver_says(string name, string hosts, string outcome)
    {
        host.Tree.File("/etc/hosts", hosts + "\n").File("/etc/nsswitch.conf", "hosts: files dns\n");
        host.Sudoers($"acme {name}=(ALL) ALL\n");
        await host.ExpectAsync(Enum.Parse<Outcome>(outcome), AccessRules.LeastPrivilege, "acme", outcome == nameof(Outcome.Unknown) ? "full name" : "");
        host.Sudoers($"ALL {name}=(ALL) ALL\n");
        await host.ExpectAsync(Enum.Parse<Outcome>(outcome), AccessRules.LeastPrivilege, "every account");
    }

    [Theory]
    [InlineData("web01.other", "127.0.1.1 web01.internal web01", "")]
    [InlineData("web01.internal", "127.0.1.1 web01", "")]
    [InlineData("db01.internal", "127.0.0.1 localhost", "")]
    [InlineData("web01", "127.0.1.1 db.internal web01", "")]
    [InlineData("web01.internal", "127.0.1.1 web01.internal web01", "Defaults !fqdn")]
    public async Task Another_host_s_full_name_gives_nothing(string name, string hosts, string defaults)
    {
        host.Tree.File("/etc/hosts", hosts + "\n").File("/etc/nsswitch.conf", "hosts: files dns\n");
        host.Sudoers($"{defaults}\nacme {name}=(ALL) ALL\n");
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "accounts");
    }

    [Fact]
    public async Task Whether_sudo_rs_goes_by_the_full_name_is_unknown()
    {
        host.Tree.File("/etc/hosts", "127.0.1.1 web01.internal web01\n").File("/etc/nsswitch.conf", "hosts: files dns\n").File("/usr/bin/sudo-rs", "");
        host.Sudoers("acme web01.internal=(ALL) ALL\n");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.LeastPrivilege, "acme", "full name");
    }

    [Theory]
    [InlineData("Plugin sudoers_policy sudoers.so sudoers_file=/etc/sudoers.site\n")]
    [InlineData("# a remark\n  plugin\tsudoers_policy /usr/libexec/sudo/sudoers.so sudoers_mode=0400 \\\n sudoers_file=/etc/sudoers.site # ours\n")]
    [InlineData("Plugin sudoers_audit sudoers.so sudoers_file=/etc/sudoers.site\n")]
    public async Task The_file_that_sudo_conf_names_is_read_in_place_of_the_other(string conf)
    {
        host.Sudoers("acme ALL=(root) /usr/bin/id\n").Sudoers("acme ALL=(ALL) ALL\n", "/etc/sudoers.site").Tree.File("/etc/sudo.conf", conf);
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", "ALL by sudo (/etc/sudoers.site:1)");
        host.Sudoers("", "/etc/sudoers.site");
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "accounts");
    }

    [Theory]
    [InlineData("Plugin python_policy python_plugin.so ModulePath=/etc/sudo.py\n")]
    [InlineData("Plugin sudoers_policy /opt/sudo/sudoers.so\n")]
    [InlineData("Plugin sudoers_policy sudoers.so sudoers_file=site\n")]
    [InlineData("Plugin sudoers_policy sudoers.so sudoers_file=/usr/etc/sudoers:/etc/sudoers\n")]
    [InlineData("Plugin sudoers_audit sudoers.so\nPlugin sudoers_policy sudoers.so sudoers_file=/etc/sudoers.site\n")]
    [InlineData("Path plugin_dir /opt/sudo\n")]
    public async Task Another_policy_than_sudoers_is_unknown(string conf)
    {
        host.Sudoers("").Tree.File("/etc/sudo.conf", conf);
        await host.ExpectAsync(Outcome.Unknown, AccessRules.LeastPrivilege, "sudo", "/etc/sudo.conf");
    }

    [Fact]
    public async Task The_ordinary_lines_of_sudo_conf_change_nothing()
    {
        host.Sudoers("").Tree.File("/etc/sudo.conf", "#Plugin other other.so\nPlugin sudoers_policy sudoers.so sudoers_mode=0400 sudoers_uid=0\nPlugin sudoers_io sudoers.so\nPlugin sudoers_audit sudoers.so\nSet disable_coredump false\nPath noexec /usr/libexec/sudo/sudo_noexec.so\n");
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "accounts");
    }

    [Theory]
    [InlineData("docker")]
    [InlineData("lxd")]
    [InlineData("disk")]
    [InlineData("shadow")]
    public async Task A_group_that_means_root_needs_no_sudoers(string group)
    {
        host.Tree.File("/etc/group", $"{group}:x:998:acme\n");
        host.AcmeAccount.Sudo = ["/usr/bin/id"];
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", $"is in {group}");
        host.AcmeAccount.Sudo = ["ALL"];
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "acme");
        host.Acmes.Scope = new ScopeSettings { Roles = ["postgres"] };
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme");
    }

    [Theory]
    [InlineData("sudo:x:27:\nhelpers:x:27:acme\n")]
    [InlineData("sudo:x:27:\nsudo:x:28:acme\n")]
    public async Task A_group_with_two_names_gives_what_its_first_name_has_in_sudoers(string group)
    {
        host.Tree.File("/etc/group", group);
        host.Sudoers("%sudo ALL=(root) /usr/bin/id\n");
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", "is in sudo");
        host.AcmeAccount.Sudo = ["ALL"];
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "acme");
    }

    [Theory]
    [InlineData("docker:x:998:\nhelpers:x:998:acme\n", "docker")]
    [InlineData("helpers:x:998:acme\ndocker:x:998:\n", "docker")]
    [InlineData("lxd:x:998\nhelpers:x:998:acme\n", "lxd")]
    [InlineData("helpers:x:1001:\ndisk:x:1001:\n", "disk")]
    public async Task A_group_that_means_root_counts_under_each_of_its_names(string group, string root)
    {
        host.Tree.File("/etc/group", group);
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", $"is in {root}");
    }

    [Fact]
    public async Task Another_name_of_a_group_is_not_certain_in_sudoers()
    {
        host.Tree.File("/etc/group", "staff:x:50:\nhelpers:x:50:acme\n");
        host.Sudoers("%helpers ALL=(root) /usr/bin/id\n");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.LeastPrivilege, "acme", "hangs on");
        host.Sudoers("%staff ALL=(root) /usr/bin/id\n");
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", "/usr/bin/id");
    }

    [Fact]
    public async Task A_group_that_is_the_primary_one_counts_though_group_does_not_list_it()
    {
        host.Tree.File("/etc/group", "docker:x:1001:\n");
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "acme", "docker");
    }

    [Fact]
    public async Task Root_under_another_name_and_twins_fail()
    {
        host.Account("toor", 0, shell: "/bin/bash");
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "toor", "number 0");
        host.Account("twin", 1000);
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "twin", "same number");
    }

    [Fact]
    public async Task Root_under_another_name_is_found_in_a_short_line_and_not_in_a_comment()
    {
        var passwd = "root:x:0:0::/root:/bin/bash\nops:x:1000:1000::/home/ops:/bin/bash\nacme:x:1001:1001::/home/acme:/bin/bash\n";
        host.Tree.File("/etc/passwd", passwd + "#toor:x:0:0:old:/root:/bin/bash\n");
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "accounts");
        host.Tree.File("/etc/passwd", passwd + "mallory:x:0:0::/root\n");
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "mallory", "number 0");
    }

    [Fact]
    public async Task A_key_that_opens_two_accounts_fails()
    {
        host.Key("ops", AccessHost.Acme);
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, $"key {AccessHost.Fingerprint(AccessHost.Acme)}", "ops, acme");
    }

    [Fact]
    public async Task Nobody_s_name_fails_where_it_can_be_entered()
    {
        host.Account("ubuntu", 1005);
        Assert.DoesNotContain(await host.CheckAsync(), finding => finding.Subject == "ubuntu");
        host.Key("ubuntu", AccessHost.Stranger);
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "ubuntu", "nobody's name");
    }

    [Fact]
    public async Task A_rule_for_every_account_fails_once()
    {
        host.Sudoers("ALL ALL=(root) NOPASSWD: /usr/bin/id\n");
        await host.ExpectAsync(Outcome.Fail, AccessRules.LeastPrivilege, "every account", "/usr/bin/id");
    }

    [Theory]
    [InlineData("acme ALL=(ALL\n", "/etc/sudoers:1")]
    [InlineData("@include /etc/gone\n", "/etc/gone")]
    [InlineData("acme ALL = \"/bin/x\n", "/etc/sudoers:1")]
    [InlineData("acme ALL = /bin/x\0\n", "binary")]
    public async Task What_is_not_understood_is_unknown(string sudoers, string words)
    {
        host.Sudoers(sudoers);
        await host.ExpectAsync(Outcome.Unknown, AccessRules.LeastPrivilege, "sudo", words);
    }

    [Fact]
    public async Task Rules_of_a_directory_of_polkit_and_of_doas_are_unknown()
    {
        host.Sudoers("").Tree.File("/etc/nsswitch.conf", "passwd: files\nsudoers: files ldap\n").File("/etc/polkit-1/rules.d/50.rules", "").File("/usr/bin/doas", "").File("/etc/doas.conf", "");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.LeastPrivilege, "sudo", "ldap");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.LeastPrivilege, "polkit");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.LeastPrivilege, "doas");
    }

    [Fact]
    public async Task A_netgroup_makes_a_right_unknown_and_files_without_sudo_give_none()
    {
        host.Sudoers("+admins ALL=(root) /usr/bin/id\n");
        await host.ExpectAsync(Outcome.Unknown, AccessRules.LeastPrivilege, "acme", "hangs on");
        File.Delete(host.Tree.Path("/usr/bin/sudo"));
        await host.ExpectAsync(Outcome.Pass, AccessRules.LeastPrivilege, "accounts");
    }
}
