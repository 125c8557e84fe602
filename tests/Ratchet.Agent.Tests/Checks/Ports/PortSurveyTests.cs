using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Ratchet.Agent.Checks.Ports;
using Ratchet.Agent.Configuration;
using Ratchet.Agent.Probes;

namespace Ratchet.Agent.Tests.Checks.Ports;

/// <summary>Real sockets of real processes, in our own network namespace and in others.</summary>
public sealed class PortSurveyTests
{
    static readonly Machine Host = new("/", Command.RunAsync);

    [NeedsNamespacesFact]
    public void Listeners_of_two_other_namespaces_are_seen_with_their_label_and_not_as_our_own()
    {
        using var blue = new Namespace();
        using var green = new Namespace();
        blue.Python("s = socket.create_server(('0.0.0.0', 8081))");
        green.Python("s = socket.create_server(('127.0.0.1', 8082)); u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('0.0.0.0', 514))");
        var subjects = Subjects(Look());
        Assert.Contains($"tcp 0.0.0.0:8081 {Python} in netns:{blue.Name}", subjects);
        Assert.Contains($"tcp 127.0.0.1:8082 {Python} in netns:{green.Name}", subjects);
        Assert.Contains($"udp 0.0.0.0:514 {Python} in netns:{green.Name}", subjects);
        Assert.DoesNotContain($"tcp 0.0.0.0:8081 {Python}", subjects);
    }

    [NeedsNamespacesFact]
    public void V6_only_and_dual_wildcards_are_told_apart_in_another_namespace_where_both_families_are_bound()
    {
        using var space = new Namespace();
        space.Python("""
            a = socket.create_server(('::', 8081), family=socket.AF_INET6, dualstack_ipv6=True)
            b = socket.create_server(('0.0.0.0', 8082))
            c = socket.create_server(('::', 8082), family=socket.AF_INET6)
            """);
        Assert.Equal(
            [$"tcp *:8081 {Python} in netns:{space.Name}", $"tcp 0.0.0.0:8082 {Python} in netns:{space.Name}", $"tcp [::]:8082 {Python} in netns:{space.Name}"],
            Subjects(Look()).Where(subject => subject.Contains(space.Name, StringComparison.Ordinal)));
    }

    [NeedsNamespacesFact]
    public void A_raw_socket_is_listed_by_its_protocol()
    {
        using var space = new Namespace();
        space.Python("r = socket.socket(socket.AF_INET, socket.SOCK_RAW, 89)");
        Assert.Contains($"raw 0.0.0.0:89 {Python} in netns:{space.Name}", Subjects(Look()));
    }

    [NeedsNamespacesFact]
    public void A_socket_that_two_processes_hold_is_one_listener_and_the_owner_survives_the_end_of_the_first()
    {
        using var space = new Namespace();
        var parent = space.Python("""
            s = socket.create_server(('0.0.0.0', 8081))
            if os.fork() == 0: os.setresuid(65534, 65534, 65534); import time; time.sleep(600)
            import time; time.sleep(0.3)
            """);
        var listener = Assert.Single(In(space));
        Assert.Equal(["nobody", "root"], listener.Holders.Select(holder => holder.User).Order(StringComparer.Ordinal));
        Namespace.End(parent);
    }

    [NeedsNamespacesFact]
    public void A_deleted_executable_keeps_its_path()
    {
        using var space = new Namespace();
        var copy = Path.Combine(Path.GetTempPath(), $"ratchet-{Guid.NewGuid():N}");
        File.Copy(Python, copy);
        try
        {
            space.Python("s = socket.create_server(('0.0.0.0', 8081))", copy);
        }
        finally
        {
            File.Delete(copy);
        }
        var listener = Assert.Single(In(space));
        Assert.Equal((copy, true), (listener.Holders[0].Program, listener.Holders[0].Deleted));
        Assert.Equal($"tcp 0.0.0.0:8081 {copy} in netns:{space.Name}", listener.Subject);
    }

    [NeedsNamespacesFact]
    public void A_restart_changes_no_subject()
    {
        using var space = new Namespace();
        const string script = "s = socket.create_server(('0.0.0.0', 8081)); t = socket.create_server(('127.0.0.1', 8082))";
        var first = space.Python(script);
        var before = Subjects(In(space));
        Namespace.End(first);
        Assert.Empty(In(space));
        space.Python(script);
        Assert.Equal(before, Subjects(In(space)));
        Assert.Equal(2, before.Length);
    }

    [NeedsNamespacesFact]
    public void A_namespace_without_a_process_is_told_by_name_and_one_with_a_process_is_not()
    {
        using var empty = new Namespace();
        using var used = new Namespace();
        used.Python("");
        // Where a sandbox hides pid 1 nothing could be said of any namespace: only what shows itself is asked.
        var found = NetworkNamespaces.Find(Host, new ProcessTable(Host).Ids().Where(ShowsItsNamespace));
        Assert.Contains(empty.Name, found.Empty);
        Assert.DoesNotContain(used.Name, found.Empty);
    }

    [NeedsNamespacesFact]
    public async Task Processes_that_end_while_they_are_read_are_no_error()
    {
        using var stop = new CancellationTokenSource();
        var churn = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var process = Process.Start(new ProcessStartInfo("unshare", ["--net", "true"]) { UseShellExecute = false })!;
                process.WaitForExit();
            }
        }, CancellationToken.None);
        for (var round = 0; round < 200; round++) Look();
        await stop.CancelAsync();
        await churn;
    }

    [NeedsNamespacesFact]
    public async Task The_digest_changes_with_a_listener_here_and_in_another_namespace_and_comes_back()
    {
        using var space = new Namespace();
        space.Python("");
        // Other tests open sockets meanwhile, so the parts are compared that only we change.
        ulong Other() => SocketDigest.Sum(Sockets(space), "", new PortRange(32768, 60999));
        var before = Other();
        var listener = space.Python("s = socket.create_server(('0.0.0.0', 8081))");
        Assert.NotEqual(before, Other());
        Namespace.End(listener);
        Assert.Equal(before, Other());
        Assert.NotNull(await new PortsCheck(new Settings()).DigestAsync(Host, CancellationToken.None));
    }

    [NeedsNamespacesFact]
    public void Our_own_listener_is_attributed_to_its_program_and_user()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(1);
        var listener = Assert.Single(Look().Listeners, listener => listener.Protocol == Protocol.Tcp && listener.Port == ((IPEndPoint)socket.LocalEndPoint!).Port);
        Assert.Equal((Environment.ProcessPath, "root", null), (listener.Holders[0].Program, listener.Holders[0].User, listener.Namespace));
    }

    static string Python => Path.GetFullPath(new FileInfo("/usr/bin/python3").ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? "/usr/bin/python3");

    static bool ShowsItsNamespace(int process)
    {
        try
        {
            return NetworkNamespaces.LinkOf(Host, $"{process}") is not null;
        }
        catch (IOException)
        {
            return false;
        }
    }

    static PortSurvey Look() => PortSurvey.Look(Host, [], CancellationToken.None);

    static List<Listener> In(Namespace space) => [.. Look().Listeners.Where(listener => listener.Namespace == "netns:" + space.Name)];

    static string[] Subjects(PortSurvey survey) => Subjects(survey.Listeners);

    static string[] Subjects(IEnumerable<Listener> listeners) => [.. listeners.Select(listener => listener.Subject)];

    static List<BoundSocket> Sockets(Namespace space) =>
        PortSurvey.SocketsOf(Host, NetworkNamespaces.Find(Host, new ProcessTable(Host).Ids()).Others.Single(other => other.Name == space.Name))!;
}
