"""
Beacon: an event on Salt's bus when a critical finding opens, and when it is resolved.

.. code-block:: yaml

    beacons:
      ratchet:
        - interval: 30
        - severity: critical        # or a list: [critical, high]

Tags are ``salt/beacon/MINION/ratchet/opened`` and ``…/resolved``; data are rule, subject, severity and message. What was told is
kept in the minion's cache, so that a restart of the minion repeats nothing and loses nothing. It reads the service's own
status file: no process is started but one, once, for the severities of the rules.
"""

import json
import logging
import os
import tempfile

import salt.utils.path

log = logging.getLogger(__name__)

__virtualname__ = "ratchet"

STATUS = "/var/lib/ratchet-agent/status.json"
SEVERITIES = ("critical", "high", "medium", "low")


def __virtual__():
    return __virtualname__


def validate(config):
    """The beacon's configuration is a list of mappings, as Salt's other beacons have it."""
    if not isinstance(config, list):
        return False, "Configuration for ratchet beacon must be a list."
    unknown = [severity for severity in _wanted(config) if severity not in SEVERITIES]
    if unknown:
        return False, "There is no severity {}; there are {}.".format(unknown[0], ", ".join(SEVERITIES))
    return True, "Valid beacon configuration"


def beacon(config):
    """The findings that opened or were resolved since the last look."""
    standing = _standing(STATUS)
    # No word of the agent is not a word that a finding is resolved.
    if standing is None:
        return []
    wanted, severities = _wanted(config), _severities()
    if not severities:
        return []
    now = {key: entry for key, entry in standing.items() if severities.get(entry["rule"]) in wanted}
    path = os.path.join(__opts__["cachedir"], "ratchet-beacon.json")
    told = _told(path)
    events = [_event("opened", now[key], severities) for key in sorted(set(now) - set(told))]
    events += [_event("resolved", told[key], severities) for key in sorted(set(told) - set(now))]
    if events:
        _keep(path, now)
    return events


def _event(change, entry, severities):
    return {"tag": change, "severity": severities.get(entry["rule"], "unknown"), **entry}


def _wanted(config):
    chosen = ["critical"]
    for part in config:
        if isinstance(part, dict) and "severity" in part:
            chosen = part["severity"] if isinstance(part["severity"], list) else [part["severity"]]
    return chosen or ["critical"]


def _standing(path):
    """The failures that stand, by rule and subject; None where the agent has not said."""
    try:
        with open(path, encoding="utf-8") as file:
            entries = [{name: str(entry[name]) for name in ("rule", "subject", "message")} for entry in json.load(file)["open"]]
        return {"{} {}".format(entry["rule"], entry["subject"]): entry for entry in entries}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be read: %s", path, error)
        return None


def _severities():
    """The severity of each rule, asked once for each version of the program."""
    program = salt.utils.path.which("ratchet-agent")
    if not program:
        return {}
    version = os.stat(program).st_mtime_ns
    if __context__.get("ratchet.version") != version:
        said = __salt__["cmd.run_all"]([program, "rules", "--format", "json"], python_shell=False, ignore_retcode=True, timeout=30)
        try:
            __context__["ratchet.severities"] = {rule["id"]: rule["severity"].lower() for rule in json.loads(said["stdout"])}
            __context__["ratchet.version"] = version
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("ratchet-agent rules said nothing of use: %s", error)
            return {}
    return __context__["ratchet.severities"]


def _told(path):
    try:
        with open(path, encoding="utf-8") as file:
            return {key: {name: entry[name] for name in ("rule", "subject", "message")} for key, entry in json.load(file).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _keep(path, now):
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(now, file)
    os.replace(temporary, path)
