"""Every state file of the formula for every host of pillar.example: it renders, it is sound, and the agent accepts its configuration."""

import json
import os
import subprocess
import tempfile
import unittest

import formula

STATES = {
    "cmd.run", "file.absent", "file.blockreplace", "file.directory", "file.managed", "file.recurse", "pkg.installed", "pkg.purged",
    "ratchet.enrolled", "ratchet.key_set", "ratchet.withdrawn", "salt.function", "salt.state", "service.dead", "service.running",
    "x509.certificate_managed", "x509.private_key_managed",
}

REQUISITES = {"require", "watch", "onchanges"}

# States that need nothing before them.
FIRST = {
    "ratchet-agent-package", "ratchet-agent-keyring", "ratchet-keys-directory", "ratchet-agent-withdrawn", "ratchet-agent-dead", "modules", "successors prepared",
    "ratchet-minion-returns", "ratchet-minion-returns-bounded", "ratchet-minion-no-returns",
    "ratchet-aws-no-attestation",
}

KEY = {"kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}


def states_of(data):
    """(id, function, arguments) of each state."""
    for identity, body in data.items():
        if identity != "include":
            for function, arguments in body.items():
                merged = {}
                for argument in arguments or []:
                    merged.update(argument)
                yield identity, function, merged


class Rendering(unittest.TestCase):
    def hosts(self):
        for host in formula.HOSTS:
            yield host, formula.pillar_of(host)
        # The same with the certificate from pillar and the package from a repository, and with neither of both.
        pillar = formula.pillar_of("app01.internal")
        pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
        pillar["ratchet"]["certificate"] = {"ca": pem, "certificate": pem, "key": pem.replace("CERTIFICATE", "PRIVATE KEY")}
        pillar["ratchet"]["package"] = {"repository": "deb [signed-by=/usr/share/keyrings/ratchet-agent.gpg] https://apt.example.org stable main", "keyring": "salt://k.gpg"}
        yield "app02.internal", pillar
        yield "bare.internal", {"ratchet": {"version": "1.0.0"}}

    def rendered(self):
        for host, pillar in self.hosts():
            for name in formula.state_files():
                with self.subTest(host=host, file=name):
                    text, data = formula.render(name, host, pillar, mine={host: [KEY]})
                    yield host, name, text, data

    def test_every_file_renders_for_every_host(self):
        self.assertGreater(sum(1 for _ in self.rendered()), 60)

    def test_every_requisite_names_a_state_that_is_there(self):
        for host, pillar in self.hosts():
            known, wanted = set(), []
            for name in formula.state_files():
                if name.startswith("reactor"):
                    continue
                for identity, function, arguments in states_of(formula.render(name, host, pillar)[1]):
                    known.add((function.split(".")[0], identity))
                    for requisite in REQUISITES & set(arguments):
                        wanted += [(name, entry) for entry in arguments[requisite]]
            for name, entry in wanted:
                for module, identity in entry.items():
                    self.assertIn((module, identity), known, "{} of {}".format(name, host))

    def test_every_state_is_known_and_has_a_requisite_or_comes_first(self):
        for host, name, _, data in self.rendered():
            if not name.startswith("reactor"):
                for identity, function, arguments in states_of(data):
                    self.assertIn(function, STATES)
                    if identity not in FIRST:
                        self.assertTrue(REQUISITES & set(arguments), "{}: {} has no requisite".format(name, identity))

    def test_every_requisite_says_why(self):
        for path in formula.FORMULA.rglob("*.sls"):
            if "files" in path.parts:
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if line.strip().split("#")[0].strip() in ("- require:", "- watch:", "- onchanges:"):
                    self.assertIn("#", line, "{}:{}: no reason beside the requisite".format(path, number))

    def test_every_included_file_is_there(self):
        for _, name, _, data in self.rendered():
            for included in data.get("include", []):
                self.assertTrue((formula.SALT / (included.replace(".", "/") + ".sls")).exists() or (formula.SALT / included / "init.sls").exists(), "{} includes {}".format(name, included))

    def test_files_are_clean(self):
        for path in [*formula.FORMULA.rglob("*.sls"), *formula.FORMULA.rglob("*.jinja"), *formula.PILLAR.rglob("*.sls")]:
            if "files" in path.parts:
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                self.assertNotIn("\t", line, "{}:{}".format(path, number))
                self.assertEqual(line.rstrip(), line, "{}:{}".format(path, number))
                self.assertLessEqual(len(line), 160, "{}:{}".format(path, number))
            self.assertTrue(path.read_text().startswith(("#", "{#", "base:", "ratchet:")), path)

    def test_modes_are_texts_and_secrets_are_not_shown(self):
        for _, name, _, data in self.rendered():
            if name.startswith("reactor"):
                continue
            for identity, _, arguments in states_of(data):
                for word in ("mode", "file_mode", "dir_mode"):
                    if word in arguments:
                        self.assertRegex(str(arguments[word]), "^0[0-7]{3}$", identity)
                        self.assertIsInstance(arguments[word], str, identity)
                if "PRIVATE KEY" in str(arguments.get("contents", "")):
                    self.assertIs(arguments["show_changes"], False, identity)
                    self.assertEqual("0640", arguments["mode"])

    def test_a_restart_follows_the_package_and_a_reload_the_configuration(self):
        _, data = formula.render("service", "app01.internal", formula.pillar_of("app01.internal"))
        states = {identity: arguments for identity, _, arguments in states_of(data)}
        self.assertEqual([{"pkg": "ratchet-agent-package"}], states["ratchet-agent-service"]["watch"])
        self.assertNotIn("reload", states["ratchet-agent-service"])
        self.assertIs(states["ratchet-agent-reloaded"]["reload"], True)
        self.assertIn({"file": "ratchet-agent-config"}, states["ratchet-agent-reloaded"]["watch"])
        self.assertNotIn({"pkg": "ratchet-agent-package"}, states["ratchet-agent-reloaded"]["watch"])

    def test_a_minion_is_restarted_where_it_begins_to_keep_its_returns_alone(self):
        def rendered(cache_jobs, minion):
            pillar = {"ratchet": {"version": "1.0.0", "minion": minion}}
            return {identity: arguments for identity, _, arguments in states_of(formula.render("minion", "app01.internal", pillar, opts={"cache_jobs": cache_jobs})[1])}

        states = rendered(False, {})
        self.assertIn("cache_jobs: True\n", states["ratchet-minion-returns"]["contents"])
        self.assertEqual([{"file": "ratchet-minion-returns"}], states["ratchet-minion-restarted"]["onchanges"])
        self.assertNotIn("ratchet-minion-restarted", rendered(True, {}))
        self.assertEqual(["ratchet-minion-no-returns"], list(rendered(False, {"cache_jobs": False})))

    def test_the_reactor_hears_of_keys_that_come_and_go(self):
        for data, reacts in (({"act": "delete"}, True), ({"act": "reject"}, True), ({"act": "accept"}, False), ({"tag": "ratchet/key/enrolled"}, True)):
            self.assertEqual(reacts, bool(formula.render("reactor/keys", "salt.internal", {}, data=data)[1]), data)

    def test_without_the_modules_the_render_says_what_to_do(self):
        with self.assertRaisesRegex(formula.CommandExecutionError, "saltutil.sync_all"):
            formula.render("config", "app01.internal", {}, salt={})


class Configuration(unittest.TestCase):
    def config(self, host, pillar=None, grains=None):
        _, data = formula.render("config", host, pillar or formula.pillar_of(host), grains)
        return json.loads({identity: arguments for identity, _, arguments in states_of(data)}["ratchet-agent-config"]["contents"])

    def test_roles_and_site_policies_are_added_up(self):
        pillar = formula.pillar_of("app01.internal")
        pillar["ratchet"]["settings"]["ports"]["allow"] = [{"port": 9100}]
        config = self.config("app01.internal", pillar)
        self.assertEqual([8009, 9100], [entry["port"] for entry in config["ports"]["allow"]])
        self.assertEqual(["tomcat"], config["roles"])
        self.assertEqual("app01.internal", config["host"])
        database = self.config("db01.internal")
        self.assertEqual((["/srv/pg"], "1m"), (database["disk"]["data"], database["ossec"]["lockGrace"]))
        self.assertEqual(["/var/lib/logstash"], self.config("logstash-1.internal")["disk"]["data"])

    def test_roles_come_from_the_grain_where_pillar_has_none(self):
        pillar = {"ratchet": {"version": "1.0.0"}}
        self.assertEqual(["postgres"], self.config("db02.internal", pillar, {"roles": ["postgres"]})["roles"])

    def test_the_text_is_the_same_every_time(self):
        texts = {formula.render("config", "app01.internal", formula.pillar_of("app01.internal"))[0] for _ in range(5)}
        self.assertEqual(1, len(texts))

    def test_the_agent_accepts_every_configuration(self):
        agent = os.environ.get("AGENT_UNDER_TEST", str(formula.ROOT / "artifacts/publish/ratchet-agent"))
        if not os.path.exists(agent):
            self.skipTest("no agent at {}: packaging/build makes it".format(agent))
        environment = {**os.environ, "NO_COLOR": "1"}
        windows = subprocess.run([agent, "config"], env={**environment, "RATCHET_MAINTENANCE": "[]"}, capture_output=True, text=True, check=False).returncode == 0
        for host in formula.HOSTS:
            config = self.config(host)
            if not windows and config.pop("maintenance", None):
                print("SKIPPED: the maintenance windows of {}: this agent knows none".format(host))
            with tempfile.TemporaryDirectory() as directory:
                path = os.path.join(directory, "agent.json")
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(config, file)
                said = subprocess.run([agent, "config", "--format", "json", "--config", path], env=environment, capture_output=True, text=True, check=False)
                self.assertEqual((0, ""), (said.returncode, said.stderr), host)
                self.assertEqual(host, json.loads(said.stdout)["host"])
