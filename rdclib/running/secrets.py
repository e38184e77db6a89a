"""Finds what must never be in a report: keys, tokens and passwords."""

import os
import re

_PATTERNS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key of Amazon": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40})"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a web token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/:@]{3,}@"),
    # A value with a digit, right after the colon: "Password: reset service" is a contract's title.
    "a password": re.compile(
        r"""(?i)\b(?:password|passwd|secret|api[_-]?key|access[_-]?token)["']?\s*[:=]\s*["']?(?=\S*\d)[^\s"'<]{8,}"""
    ),
}
_DATA_ADDRESS = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=]+")
_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|API_?KEY|ACCESS_?KEY")
_SHORTEST = 8


def found(text, environment=None):
    """List which kinds of secret a text holds, never the secrets themselves.

    Parameters
    ----------
    text : str
    environment : dict, optional
        Environment variables; values of those named like a secret are looked for.

    Returns
    -------
    list of str
        For example ``["a private key", "the value of DB_PASSWORD"]``.
    """
    text = _DATA_ADDRESS.sub("", text)
    kinds = [kind for kind, pattern in _PATTERNS.items() if pattern.search(text)]
    for name, value in sorted((os.environ if environment is None else environment).items()):
        if _NAME.search(name.upper()) and len(value) >= _SHORTEST and value in text:
            kinds.append(f"the value of {name}")
    return kinds
