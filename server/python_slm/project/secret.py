"""Which files hold secrets: they are never read as context, and nothing is suggested in them.

Names are those that tools write keys, passwords and tokens to, as git, OpenSSH, AWS or Terraform document them. Source
code is judged by its text: a module called ``credentials.py`` is a library's far more often than a keyring.
``secrets.py`` is the exception, since MicroPython and many Django projects keep passwords in it.
"""

from __future__ import annotations

import re
from fnmatch import translate
from pathlib import PurePosixPath

_NAMES = """
secrets.py .env .env.* *.env .envrc .flaskenv .netrc _netrc .pgpass .my.cnf .pypirc .npmrc .yarnrc.yml .boto .s3cfg
.htpasswd .git-credentials .dockercfg .vault-token *.pem *.key *.p8 *.p12 *.pfx *.jks *.keystore *.kdb *.kdbx *.ppk
*.gpg *.asc *.tfvars *.tfvars.json *.tfstate *.tfstate.*
"""
_NAMES_OF_DATA = """
id_rsa* id_dsa* id_ecdsa* id_ed25519* credentials credentials.* *_credentials.* *-credentials.* secret secret.*
secrets.* *.secret *.secrets client_secret* service-account*.json service_account*.json token token.json
"""
_FOLDERS = frozenset({".ssh", ".aws", ".gnupg", ".kube", ".secrets"})
_SOURCE = frozenset({".py", ".pyi", ".pyw", ".pyx", ".ipynb"})
_ANY, _DATA = (re.compile("|".join(translate(name) for name in names.split())) for names in (_NAMES, _NAMES_OF_DATA))
_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[\s\"'+]|\\[nr])*(?:[A-Za-z0-9+/=]{32}|[A-Z][\w-]+: )"
)


def is_secret(path: str) -> bool:
    """Whether a file is for secrets by its path, of which any length will do; both sorts of slash are read.

    A folder named ``.env`` is none: virtual environments are called that.
    """
    place = PurePosixPath(path.replace("\\", "/").lower())
    if not _FOLDERS.isdisjoint(place.parts[:-1]):
        return True
    return bool(_ANY.match(place.name) or (place.suffix not in _SOURCE and _DATA.match(place.name)))


def holds_key(text: str) -> bool:
    """Whether a private key (PEM, OpenSSH or PGP armour) stands in a text, as itself or inside a string literal.

    The header alone does not count: code that reads keys names it.
    """
    return "PRIVATE KEY" in text and _KEY.search(text) is not None
