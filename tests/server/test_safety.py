"""No secrets, no insecure calls: asked of the real ruff."""

from __future__ import annotations

import random
import string
from dataclasses import replace

import pytest

from python_slm.checks.base import Candidate, Place, Verdict
from python_slm.checks.insecure import Insecure, Ruff
from python_slm.checks.secrets import Secrets, secret_in
from python_slm.engine.decode import Generation
from python_slm.settings import CompletionSettings
from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Document

SETTINGS = CompletionSettings()


def asked(check: Insecure | Secrets, buffer: str, says: str, settings: CompletionSettings = SETTINGS) -> Verdict:
    offset = buffer.index("|")
    text = buffer.replace("|", "", 1)
    generation = Generation(says, (), (), 0.0, 1, 0, 0.0, 0.0, "stop")
    place = Place(Document("", text), offset, BlockIndex.of(text), settings)
    return check.examine(Candidate(says, offset, offset, generation), place)


INSECURE = [
    ("x = |\n", "eval(input())", "S307"),
    ("|\n", "exec(code)", "S102"),
    ("import pickle\n\ndef load(file):\n    return |\n", "pickle.load(file)", "S301"),
    ("import subprocess\nsubprocess.run(command, |\n", "shell=True)", "S602"),
    ("import subprocess\nsubprocess.run(command, shell=|)\n", "True", "S602"),
    ("import os\nos.|\n", "system(f'rm {x}')", "S605"),
    ("import hashlib\n\ndef digest(data):\n    return |", "hashlib.md5(data).hexdigest()", "S324"),
    ("import requests\nrequests.get(url, timeout=3, |\n", "verify=False)", "S501"),
    ("import yaml\nwith open(p) as f:\n    |\n", "x = yaml.load(f)", "S506"),
    ("import tempfile\nname = |\n", "tempfile.mktemp()", "S306"),
    ("|\n", "password = 'hunter2'", "S105"),
    ("connect(host, |)\n", "password='hunter2'", "S106"),
    ("cursor.execute(|\n", 'f"SELECT * FROM users WHERE name = {name}")', "S608"),
    ("app.run(|)\n", "host='0.0.0.0'", "S104"),
    ("from flask import Flask\napp = Flask(__name__)\napp.|\n", "run(debug=True)", "S201"),
]


@pytest.mark.parametrize(("buffer", "says", "code"), INSECURE)
def test_a_call_that_is_known_to_be_insecure_is_dropped(buffer: str, says: str, code: str) -> None:
    verdict = asked(Insecure(Ruff()), buffer, says)
    assert (verdict.outcome, verdict.candidate) == ("dropped", None)
    assert code in verdict.reason
    assert says not in verdict.reason


def test_it_is_dropped_while_something_else_does_not_parse() -> None:
    assert asked(Insecure(Ruff()), "def broken(:\n\nx = |\n", "eval(y)").outcome == "dropped"
    assert asked(Insecure(Ruff()), "def broken(:\n\nx = f(|\n", "eval(y), [").outcome == "dropped"


@pytest.mark.parametrize(
    ("buffer", "says"),
    [
        ("a = eval(b)\nx = |\n", "eval(input())"),
        ("import hashlib\nhashlib.md5(b'')\nx = |\n", "hashlib.md5(data)"),
        ("import subprocess\nsubprocess.run(a, shell=True)\n|\n", "subprocess.run(b, shell=True)"),
    ],
)
def test_a_file_that_does_so_already_is_left_alone(buffer: str, says: str) -> None:
    assert asked(Insecure(Ruff()), buffer, says).outcome == "kept"


@pytest.mark.parametrize(
    ("buffer", "says"),
    [
        ("import yaml\nx = |\n", "yaml.safe_load(f)"),
        ("import subprocess\n|\n", "subprocess.run(['ls'], check=True)"),
        ("import hashlib\nx = |\n", "hashlib.sha256(data)"),
        ("|\n", "assert x"),
        ("class Model:\n    def |\n", "eval(self):\n        return self"),
        ("|\n", "password = os.environ['PASSWORD']"),
        ("|\n", "import subprocess"),
    ],
)
def test_what_only_looks_like_it_is_kept(buffer: str, says: str) -> None:
    assert asked(Insecure(Ruff()), buffer, says).outcome == "kept"


def test_an_ordinary_suggestion_costs_no_process() -> None:
    def refuse(text: str) -> dict[str, str]:
        raise AssertionError(text)

    ordinary = "x = f(a, b)|return self._items[key]|for name, value in self.items():|self.total += update(set(values))"
    for says in [*ordinary.split("|"), "with open(path) as file:", "token = next(tokens)", "log.debug('at %s', x)"]:
        assert asked(Insecure(refuse), "|\n", says).outcome == "kept"


def test_without_ruff_or_time_everything_passes() -> None:
    assert asked(Insecure(Ruff(find=lambda: None)), "x = |\n", "eval(y)").outcome == "kept"
    assert asked(Insecure(Ruff(find=lambda: "/nonexistent/ruff")), "x = |\n", "eval(y)").outcome == "kept"
    assert asked(Insecure(Ruff(limit_s=1e-6)), "x = |\n", "eval(y)").outcome == "kept"


def test_safety_can_be_switched_off() -> None:
    off = replace(SETTINGS, safety=False)
    assert asked(Insecure(Ruff()), "x = |\n", "eval(y)", off).outcome == "kept"
    assert asked(Secrets(), "key = |\n", "'AKIA" + "IOSFODNN7EXAMPLE'", off).outcome == "kept"


SECRETS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "glpat-" + "x" * 20,
    "xoxb-" + "1234567890-abc",
    "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "AIza" + "SyD4" * 8 + "abc",
    "sk-proj-" + "Ab3" * 10,
    "hf_" + "aB" * 17,
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0" + ".abc",
    "postgresql://admin:" + "s3cr3t@db/main",
    "-----BEGIN RSA PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA",
    "d41d8cd98f00b204" + "e9800998ecf8427e",
    "q7Rk2Vw9XbT4mZs8" + "LpN3cJfH6yGd0AeU",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_dropped_and_not_told(secret: str) -> None:
    verdict = asked(Secrets(), "key = |\n", f'"{secret}"')
    assert verdict.outcome == "dropped"
    assert secret not in verdict.reason


def test_a_secret_that_the_user_began_is_dropped_but_not_one_that_stands_there() -> None:
    assert asked(Secrets(), 'key = "AKIA|\n', 'IOSFODNN7EXAMPLE"').outcome == "dropped"
    assert asked(Secrets(), 'f("AKIA' + 'IOSFODNN7EXAMPLE", |)\n', "region").outcome == "kept"


@pytest.mark.parametrize(
    "text",
    [
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "TestHTTP2ServerConnectionHandler",
        "https://user:password@example.com",
        "https://{user}:{password}@host",
        "-----BEGIN RSA PRIVATE KEY-----",
        "00000000000000000000000000000000",
        "12345678901234567890123456789012345",
        "550e8400-e29b-41d4-a716-446655440000",
        "sk-learn and sk-image-and-others-of-that-sort",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "/usr/lib/python3.11/site-packages/numpy/core/_multiarray_umath",
        "self.assertEqual(response_2.status_code, HTTP_404_NOT_FOUND)",
        "test_convert_v1_to_v2_with_int32_and_float64",
    ],
)
def test_what_only_looks_random_is_kept(text: str) -> None:
    assert secret_in(text) == ""


def test_nearly_every_random_key_is_found() -> None:
    chance = random.Random(0)
    alphabet = string.ascii_letters + string.digits
    keys = ["".join(chance.choices(alphabet, k=40)) for _ in range(300)]
    assert sum(bool(secret_in(key)) for key in keys) > 280
