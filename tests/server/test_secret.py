"""Which files are never read as context."""

from __future__ import annotations

from pathlib import Path

import pytest

from python_slm.project import secret
from python_slm.project.secret import holds_key, is_secret

BODY = "MIIEowIBAAKCAQEAuR1bZ0c2fWm7xVq8m3T0e7m9h2n4q5s6"


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "app/.env.production",
        "deploy/prod.env",
        "/home/me/.ssh/config",
        "C:\\Users\\Me\\.AWS\\credentials",
        "certs/Server.PEM",
        "id_ed25519",
        "id_rsa.old",
        "credentials.json",
        "config/db-credentials.yml",
        "secrets.toml",
        "board/secrets.py",
        "terraform.tfvars",
        ".pypirc",
        "client_secret_1234.json",
    ],
)
def test_a_file_for_secrets_is_known_by_its_path(path: str) -> None:
    assert is_secret(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "app.py",
        "environment.py",
        "env.py",
        "keys.py",
        "google/auth/credentials.py",
        "tests/test_secrets.py",
        "project/secret.py",
        "token.py",
        ".env/lib/python3.11/site-packages/yaml/__init__.py",
        "README.md",
        "monkey.txt",
        "pyproject.toml",
    ],
)
def test_source_code_and_virtual_environments_are_no_secrets(path: str) -> None:
    assert not is_secret(path)


@pytest.mark.parametrize(
    "text",
    [
        f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n",
        f"x = 1\nKEY = '''-----BEGIN PRIVATE KEY-----\r\n{BODY}\r\n'''\n",
        f'KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\\n{BODY}"\n',
        f'KEY = (\n    "-----BEGIN EC PRIVATE KEY-----\\n"\n    "{BODY}\\n"\n)\n',
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{BODY}\n",
    ],
)
def test_a_private_key_is_found_in_any_text(text: str) -> None:
    assert holds_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        'if line.startswith("-----BEGIN RSA PRIVATE KEY-----"):\n    return load(line)\n',
        f"-----BEGIN CERTIFICATE-----\n{BODY}\n",
        f"-----BEGIN PUBLIC KEY-----\n{BODY}\n",
    ],
)
def test_code_that_reads_keys_holds_none(text: str) -> None:
    assert not holds_key(text)


def test_this_module_may_be_worked_on() -> None:
    assert not holds_key(Path(secret.__file__).read_text(encoding="utf-8"))
