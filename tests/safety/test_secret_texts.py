"""Each kind of secret is masked wherever it stands, and what only looks so is not: the texts of ``secret_texts``."""

import json
import re
from collections.abc import Callable

import pytest
from tests.safety.secret_texts import HARMLESS, SECRETS, TOKENS
from tests.safety.straightforward import Straightforward

from sentry_runbook.safety.masking import count_masks
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.secrets.values import kind_of

MARKED = re.compile("⟦(.*)⟧", re.DOTALL)
CONTAINERS = ("{}", "it failed: {}", "{} was rejected", '"{}"', "({})", "[{}]", '{{"value": "{}"}}', "x={}", "a\n{}\nb")
CASES = [(kind, text) for kind, texts in SECRETS.items() for text in texts]


def shown(text: str) -> list[str]:
    return [Sanitizer().line(text, 5000), Sanitizer().block(text, 5000, 99), Sanitizer().whole(text)]


@pytest.mark.parametrize(("kind", "marked"), CASES)
def test_a_secret_is_masked(kind: str, marked: str) -> None:
    match = MARKED.search(marked)
    assert match
    for one in shown(marked.replace("⟦", "").replace("⟧", "")):
        assert match[1] not in one, kind
        assert count_masks([one])


@pytest.mark.parametrize("parted", TOKENS)
def test_a_token_of_a_service_is_masked_in_every_container(parted: str) -> None:
    token = parted.replace("·", "")
    rest = parted.partition("·")[2]
    for container in CONTAINERS:
        for one in shown(container.format(token)):
            assert rest not in one, container
            assert count_masks([one])


@pytest.mark.parametrize("text", HARMLESS)
def test_what_holds_no_secret_is_shown_as_it_is(text: str) -> None:
    plain = Sanitizer(mask=False)
    assert Sanitizer().line(text, 5000) == plain.line(text, 5000)
    assert Sanitizer().block(text, 5000) == plain.block(text, 5000)


def test_the_short_cuts_find_what_is_found_without_them() -> None:
    texts = [MARKED.sub(r"\1", marked) for _, marked in CASES]
    texts += [*(parted.replace("·", "") for parted in TOKENS), *HARMLESS]
    differ = [text for text in texts if Sanitizer().line(text, 5000) != Straightforward().line(text, 5000)]
    assert differ == []


@pytest.mark.parametrize(
    ("value", "gone"),
    [
        ([{"name": "password", "value": "hunter2"}, {"name": "user", "value": "al"}], "hunter2"),
        ({"Key": "DbPassword", "Value": "hunter2"}, "hunter2"),
        (["worker", "--api-key", "hunter2", "--verbose"], "hunter2"),
        ([["X-Auth-Token", "hunter2"]], "hunter2"),
        ({"auth": {"password": "hunter2"}}, "hunter2"),
        ({"credentials": {"a": {"b": "hunter2"}}}, "hunter2"),
        ({"securityCode": 284}, "284"),
        ({"unseal_keys": ["hunter2", "b"]}, "hunter2"),
    ],
)
def test_a_secret_in_a_nested_value_is_masked(value: object, gone: str) -> None:
    assert gone not in str(Sanitizer().value(value))


@pytest.mark.parametrize(
    "value",
    [
        {"prompt_tokens": 1200, "completion_tokens": 311},
        {"auth": {"type": "basic", "required": True}},
        {"errors": {"password": ["too short"], "token": "has expired"}},
        {"session": "expired", "auth": "basic", "token": "}"},
        [{"name": "user", "value": "al"}],
        ["--token-type", "bearer", "--password-stdin"],
    ],
)
def test_a_nested_value_without_a_secret_is_shown_as_it_is(value: object) -> None:
    assert Sanitizer().value(value) == Sanitizer(mask=False).value(value)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("session", "9f8e7d6c5b", "secret"), ("session", "expired", ""), ("auth", "basic", ""), ("token", "", ""),
        ("password", "required", ""), ("password", "hunter2", "secret"), ("pin", "4821", "secret"), ("pin", "4", ""),
        ("PWD", "hunter2", "secret"), ("api_key_id", "17", ""), ("session_id", "abc", "secret"), ("tokens", "512", ""),
        ("access_tokens", "a1b2", "secret"), ("password2", "x1", "secret"), ("PGPASSWORD", "x1", "secret"),
        ("contraseña", "x1", "secret"), ("пароль", "x1", "secret"), ("code_verifier", "x1", "secret"),
        ("cache_key", "product:42", ""), ("STRIPE_KEY", "aB3" * 8, "secret"), ("passwordResetEnabled", "true", ""),
        ("cookieConsent", "accepted", ""), ("date_of_birth", "1980-02-03", "personal"), ("cardNumber", "4111", "card"),
    ],
)  # fmt: skip
def test_a_value_is_judged_by_its_name_and_by_what_it_is(name: str, value: str, kind: str) -> None:
    assert kind_of(name, value) == kind


@pytest.mark.parametrize(
    "command",
    [
        ["mongodump", "--host", "db1", "--port", "27017", "--db", "shop", "-u", "x", "-p", "letmein"],
        ["docker", "login", "-u", "me", "--quiet", "--config", "/x", "-p", "letmein"],
        ["openssl", "enc", "-aes-256-cbc", "-salt", "-in", "a", "-out", "b", "-k", "letmein"],
    ],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize("printed", [str, json.dumps, " ".join], ids=["python", "json", "shell"])
def test_a_password_far_behind_its_command_is_masked_as_each_language_prints_it(
    command: list[str], printed: Callable[[list[str]], str]
) -> None:
    text = printed(command)
    # Only the word after the option tells that it is a password: nothing else here looks like one.
    assert Sanitizer().line(f"Command {text} failed", 400) == f"Command {text} failed".replace(
        "letmein", "<credential 1>"
    )


def test_what_a_cut_has_torn_is_masked_too() -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 200 + "-----END PRIVATE KEY-----"
    for text in (key, "x " * 2000 + key, key + " y" * 2000, "x" * 3000 + "postgres://app:s3cr3tpassword@db/x"):
        for limit in (60, 200, 900, 2000):
            for one in (Sanitizer().line(text, limit), Sanitizer().block(text, limit), Sanitizer().whole(text)):
                assert "MIIEvQIB" not in one
                assert "s3cr3t" not in one
    for length in range(20, 60):
        assert "eyJhbGci" not in Sanitizer().line(
            ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + "eyJzdWIiOiIx" * 9)[:length]
        )
