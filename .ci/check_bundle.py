"""Run by .ci/run: packs the bundle, starts it as a desktop host does, and asks it, once with a wrong setting.

Usage: PYTHONPATH=. python .ci/check_bundle.py UV
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters
from tests.packed import MOST_BUNDLE_BYTES, pack_bundle

from sentry_runbook.tool_names import TOOL_NAMES

PLACEHOLDER = re.compile(r"\$\{([\w.]+)\}")


def start_of(bundle: Path, uv: Path, answers: dict[str, str]) -> StdioServerParameters:
    """What the host runs when its form was filled like this; what was left blank has the default of the form."""
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    config = manifest["server"]["mcp_config"]
    form = {name: str(field["default"]) for name, field in manifest["user_config"].items() if "default" in field}
    known = {"__dirname": str(bundle)} | {f"user_config.{name}": text for name, text in (form | answers).items()}

    def filled(text: str) -> str:
        return PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), text)

    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SENTRY", "VIRTUAL_ENV"))}
    return StdioServerParameters(
        command=str(uv) if config["command"] == "uv" else config["command"],
        args=[filled(text) for text in config["args"]],
        env=environment | {name: filled(text) for name, text in config["env"].items()},
    )


async def check(bundle: Path, uv: Path, url: str) -> None:
    """A form filled right, and one with a word that the setting does not know."""
    right = {"token": "demo", "organization": "acme", "url": url}
    async with Client(start_of(bundle, uv, right)) as client:
        tools = (await client.list_tools()).tools
        assert tuple(tool.name for tool in tools) == TOOL_NAMES, [tool.name for tool in tools]
        answer = await client.call_tool("triage_issue", {"issue": "SHOP-1Z"})
        assert not answer.is_error and "P0 Critical" in answer.content[0].text, answer
    async with Client(start_of(bundle, uv, right | {"writes": "sometimes"})) as client:
        assert (await client.list_tools()).tools, "a wrong setting ends the server"
        answer = await client.call_tool("triage_issue", {"issue": "SHOP-1Z"})
        assert answer.is_error and "SENTRY_RUNBOOK_WRITES must be" in answer.content[0].text, answer


def main() -> None:
    """Pack, unpack elsewhere, serve the embedded Sentry, ask."""
    uv = Path(sys.argv[1])
    simulate = [sys.executable, "-m", "sentry_runbook", "simulate", "--port", "0"]
    with tempfile.TemporaryDirectory() as folder:
        packed = pack_bundle(Path(folder) / "sentry-runbook.mcpb")
        size = packed.stat().st_size
        assert size <= MOST_BUNDLE_BYTES, size
        bundle = Path(folder) / "installed"
        zipfile.ZipFile(packed).extractall(bundle)  # packed a line above
        with subprocess.Popen(simulate, stdout=subprocess.PIPE, text=True) as sentry:  # noqa: S603  # a command of ours
            try:
                url = re.search(r"http://\S+", sentry.stdout.readline())[0]
                anyio.run(check, bundle, uv, url)
            finally:
                sentry.terminate()
    print(f"the bundle, {size / 1000:.0f} kB, starts as a desktop host starts it, also with a wrong setting")


main()
