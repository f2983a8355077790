"""Masking: what is personal or secret is gone, what is not stays, and equal values keep equal numbers."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.safety.masking import count_masks
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.sensitive_keys import sensitive_kind

SECRETS = (
    ("mail alice@example.com now", "alice@example.com", "email"),
    ("bob.smith+x@mail.example.co.uk", "bob.smith", "email"),
    ("from 203.0.113.7 port 1", "203.0.113.7", "ip"),
    ("at http://198.51.100.4:80/x", "198.51.100.4", "ip"),
    ("ipv4:203.0.113.7:443: connection refused", "203.0.113.7", "ip"),
    ("client_ip:203.0.113.7", "203.0.113.7", "ip"),
    ("api.geo.example/203.0.113.7:443 timed out", "203.0.113.7", "ip"),
    ("203.0.113.7-203.0.113.9", "203.0.113.7", "ip"),
    ("converted 203.0.113.7", "203.0.113.7", "ip"),
    ("inversion of 203.0.113.7", "203.0.113.7", "ip"),
    ("Chrome for 203.0.113.7", "203.0.113.7", "ip"),
    ("from 2001:db8::8a2e:370:7334", "2001:db8", "ip"),
    ("from ::ffff:203.0.113.9", "203.0.113.9", "ip"),
    ("call +49 170 1234567", "1234567", "phone"),
    ("call (555) 123-4567 today", "123-4567", "phone"),
    ("call 555-123-4567", "123-4567", "phone"),
    ("phone: 0170 1234567", "1234567", "phone"),
    ("paid with 4111 1111 1111 1111", "4111", "card"),
    ("paid with 4111-1111-1111-1111.", "4111", "card"),
    ("amex 378282246310005", "378282246310005", "card"),
    ("card=5555555555554444", "5555", "card"),
    ("to DE89 3704 0044 0532 0130 00", "3704", "iban"),
    ("to GB82WEST12345698765432", "WEST", "iban"),
    ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "dozjg", "jwt"),
    ("Authorization: Bearer abc.def-123", "abc.def", "credential"),
    ("authorization='Basic dXNlcjpwYXNz'", "dXNl", "credential"),
    ("sent bearer 0123456789abcdef", "0123456789", "credential"),
    ("Cookie: sid=abc; theme=dark", "abc; theme", "cookie"),
    ("set-cookie: sid=abc; Path=/", "sid=abc", "cookie"),
    ("key AKIAIOSFODNN7EXAMPLE used", "AKIA", "token"),
    ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "wJalr", "secret"),
    ("ghp_0123456789012345678901234567890123456", "ghp_0", "token"),
    ("glpat-abcdefghij0123456789", "glpat", "token"),
    ("xoxb-123456789012-abcdefghij", "xoxb", "token"),
    ("sk_live_0123456789abcdef", "sk_live", "token"),
    ("AIzaSyA-1234567890abcdefghijklmnopqrstuv", "AIza", "token"),
    ("sntrys_eyJpYXQiOjE3MDAwMDAwMDB9_abcdefghij", "sntrys", "token"),
    ("sntryu_0123456789abcdef0123456789abcdef", "sntryu", "token"),
    ("sntryi_0123456789abcdef0123456789abcdef", "sntryi", "token"),
    ("dsn https://pub123:sec456@o1.ingest.example.io/1", "sec456", "credential"),
    ("postgres://app:s3cret@db:5432/shop", "s3cret", "credential"),
    ("https://a.example/cb?code=x7yz1&next=2", "x7yz1", "secret"),
    ("https://a.example/x?user=1&access_token=abc", "abc", "secret"),
    ("GET /x?X-Amz-Signature=ab12&b=1", "ab12", "secret"),
    ("next=%2Fx%3Ftoken%3Dabc1%26y", "abc1", "secret"),
    ("?next=/login?token=abc1", "abc1", "secret"),
    ("password=hunter2", "hunter2", "secret"),
    ("password: hunter2", "hunter2", "secret"),
    ("message='password=hunter2 x'", "hunter2", "secret"),
    ("{'password': 'my long pass'}", "my long", "secret"),
    ('{"api_key":"abc","b":1}', '"abc"', "secret"),
    ('{\\"csrfToken\\": \\"abcd\\"}', "abcd", "secret"),
    ("X-Api-Key: 12ab", "12ab", "secret"),
    ("ssn: 078-05-1120", "078-05", "personal"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIBOg\nabc\n-----END RSA PRIVATE KEY-----", "MIIB", "key"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA", "b3Blbn", "key"),
)

HARMLESS = (
    "shop@2.4.1",
    "com.example.app@10.20.30.40",
    "v1.2.3.4 and foo-1.2.3.4.jar and 1.2.3.4.5",
    "Mozilla/5.0 Chrome/120.0.60.130 Safari/537.36 Edg/120.0.221.91 and OPR/106.0.4.98",
    "CriOS/120.0.60.119, Version/17.2.0.1, Electron/28.1.0.4, okhttp/4.12.0.1",
    "Chrome 120.0.60.130 on Windows 10.0.22.1 and iOS 17.0.3.1",
    "Core, Version=4.2.0.17, Culture=neutral; version 4.2.0.17; Version: 4.2.0.17; version='4.2.0.17'",
    '{"version": "4.2.0.17", "appVersion":"4.2.0.17"} and AssemblyVersion(4.2.0.17)',
    "build 4.2.0.17 of release 4.2.0.17",
    "plugin 4.2.0.17-beta and 4.2.0.17+45",
    "connect ECONNREFUSED 127.0.0.1:5432",
    "listening on 0.0.0.0:80 and ::1",
    "from fe80::1%eth0 and fd00::7 and 10.0.0.5",
    "550e8400-e29b-41d4-a716-446655440000",
    "event 7f3b1c2d4e5f60718293a4b5c6d7e8f9",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "2026-11-23T19:17:00.123456Z and 2026-11-23 19:17:00+02:00",
    "1732312345678 ms and 1732312345678901 µs and 1732312345.678",
    "order 1234567890123456 of 98765",
    "4111111111111112 fails the checksum",
    "DE89370400440532013001 fails it too",
    "12:30:45 std::vector<int>::at dead::beef a::b".replace("<", "‹").replace(">", "›"),
    "00:1A:2B:3C:4D:5E",
    "Unexpected token: } in JSON at position 4",
    "invalid token: foo",
    "password: must be at least 8 characters",
    "password: required",
    "Bearer token missing",
    "Basic authentication failed",
    "max_tokens: 4096 and token_type: bearer",
    "secret=None password=null token=undefined",
    "KeyError: 'token'",
    "session_count=5 cookie_name: sid",
    "pass: 3 tests",
    "git＠github.com:acme/shop.git",
    "author: the monkey",
    "price 12.50 - 13.00",
)


@pytest.mark.parametrize(("text", "gone", "kind"), SECRETS)
def test_a_secret_is_masked_by_its_kind(text: str, gone: str, kind: str) -> None:
    for shown in (Sanitizer().line(text), Sanitizer().block(text)):
        assert gone not in shown
        assert re.search(rf"<{kind} 1>", shown)
    assert gone.partition("@")[0] in Sanitizer(mask=False).line(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_neither_personal_nor_secret_stays(text: str) -> None:
    assert Sanitizer().line(text) == text


@pytest.mark.parametrize("name", ["password", "token", "secret"])
@pytest.mark.parametrize(("digits", "is_secret"), [("1", False), ("12", False), ("123", True), ("1234", True)])
def test_three_digits_after_a_sensitive_name_are_its_value_and_two_are_a_count(
    name: str, digits: str, is_secret: bool
) -> None:
    """A card's check number has three; ``password: 12`` is more often a length, or the number of a line."""
    shown = Sanitizer().line(f"{name}: {digits}")
    assert shown == (f"{name}: <secret 1>" if is_secret else f"{name}: {digits}")
    # Where a text assigns, the value is one whatever its length.
    assert Sanitizer().line(f"{name}={digits}") == f"{name}=<secret 1>"


@pytest.mark.parametrize("scrubbed", ["[Filtered]", "[redacted]", "********", "[ip]", "[email]"])
def test_what_sentry_scrubbed_is_shown_as_scrubbed(scrubbed: str) -> None:
    safe = Sanitizer()
    assert safe.value({"password": scrubbed}) == {"password": scrubbed}
    assert safe.line(f"password={scrubbed}") in (f"password={scrubbed}", f"password='{scrubbed}'")
    assert count_masks([safe.line(scrubbed)]) == {}


@pytest.mark.parametrize("mark", "`<>|*~_\"'()[]{}=,;:!?&%$\n\t")
def test_no_sign_beside_a_secret_hides_it(mark: str) -> None:
    for text, gone, kind in SECRETS:
        if "PRIVATE" not in text and not text.startswith(("next", "?", "message", "{", "phone")):
            shown = Sanitizer().block(f"{mark}{text}{mark}", 500)
            assert gone not in shown, (text, shown)
            assert f"<{kind} 1>" in shown


@pytest.mark.parametrize("letter", ["\u017f", "\u212a"], ids=["long s", "Kelvin"])
def test_a_letter_that_is_ascii_only_in_another_case_ends_no_answer(letter: str) -> None:
    for text in (f"Basic abcdef123456Ba{letter}ic", f"Ba{letter}ic dXNlcjpodW50ZXIy{letter}abc"):
        assert Sanitizer().line(text).startswith("Ba")


def test_equal_values_have_equal_numbers_within_an_answer() -> None:
    safe = Sanitizer()
    assert safe.line("a@b.example then c@d.example then A@B.example") == "<email 1> then <email 2> then <email 1>"
    assert safe.line("c@d.example") == "<email 2>"
    assert safe.line("4111 1111 1111 1111 4111111111111111") == "<card 1> <card 1>"
    assert Sanitizer().line("c@d.example") == "<email 1>"


def test_masks_are_counted_by_kind_and_different_value() -> None:
    safe = Sanitizer()
    shown = [safe.line("a@b.example c@d.example"), safe.line("a@b.example from 203.0.113.7")]
    assert count_masks(shown) == {"email": 2, "ip": 1}
    assert count_masks([]) == {}


def test_event_text_cannot_forge_a_mask() -> None:
    safe = Sanitizer()
    forged = safe.line("<email 1> <ip 7> real@example.com")
    assert forged == "‹email 1› ‹ip 7› <email 1>"
    assert count_masks([forged]) == {"email": 1}


def test_a_cut_never_leaves_half_a_secret() -> None:
    for limit in range(5, 80):
        shown = Sanitizer().line("x" * 20 + " alice@example.com " + "y" * 200, limit)
        assert "alice" not in shown
        assert "<" not in MASK.sub("", shown)


def test_a_secret_torn_by_the_early_cut_is_not_shown() -> None:
    for shift in range(120):
        long = "eyJhbGciOiJIUzI1NiJ9." + "a" * 1000 + ".b " + "z" * shift + " alice.in.wonderland@example.com " * 60
        assert "alice" not in Sanitizer().line(long, 300)


MASK = re.compile(r"<[a-z]+ \d+>")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("password", "secret"), ("userPassword", "secret"), ("DB_PASSWD", "secret"), ("X-Auth-Token", "secret"),
        ("accessToken", "secret"), ("Authorization", "secret"), ("csrf_token", "secret"), ("api-key", "secret"),
        ("APIKey", "secret"), ("session", "secret"), ("sessionId", "secret"), ("Set-Cookie", "cookie"),
        ("cookies", "cookie"), ("credit_card", "card"), ("cardNumber", "card"), ("ssn", "personal"),
        ("first_name", "personal"), ("token_type", ""), ("session_count", ""), ("password_reset_url", ""),
        ("author", ""), ("tokens", "secret"), ("monkey", ""), ("secretary", ""), ("status", ""), ("", ""), ("---", ""),
    ],
)  # fmt: skip
def test_names_that_hold_secrets_are_told_from_names_that_speak_of_them(name: str, kind: str) -> None:
    assert sensitive_kind(name) == kind


EMAILS = st.builds(
    "{}@{}.{}".format,
    st.text("abcxyz019", min_size=2, max_size=6).map("m".__add__),
    st.text("abcxyz", min_size=3, max_size=6),
    st.sampled_from(["com", "org", "io"]),
)
AROUND = st.sampled_from(
    ["", " ", "\n", "(", ")", "<", ">", '"', "'", ",", ";", ": ", "mail:", "`", "|", "=", "user=", "é ", "\u200b"]
)


@settings(max_examples=200)
@given(EMAILS, AROUND, AROUND.filter(lambda after: not after[:1].isalpha()), EMAILS)
def test_an_address_is_masked_wherever_it_stands(one: str, before: str, after: str, other: str) -> None:
    safe = Sanitizer()
    shown = safe.line(before + one + after + " " + other, 400)
    assert one not in shown
    assert other not in shown
    assert safe.line(one) == "<email 1>"
    assert count_masks([shown]) == {"email": len({one, other})}


@settings(max_examples=100)
@given(st.text(max_size=200))
def test_masking_is_total_and_never_adds_structure(raw: str) -> None:
    shown = Sanitizer().block(raw, 500)
    assert "<" not in MASK.sub("", shown)


@pytest.mark.parametrize(
    "bomb",
    ["eyJ-" * 5000, "a@" * 10_000, "cookie: a=" * 2000, "password" * 3000, "password: " * 2000, "1" * 20_000,
     "1 " * 10_000, ":" * 20_000, "a:" * 10_000, "-----BEGIN PRIVATE KEY-----" * 800, "?a=" * 7000, "http://" * 3000,
     "a.b" * 7000, "x@a.a" * 4000, "+1" * 10_000, "bearer " * 3000, '"password":"' * 2000, "AA11" * 5000],
    ids=lambda bomb: bomb[:12],
)  # fmt: skip
def test_no_text_makes_masking_slow(bomb: str) -> None:
    Sanitizer().block(bomb, len(bomb), 100)


# --- versions, and devices that are called by their owners ---------------------------------------------------------

VERSIONS = (
    *("4.2.0.17", "v4.2.0.17", "web@10.0.0.17", "com.example.app@1.2.3+45", "frontend@prod.2026.1", "web@1.2.3-rc.1"),
    *("4.2.0.17 (1234)", "App 4.2.0.17 (win32)", "com.example@4.2.0.17 (56)", "10.0.0.1 build 77"),
    *("Chrome Mobile WebView 120.0.60.144", "Windows Server 2019 10.0.17.3", "iOS 17.2.1.5 (21C66)", ".NET 8.0.1.2"),
    *("jdk 17.0.0.1", "rails 7.0.8.1", "QQ Browser Mobile 14.5.0.40", "Mac OS X 10.15.7"),
    *("4111111111111111", "+4915112345678", "2001:db8::1"),
)
VERSION_NAMES = (
    *("release", "dist", "browser", "os", "client_os", "runtime", "device", "device.family", "browser.version"),
    *("app_version", "appVersion", "kernel_version", "os.build", "app_build", "raw_description", "client-version"),
    *("v8", "electron", "firmware"),
)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_written_as_a_version_is_one_in_a_field_of_versions(version: str) -> None:
    sanitizer = Sanitizer()
    assert sanitizer.version(version) == version
    assert {sanitizer.named(name, version) for name in VERSION_NAMES} == {version}


def test_a_release_that_is_written_as_an_e_mail_address_is_shown_inert() -> None:
    assert Sanitizer().version("shop@feature.checkout") == "shop＠feature.checkout"


@pytest.mark.parametrize("name", VERSION_NAMES)
@pytest.mark.parametrize("text", ["seen from 203.0.113.7", "203.0.113.7, 203.0.113.8", "4.2.0.17 of ann@example.com"])
def test_a_sentence_in_a_field_of_versions_is_masked_as_any_text(name: str, text: str) -> None:
    assert re.search("<(?:ip|email) 1>", Sanitizer().named(name, text))


@pytest.mark.parametrize("name", ["ip", "client_ip", "conversion", "user.ip_address", "versioned_by", "url"])
def test_in_other_fields_four_numbers_are_an_address(name: str) -> None:
    assert Sanitizer().named(name, "203.0.113.7") == "<ip 1>"


@pytest.mark.parametrize("name", ["server_name", "hostname", "host.name", "device", "computer_name", "machineName"])
@pytest.mark.parametrize(
    "value",
    [
        *("Annas-MacBook-Pro.local", "Anna's iPhone", "Anna’s MacBook Air", "James' iPad", "annas-mbp.fritz.box"),
        *("ANNA-PC", "Anna-Laptop", "iPhone von Anna", "MacBook Pro de Anna", "MacBook-Pro-de-Anna.local"),
    ],
)
def test_a_machine_that_is_called_by_its_owner_is_masked(name: str, value: str) -> None:
    assert Sanitizer().named(name, value) == "<personal 1>"
    assert Sanitizer(mask=False).named(name, value) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("server_name", server)
            for server in ("web-1", "ip-10-0-0-5.eu-west-1.compute.internal", "MacBook-Pro.local")
        ),
        *(("server_name", server) for server in ("shop-7d9f8b6c5-x2x4z", "DESKTOP-4F7K2J1", "build-mac-03", "PC-1234")),
        *(
            ("device", model)
            for model in ("iPhone15,2", "Pixel 7 Pro", "Samsung SM-S911B", "Apple Watch", "Galaxy S23")
        ),
        *(("device.family", family) for family in ("iPhone", "Galaxy S23", "Mac")),
        ("message", "Anna's iPhone"),
        ("device.class", "high"),
    ],
)
def test_a_server_and_a_model_are_shown(name: str, value: str) -> None:
    assert Sanitizer().named(name, value) == value


@pytest.mark.parametrize(
    "path",
    [
        "site-packages/app/4.2.0.17/main.py",
        "C:\\Program Files\\App\\4.2.0.17\\app.exe",
        "/Applications/Chrome.app/Versions/120.0.60.130/Chrome",
    ],
)
def test_a_folder_may_be_called_by_a_version(path: str) -> None:
    assert Sanitizer().path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "http://203.0.113.7/app.js",
        "\\\\203.0.113.7\\app\\main.dll",
        "https://who.example/203.0.113.7/x.js",
        "203.0.113.7/x",
    ],
)
def test_the_machine_that_a_file_is_on_is_an_address(path: str) -> None:
    assert "<ip 1>" in Sanitizer().path(path)


def test_a_person_in_a_path_is_masked_beside_a_version() -> None:
    assert Sanitizer().path("/home/ann@example.com/app/4.2.0.17/x.py") == "/home/<email 1>/app/4.2.0.17/x.py"
    assert len(Sanitizer().path("/app/4.2.0.17/" + "x" * 400, 100)) == 100


@pytest.mark.parametrize("name", ["device.name", "device_name", "deviceName", "DeviceName", "bluetooth_name"])
def test_the_name_of_a_device_is_its_owners_whatever_it_is(name: str) -> None:
    assert Sanitizer().named(name, "SM-1") == "<personal 1>"
