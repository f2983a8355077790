"""The rows of the matrix. A client more is a row here, and a function or a program that says how it is started."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib.metadata import version

from tests.hosts import command_line_hosts as hosts
from tests.hosts.client import ROOT, Client, Command, Start

PROGRAMS = ROOT / "tests" / "hosts" / "programs"


def _given(start: Start) -> dict[str, str]:
    """What a program of ours is told."""
    server = {"command": start.server.command, "args": list(start.server.args), "env": dict(start.server.env)}
    return {
        "HOSTS_SERVER": json.dumps(server),
        "HOSTS_MODEL": start.model,
        "HOSTS_FOLDER": os.fspath(start.folder),
        "PYTHONPATH": os.fspath(ROOT),
    }


def _python(module: str, *words: str, **variables: str) -> Callable[[Start], Command]:
    """A program in Python, run by the client's own interpreter."""
    return lambda start: Command(
        (os.fspath(start.program), "-m", f"tests.hosts.programs.{module}", *words), {**_given(start), **variables}
    )


def _node(file: str) -> Callable[[Start], Command]:
    return lambda start: Command(("node", os.fspath(PROGRAMS / file)), _given(start))


def _inspector(start: Start) -> Command:
    daemon = {"MCP_INSPECTOR_DAEMON_DIR": os.fspath(start.home / "daemon"), "MCP_INSPECTOR_DAEMON_TOKEN": "stub"}
    program = (sys.executable, "-m", "tests.hosts.programs.inspector", os.fspath(start.program), "--era", "auto")
    return Command(program, {**_given(start), **daemon})


CLIENTS = (
    Client("Claude Code", "npm", ("@anthropic-ai/claude-code@2.1.332",), "claude", hosts.claude_code),
    Client("Codex", "npm", ("@openai/codex@0.171.0",), "codex", hosts.codex),
    Client("Gemini CLI", "npm", ("@google/gemini-cli@0.61.0",), "gemini", hosts.gemini_cli),
    Client("Qwen Code", "npm", ("@qwen-code/qwen-code@0.15.10",), "qwen", hosts.qwen_code),
    Client("Continue", "npm", ("@continuedev/cli@1.5.47",), "cn", hosts.continue_cli),
    Client("opencode", "npm", ("opencode-ai@1.18.33",), "opencode", hosts.opencode),
    Client("OpenAI Agents", "pip", ("openai-agents==0.24.0",), "python", _python("openai_agents")),
    Client("OpenAI Agents strict", "pip", ("openai-agents==0.24.0",), "python", _python("openai_agents", "strict")),
    Client(
        "Pydantic AI",
        "pip",
        ("pydantic-ai-slim[mcp,openai]==2.68.0",),
        "python",
        _python("pydantic_ai"),
    ),
    Client(
        "LangChain",
        "pip",
        ("langchain-mcp-adapters==0.3.2", "langchain-openai==1.7.4", "langgraph==1.2.24"),
        "python",
        _python("langchain"),
    ),
    Client("Google ADK", "pip", ("google-adk==2.13.0", "mcp==2.3.0"), "python", _python("google_adk")),
    Client("Strands", "pip", ("strands-agents[openai]==1.62.0",), "python", _python("strands_agents")),
    Client(
        "Agent Framework",
        "pip",
        ("agent-framework-core==1.23.0", "agent-framework-openai==1.17.0", "mcp==2.3.0", "tenacity==9.2.1"),
        "python",
        _python("agent_framework_client"),
    ),
    Client(
        "mcp-use",
        "pip",
        ("mcp-use==1.7.1", "langchain-openai==1.7.4"),
        "python",
        _python("mcp_use_agent", MCP_USE_ANONYMIZED_TELEMETRY="false"),
    ),
    Client(
        "AI SDK",
        "npm",
        ("ai@6.0.326", "@ai-sdk/mcp@1.0.102", "@ai-sdk/openai-compatible@2.0.92"),
        "node-which",
        _node("ai_sdk.mjs"),
    ),
    Client(
        "Inspector",
        "npm",
        ("@modelcontextprotocol/inspector@2.12.0",),
        "mcpdo",
        _inspector,
        shows_questions=True,
    ),
    Client(
        "TypeScript SDK",
        "npm",
        ("@modelcontextprotocol/sdk@1.32.2",),
        "node-which",
        _node("typescript_sdk.mjs"),
        shows_questions=True,
    ),
    Client("FastMCP", "pip", ("fastmcp==4.2.3",), "python", _python("fastmcp_client"), shows_questions=True),
    Client(
        "Python SDK, 2026-07-28",
        "here",
        (f"mcp=={version('mcp')}",),
        "python",
        _python("python_sdk", "auto"),
        shows_questions=True,
    ),
    Client(
        "Python SDK, 2025-11-25",
        "here",
        (f"mcp=={version('mcp')}",),
        "python",
        _python("python_sdk", "legacy"),
        shows_questions=True,
    ),
)
NOT_HERE = {
    "Claude Desktop": "a desktop application, for macOS and Windows",
    "Claude web": "asks servers that it can reach over the internet",
    "VS Code, Cursor, Windsurf": "editors with a window and an account",
    "ChatGPT": "asks servers that it can reach over the internet",
}
"""Hosts that people use and no script can install: the matrix says nothing about them."""
