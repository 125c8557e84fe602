using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ratchet.Agent.Systemd;

/// <summary>
/// What Microsoft.Extensions.Hosting.Systemd's <c>UseSystemd()</c> promises, for <c>Type=notify</c>: READY when the host has
/// started, STOPPING when it stops. To swap in the package, replace the call; status, watchdog and reload are
/// <see cref="Notifier"/>'s.
/// </summary>
static class SystemdHost
{
    public static HostApplicationBuilder UseSystemd(this HostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(_ => Notifier.FromEnvironment());
        builder.Services.AddHostedService<LifetimeNotices>();
        return builder;
    }

    sealed class LifetimeNotices(Notifier notifier, IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.ApplicationStarted.Register(notifier.Ready);
            lifetime.ApplicationStopping.Register(notifier.Stopping);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
