"""Who may import whom (DESIGN §2), read from the source: arrows never run back."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from tokenize import COMMENT, tokenize

import pytest

PACKAGE = Path(__file__).parent.parent / "server" / "sentry_runbook"
LEAVES = {"errors", "settings", "__init__"}
CORE = {"incident", "safety"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "tool_names": set(),
    "progress": set(),
    "answer_points": set(),
    "loopback": set(),
    "small_files": set(),
    "server_url": {"loopback"},
    "setting_parsers": {"server_url", "small_files"},
    "settings": {"errors", "server_url", "setting_parsers"},
    "settings_files": {"setting_parsers", "settings", "small_files"},
    "keyring_token": {"errors"},
    "settings_loader": {"errors", "keyring_token", "server_url", "setting_parsers", "settings", "settings_files"},
    "setup": {"errors", "server_url", "setting_parsers", "settings", "settings_files", "small_files"},
    "safety": {"errors", "tool_names"},
    "incident": {"answer_points", "errors", "safety", "small_files"},
    "sentry": {"answer_points", "errors", "loopback", "server_url", "settings"} | CORE,
    "simulator": set(),
    "render": {"errors", "small_files"} | CORE,
    "store": {"errors", "progress"},
    "runtime": {"errors", "settings", "sentry", "render", "store"} | CORE,
    "collect": {"answer_points", "errors", "progress", "settings", "sentry", "runtime", "store"} | CORE,
    "writing": {"errors", "progress", "settings", "sentry", "runtime", "collect"} | CORE,
    "tools": {"errors", "progress", "settings", "tool_names", "runtime", "collect", "writing", "render"} | CORE,
    "server": {
        "errors",
        "loopback",
        "server_url",
        "settings",
        "runtime",
        "collect",
        "tools",
        "sentry",
        "render",
        "__init__",
    }
    | CORE,
    "commands": {"*"},
    "cli": {"*"},
    "__main__": {"cli"},
    "__init__": set(),
}
LIBRARIES: dict[str, set[str]] = {
    "incident": {"pydantic", "pydantic_core", "annotated_types"},
    "safety": {"pydantic", "pydantic_core", "cryptography"},
    "store": set(),
    "sentry": {"pydantic", "pydantic_core", "msgspec", "httpx", "anyio"},
    "simulator": {"pydantic", "starlette", "uvicorn"},
}
STANDARD = __import__("sys").stdlib_module_names


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> list[tuple[int, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(node.lineno, name) for name in (names if node.module == "sentry_runbook" else [node.module])]
    return found


SOURCES = sorted(PACKAGE.rglob("*.py"))
CHECKOUT = Path(__file__).parent.parent


def comments_of(path: Path) -> list[tuple[int, str]]:
    with path.open("rb") as source:
        return [(token.start[0], token.string) for token in tokenize(source.readline) if token.type == COMMENT]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    part = part_of(path)
    allowed = ALLOWED[part]
    for line, name in imports_of(path):
        steps = name.split(".")
        if steps[0] != "sentry_runbook":
            libraries = LIBRARIES.get(part)
            known = libraries is None or steps[0] in libraries or steps[0] in STANDARD
            assert known, f"{path.name}:{line} imports {name}, which {part} does without"
            continue
        target = steps[1] if len(steps) > 1 else "__init__"
        target = target if (PACKAGE / target).exists() or (PACKAGE / f"{target}.py").exists() else "__init__"
        fine = target == part or "*" in allowed or target in allowed
        assert fine, f"{path.name}:{line}: {part} must not know {target}"


def test_the_client_knows_of_the_incident_only_what_it_is_made_of() -> None:
    known = {
        name
        for path in SOURCES
        if part_of(path) == "sentry"
        for _, name in imports_of(path)
        if name.startswith("sentry_runbook.incident")
    }
    assert known <= {"sentry_runbook.incident.model.evidence.json_values"}


def test_only_the_transport_knows_httpx() -> None:
    users = {
        str(path.relative_to(PACKAGE))
        for path in SOURCES
        if part_of(path) == "sentry" and any(name.split(".")[0] == "httpx" for _, name in imports_of(path))
    }
    assert users <= {"sentry/http.py", "sentry/connections.py"}


def test_the_environment_is_read_and_printed_to_in_the_command_line_only() -> None:
    offenders = [
        str(path.relative_to(PACKAGE))
        for path in SOURCES
        if part_of(path) not in ("cli", "commands", "__main__")
        and path != PACKAGE / "render" / "console.py"
        and re.search(r"os\.environ|os\.getenv\(|(?<![.\w])print\(", path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


LOWEST = {"model", "formatting", "window", "evidence_file", "release_versions", "environments"}
MEASURED = (
    LOWEST
    | {"metrics", "events", "episode", "measurements", "releases", "issue_status", "issue_state"}
    | {
        "changes",
        "explanation",
        "platforms",
        "release_health",
        "suspect",
    }
)
JUDGED = MEASURED | {"causes", "severity", "situation", "impact", "recovery", "timeline", "people", "incident"}
INSIDE: dict[str, set[str]] = {
    "model": set(),
    "formatting": {"model"},
    "environments": {"model"},
    "window": {"model"},
    "release_versions": set(),
    "evidence_file": {"model"},
    "policy_file": {"model"},
    "issue_status": LOWEST,
    "issue_state": LOWEST | {"issue_status"},
    "metrics": LOWEST,
    "events": LOWEST,
    "episode": LOWEST | {"metrics"},
    "releases": LOWEST | {"metrics", "events", "issue_status"},
    "platforms": LOWEST | {"events"},
    "changes": LOWEST | {"releases"},
    "release_health": LOWEST | {"metrics"},
    "suspect": LOWEST | {"metrics", "releases", "release_health", "issue_status"},
    "explanation": LOWEST | {"metrics", "events", "releases", "changes", "suspect"},
    "measurements": LOWEST
    | {
        "metrics",
        "events",
        "episode",
        "releases",
        "issue_status",
        "changes",
        "explanation",
        "release_health",
        "suspect",
        "platforms",
    },
    "causes": MEASURED,
    "severity": MEASURED,
    "impact": MEASURED,
    "recovery": MEASURED,
    "situation": MEASURED | {"severity"},
    "alerts": MEASURED | {"situation"},
    "timeline": MEASURED | {"recovery", "causes"},
    "people": MEASURED | {"causes", "timeline"},
    "incident": JUDGED,
    "together": JUDGED | {"situation"},
    "background": JUDGED | {"together"},
    "issue_report": JUDGED,
    "triage": JUDGED,
    "resolution": JUDGED,
    "messages": JUDGED | {"triage", "issue_report", "postmortem", "background", "together"},
    "postmortem": JUDGED | {"background", "together"},
}
"""Inside ``incident/``, by folder or module: what each part may import besides itself. Nothing points back."""


@pytest.mark.parametrize("path", sorted((PACKAGE / "incident").rglob("*.py")), ids=str)
def test_inside_the_incident_arrows_never_run_back(path: Path) -> None:
    part = path.relative_to(PACKAGE / "incident").parts[0].removesuffix(".py")
    for line, name in imports_of(path):
        steps = name.split(".")
        if steps[:2] == ["sentry_runbook", "incident"] and len(steps) > 2:
            assert steps[2] == part or steps[2] in INSIDE[part], f"{path.name}:{line}: {part} must not know {steps[2]}"


def test_the_arrows_inside_the_incident_have_no_circle() -> None:
    def below(part: str, seen: tuple[str, ...] = ()) -> None:
        assert part not in seen, f"a circle: {' -> '.join((*seen, part))}"
        for lower in INSIDE[part] - {part}:
            below(lower, (*seen, part))

    for part in INSIDE:
        below(part)


@pytest.mark.parametrize("folder", ["server", "tests", "bench", ".ci"])
def test_a_check_that_is_silenced_has_its_reason_beside_it(folder: str) -> None:
    silent = [
        f"{path.relative_to(CHECKOUT)}:{line}: {comment}"
        for path in sorted((CHECKOUT / folder).rglob("*.py"))
        for line, comment in comments_of(path)
        if "type: ignore" in comment or "noqa" in comment
        if len(re.findall("[a-z]{2,}", comment.rpartition("#")[2])) < 2 or comment.count("#") < 2
    ]
    assert silent == []


def late_imports(path: Path) -> set[str]:
    """The modules that the functions of a module import when they are called."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)]
    imports = [node for body in functions for node in ast.walk(body) if isinstance(node, ast.ImportFrom)]
    return {
        f"{node.module}.{alias.name}" if node.module == "sentry_runbook.collect" else f"{node.module}"
        for node in imports
        for alias in node.names
    }


@pytest.mark.parametrize("module", sorted(late_imports(PACKAGE / "collect" / "__init__.py")))
def test_what_the_collector_loads_late_loads_the_sentry_client(module: str) -> None:
    program = (
        "import sys, importlib, sentry_runbook.collect\n"
        "early = 'sentry_runbook.sentry.client' in sys.modules\n"
        f"importlib.import_module({module!r})\n"
        "print(early, 'sentry_runbook.sentry.client' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"], "a reason to load it late is missing"


def test_the_list_of_tools_loads_no_model_that_only_a_call_fills() -> None:
    late = ["breadcrumb", "chain", "event", "evidence", "exception", "flags", "frame", "occurrence", "outcomes"]
    program = (
        "import sys, sentry_runbook.tools.registry\n"
        "print(*sorted(name.rpartition('.')[2] for name in sys.modules if '.incident.model.evidence.' in name))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert "values" in loaded
    assert [name for name in late if name in loaded] == []
