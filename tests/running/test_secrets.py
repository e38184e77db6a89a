"""Secrets are found, and a city's ordinary words are not taken for secrets."""

import pytest

from rdclib.running.secrets import found

# Put together, so that no scanner takes this file for one that holds secrets.
SECRETS = {
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "an access key of Amazon": "AKIA" + "IOSFODNN7EXAMPLE",
    "a token of GitHub": "ghp_" + "a1B2" * 9,
    "a token of Slack": "xoxb-" + "123456789012-abc",
    "a web token": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3" + ".SflKxwRJSMeKKF2QT4",
    "a password in an address": "postgres://" + "reader:hunter2@db.city.gov/contracts",
    "a password": "password" + " = 'hunter2hunter2'",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found_by_its_kind(kind):
    assert found(f"<p>before {SECRETS[kind]} after</p>", {}) == [kind]


def test_the_value_of_a_secret_variable_is_found():
    environment = {"DB_PASSWORD": "eight888", "API_TOKEN": "seven77", "HOME_TOWN": "Springfield"}

    assert found("eight888 seven77 Springfield", environment) == ["the value of DB_PASSWORD"]


@pytest.mark.parametrize(
    "text",
    [
        "Password: reset services for 300 staff",
        "Secretary: Alice Secrest, Token ring replacement",
        "https://example.org:8080/a@b",
        "write to clerk@springfield.gov: secret ballot",
        'src="data:image/png;base64,' + "AKIA" + 'IOSFODNN7EXAMPLE/AKIA="',
        "API keys: 12 contracts",
    ],
)
def test_ordinary_words_are_none(text):
    assert found(text, {}) == []
