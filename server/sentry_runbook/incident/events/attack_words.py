"""The words by which requests and errors tell of an attack: SQL and other injections, probes for known weaknesses.

Two things are kept apart: what somebody *sent* (a request's address, query, body) and what the database *said*. Words
of SQL in an error are the application's own until they have the form that only an attacker gives them: a quote closed
before ``OR 1=1``, a ``UNION SELECT`` of constants or of passwords, a function that only waits. An apostrophe in a name
and an ordinary syntax error after a deploy have none of them.
"""

from __future__ import annotations

import re

from sentry_runbook.incident.events.words import Words

_GAP = r"(?:\s|/[*∗]{1,3}[^*∗/\n]{0,20}[*∗]{1,3}/|\+){1,4}"
_TRUE = (
    r"\(?(?:'?1'?\s?=\s?'?1|'?a'?\s?=\s?'?a|true\b|\d{1,6}\s?(?:=|[<‹])\s?\d{1,6}"
    r"|'[^'\n]{0,12}'\s?(?:=|like)\s?')"
)
_CONSTANT = r"(?:NULL|\d{1,6}|'[^'\n]{0,12}')"
SQL_ATTACK = Words(
    # a quote is closed, and what follows is always true
    rf"['\"’][)\s]{{0,4}}{_GAP}?(?:OR|\|\||¦¦){_GAP}{_TRUE}",
    rf"\b\d{{1,9}}\)?{_GAP}OR{_GAP}\(?(?:1\s?=\s?1|'1'\s?=\s?'1|'a'\s?=\s?'a)",
    rf"['’\d][)\s]{{0,4}}{_GAP}?AND{_GAP}\d{{1,6}}\s?=\s?\d{{1,6}}\s{{0,2}}(?:--|#|/[*∗])",
    # rows of another table, as constants that count its columns or as what is worth stealing
    rf"UNION{_GAP}(?:ALL{_GAP})?SELECT{_GAP}\(?(?:{_CONSTANT}\s?(?:,\s?(?:{_CONSTANT}|@@|\w{{1,20}}\()|--|#)|@@"
    rf"|0x[0-9a-f]"
    r"|cha?r\(|(?:group_)?concat(?:_ws)?\(|version\(|user\(|database\(|current_user|passwd|password|username\s?,\s?pass"
    r"|table_name|column_name|load_file)",
    rf"['’]\)?{_GAP}?UNION{_GAP}(?:ALL{_GAP})?SELECT\b"
    rf"|['’\d]\)?{_GAP}UNION{_GAP}(?:ALL{_GAP})?SELECT\b[^\n]{{0,120}}--",
    # functions that wait, read files or make an error speak
    r"(?<![.\w])(?:pg_)?sleep\s?\(\s?[\d.]{1,6}\s?\)|benchmark\s?\(\s?\d{4}|waitfor\s{1,4}delay|dbms_(?:pipe|lock)\.\w",
    r"(?:extractvalue|updatexml)\s?\(|load_file\s?\(|into\s{1,4}(?:outfile|dumpfile)\b|xp_cmdshell|utl_(?:http"
    r"|inaddr)\.",
    r"XPATH syntax error: ['\"]?[~∼]|from\s{1,4}(?:mysql\.user|pg_shadow)\b",
    # a second statement behind a quote, and the rest cut off
    rf"['’]\)?\s{{0,3}};\s{{0,3}}(?:DROP|DELETE|INSERT|UPDATE|ALTER|EXEC|TRUNCATE|SHUTDOWN){_GAP}?[^\n]{{0,80}}(?:--"
    rf"|#)",
    r"order by \d{1,4}\s{0,2}(?:--|#)|admin'\s{0,2}(?:--|#|/[*∗])",
)
"""SQL as attackers write it: what an application's own statement does not hold."""

SQL_SYNTAX = Words(
    r"error in your SQL syntax|syntax error at or near|unterminated (?:quoted string|string literal)|SQL logic error",
    r"Unclosed quotation mark|Incorrect syntax near|quoted string not properly terminated"
    r"|SQL command not properly ended",
    r"ORA-(?:00933|01756|00907|00936|01740|00923|01789|01790)\b|near \"[^\"\n]{0,60}\": syntax error"
    r"|unrecognized token: ",
    r"SQLSTATE\[(?:42000|42601)\]|XPATH syntax error|UNION (?:query must have|types \w{1,30} and)"
    r"|different number of columns",
    r"SQLSyntaxErrorException|PG::SyntaxError|ER_PARSE_ERROR|ER_WRONG_NUMBER_OF_COLUMNS",
)
"""A database that could not parse a statement."""

SQL_REFUSED = Words(
    r"canceling statement due to|Query execution was interrupted|maximum statement execution time|Execution Timeout",
    r"Lost connection to MySQL|no such (?:table|column|function)|Unknown column|more than 1 row",
    r"(?:relation|function|column) [^\n]{1,60}? does not exist|FUNCTION \S{1,60} does not exist|permission denied for",
)
"""A database that read a statement and did not end it well."""

VALUE_REFUSED = Words(
    r"invalid input syntax for|Conversion failed when converting|SQLSTATE\[22P02\]|Incorrect \w{1,12} value"
    r"|invalid (?:id|uuid|number)",
    r"Cast to ObjectId failed|could not convert|Failed to convert|NumberFormatException|invalid literal for int"
    r"|ORA-01722",
)
"""A value that is refused for its form: it was bound or checked, and never became SQL."""

OTHER_ATTACK = Words(
    # log4shell and what stands for it
    r"\$\{\s?(?:jndi\s?[:∶]|\$\{|(?:lower|upper|env|sys|ctx|date)[:∶][^}\n]{0,40}\}?[^}\n]{0,20}\$\{|::-)",
    # templates and expressions
    r"\{ ?\{\s?(?:\d{1,6}\s?[*∗]\s?'?\d{1,6}|config\.(?:items|__)|self\.__|request\.application|['\"]{2}\.__class__)",
    r"[#$]\{\s?\d{1,6}\s?[*∗]\s?\d{1,6}|[<‹]%=\s?\d{1,6}\s?[*∗]|__class__\.__(?:mro|base)|T\(java\.lang\.(?:Runtime"
    r"|Process)",
    r"getRuntime\(\)\.exec|%\{\(#|\(#_memberAccess|class\.module\.classLoader|php[:∶]//(?:filter|input)",
    # commands
    r"[;&|¦`‵]\s{0,3}(?:cat|less|head|tail)\s{1,3}/etc/|[;|¦`‵]\s{0,3}(?:whoami|uname -a)\b",
    r"[;&|¦`‵]\s{0,3}(?:curl|wget|nc|ncat|ping -[cn]|nslookup|bash -[ci]|sh -c|powershell|cmd(?:\.exe)? /c|rm -rf)\s",
    r"\$\((?:id|whoami|curl|wget|cat|sleep|nslookup|uname)\b|[`‵](?:id|whoami)[`‵]|/dev/tcp/\d|chmod 777 ",
    # files outside the application
    r"(?<![./\\])(?:\.\.[/\\]{1,2}+){2,10}(?:[\w.-]{1,40}[/\\]{1,2}){0,4}(?:etc[/\\]|proc[/\\]self|win\.ini|boot\.ini"
    r"|windows[/\\]|WEB-INF|\.ssh)",
    r"(?<![./\\])(?:\.\.[/\\]{1,2}+){6}|/etc/(?:passwd|shadow)\b|/proc/self/environ|c:[/\\]{1,2}windows[/\\]{1,2}win\.ini|\.\.;/",
)
"""Injections of commands, templates and lookups, and paths out of the application, in what somebody sent."""

IN_ANY_TEXT = Words(
    r"\$\{\s?jndi\s?[:∶]|php[:∶]//(?:filter|input)|getRuntime\(\)\.exec|T\(java\.lang\.Runtime"
    r"|class\.module\.classLoader",
    r"(?<![./\\])(?:\.\.[/\\]{1,2}+){3,10}(?:[\w.-]{1,40}[/\\]{1,2}){0,4}(?:etc[/\\]passwd|windows[/\\]win\.ini)|/dev/tcp/\d",
)
"""Of those, what no text of an application holds by itself."""

PROBE = Words(
    r"/wp-(?:login|admin|includes|content/plugins|config|json/wp/v2/users|cron)\b|/xmlrpc\.php|/wlwmanifest\.xml",
    r"/\.(?:env|git/|aws/|ssh/|svn/|hg/|htpasswd|DS_Store|vscode/|npmrc|docker)|/phpmyadmin|/myadmin|/mysqladmin",
    r"/phpinfo|/cgi-bin/|/vendor/phpunit|/eval-stdin|/boaform|/HNAP1|/actuator/(?:env|heapdump|gateway|jolokia)",
    r"/solr/admin|/manager/html|/_ignition/|/owa/auth|/remote/(?:logincheck|fgt_lang)|/server-status|/druid/index",
    r"/GponForm|/setup\.cgi|/autodiscover/autodiscover|/_profiler/phpinfo|/adminer|/(?:shell|alfa|c99|r57)\.php",
    r"/(?:backup|dump|database|db)\.(?:sql|zip|tar\.gz|bak)|/id_rsa|/config\.(?:php\.bak|inc|yml\.bak)|/geoserver/web",
)
"""Addresses that nobody but a scanner asks an application for that does not have them."""

REQUESTED = re.compile(
    r"(?:\b(?:GET|HEAD|POST|PUT|OPTIONS)\b\W{0,4}|No route (?:found for|matches) \W{0,2}(?:[A-Z]{3,7}\W{1,4})?"
    r"|(?:Not Found|404)[: ]{1,3}\W?|no static resource |Resolver404: \W{0,3})(/?[^\s\"'“”]{1,100})",
    re.IGNORECASE,
)
"""The address that an error of a router names."""

PHP_PROBE = re.compile(r"/(?:wp-|xmlrpc|wlwmanifest)", re.IGNORECASE)
"""Of those, what a site that runs on WordPress has itself."""

NOT_FOUND = Words(
    r"\b404\b|not ?found|No route (?:matches|found)|RoutingError|Resolver404|NoHandlerFound|NoResourceFound"
    r"|no static resource",
    r"MethodNotAllowed|Cannot (?:GET|POST) /|does not exist",
)
"""An address that the application does not have."""

LOGIN_REFUSED = Words(
    r"bad ?credentials|invalid (?:credentials|password|username|login|user ?name|e-?mail)|(?:wrong"
    r"|incorrect) (?:user ?name|password|e-?mail)",
    r"login (?:attempt )?(?:failed|failure)(?! for user ')|failed login|password (?:is )?(?:mismatch|incorrect"
    r"|invalid)|PasswordMismatch",
    r"InvalidCredentials|InvalidPassword|AuthenticationFailed\b|NotAuthorizedException: Incorrect"
    r"|account (?:is )?(?:locked|disabled)",
    r"too many (?:failed )?(?:login|sign-?in|password) attempts|UserNotFound|unknown user(?:name)?|no such user"
    r"|Unauthenticated: invalid",
)
"""A login that is refused for what was typed."""

LOGIN_ADDRESS = re.compile(r"log-?_?in\b|sign-?_?in\b|auth|session|token|password|account/verify", re.IGNORECASE)
"""The transaction or the address of a login."""
