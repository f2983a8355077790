"""What people paste from a draft into a chat, a tracker, a wiki or a sheet does nothing there that a stranger wants."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.support import connected

from sentry_runbook.render.markup import marked_up
from sentry_runbook.safety import text
from sentry_runbook.safety.paste import inert_for_paste
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import DeploySpec, IssueSpec, Raised, ReleaseSpec, Scenario, Stream
from sentry_runbook.simulator.world import World

LINKED = re.compile(
    r"(?i)[\w-]+\.(?:com|net|io|co|uk|top|ninja|zip|id|xn--[\w-]+|рф)\b(?!\()|[\w-]+\.(?:sh|py|md|example)/\w"
)
"""A name that a chat links; the endings are those of this file."""
ACTIVE = {
    "math": ("$$\\text{resolved}$$ and $\\color{white}{x}$", re.compile(r"\$\$|\$[^\s$][^$]*\S\$")),
    "math over a value": ("${a}:${b}$", re.compile(r"\$[^\s$][^$]*\S\$")),
    "bare domain": ("login at evil.com now", LINKED),
    "bare domain with a path": ("evil.example/x?y=1", LINKED),
    "domain in a sentence": ("See evil.co.uk.", LINKED),
    "domain of a new ending": ("go to fix.ninja", LINKED),
    "domain like a file": ("open report.zip", LINKED),
    "script as a domain": ("evil.sh/install", LINKED),
    "address behind hxxp": ("https://evil.com/a", LINKED),
    "international domain": ("evil.xn--p1ai and данные.рф", LINKED),
    "mail": ("write to jo@evil.com", LINKED),
    "large letters": ("EVIL.COM:8080", LINKED),
    "long name": ("a.b.c.d.e.f.g.h.i.j.k.evil.com", LINKED),
    "share of another machine": ("open \\\\evil\\share\\x.exe", re.compile(r"\\\\evil")),
    "magnet": ("magnet:?xt=urn:btih:1", re.compile("magnet:")),
    "mailto": ("mailto:jo", re.compile("mailto:")),
    "telephone": ("tel:+491234", re.compile("tel:")),
    "sip": ("sip:bob", re.compile("sip:")),
    "file": ("file:///etc/passwd", re.compile("file:")),
    "script": ("javascript:alert(1)", re.compile("javascript:")),
    "data": ("data:text/html,x", re.compile("data:")),
    "handler of Windows": ("ms-msdt:/id and ms-settings:x search-ms:q", re.compile(r"ms-\w+:|search-ms:")),
    "app": ("slack://open skype:x?call", re.compile(r"slack:|skype:")),
    "mention": ("@channel @here cc @jo <!here> <!channel>", re.compile(r"(?<!\w)@\w|<!")),
    "emoji": (":fire::fire: :rotating_light: ::smile: :100:", re.compile(r":[a-z0-9_]+:")),
    "command of a chat": ("/remind #general run it", re.compile(r"\A/")),
    "formula": ('=HYPERLINK("x") ', re.compile(r"\A=")),
    "formula of a command": ("=cmd|' /C calc'!A0", re.compile(r"\A=")),
    "formula with a plus": ("+SUM(1)", re.compile(r"\A\+S")),
    "macro of a wiki": ("{{evil}} {html}x{html} {include:x}", re.compile(r"\{\{|\{(?:html|include)")),
    "link of a wiki": ("[[Main Page]] [~admin] [^file]", re.compile(r"\[\[|\[~|\[\^")),
    "reference to an issue": ("fixes #12, closes GH-7, acme/x#3", re.compile(r"#\d|GH-\d")),
    "merge request": ("see !12", re.compile(r"!1")),
}
HARMLESS = (
    "TypeError: Cannot read properties of undefined (reading 'x')",
    "restore (src/session.ts:41)",
    "app/main.py:12 in handle",
    "index.js:3:14",
    "shop@2.4.1",
    "com.example.shop@1.2.3+45",
    "lib/run.sh failed with 1",
    "kafka.broker.internal:9092 refused",
    "std::vector::at",
    "10:20:30.5",
    "HTTP/1.1 503",
    "GET /users/{id}",
    "C:\\Users\\jo",
    "$ is not defined",
    "costs $5 or 6",
    "java.lang.NullPointerException",
    "list.at(3)",
    "a.b = c.d",
    "x != y",
    "rows[0][1]",
    "color #ff0000",
    "a:b:c",
    "1 - 2 = 3",
    "192.0.2.1:80",
    "README.md",
    "{color} {id}",
)


@pytest.mark.parametrize("name", ACTIVE)
def test_event_text_is_inert_where_a_draft_is_pasted(name: str) -> None:
    raw, active = ACTIVE[name]
    shown = inert_for_paste(text.inert_line(raw))
    assert active.search(raw), "the attack is one"
    assert not active.search(shown), shown
    assert inert_for_paste(shown) == shown
    for place in ('Error: "{}" came', "- {}"):
        written = marked_up(place.format(shown.replace('"', "'")), "markdown")
        assert not active.search(written), written
    slack = re.sub("`[^`]*`", "code", marked_up(text.inert_line(raw), "slack"))
    assert not active.search(slack), slack


@pytest.mark.parametrize("honest", HARMLESS)
def test_ordinary_text_stays_as_it_is(honest: str) -> None:
    shown = text.inert_line(honest)
    assert inert_for_paste(shown) == shown


PIECES = st.sampled_from(
    [
        "$",
        "a",
        " ",
        ".",
        "com",
        "evil.com",
        ":",
        "\\\\",
        "\\",
        "h\\s",
        "[",
        "{",
        "html}",
        "#",
        "1",
        "GH-",
        "!",
        "/",
        "=",
        "A(",
        "\n",
        "`",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_it_is_idempotent_and_stays_inert(raw: str) -> None:
    shown = inert_for_paste(text.inert_line(raw))
    assert inert_for_paste(shown) == shown
    assert text.inert_line(shown) == shown
    # In a word GitHub takes "GH-1" for none of its references (a short id may end in it: "BIGH-1").
    assert not re.search(r"\$\$|\[\[|#\d{1,9}\b|\bGH-\d|evil\.com\b(?![.\w-]|\()", shown), shown


@pytest.mark.anyio
@pytest.mark.parametrize("style", ["markdown", "slack"])
async def test_no_draft_carries_what_is_active_elsewhere(style: str) -> None:
    clock = ManualClock()
    issues = tuple(
        IssueSpec(
            f"SHOP-{number}",
            chain=(Raised("Error", raw),),
            streams=(Stream(30, -40, -2, release="shop@1.0", transaction=raw, tags={"flow": {raw: 1.0}}),),
            transaction=raw,
        )
        for number, (raw, _) in enumerate(ACTIVE.values(), 1)
    )
    release = ReleaseSpec("shop@1.0", created=-3000, deploys=(DeploySpec(-50),))
    scenario = Scenario(name="paste", project="shop", issues=issues, releases=(release,), platform="node")
    async with connected(world=World(scenario, clock), clock=clock) as connection:
        for number, (raw, active) in enumerate(ACTIVE.values(), 1):
            issue = f"SHOP-{number}"
            update = (await connection.call("draft_update", issue=issue, kind="update", format=style))["text"]
            texts = [update]
            if style == "markdown":
                texts.append((await connection.call("draft_postmortem", issue=issue))["markdown"])
            for draft in texts:
                own = re.sub(r"https?://localhost[^\s)|>]*|`[^`]*`", "", draft)
                own = own.replace("GitHub", "")
                found = active.search(own) if not active.pattern.startswith(r"\A") else None
                assert not found, (raw, found, own)
            assert any(word in texts[0] for word in ("Error", "error"))
