"""Repeats that have hurt some scanner somewhere, or could: openings without an end, escapes, alphabets, words of tables."""

# ruff: noqa: E501  # a list of odd words reads best in rows

from __future__ import annotations

import string

UNITS: tuple[str, ...] = (
    *("()", "[]", "{}", "<>", '""', "''", "``", "{{", "{%", "{#", '{"', '["', "[[", "[{", "\\\\", '\\"', "\\u", "](", "![", "[a](", "]:"),
    *("[a]: ", "a@", "@a", "a@a.", "1.", "1.1.", "1,", "::", "a:", ":a", "a::", "f:", " \n", "\n ", "\n\n", "\r\n", "\t\n", "  ", " a", "a ", "= ", "a=", "&a=", "?a="),
    *("a=1;", "&amp;", "&#", "%3", "%3D", "%25", "//", "://", "http://", "https://a", "http:", "www.", "www.a", "a.", "a.b", ".a", "a-", "a_", "_a", "__", "_a_", "*a", "**", "*a*", "~a"),
    *("- ", "* ", "# ", "\n#", "\n-", "\n1.", "\n>", "1)", "a/", "/a", "/", "../", "C:\\", "\\a", "a\\", "$", "${", "$(", "<a", "</", "<!--", "<untrusted", "untrusted", "‹un"),
    *("e\u0301", "\u0301", "\u0301\u0302", "👩\u200d", "😀", "\ud800", "\ud83d", "\u200b", "a\u200b", "\U000e0041", "\U000e0041\U000e0042", "\ufe0f", "\u202e", "क्", "ﷺ", "ﬃ", "İ", "ſ", "ß", "㍿", "𝐚", "a\u0300"),
    *("eyJ", "eyJhbGciOi.", "sk-", "ghp_", "AKIA", "Bearer ", "Basic a", "password=", "password: ", "token=a&", "Cookie: a=", "cookie=a;", "authorization: b ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN "),
    *("4111 1111 1111 1111 ", "4111", "+49 ", "(123) ", "123-", "127.0.0.1 ", "1:", "ab:", "GB82", "a\u200d", "key=[", "a[0]", "0x", "\x1b[", "\x1b[1m", "\x1b]", "1 per ", "and ", "error ", "error: "),
    *("ignore all previous ", "ignore ", "the ", "do not ", "system: ", "curl a|", "curl ", "cat ", "rm -", "npx ", "run the ", "send ", "print your ", "![a](", "<img ", "{{config", "{% if ", "append ", "as an ai "),
    *("Error: ", "status 5", "500 ", "timed out ", "TypeError: a\n", "Caused by: ", 'File "a", line 1\n', "    at a (b.js:1:2)\n", "\n\n# ", "|a|", "|-|", "[ ] ", '"a" ', '"a', "“a", "(a", "a) "),
    *(string.ascii_letters, string.digits, string.ascii_letters + string.digits + "+/", "QUJD", "QUJDRA==", "deadbeef", "0123456789abcdef" * 2, "a" * 32, "aA1", "aA", "Aa1_", "foo.bar.baz.", "foo-bar-", "foo_bar_"),
    *('{"a":', '{"a":"b",', '[1,', '{"a":[', "{'a': ", "a: b\n", "a=b ", "a='b' ", 'a="b" ', "a[b]=c&", "--a=b ", "-p a ", "x=y&", "key key ", "<a>b</a>", "<a b='c'>", "&lt;", "\\n", "\\\\n", "\\u0041", "%41", "=?utf-8?q?a?="),
)  # fmt: skip
