"""Run by .ci/run in an environment that holds only the wheel: are the archives whole, does the server answer?

Usage: python .ci/check_wheel.py DIST TRACKED, a file with the paths that git tracks, each ended by a null character.
"""

import sys
import tarfile
import zipfile
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters

from sentry_runbook.tool_names import TOOL_NAMES

PROMPTS = Path(__file__).parent.parent / "prompts"
TEMPLATES = {path.stem for path in PROMPTS.glob("*.md")} - {"README"}


def check_archives(dist: Path, tracked: set[str]) -> None:
    """The wheel carries every template and no package but ours; the sdist is what git tracks."""
    (wheel,) = dist.glob("*.whl")
    (sdist,) = dist.glob("*.tar.gz")
    names = zipfile.ZipFile(wheel).namelist()
    found = {Path(name).stem for name in names if name.startswith("sentry_runbook/prompts/")}
    assert found >= TEMPLATES, f"the wheel lacks templates: {TEMPLATES - found}"
    roots = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert roots == {"sentry_runbook"}, f"the wheel installs more than our package: {roots}"
    with tarfile.open(sdist) as archive:
        packed = {name.split("/", 1)[1] for name in archive.getnames()} - {"PKG-INFO"}
    assert packed == tracked, f"the sdist differs from what git tracks: {sorted(packed ^ tracked)}"


async def check_server() -> None:
    """The installed server speaks MCP in both eras, by both ways of starting it."""
    script = str(Path(sys.executable).with_name("sentry-runbook"))
    for mode in ("auto", "legacy"):
        for command, args in ((script, ["serve", "--demo"]), (sys.executable, ["-m", "sentry_runbook", "--demo"])):
            async with Client(StdioServerParameters(command=command, args=args), mode=mode) as client:
                tools = (await client.list_tools()).tools
                prompts = (await client.list_prompts()).prompts
                assert tuple(tool.name for tool in tools) == TOOL_NAMES, [tool.name for tool in tools]
                assert {prompt.name for prompt in prompts} >= TEMPLATES


check_archives(Path(sys.argv[1]), set(Path(sys.argv[2]).read_text(encoding="utf-8").rstrip("\0").split("\0")))
anyio.run(check_server)
print("wheel and sdist are complete; the installed server answers in both protocol eras")
