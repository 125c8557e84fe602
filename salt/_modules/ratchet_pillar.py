"""
The pillar of the ratchet-agent formula, as its states render from it.

Pillar that is not as it should be stops the render with one error that names every fault by its place: nothing is half applied.
A waiver, an exception, a maintenance window or a third party without an owner, a reason and an end is such a fault, as is
a setting that the agent does not have. The schema is in salt/ratchet-agent/schema; here is what a schema cannot say.
"""

import json

from salt.exceptions import CommandExecutionError

DIRECTORY = "/etc/ratchet-agent"


def settings(defaults, schema, agent):
    """
    Everything that the states need, from pillar ``ratchet`` and the policies of the host's roles.

    defaults
        the formula's own policies, a partial configuration of the agent by role
    schema
        what pillar may hold, schema/pillar.yaml
    agent
        the agent's settings, schema/settings.json

    CLI Example:

    .. code-block:: bash

        salt '*' ratchet_pillar.settings '{}' "$(cat schema/pillar.yaml)" "$(cat schema/settings.json)"
    """
    read = __salt__["ratchet_schema.read"](__salt__["pillar.get"]("ratchet", {}), _whole(schema, agent), "ratchet")
    pillar, faults = read["value"], read["faults"]
    known = agent["properties"]["roles"]["items"]["enum"]
    roles = _roles(pillar, {*known, *defaults, *(pillar.get("policies") or {})}, faults)
    faults += _of_package(pillar) + _of_certificate(pillar) + _of_windows(pillar) + _of_parties(pillar)
    if faults:
        raise CommandExecutionError("pillar of {}: {}".format(__grains__["id"], "; ".join(faults)))
    files = certificate_files(pillar.get("certificate"))
    return {
        "version": pillar["version"],
        "package": {name: value.replace("{version}", pillar["version"]) for name, value in pillar.get("package", {}).items()},
        "certificate": pillar.get("certificate", {}),
        "keys": {"grace": "30d", **pillar.get("keys", {}), "revoked": [key["kid"] for key in pillar.get("keys", {}).get("revoked", [])]},
        "pipeline": {"source": "salt://ratchet-agent/files/logstash", "service": "logstash", **pillar.get("pipeline", {})},
        "minion": {"cache_jobs": True, **pillar.get("minion", {})},
        "aws_attestation": _attested(pillar.get("aws_attestation")),
        "config": __salt__["ratchet_config.text"](pillar, roles, defaults, known, files),
    }


def certificate_files(certificate):
    """
    Where the authority, the client certificate and its key lie: a certificate that Salt issued apart from one of pillar, so that
    a change between the two leaves the service with a pair that fits until its configuration names the other.
    """
    name = "issued" if "issued_by" in (certificate or {}) else "client"
    return {
        "certificateAuthority": "{}/ca.pem".format(DIRECTORY),
        "certificate": "{}/{}.pem".format(DIRECTORY, name),
        "key": "{}/{}.key".format(DIRECTORY, name),
    }


def _whole(schema, agent):
    """The schema with the parts of the agent's in their places."""
    if not isinstance(schema, dict):
        return schema
    own = {name: _whole(part, agent) for name, part in schema.items() if name != "agent"}
    if "agent" not in schema:
        return own
    base = agent
    for name in filter(None, schema["agent"].split(".")):
        base = base["items"] if name == "items" else base["properties"][name]
    if "properties" in own:
        own["properties"] = {**base["properties"], **own["properties"]}
    return {**base, **own}


def _attested(attestation):
    return json.dumps({"schema": 1, **attestation}, indent=2, sort_keys=True) + "\n" if attestation else ""


def _roles(pillar, known, faults):
    roles = pillar.get("roles", __grains__.get("roles", []))
    roles = roles if isinstance(roles, list) else [roles]
    for role in roles:
        if role not in known:
            faults.append("ratchet:roles: there is no role {}; there are {}, and what ratchet:policies has".format(role, ", ".join(sorted(known))))
    return roles


def _of_package(pillar):
    package = pillar.get("package", {})
    faults = []
    if "source" in package and "repository" in package:
        faults.append("ratchet:package: source and repository exclude each other")
    if "repository" in package and "keyring" not in package:
        faults.append("ratchet:package: keyring is missing: the salt:// address of the repository's keyring")
    return faults


def _of_certificate(pillar):
    certificate = pillar.get("certificate")
    if not certificate:
        return ["ratchet:certificate: missing: ca, and either certificate and key, or issued_by and signing_policy"] if pillar.get("logstash") else []
    ways = {True: ("issued_by", "signing_policy"), False: ("certificate", "key")}
    chosen = "issued_by" in certificate
    faults = ["ratchet:certificate: {} is missing, beside {}".format(name, other) for name, other in (ways[chosen], ways[chosen][::-1]) if name not in certificate]
    return faults + ["ratchet:certificate: {} and {} exclude each other".format(name, ways[chosen][0]) for name in ways[not chosen] if name in certificate]


def _of_windows(pillar):
    times = [(window.get("from"), window.get("until")) for window in pillar.get("maintenance", [])]
    return ["ratchet:maintenance[{}]: until is not after from".format(index) for index, (begin, end) in enumerate(times) if begin and end and end <= begin]


def _of_parties(pillar):
    """What a third party is granted ends, within its agreement."""
    faults = []
    for index, party in enumerate(pillar.get("third_parties", [])):
        ends = party.get("agreement", {}).get("expires")
        for name in ("accounts", "databaseRoles"):
            for at, grant in enumerate(party.get(name, [])):
                place = "ratchet:third_parties[{}]:{}[{}]".format(index, name, at)
                if "until" not in grant:
                    faults.append("{}: until is missing: the last day of the access".format(place))
                elif ends and grant["until"] and grant["until"] > ends:
                    faults.append("{}: until ({}) is after the agreement's end ({})".format(place, grant["until"], ends))
    return faults
