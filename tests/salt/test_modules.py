"""The execution module and the beacon: what they make of the agent's answers."""

import json
import os
import tempfile
import unittest

import formula

STATUS = """running since 2026-11-22 00:00:00Z, pid 7, version 1.0.0
last sweep  2026-11-22 00:05:00Z: 30 passed, 1 failed
shipping    0 batches wait, last acknowledged 2026-11-22 00:05:01Z
chain       01 at record 33, key K
failing     sshd.root-login: root can log in
failing     disk.swap-encrypted: /dev/sda2 is swap in the clear
trouble     records are not taken: HTTP 503
"""


class Module(unittest.TestCase):
    def module(self, *answers, mined=None):
        self.asked, rest = [], list(answers)

        def run(command, **options):
            self.assertIs(options["python_shell"], False)
            self.asked.append(command[1:])
            code, out, err = rest.pop(0)
            return {"retcode": code, "stdout": out, "stderr": err}

        salt = {"cmd.run_all": run, "mine.get": lambda target, function: {"app01": mined} if mined else {}}
        self.context = {}
        return formula.module("_modules/ratchet", __salt__=salt, __context__=self.context, __grains__={"id": "app01"})

    def test_status_reads_well_and_keeps_the_exit_code(self):
        report = self.module((1, STATUS, "")).status()
        self.assertEqual("NOT HEALTHY", report["state"])
        self.assertEqual(2, len(report["failing"]))
        self.assertEqual(["records are not taken: HTTP 503"], report["trouble"])
        self.assertTrue(report["last sweep"].startswith("2026-11-22"))
        self.assertEqual(1, self.context["retcode"])
        self.assertEqual("NOT RUNNING", self.module((3, "not running, and has never run", "")).status()["state"])

    def test_an_error_is_no_status_and_no_finding(self):
        for call in ("status", "check"):
            for answer in ((78, "", "agent.json: $.interval: bad"), (1, "", "no such file"), (139, "", ""), (0, "not JSON" if call == "check" else "", "")):
                with self.subTest(call=call, answer=answer), self.assertRaises(formula.CommandExecutionError):
                    getattr(self.module(answer), call)()

    def test_check_tells_failures_first_and_counts_the_rest(self):
        findings = [{"result": {"evaluation": verdict}, "rule": {"id": "sshd." + verdict}, "resource": {"name": "sshd"}, "message": "said"} for verdict in ("passed", "failed", "unknown", "passed")]
        report = self.module((1, json.dumps(findings), "")).check(only="sshd")
        self.assertEqual({"summary": "1 failed, 2 passed, 1 unknown", "failed": {"sshd.failed sshd": "said"}, "unknown": {"sshd.unknown sshd": "said"}}, report)
        self.assertEqual(["check", "--format", "json", "--only", "sshd"], self.asked[0])
        self.assertIn("passed", self.module((1, json.dumps(findings), "")).check(all=True))

    def test_verify_says_what_is_wrong(self):
        report = {"good": False, "accepted": 2, "chains": [{"host": "a", "chain": "c", "first": 1, "last": 3, "whole": False}], "problems": [{"kind": "missing", "host": "a", "message": "2"}]}
        said = self.module((1, json.dumps(report), "")).verify("/x", window=True)
        self.assertEqual("2 records, NOT GOOD", said["verdict"])
        self.assertIn("NOT WHOLE", said["chains"][0])
        self.assertEqual(["--window", "--", "/x"], self.asked[0][-3:])
        self.assertEqual(1, self.context["retcode"])

    def test_a_key_is_rotated_only_when_its_successor_is_enrolled(self):
        old, new = {"kid": "old"}, {"kid": "new"}
        shown, prepared, none = (0, json.dumps(old), ""), (0, json.dumps(new), ""), (1, "", "no successor of the key is prepared")
        with self.assertRaisesRegex(formula.CommandExecutionError, "no successor"):
            self.module(shown, none).rotate_key()
        with self.assertRaisesRegex(formula.CommandExecutionError, "mine does not have"):
            self.module(shown, prepared, mined=[old]).rotate_key()
        self.assertEqual("new", self.module(shown, prepared, prepared, mined=[old, new]).rotate_key())
        self.assertEqual("new", self.module(shown, none, prepared).rotate_key(force=True))

    def test_an_unreadable_successor_is_an_error_and_not_none(self):
        with self.assertRaises(formula.CommandExecutionError):
            self.module((0, "{}", ""), (1, "", "permission denied")).public_keys()


class Beacon(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.rules = [{"id": "sshd.root-login", "severity": "critical"}, {"id": "sshd.forwarding", "severity": "medium"}]
        self.start()

    def start(self):
        """A minion that starts: nothing is remembered but what its cache holds."""
        path = __import__("sys").modules.get("salt.utils.path")
        salt = {"cmd.run_all": lambda command, **options: {"stdout": json.dumps(self.rules)}}
        self.beacon = formula.module("_beacons/ratchet", __opts__={"cachedir": self.folder}, __salt__=salt, __context__={})
        __import__("sys").modules["salt.utils.path"].which = lambda program: "/bin/true"
        self.beacon.STATUS = os.path.join(self.folder, "status.json")
        del path

    def open(self, *rules):
        with open(self.beacon.STATUS, "w", encoding="utf-8") as file:
            json.dump({"open": [{"rule": rule, "subject": "sshd", "message": "said"} for rule in rules]}, file)

    def events(self, config=()):
        return [(event["tag"], event["rule"]) for event in self.beacon.beacon(list(config))]

    def test_a_critical_finding_is_told_once_and_its_end_too(self):
        self.open("sshd.root-login", "sshd.forwarding")
        self.assertEqual([("opened", "sshd.root-login")], self.events())
        self.assertEqual([], self.events())
        self.start()
        self.assertEqual([], self.events())
        self.open("sshd.forwarding")
        self.assertEqual([("resolved", "sshd.root-login")], self.events())

    def test_what_opened_while_the_minion_was_down_is_told(self):
        self.open()
        self.assertEqual([], self.events())
        self.open("sshd.root-login")
        self.start()
        self.assertEqual([("opened", "sshd.root-login")], self.events())

    def test_no_word_of_the_agent_resolves_nothing(self):
        self.open("sshd.root-login")
        self.events()
        for text in (None, "", "{", '{"open": 7}', '{"open": [{}]}', "[]"):
            with self.subTest(text=text):
                if text is None:
                    os.remove(self.beacon.STATUS)
                else:
                    with open(self.beacon.STATUS, "w", encoding="utf-8") as file:
                        file.write(text)
                self.assertEqual([], self.events())
        self.open("sshd.root-login")
        self.rules = "nonsense"
        self.start()
        self.assertEqual([], self.events())

    def test_other_severities_are_told_where_they_are_asked_for(self):
        self.open("sshd.forwarding")
        self.assertEqual([("opened", "sshd.forwarding")], self.events([{"severity": ["critical", "medium"]}]))

    def test_the_configuration_is_judged(self):
        self.assertTrue(self.beacon.validate([{"severity": "high"}])[0])
        self.assertFalse(self.beacon.validate([{"severity": "urgent"}])[0])
        self.assertFalse(self.beacon.validate({"severity": "high"})[0])
