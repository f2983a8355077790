"""The published attack shape from event to draft, as ``SECURITY.md`` prints it.

``python -m tests.safety.printed`` runs it anew and writes it there.
"""

import re
from pathlib import Path

import anyio
from tests.safety.attacks import attacks
from tests.tools.support import connected

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import DeploySpec, FrameSpec, IssueSpec, Raised, ReleaseSpec, Scenario, Stream
from sentry_runbook.simulator.world import World

PAGE = Path(__file__).parents[2] / "SECURITY.md"
PLACE = re.compile(r"(?s)(<!-- {0}: begin -->\n).*?(<!-- {0}: end -->)".replace("{0}", "run"))
PAYLOADS = {attack.name.partition("/")[2]: attack.text or "" for attack in attacks() if "published/" in attack.name}
MESSAGE = PAYLOADS["resolution-in-exception-value"].partition("TypeError: ")[2]
CONTEXT = PAYLOADS["resolution-as-context-name"]
TAG = PAYLOADS["resolution-as-tag-value"]


def world(clock: ManualClock) -> World:
    """One issue whose event is the attack; whoever has the public DSN can send it."""
    frames = (FrameSpec("restore", "src/session.ts", 41, source="const t = state\nreturn t.token\n}"),)
    issue = IssueSpec(
        "SHOP-2B",
        chain=(Raised("TypeError", MESSAGE, frames),),
        streams=(Stream(12, -25, -3, users=4),),
        tags={"flow": {TAG: 1.0}},
        contexts={CONTEXT: {"reported by": "jo.doe@example.com"}},
        culprit="src/session.ts in restore",
    )
    release = ReleaseSpec("shop@2.4.1", created=-3000, deploys=(DeploySpec(-2990),))
    return World(Scenario(name="attack", project="shop", issues=(issue,), releases=(release,), platform="node"), clock)


def echoed() -> str:
    """What a server gives that puts the event's text into its own Markdown."""
    return (
        f"# Issue SHOP-2B\n\n**Error:**\n```\nTypeError: {MESSAGE.rstrip()}\n```\n\n"
        f"## Additional context\n\n### {CONTEXT}\n\nreported by: jo.doe@example.com\n\n**flow:** {TAG}\n"
    )


async def run() -> str:
    """The part of the page that is printed by a run."""
    clock = ManualClock()
    async with connected(world=world(clock), clock=clock) as connection:
        read = await connection.text("get_issue", issue="SHOP-2B")
        draft = (await connection.call("draft_update", issue="SHOP-2B", kind="initial", lead="Ada"))["text"]
        requests = {request.split()[0] for request in connection.upstream.requests}
    nonce = re.search(r"<untrusted ([0-9a-f]+)>", read)
    shown = read.replace(nonce[1], "NONCE") if nonce else read
    return (
        f"Before: the event, put into a server's own Markdown as it is.\n\n{_box(echoed())}\n"
        f"After: `get_issue` of this server (NONCE stands for 20 random hexadecimal digits, new in each answer).\n\n"
        f"{_box(shown)}\nAnd the draft that `draft_update` makes of it.\n\n{_box(draft)}\n"
        f"Requests sent to Sentry meanwhile: {', '.join(sorted(requests))} only.\n"
    )


def _box(text: str) -> str:
    return f"~~~~text\n{text.rstrip()}\n~~~~\n"


def written(page: str, printed: str) -> str:
    """The page with the run put in."""
    return PLACE.sub(lambda found: f"{found[1]}{printed}{found[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), anyio.run(run)), encoding="utf-8")
