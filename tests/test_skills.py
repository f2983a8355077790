"""The runbook's templates as skills over MCP (SEP-2640), as a client of either protocol era gets them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import INVALID_PARAMS, PaginatedRequestParams, ReadResourceRequestParams, Request, Result
from pydantic import ConfigDict

from sentry_runbook.incident.model.results.messages import FORMS
from sentry_runbook.server.skills import FILLED_BY, skill_names
from sentry_runbook.tool_names import TOOL_NAMES
from tests.commands.support import TOKEN, environment
from tests.tools.support import MODES, SETTINGS, Connection, Mode, connected

EXTENSION = "io.modelcontextprotocol/skills"
NAMES = sorted(path.stem for path in (Path(__file__).parent.parent / "prompts").glob("*.md") if path.stem != "README")
SKILL_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""https://agentskills.io/specification: lowercase letters, digits and single hyphens, at most 64 characters."""
OWN = """---
name: own_note
title: Own
description: {description}
instructions: |
  Say "moo".
---
Hello {{{{ service }}}}
"""


class Answer(Result):
    """What the server sent, every key of it."""

    model_config = ConfigDict(extra="allow")


async def skills_list(client: Client) -> dict[str, Any]:
    """The answer to ``skills/list``."""
    request = Request[PaginatedRequestParams | None, str](method="skills/list", params=None)
    return (await client.session.send_request(request, Answer)).model_dump()


async def skills_get(client: Client, uri: str) -> dict[str, Any]:
    """The answer to ``skills/get``."""
    request = Request[ReadResourceRequestParams, str](method="skills/get", params=ReadResourceRequestParams(uri=uri))
    return (await client.session.send_request(request, Answer)).model_dump()


async def read(client: Client, uri: str) -> str:
    """What a resource holds."""
    (content,) = (await client.read_resource(uri)).contents
    return str(getattr(content, "text", ""))


def head(text: str) -> Mapping[str, str]:
    """The front matter of a SKILL.md; its double-quoted strings are JSON's, too."""
    _, lines, _ = text.split("---\n", 2)
    rows = (line.split(": ", 1) for line in lines.splitlines())
    return {key: json.loads(value) if value.startswith('"') else value for key, value in rows}


@pytest.mark.parametrize("mode", MODES)
async def test_every_template_is_a_skill_with_the_digest_and_the_size_of_what_is_read(mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        listed = (await skills_list(connection.client))["skills"]
        assert [one["frontmatter"]["name"] for one in listed] == [name.replace("_", "-") for name in NAMES]
        for one in listed:
            name, uri = one["frontmatter"]["name"], one["uri"]
            assert uri == f"skill://{name}/SKILL.md"
            assert SKILL_NAME.fullmatch(name) and len(name) <= 64
            assert 0 < len(one["frontmatter"]["description"]) <= 1024
            text = await read(connection.client, uri)
            assert head(text) == one["frontmatter"]
            content = text.encode()
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert one["resources"] == [{"uri": uri, "digest": digest, "size": len(content)}]
            assert (await skills_get(connection.client, uri))["skill"] == one
        assert connection.upstream.requests == []


async def test_a_skill_says_the_words_of_its_prompt_and_the_form_of_its_resource() -> None:
    async with connected("payment-spike") as connection:
        for name in NAMES:
            skill = await read(connection.client, f"skill://{name.replace('_', '-')}/SKILL.md")
            prompt = await connection.client.get_prompt(name, {})
            (message,) = prompt.messages
            words = getattr(message.content, "text", "").split("\n\nNot known:\n")[0].strip()
            form = (await read(connection.client, f"runbook://{name}")).strip("\n")
            assert form in skill
            assert words.removesuffix(form).strip() in skill
            assert "{{" not in skill and "{%" not in skill and "None" not in skill


async def test_a_skill_of_an_issue_names_the_tool_that_gives_its_facts() -> None:
    assert set(FILLED_BY) == {"triage", "postmortem", *FORMS.values()}
    async with connected("payment-spike") as connection:
        prompts = {one.name: one for one in (await connection.client.list_prompts()).prompts}
        for name in NAMES:
            skill = await read(connection.client, f"skill://{name.replace('_', '-')}/SKILL.md")
            takes_issue = "issue" in [argument.name for argument in prompts[name].arguments or []]
            sentences = [line for line in skill.splitlines() if line.startswith("With an issue")]
            assert len(sentences) == takes_issue
            if takes_issue:
                (named,) = set(re.findall(r"`(\w+)`", sentences[0]))
                assert named in TOOL_NAMES
    for kind, form in FORMS.items():
        assert FILLED_BY[form] == f'`draft_update` with kind="{kind}"'


async def test_the_tool_that_a_skill_names_gives_the_same_form() -> None:
    async with connected("payment-spike") as connection:
        for kind, name in FORMS.items():
            form = (await read(connection.client, f"skill://{name.replace('_', '-')}/SKILL.md")).split(
                "\nWith an issue"
            )[1]
            blank, filled = labels(form), labels(await draft(connection, kind))
            assert len(blank) >= 5 and blank <= filled, name


async def draft(connection: Connection, kind: str) -> str:
    """The message of a kind."""
    return str((await connection.call("draft_update", issue="SHOP-1Z", kind=kind))["text"])


def labels(text: str) -> set[str]:
    """What stands before the colons of a form."""
    return set(re.findall(r"^([A-Z][A-Za-z, ]+):", text, re.MULTILINE))


@pytest.mark.parametrize("mode", MODES)
async def test_skills_are_listed_as_resources_under_their_own_name_and_description(mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        entries = {one["uri"]: one["frontmatter"] for one in (await skills_list(connection.client))["skills"]}
        resources = {str(one.uri): one for one in (await connection.client.list_resources()).resources}
    skills = {uri: one for uri, one in resources.items() if uri.startswith("skill://")}
    assert set(skills) == set(entries)
    for uri, one in skills.items():
        assert {"name": one.name, "description": one.description} == entries[uri]
        assert one.mime_type == "text/markdown"


async def test_the_extension_is_declared_where_the_protocol_has_extensions() -> None:
    async with connected("payment-spike") as connection:
        assert connection.client.server_capabilities.extensions == {EXTENSION: {}}
        assert connection.client.server_capabilities.resources is not None
    async with connected("payment-spike", mode="legacy") as connection:
        # 2025-11-25 has no place for extensions, and SEP-2640 asks for 2026-07-28; the SDK leaves them out.
        assert connection.client.server_capabilities.extensions is None


async def test_a_list_and_an_entry_say_how_long_they_may_be_reused() -> None:
    async with connected("payment-spike") as connection:
        answers = [await skills_list(connection.client), await skills_get(connection.client, "skill://triage/SKILL.md")]
    for answer in answers:
        assert (answer["ttlMs"], answer["cacheScope"]) == (3_600_000, "public")
        assert answer["resultType"] == "complete"
        assert "nextCursor" not in answer


@pytest.mark.parametrize(
    "uri", ["skill://nope/SKILL.md", "skill://triage", "skill://status_update/SKILL.md", "runbook://triage", "", "\x1b"]
)
async def test_an_address_that_is_no_skill_is_an_invalid_parameter_and_the_skills_are_named(uri: str) -> None:
    async with connected("payment-spike") as connection:
        with pytest.raises(MCPError) as refused:
            await skills_get(connection.client, uri)
    assert refused.value.error.code == INVALID_PARAMS
    assert "severity-matrix" in str(refused.value)
    assert "\x1b" not in str(refused.value)


async def test_an_unknown_skill_resource_is_refused_as_every_resource_is() -> None:
    async with connected("payment-spike") as connection:
        with pytest.raises(MCPError) as refused:
            await read(connection.client, "skill://nope/SKILL.md")
    assert refused.value.error.code == INVALID_PARAMS
    assert "skill://{skill}/SKILL.md" in str(refused.value)


DESCRIPTIONS = (
    'It says "no", \\ and # and: {a} [b] & * ! | > % @ `',
    "- a dash, é, 日本語, 🚨",
    "yes",
    "1.0",
)


@pytest.mark.parametrize("description", DESCRIPTIONS)
async def test_a_team_s_own_template_is_a_skill_whatever_its_description_says(description: str, tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML comes with detect-secrets, of the extra dev")
    (tmp_path / "own.md").write_text(OWN.format(description=f"'{description}'"), encoding="utf-8")
    settings = dataclasses.replace(SETTINGS, prompts_dir=tmp_path)
    async with connected("payment-spike", settings=settings) as connection:
        prompts = {one.name: one.description for one in (await connection.client.list_prompts()).prompts}
        entry = (await skills_get(connection.client, "skill://own-note/SKILL.md"))["skill"]
        text = await read(connection.client, "skill://own-note/SKILL.md")
    assert entry["frontmatter"] == {"name": "own-note", "description": prompts["own_note"]}
    assert prompts["own_note"] == description
    assert yaml.safe_load(text.split("---\n")[1]) == entry["frontmatter"]
    assert 'Say "moo".' in text and "Hello [service name]" in text
    (file,) = entry["resources"]
    assert file["digest"] == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


async def test_another_policy_gives_another_card_with_another_digest(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[thresholds]\nusers_per_hour_above = 4321\n", encoding="utf-8")
    uri = "skill://severity-matrix/SKILL.md"
    async with connected("payment-spike") as connection:
        shipped = (await skills_get(connection.client, uri))["skill"]["resources"]
    async with connected(
        "payment-spike", settings=dataclasses.replace(SETTINGS, policy_file=tmp_path / "policy.toml")
    ) as own:
        text = await read(own.client, uri)
        changed = (await skills_get(own.client, uri))["skill"]["resources"]
    assert "4,321" in text or "4321" in text
    assert changed != shipped
    assert changed[0]["digest"] == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


async def test_two_processes_give_the_same_digests() -> None:
    """Behind a load balancer one replica lists what another is read from."""
    async with connected("payment-spike") as connection:
        here = (await skills_list(connection.client))["skills"]
    program = StdioServerParameters(
        command=sys.executable, args=["-m", "sentry_runbook"], env=environment(SENTRY_AUTH_TOKEN=TOKEN)
    )
    async with Client(stdio_client(program)) as client:
        assert (await skills_list(client))["skills"] == here


@pytest.mark.parametrize("mode", MODES)
async def test_a_server_with_a_wrong_setting_answers_with_its_problem(mode: Mode, tmp_path: Path) -> None:
    env = environment(SENTRY_AUTH_TOKEN="${SENTRY_AUTH_TOKEN}")
    program = StdioServerParameters(command=sys.executable, args=["-m", "sentry_runbook"], env=env, cwd=tmp_path)
    said: set[str] = set()
    with (tmp_path / "stderr").open("w") as errors:
        async with Client(stdio_client(program, errlog=errors), mode=mode) as client:
            for ask in (
                skills_list(client),
                skills_get(client, "skill://triage/SKILL.md"),
                read(client, "skill://triage/SKILL.md"),
            ):
                with pytest.raises(MCPError) as refused:
                    await ask
                said.add(str(refused.value))
    (sentence,) = said
    assert "SENTRY_AUTH_TOKEN" in sentence


def test_names_of_skills_follow_the_rules_of_agent_skills_and_are_each_given_once() -> None:
    names = ["a", "a_", "a__b", "a_b", "a_b_2", "b9", "x" * 64, "x" * 63 + "_", f"{'x' * 59}____{'x'}", "z" * 64]
    given = skill_names(names)
    assert given[:6] == ["a", "a-2", "a-b", "a-b-2", "a-b-2-2", "b9"]
    assert len(set(given)) == len(names)
    assert [name for name in given if not SKILL_NAME.fullmatch(name) or len(name) > 64] == []
    assert skill_names(NAMES) == [name.replace("_", "-") for name in NAMES]


def test_listing_the_resources_renders_no_skill() -> None:
    code = (
        "import sys; from sentry_runbook.runtime import build_runtime; from sentry_runbook.settings import Settings; "
        "from sentry_runbook.server.app import build_server; build_server(build_runtime(Settings())); "
        "sys.exit('jinja2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
