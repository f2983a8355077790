r"""Text that people paste from a draft into a chat, a tracker, a wiki or a sheet: what becomes active there, broken.

Theory: the gate (:mod:`.neutralize`) makes text inert where it is rendered as Markdown, Slack or HTML. A draft is
copied further, and what reads it then links and expands more: bare names of hosts (Slack, Teams, mail), shares of
Windows machines, formulas of mathematics and of sheets, macros of wikis, emoji codes, references to issues (a
``fixes #12`` would close one), commands at the beginning of a line. Each is broken by a look-alike that reads the same.

Names of hosts: chats link every name whose ending is a top-level domain, and those include ``.py`` and ``.sh``. The
rule here: a name with such an ending is broken; an ending that files of source code have (:data:`FILES`) only where a
path follows or ``//`` stands before, so that ``src/app.py:41`` can be copied. A call (``list.at(``) is none;
``broker.internal`` stays as it is, because no chat links it.
"""

from __future__ import annotations

import re
from functools import cache

DOT = "․"
RESERVED = frozenset(("example", "test", "onion"))
"""Endings that no registry sells, broken where a path follows."""
_FILES = "py rs md sh pl pm ps cc so cs js ts go rb kt hs ml mm vb ex jl cr mk st"
FILES = frozenset(_FILES.split())
"""Top-level domains that files of source code end in, too, and some that only such files have."""
LONGEST_LINE = 4_000
"""Characters within which two dollar signs pair up."""


def inert_for_paste(text: str, *, hosts: bool = True) -> str:
    """Inert text that stays inert when it is pasted elsewhere. Linear and idempotent.

    Args:
        text: one inert line.
        hosts: whether names of hosts are broken, too; False where they will stand in code, which no chat links.
    """
    for needed, pattern, replacement in _rules():
        if needed in text:
            text = pattern.sub(replacement, text)
    if text.count(":") > 1:
        text = _emoji().sub(lambda match: match.group().replace(":", "∶"), text)
    if text.count("$") > 1 and _formula().search(text):
        text = text.replace("$", "＄")
    return _host().sub(_broken_host, text) if hosts and "." in text else text


@cache
def _rules() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """(needed, pattern, replacement): ``needed`` occurs in every text that the pattern matches."""
    macros = "(?:html|noformat|toc|iframe|panel|quote|expand)[:}]|(?:code|color|include|excerpt|anchor|info|note|jira):"
    rules = (
        ("$$", r"\$(?=\$)|(?<=\$)\$", "＄"),
        ("\\\\", r"(?<![\w:\\])\\\\(?=[\w.-]{2,64}+\\[\w$])", "⧵⧵"),
        ("/", r"(?m)^(\s{0,8})/(?=[a-z])", r"\1∕"),
        ("(", r"(?m)(^|[\"\t;,]) ?[=+@＠-](?=[=+-]{0,3}[A-Z]{2,20}\()", r"\1═"),
        ("=", r"(?m)(^|[\"\t;,]) ?=(?=[A-Za-z+@-])", r"\1═"),
        ("{", rf"\{{(?={macros})", "{ "),
        ("[", r"\[(?=[\[~^])", "[ "),
        ("#", r"#(?=\d{1,9}\b)", "♯"),
        ("!", r"(?<![\w=])!(?=\d{1,9}\b)", "ǃ"),
        ("GH-", r"\bGH-(?=\d)", "GH‐"),
    )
    return tuple((needed, re.compile(pattern), replacement) for needed, pattern, replacement in rules)


@cache
def _emoji() -> re.Pattern[str]:
    """``:fire:`` and runs of such; not the ``::`` inside a name (``std::vector::at``), nor a time of day."""
    return re.compile(r"(?<!\w)(?<!\w:):(?:(?!\d+:\d)[A-Za-z0-9_+'-]{2,40}+:{1,2})++")


@cache
def _formula() -> re.Pattern[str]:
    """``$x$`` as GitHub and wikis read it: nothing blank inside its ends, and no word behind it."""
    return re.compile(rf"\$(?=[^\s$])[^$\n]{{0,{LONGEST_LINE}}}+(?<=\S)\$(?![A-Za-z0-9])")


@cache
def _host() -> re.Pattern[str]:
    return re.compile(
        r"(?<![\w-])(?P<labels>(?:[\w-]{1,63}+\.){1,8})(?P<ending>(?i:xn--)[\w-]{2,59}|[^\W\d_]{2,24})(?!\.?[\w-]|@v?\d)(?P<after>[/?#(]?)"
    )


def _broken_host(match: re.Match[str]) -> str:
    if match["after"] == "(" or not re.search(r"[^\W\d_]", match["labels"]):
        return match.group()
    before, ending = match.string[max(0, match.start() - 2) : match.start()], match["ending"].lower()
    is_segment = before.endswith("/") and before != "//"
    is_address = before == "//" or before.endswith(("＠", "@")) or (match["after"] != "" and not is_segment)
    is_linked = is_address if ending in FILES or ending in RESERVED else _is_top_level(ending)
    return match.group().replace(".", DOT) if is_linked else match.group()


def _is_top_level(ending: str) -> bool:
    # Needed by drafts alone: 10 kB of names.
    from sentry_runbook.safety.top_level_domains import TOP_LEVEL_DOMAINS  # noqa: PLC0415  # as above

    if not ending.isascii():
        try:
            ending = ending.encode("idna").decode("ascii")
        except UnicodeError:
            return False
    return ending in TOP_LEVEL_DOMAINS
