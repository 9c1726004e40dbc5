"""Take secrets and personal data out of a text; what replaces them has the same syntax.

detect-secrets knows the forms of credentials but needs seconds a megabyte on whole files, so that its plugins see only
lines that a search for a few substrings singles out.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from detect_secrets.plugins import (
    artifactory,
    aws,
    azure_storage_key,
    basic_auth,
    cloudant,
    discord,
    github_token,
    gitlab_token,
    jwt,
    keyword,
    mailchimp,
    npm,
    openai,
    pypi_token,
    sendgrid,
    slack,
    square_oauth,
    stripe,
    telegram_token,
    twilio,
)
from detect_secrets.plugins.base import RegexBasedDetector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detect_secrets.plugins.base import BasePlugin

SECRET = "REDACTED"  # noqa: S105  # the placeholder itself
EMAIL = "user@example.com"  # RFC 2606
IPV4 = "192.0.2.1"  # RFC 5737
IPV6 = "2001:db8::1"  # RFC 3849

# In lower case; a line without any of these is not shown to the plugins.
_FORMAT_HINTS = (
    *("akia", "asia", "abia", "acca", "a3t", "aws", "accountkey", "akc", "://", "artifactory", "cloudant", "eyj"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "glcbt-", "npm_"),
    *("_authtoken", "sk-", "pypi-", "sg.", "xox", "hooks.slack", "sq0csp", "k_live_", "-us", "discord", "telegram"),
    *("twilio", "bot"),
)
_NAME_HINTS = (
    *("apikey", "api_key", "secret", "passw", "pwd", "token", "private_key", "privatekey", "credential", "auth"),
)
_TOKEN = re.compile(r"(?=[^\s\"'`]{0,200}\d)[\w+/=.~:@-]{8,}")
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s*(?:\\n)?[\"'\s+]*[A-Za-z0-9+/]{32,}")
_DOMAINS = (  # listed, since a@b.T is a matrix product
    "com|org|net|edu|gov|info|io|dev|me|name|co|ai|de|fr|uk|us|eu|nl|ch|at|be|it|es|pt|pl|cz|se|no|dk|fi|ru|cn|jp|kr|in|br|"
    "ca|au|nz|za|il|tr|ua|gr|hu|ro|ie|is|lt|lv|sk|si|tw|sg|mx|ar|cl"
)
_EMAIL = re.compile(
    r"(?<![\w.+/@%-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]+\.)+(?:" + _DOMAINS + r")\b(?![\w(@-]|\.\w)",
)
_NEUTRAL_DOMAIN = re.compile(
    r"@(?:[\w-]+\.)*(?:example\.(?:com|org|net|edu)|localhost|invalid|test|users\.noreply\.github\.com)$"
)
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])")
_IPV6 = re.compile(
    r"(?<![\w:.])(?=[0-9A-Fa-f:]*[0-9A-Fa-f]{3})(?:[0-9A-Fa-f]{1,4}:){3,7}(?::?[0-9A-Fa-f]{1,4})(?![\w:.])"
)
# Each begins with a literal, for which re has a fast search, and finds part of whatever its namesake finds.
_MAYBE_EMAIL = re.compile(r"@(?<=[\w+.-]@)[A-Za-z0-9-]+\.")
_MAYBE_IPV4 = re.compile(r"\.\d{1,3}\.\d")
_MAYBE_IPV6 = re.compile(r":[0-9A-Fa-f]{0,4}:")
_MIN_ADDRESS = 11  # shorter dotted quads are mostly version numbers, or 8.8.8.8
_MIN_KEYWORD_VALUE = 12
_MIN_FORMAT_VALUE = 16
_MAX_LINE = 2_000
_MIN_GROUP = 8  # a shorter group is a part of the form, not the secret
_MIN_ENTROPY = 3.2  # bits a character; words and placeholders lie below


def mask(text: str) -> tuple[str, Counter[str]]:
    """``text`` with secrets, e-mail addresses and public IP addresses replaced, and how many of each."""
    counts: Counter[str] = Counter()
    text = _mask_secrets(text, counts)
    text = _mask_emails(text, counts)
    return _mask_addresses(text, counts), counts


def problem(text: str) -> str | None:
    """``private key`` if ``text`` holds one with its body: such a file is dropped, since a key spans lines."""
    return "private key" if "PRIVATE KEY" in text and _PRIVATE_KEY.search(text) else None


def _mask_secrets(text: str, counts: Counter[str]) -> str:
    lower = text.lower()
    if len(lower) != len(text):  # a few letters grow in lower case, and offsets would no longer agree
        lower = text
    plugins: dict[str, list[BasePlugin]] = {}
    for line in _lines_with(text, lower, _FORMAT_HINTS):
        plugins.setdefault(line, []).extend(_formats())
    for line in _lines_with(text, lower, _NAME_HINTS):
        plugins.setdefault(line, []).append(_keyword())
    for line, chosen in plugins.items():
        masked = line
        for secret in sorted(_secrets(line, chosen), key=lambda found: (-len(found), found)):
            counts["secret"] += masked.count(secret)
            masked = masked.replace(secret, SECRET)
        if masked != line:
            text = text.replace(line, masked)
    return text


def _lines_with(text: str, lower: str, hints: tuple[str, ...]) -> list[str]:
    """Distinct lines that hold a hint and a value that could be a secret, in order of appearance."""
    starts = set()
    for hint in hints:
        at = lower.find(hint)
        while at >= 0:
            starts.add(text.rfind("\n", 0, at) + 1)
            end = text.find("\n", at)
            at = lower.find(hint, end) if end >= 0 else -1
    ends = ((start, text.find("\n", start)) for start in sorted(starts))
    lines = (text[start : end if end >= 0 else len(text)] for start, end in ends)
    return list(dict.fromkeys(line for line in lines if len(line) <= _MAX_LINE and _TOKEN.search(line)))


def _secrets(line: str, plugins: list[BasePlugin]) -> set[str]:
    found = set()
    for plugin in plugins:
        exact = plugin is not _keyword() and not isinstance(plugin, basic_auth.BasicAuthDetector)
        for secret in _values(plugin, line):
            if (exact and len(secret) >= _MIN_FORMAT_VALUE) or _looks_random(secret):
                found.add(secret)
    return found


def _values(plugin: BasePlugin, line: str) -> Iterator[str]:
    """What the plugin finds in ``line``, whole; ``analyze_string`` gives its first group, of a GitHub token ``ghp``."""
    if isinstance(plugin, jwt.JwtTokenDetector) or not isinstance(plugin, RegexBasedDetector):
        yield from plugin.analyze_string(line)
        return
    for form in plugin.denylist:
        for match in form.finditer(line):
            longest = max((group for group in match.groups() if group), key=len, default="")
            yield longest if len(longest) >= _MIN_GROUP else match[0]


def _looks_random(value: str) -> bool:
    if len(value) < _MIN_KEYWORD_VALUE:
        return False
    frequencies = [count / len(value) for count in Counter(value).values()]
    entropy = -sum(p * math.log2(p) for p in frequencies)
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return entropy >= _MIN_ENTROPY and mixed and re.fullmatch(r"[\w+/=.~-]+", value) is not None


@cache
def _keyword() -> BasePlugin:
    """Values assigned to names such as password."""
    return keyword.KeywordDetector()


@cache
def _formats() -> tuple[BasePlugin, ...]:
    """Plugins that know a credential by its form, hence with few false alarms."""
    return (
        artifactory.ArtifactoryDetector(),
        aws.AWSKeyDetector(),
        azure_storage_key.AzureStorageKeyDetector(),
        basic_auth.BasicAuthDetector(),
        cloudant.CloudantDetector(),
        discord.DiscordBotTokenDetector(),
        github_token.GitHubTokenDetector(),
        gitlab_token.GitLabTokenDetector(),
        jwt.JwtTokenDetector(),
        mailchimp.MailchimpDetector(),
        npm.NpmDetector(),
        openai.OpenAIDetector(),
        pypi_token.PypiTokenDetector(),
        sendgrid.SendGridDetector(),
        slack.SlackDetector(),
        square_oauth.SquareOAuthDetector(),
        stripe.StripeDetector(),
        telegram_token.TelegramBotTokenDetector(),
        twilio.TwilioKeyDetector(),
    )


def _mask_emails(text: str, counts: Counter[str]) -> str:
    if not _MAYBE_EMAIL.search(text):
        return text

    def neutral(match: re.Match[str]) -> str:
        if _NEUTRAL_DOMAIN.search(match[0]):
            return match[0]
        counts["email"] += 1
        return EMAIL

    return _EMAIL.sub(neutral, text)


def _mask_addresses(text: str, counts: Counter[str]) -> str:
    def neutral(match: re.Match[str]) -> str:
        try:
            address = ipaddress.ip_address(match[0])
        except ValueError:
            return match[0]
        if len(match[0]) < _MIN_ADDRESS or not address.is_global or address.is_multicast:
            return match[0]
        counts["ip address"] += 1
        return IPV4 if address.version == 4 else IPV6  # noqa: PLR2004

    if _MAYBE_IPV4.search(text):
        text = _IPV4.sub(neutral, text)
    return _IPV6.sub(neutral, text) if _MAYBE_IPV6.search(text) else text
