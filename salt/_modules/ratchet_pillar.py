"""
The pillar of the ratchet-agent formula, as its states render from it.

Pillar that is not as it should be stops the render with one error that names every fault by its place: nothing is half applied.
A waiver, an exception, a maintenance window or a third party without an owner, a reason and an end is such a fault, as is
a setting that the agent does not have: salt/ratchet-agent/settings.json, which comes of the agent's own code, has all of them.
"""

from salt.exceptions import CommandExecutionError

DIRECTORY = "/etc/ratchet-agent"

# Settings of the agent that have a place of their own in pillar, or none.
ELSEWHERE = {
    "host": "it is the minion id",
    "state": "the package's unit and AppArmor profile fix it",
    "roles": "it is ratchet:roles",
    "logstash": "it is ratchet:logstash, with the files of ratchet:certificate",
    "waivers": "it is ratchet:waivers",
    "maintenance": "it is ratchet:maintenance",
}
REGISTER = {"staff": "it is ratchet:staff", "parties": "it is ratchet:third_parties"}


def settings(defaults, schema):
    """
    Everything that the states need, from pillar ``ratchet`` and the policies of the host's roles.

    defaults
        the formula's own policies, a partial configuration of the agent by role
    schema
        the agent's settings, a JSON Schema

    CLI Example:

    .. code-block:: bash

        salt '*' ratchet_pillar.settings '{tomcat: {}}' "$(cat settings.json)"
    """
    read = __salt__["ratchet_schema.read"](__salt__["pillar.get"]("ratchet", {}), _schema(schema), "ratchet")
    pillar, faults = read["value"], read["faults"]
    known = schema["properties"]["roles"]["items"]["enum"]
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


def _schema(agent):
    """The schema of pillar ``ratchet``: the formula's own words, and the agent's settings where they stand in it."""
    of = agent["properties"]
    access = of["access"]["properties"]
    waiver = of["waivers"]["items"]
    policy = _object(
        {
            **of,
            **{name: {"elsewhere": place} for name, place in ELSEWHERE.items()},
            "access": _object({**access, **{name: {"elsewhere": place} for name, place in REGISTER.items()}}),
        }
    )
    return {
        **_object(
            {
                "version": _text("the version of the package, pinned, as '1.0.0'", "[0-9][A-Za-z0-9.+~:-]*"),
                "roles": {"type": "array", "items": _text()},
                "package": _object(
                    {
                        "source": _text("the .deb on the file server, as salt://…_{version}_amd64.deb; {version} stands in it for the pinned version", r"salt://.*\{version\}.*"),
                        "repository": _text("the apt source, as 'deb [signed-by=KEYRING] https://… stable main'", r"deb \[.*signed-by=.*\] \S+ .*"),
                        "keyring": _text("the salt:// address of the repository's keyring", "salt://.+"),
                    }
                ),
                "logstash": {**_object({"urls": of["logstash"]["properties"]["urls"]}), "required": ["urls"]},
                "certificate": {
                    **_object(
                        {
                            "ca": _pem("the authority of the Logstash hosts, PEM"),
                            "certificate": _pem("the client certificate with its chain, PEM"),
                            "key": _pem("the client certificate's private key, PEM"),
                            "issued_by": _text("the minion id of the host that signs"),
                            "signing_policy": _text("the signing policy of that host's x509_signing_policies"),
                            "days": {"type": "integer"},
                        }
                    ),
                    "required": ["ca"],
                },
                "keys": _object(
                    {
                        "grace": {"type": "string", "format": "duration"},
                        "revoked": {
                            "type": "array",
                            "items": {
                                **_object({"kid": _text("the key's id, which key show prints", "[A-Za-z0-9_-]{43}"), "owner": _text(), "reason": _text()}),
                                "required": ["kid", "owner", "reason"],
                            },
                        },
                    }
                ),
                "pipeline": _object({"source": _text(), "service": _text()}),
                "minion": _object({"cache_jobs": {"type": "boolean"}}),
                "settings": policy,
                "policies": {"type": "object", "additionalProperties": policy},
                "staff": access["staff"],
                "third_parties": access["parties"],
                "waivers": {
                    "type": "array",
                    "items": {
                        **waiver,
                        "properties": {**waiver["properties"], "rule": _text("a rule's id, as sshd.forwarding", r"[a-z0-9-]+\.[a-z0-9.*?-]+")},
                        "required": [name for name in waiver["required"] if name != "subject"],
                    },
                },
                "maintenance": of["maintenance"],
            }
        ),
        "required": ["version"],
    }


def _object(properties):
    return {"type": "object", "properties": properties}


def _text(description=None, pattern=None):
    words = {"description": description and "expected " + description, "pattern": pattern}
    return {"type": "string", **{name: value for name, value in words.items() if value}}


def _pem(description):
    return {"type": "string", "format": "pem", "description": description}


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
