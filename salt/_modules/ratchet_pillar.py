"""
The pillar of the ratchet-agent formula: its schema, and the agent's configuration made of it.

settings() is what the states render from. Pillar that is not as it should be stops the render with one error that names every
fault by its place: nothing is half applied. A waiver, an exception, a maintenance window or a third party without an owner, a
reason and an end is such a fault.
"""

import copy
import datetime
import json
import re

from salt.exceptions import CommandExecutionError

DIRECTORY = "/etc/ratchet-agent"

TOP = {
    "certificate", "keys", "logstash", "maintenance", "package", "pipeline", "policies", "roles", "settings",
    "staff", "third_parties", "version", "waivers",
}

# What pillar:ratchet:settings may hold; the rest of the agent's configuration has a place of its own in pillar.
SETTINGS = {"alerts", "disk", "interval", "ossec", "ports", "postgresql", "snapshot", "ssh", "tomcat"}

# What staff and a third party alike may be granted.
GRANTS = {"accounts", "authorities", "databaseRoles", "review", "sources"}

VERSION = re.compile(r"[0-9][A-Za-z0-9.+~:-]*")
RULE = re.compile(r"[a-z0-9-]+\.[a-z0-9.*?-]+")
DURATION = re.compile(r"[0-9]{1,9}[smhd]")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)")
PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----\n.*-----END \1-----\s*", re.DOTALL)


def settings(defaults):
    """
    Everything that the states need, from pillar ``ratchet`` and the policies of the host's roles.

    defaults
        the formula's own policies, a partial configuration of the agent by role

    CLI Example:

    .. code-block:: bash

        salt '*' ratchet_pillar.settings '{tomcat: {}}'
    """
    pillar = __salt__["pillar.get"]("ratchet", {})
    pillar = copy.deepcopy(pillar)
    faults = []
    found = _Reader(faults)
    if not isinstance(pillar, dict):
        pillar = {}
        faults.append("ratchet: expected a mapping")
    found.known(pillar, TOP, "ratchet")
    roles = _roles(pillar, defaults, found)
    result = {
        "version": _version(pillar, found),
        "package": _package(pillar, found),
        "certificate": _certificate(pillar, found),
        "keys": _keys(pillar, found),
        "pipeline": _pipeline(pillar, found),
        "config": _json(_config(pillar, roles, defaults, found)),
    }
    if faults:
        raise CommandExecutionError("pillar of {}: {}".format(__grains__["id"], "; ".join(faults)))
    return result


def certificate_files(certificate):
    """
    Where the client certificate and its key lie: one that Salt issued apart from one of pillar, so that a change between the
    two leaves the service with a pair that fits until its configuration names the other.
    """
    name = "issued" if isinstance(certificate, dict) and "issued_by" in certificate else "client"
    return {"certificate": "{}/{}.pem".format(DIRECTORY, name), "key": "{}/{}.key".format(DIRECTORY, name)}


class _Reader:
    """Reads pillar and collects what is wrong with it, each fault with its place."""

    def __init__(self, faults):
        self.faults = faults

    def fault(self, place, reason):
        self.faults.append("{}: {}".format(place, reason))

    def known(self, value, names, place):
        for name in sorted(set(value) - set(names), key=str):
            self.fault("{}:{}".format(place, name), "unknown; known are {}".format(", ".join(sorted(names))))

    def mapping(self, pillar, name, place="ratchet"):
        value = pillar.get(name)
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        self.fault("{}:{}".format(place, name), "expected a mapping")
        return {}

    def entries(self, pillar, name, place="ratchet"):
        """The mappings of a list, each with its place."""
        value = pillar.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.fault("{}:{}".format(place, name), "expected a list")
            return
        for index, entry in enumerate(value):
            at = "{}:{}[{}]".format(place, name, index)
            if isinstance(entry, dict):
                yield entry, at
            else:
                self.fault(at, "expected a mapping")

    def text(self, entry, name, place, meaning, pattern=None):
        value = entry.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            self.fault(place, "{} is missing: {}".format(name, meaning))
        elif not isinstance(value, str) or (pattern and not pattern.fullmatch(value)):
            self.fault(place, "{} is malformed ({!r}): {}".format(name, value, meaning))
        return value

    def date(self, entry, name, place, meaning):
        value = entry.get(name)
        if value is None or value == "":
            self.fault(place, "{} is missing: {}".format(name, meaning))
            return None
        try:
            # YAML readers other than Salt's make a date of it.
            text = value.isoformat() if isinstance(value, datetime.date) else value
            if not isinstance(text, str) or len(text) != 10:
                raise ValueError
            return datetime.date.fromisoformat(text).isoformat()
        except ValueError:
            self.fault(place, "{} is malformed ({!r}): expected a day as 2027-06-30".format(name, str(value)))
            return None

    def time(self, entry, name, place, meaning):
        value = entry.get(name)
        if value is None or value == "":
            self.fault(place, "{} is missing: {}".format(name, meaning))
            return None
        try:
            if not isinstance(value, str) or not TIME.fullmatch(value):
                raise ValueError
            return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)
        except ValueError:
            self.fault(place, "{} is malformed ({!r}): expected a time with its zone as '2026-12-01T22:00:00Z'".format(name, str(value)))
            return None

    def answered(self, entry, place):
        """What everything that bends a rule must say: who answers for it, and why."""
        self.text(entry, "owner", place, "who answers for it")
        self.text(entry, "reason", place, "why it is accepted")


def _roles(pillar, defaults, found):
    roles = pillar.get("roles", __grains__.get("roles", []))
    if isinstance(roles, str):
        roles = [roles]
    known = sorted(set(defaults) | set(found.mapping(pillar, "policies")))
    if not isinstance(roles, list):
        found.fault("ratchet:roles", "expected a list")
        return []
    for role in roles:
        if role not in known:
            found.fault("ratchet:roles", "there is no role {}; there are {}".format(role, ", ".join(known)))
    return [role for role in roles if role in known]


def _version(pillar, found):
    return found.text(pillar, "version", "ratchet", "the version of the package, pinned, as '1.0.0'", VERSION)


def _package(pillar, found):
    package = found.mapping(pillar, "package")
    place = "ratchet:package"
    found.known(package, {"source", "repository", "keyring"}, place)
    if package.get("source") is not None:
        source = found.text(package, "source", place, "the .deb on the file server, as salt://…_{version}_amd64.deb")
        if isinstance(source, str) and "{version}" not in source:
            found.fault(place, "source is malformed ({!r}): {{version}} stands in it for the pinned version".format(source))
        if package.get("repository") is not None:
            found.fault(place, "source and repository exclude each other")
    if package.get("repository") is not None:
        found.text(package, "repository", place, "the apt source, as 'deb [signed-by=KEYRING] https://… stable main'", re.compile(r"deb \[.*signed-by=.*\] \S+ .*"))
        found.text(package, "keyring", place, "the salt:// address of the repository's keyring", re.compile(r"salt://.+"))
    source = package.get("source")
    if isinstance(source, str):
        package["source"] = source.replace("{version}", str(pillar.get("version")))
    return package


def _certificate(pillar, found):
    certificate = found.mapping(pillar, "certificate")
    place = "ratchet:certificate"
    found.known(certificate, {"ca", "certificate", "key", "issued_by", "signing_policy", "days"}, place)
    if not certificate:
        if pillar.get("logstash"):
            found.fault(place, "missing: ca, and either certificate and key, or issued_by and signing_policy")
        return {}
    found.text(certificate, "ca", place, "the authority of the Logstash hosts, PEM", PEM)
    if "issued_by" in certificate:
        found.text(certificate, "issued_by", place, "the minion id of the host that signs")
        found.text(certificate, "signing_policy", place, "the signing policy of that host's x509_signing_policies")
        for name in {"certificate", "key"} & set(certificate):
            found.fault(place, "{} and issued_by exclude each other".format(name))
    else:
        found.text(certificate, "certificate", place, "the client certificate with its chain, PEM", PEM)
        found.text(certificate, "key", place, "the client certificate's private key, PEM", PEM)
    return certificate


def _keys(pillar, found):
    keys = found.mapping(pillar, "keys")
    place = "ratchet:keys"
    found.known(keys, {"grace", "revoked"}, place)
    if "grace" in keys:
        found.text(keys, "grace", place, "how long a key is believed after its successor, as 30d", DURATION)
    for entry, at in found.entries(keys, "revoked", place):
        found.text(entry, "kid", at, "the key's id, which key show prints", re.compile(r"[A-Za-z0-9_-]{43}"))
        found.answered(entry, at)
    return {"grace": keys.get("grace", "30d"), "revoked": [entry.get("kid") for entry in keys.get("revoked") or [] if isinstance(entry, dict)]}


def _pipeline(pillar, found):
    pipeline = found.mapping(pillar, "pipeline")
    found.known(pipeline, {"source", "service"}, "ratchet:pipeline")
    return {"source": "salt://ratchet-agent/files/logstash", "service": "logstash", **pipeline}


def _access(pillar, found):
    """The agent's register of who may enter: staff, and parties from outside with their agreement; keys as in the agent's configuration."""
    access = {}
    staff = found.mapping(pillar, "staff")
    if staff:
        found.known(staff, GRANTS, "ratchet:staff")
        access["staff"] = _grants(staff, "ratchet:staff", found)
    parties = [_party(party, at, found) for party, at in found.entries(pillar, "third_parties")]
    if parties:
        access["parties"] = parties
    return access


def _party(party, at, found):
    """A party, its agreement, and what it is granted: nothing of that without an end."""
    found.known(party, GRANTS | {"id", "owner", "reason", "agreement", "scope"}, at)
    found.text(party, "id", at, "a short name of the party")
    found.answered(party, at)
    agreement = dict(found.mapping(party, "agreement", at))
    found.known(agreement, {"ref", "signed", "expires"}, at + ":agreement")
    found.text(agreement, "ref", at + ":agreement", "where the agreement is kept")
    agreement["signed"] = found.date(agreement, "signed", at + ":agreement", "the day of its signing")
    ends = agreement["expires"] = found.date(agreement, "expires", at + ":agreement", "the last day of the agreement")
    result = _grants(party, at, found, ends)
    result["agreement"] = agreement
    return result


def _grants(holder, at, found, ends=None):
    """Accounts and roles with their days checked and written as the agent reads them; all else as it stands, for the agent judges it."""
    result = copy.deepcopy(holder)
    outside = at != "ratchet:staff"
    for name, key in (("accounts", "name"), ("databaseRoles", "role")):
        for grant, place in found.entries(result, name, at):
            found.text(grant, key, place, "the account on the host" if key == "name" else "the role of the database")
            if grant.get("from") is not None:
                grant["from"] = found.date(grant, "from", place, "the first day of the access")
            if outside or grant.get("until") is not None:
                until = grant["until"] = found.date(grant, "until", place, "the last day of the access")
                if ends and until and until > ends:
                    found.fault(place, "until ({}) is after the agreement's end ({})".format(until, ends))
    review = found.mapping(result, "review", at)
    if review:
        review["last"] = found.date(review, "last", at + ":review", "the day of the last review")
        found.text(review, "by", at + ":review", "who reviewed")
    return result


def _config(pillar, roles, defaults, found):
    config = {"host": __grains__["id"], "roles": roles}
    policies = found.mapping(pillar, "policies")
    for role in roles:
        for policy in (defaults.get(role) or {}, policies.get(role) or {}):
            _take(config, policy, "ratchet:policies:{}".format(role), found)
    _take(config, found.mapping(pillar, "settings"), "ratchet:settings", found)
    for entry, at in found.entries(found.mapping(config, "ports"), "exceptions", "ratchet:settings:ports"):
        found.answered(entry, at)
        entry["expires"] = found.date(entry, "expires", at, "the last day of the exception, UTC")
    logstash = found.mapping(pillar, "logstash")
    found.known(logstash, {"urls"}, "ratchet:logstash")
    if logstash:
        config["logstash"] = {
            "urls": logstash.get("urls") or found.fault("ratchet:logstash", "urls is missing: https addresses, tried in turn"),
            "certificateAuthority": DIRECTORY + "/ca.pem",
            "certificate": certificate_files(pillar.get("certificate"))["certificate"],
            "key": certificate_files(pillar.get("certificate"))["key"],
        }
    waivers = [_waiver(entry, at, found) for entry, at in found.entries(pillar, "waivers")]
    windows = [_window(entry, at, found) for entry, at in found.entries(pillar, "maintenance")]
    access = _access(pillar, found)
    if access:
        config["access"] = access
    if waivers:
        config["waivers"] = waivers
    if windows:
        config["maintenance"] = windows
    return config


def _take(config, part, place, found):
    """Merges a part of the configuration as the agent itself merges its files: objects merge, lists append, the later wins."""
    if not isinstance(part, dict):
        found.fault(place, "expected a mapping")
        return
    found.known(part, SETTINGS, place)
    _merge(config, part)


def _merge(into, part):
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        elif isinstance(value, list) and isinstance(into.get(name), list):
            into[name] = into[name] + copy.deepcopy(value)
        else:
            into[name] = copy.deepcopy(value)


def _waiver(entry, at, found):
    found.known(entry, {"rule", "subject", "owner", "reason", "expires"}, at)
    found.text(entry, "rule", at, "a rule's id, as sshd.forwarding", RULE)
    found.answered(entry, at)
    return {
        "rule": entry.get("rule"),
        "subject": entry.get("subject", "*"),
        "owner": entry.get("owner"),
        "reason": entry.get("reason"),
        "expires": found.date(entry, "expires", at, "the last day of the waiver, UTC"),
    }


def _window(entry, at, found):
    found.known(entry, {"from", "until", "owner", "reason"}, at)
    found.answered(entry, at)
    begins = found.time(entry, "from", at, "when the window opens")
    ends = found.time(entry, "until", at, "when the window closes")
    if begins and ends and ends <= begins:
        found.fault(at, "until is not after from")
    return {
        "from": begins and begins.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "until": ends and ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "owner": entry.get("owner"),
        "reason": entry.get("reason"),
    }


def _json(value):
    """The text of the file: the same value always gives the same bytes."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n"
