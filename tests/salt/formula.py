"""
The formula rendered without Salt: Debian's Jinja and YAML, the formula's own execution module (the real one), and of Salt's
Jinja the few things that the formula uses.
"""

import copy
import functools
import json
import os
import pathlib
import sys
import types

import jinja2
import jinja2.ext
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SALT = ROOT / "salt"
FORMULA = SALT / "ratchet-agent"
PILLAR = SALT / "pillar.example"

HOSTS = {
    "app01.internal": ["ratchet", "tomcat", "aws"],
    "db01.internal": ["ratchet", "postgres"],
    "logstash-1.internal": ["ratchet", "logstash"],
    "salt.internal": ["ratchet", "salt-master"],
}


class CommandExecutionError(Exception):
    """Salt's own, where Salt is not installed."""


@functools.lru_cache(maxsize=None)
def _code(place):
    path = SALT / (place + ".py")
    return compile(path.read_text(), str(path), "exec")


def module(place, **dunders):
    """A module of the formula, loaded as Salt's loader does: with its dunders."""
    exceptions, path = types.ModuleType("salt.exceptions"), types.ModuleType("salt.utils.path")
    exceptions.CommandExecutionError = CommandExecutionError
    path.which = lambda program: "/usr/bin/" + program
    packages = {"salt": types.ModuleType("salt"), "salt.utils": types.ModuleType("salt.utils"), "salt.exceptions": exceptions, "salt.utils.path": path}
    packages["salt"].utils, packages["salt.utils"].path = packages["salt.utils"], path
    sys.modules.update(packages)
    loaded = types.ModuleType(place.replace("/", "."))
    exec(_code(place), loaded.__dict__)
    for name in ("__salt__", "__opts__", "__grains__", "__context__"):
        setattr(loaded, name, dunders.get(name, {}))
    return loaded


class Loader(yaml.SafeLoader):
    """Salt leaves times as they are written; a key that stands twice is a mistake."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, "twice: {}".format(twice), node.start_mark)
        return super().construct_mapping(node, deep)


Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


def load(text):
    return yaml.load(text, Loader)


def merge(into, part):
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = value
    return into


@functools.lru_cache(maxsize=None)
def _pillar_of(host):
    pillar = {}
    for name in HOSTS[host]:
        merge(pillar, load((PILLAR / (name + ".sls")).read_text()))
    return pillar


def pillar_of(host):
    return copy.deepcopy(_pillar_of(host))


def functions(host, pillar, grains=None, mine=None):
    """Salt's execution modules, as far as the formula calls them."""

    def get(path, default=""):
        value = pillar
        for part in path.split(":"):
            if not isinstance(value, dict) or part not in value:
                return default
            value = value[part]
        return value

    salt = {"pillar.get": get, "mine.get": lambda target, function: mine or {}, "file.dirname": os.path.dirname}
    for name, functions in (("schema", ["read"]), ("config", ["text"]), ("pillar", ["settings"])):
        loaded = module("_modules/ratchet_" + name, __salt__=salt, __grains__={"id": host, **(grains or {})})
        salt.update({"ratchet_{}.{}".format(name, function): getattr(loaded, function) for function in functions})
    return salt


def refuse(message):
    raise CommandExecutionError(message)


class Import(jinja2.ext.Extension):
    """Salt's import_json and import_yaml."""

    tags = {"import_json", "import_yaml"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        name = parser.parse_expression()
        parser.stream.expect("name:as")
        target = parser.parse_assign_target(name_only=True)
        return jinja2.nodes.Assign(target, self.call_method("read", [name]), lineno=line)

    def read(self, name):
        return _imported(name)


@functools.lru_cache(maxsize=None)
def _imported(name):
    # Salt renders the file first.
    text = ENVIRONMENT.get_template(name).render()
    return json.loads(text) if name.endswith(".json") else load(text)


ENVIRONMENT = jinja2.Environment(loader=jinja2.FileSystemLoader(str(SALT)), undefined=jinja2.StrictUndefined, extensions=[Import])
ENVIRONMENT.globals["raise"] = refuse


def render(name, host, pillar, grains=None, mine=None, salt=None, opts=None, data=None):
    """The data of a state file, as text and as read by YAML."""

    values = {
        "salt": functions(host, pillar, grains, mine) if salt is None else salt,
        "grains": {"id": host, **(grains or {})},
        "pillar": pillar,
        "data": data or {},
        "opts": {"conf_file": "/etc/salt/minion", "cachedir": "/var/cache/salt/minion", "cache_jobs": False, **(opts or {})},
    }
    text = ENVIRONMENT.get_template("ratchet-agent/{}.sls".format(name)).render(**values)
    return text, load(text)


def state_files():
    return sorted(str(path.relative_to(FORMULA))[:-4] for path in FORMULA.rglob("*.sls") if "files" not in path.parts)
