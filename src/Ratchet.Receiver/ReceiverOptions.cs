using System.Net;

namespace Ratchet.Receiver;

/// <summary>Where the receiver listens, whom it lets in, and where it keeps what came.</summary>
/// <param name="Certificate">PEM file of the server certificate.</param>
/// <param name="Key">PEM file of its private key.</param>
/// <param name="ClientAuthority">PEM file of the authorities that vouch for clients.</param>
/// <param name="Keys">JWK Set of the hosts' signing keys; read again when the file changes.</param>
/// <param name="Directory">Gets records.ndjson and quarantine.ndjson.</param>
sealed record ReceiverOptions(IPEndPoint Listen, string Certificate, string Key, string ClientAuthority, string Keys, string Directory);
