"""The agent's configuration, made of pillar that ratchet_pillar has proved."""

import copy
import json


def text(pillar, roles, defaults, known, files):
    """
    The text of the agent's conf.d/agent.json: the same pillar gives the same bytes.

    roles
        those of the host; the agent is told the ones that it knows, the site's own are what ratchet:policies says of them
    defaults
        the formula's policies by role
    known
        roles that the agent has
    files
        paths of the certificate's files

    CLI Example:

    .. code-block:: bash

        salt '*' ratchet_config.text '{}' '[tomcat]' '{tomcat: {}}' '[tomcat]' '{}'
    """
    config = {"host": __grains__["id"], "roles": [role for role in roles if role in known]}
    policies = pillar.get("policies") or {}
    for part in [policy for role in roles for policy in (defaults.get(role), policies.get(role))] + [pillar.get("settings")]:
        _merge(config, part or {})
    register = {"staff": pillar.get("staff"), "parties": pillar.get("third_parties")}
    _merge(config, {"access": {name: value for name, value in register.items() if value}} if any(register.values()) else {})
    if pillar.get("logstash"):
        config["logstash"] = {"urls": pillar["logstash"]["urls"], **files}
    if pillar.get("waivers"):
        config["waivers"] = [{"subject": "*", **waiver} for waiver in pillar["waivers"]]
    if pillar.get("maintenance"):
        config["maintenance"] = pillar["maintenance"]
    return json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _merge(into, part):
    """As the agent itself merges its files: objects merge, lists append, of anything else the later wins."""
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        elif isinstance(value, list) and isinstance(into.get(name), list):
            into[name] = into[name] + copy.deepcopy(value)
        else:
            into[name] = copy.deepcopy(value)
