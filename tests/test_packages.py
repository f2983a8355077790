"""What the project is packed as agrees with itself: archives, bundle, registry entry, image, versions, bounds."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import sentry_runbook
from tests.packed import MOST_BUNDLE_BYTES, ROOT, kept, pack_bundle

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MANIFEST: dict[str, Any] = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
SERVER: dict[str, Any] = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
LABELS = dict(re.findall(r'(\S+)="([^"]*)"', DOCKERFILE))
REPOSITORY = "https://github.com/sentry-runbook/sentry-runbook"
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
REQUIREMENTS = [Requirement(text) for group in (PROJECT["project"]["dependencies"], *EXTRAS.values()) for text in group]


def build_inputs() -> set[str]:
    """What a build of the wheel reads: the package, the templates, and the files that its metadata names."""
    package = {
        Path(file.path).relative_to(ROOT).as_posix() for file in WheelBuilder(str(ROOT)).recurse_included_files()
    }
    prompts = {path.relative_to(ROOT).as_posix() for path in (ROOT / "prompts").glob("*.md")}
    return package | prompts | {"pyproject.toml", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]}


# --- archives


def test_the_sdist_is_the_whole_project() -> None:
    packed = {file.distribution_path for file in SdistBuilder(str(ROOT)).recurse_included_files()}
    assert packed - {"PKG-INFO"} == kept() - {"PKG-INFO"}
    assert {"manifest.json", "Dockerfile", ".ci/run", "tests/test_packages.py"} <= packed


def test_the_wheel_is_the_package_alone() -> None:
    packed = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {path.split("/")[0] for path in packed} == {"sentry_runbook"}
    assert "sentry_runbook/py.typed" in packed


def test_uvx_builds_a_checkout_anew_when_anything_that_runs_has_changed() -> None:
    patterns = [key["file"] for key in PROJECT["tool"]["uv"]["cache-keys"]]
    watched = {path.relative_to(ROOT).as_posix() for pattern in patterns for path in ROOT.glob(pattern)}
    runs = {name for name in build_inputs() if name.split("/")[0] in ("pyproject.toml", "server", "prompts")}
    assert sorted(name for name in runs - watched if not name.endswith("py.typed")) == []


# --- what is said of the project in several places


def test_one_version_everywhere() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    pages = [*ROOT.glob("*.json"), *ROOT.glob(".*-plugin/*.json")]
    told = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in pages}
    versions = {name: page["version"] for name, page in told.items() if "version" in page}
    assert {"manifest.json", "server.json"} <= set(versions)
    versions |= {f"package {entry['identifier']}": entry["version"] for entry in SERVER["packages"]}
    versions["Dockerfile"] = LABELS["org.opencontainers.image.version"]
    assert set(versions.values()) == {sentry_runbook.__version__}, versions


def test_one_description_where_lengths_are_bound() -> None:
    assert {MANIFEST["description"], LABELS["org.opencontainers.image.description"]} == {SERVER["description"]}


def test_every_address_is_of_the_one_repository() -> None:
    urls: dict[str, str] = PROJECT["project"]["urls"]
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog"} <= set(urls)
    assert {urls["Homepage"], urls["Source"]} == {REPOSITORY}
    assert MANIFEST["homepage"] == MANIFEST["repository"]["url"] == SERVER["repository"]["url"] == REPOSITORY
    assert LABELS["org.opencontainers.image.url"] == LABELS["org.opencontainers.image.source"] == REPOSITORY
    assert MANIFEST["documentation"] == SERVER["websiteUrl"] == urls["Documentation"]
    assert LABELS["org.opencontainers.image.documentation"] == urls["Documentation"]
    assert MANIFEST["support"] == urls["Issues"]
    page = urls["Changelog"].removeprefix(f"{REPOSITORY}/blob/main/")
    assert (ROOT / page).is_file()


def test_the_registry_finds_its_name_where_it_looks_for_the_owner() -> None:
    assert f"mcp-name: {SERVER['name']}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert LABELS["io.modelcontextprotocol.server.name"] == SERVER["name"]
    assert {entry["identifier"] for entry in SERVER["packages"]} == {PROJECT["project"]["name"]}


def test_the_oldest_python_is_the_same_everywhere() -> None:
    oldest = PROJECT["project"]["requires-python"]
    named = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["project"]["classifiers"]))
    assert named == ["3.11", "3.12", "3.13", "3.14"]
    assert oldest == f">={named[0]}" == MANIFEST["compatibility"]["runtimes"]["python"]
    assert PROJECT["tool"]["mypy"]["python_version"] == named[0]
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{named[0].replace('.', '')}"


# --- dependencies


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_a_dependency_is_bound_below_and_before_its_next_major_version(requirement: Requirement) -> None:
    bounds = {spec.operator: spec.version for spec in requirement.specifier}
    assert set(bounds) == {">=", "<"}, requirement
    low, high = (int(bounds[sign].split(".")[0]) for sign in (">=", "<"))
    assert bounds["<"] == str(high) and low < high, requirement


def test_a_build_asks_for_the_builder_that_the_tests_know() -> None:
    (builder,) = (Requirement(text) for text in PROJECT["build-system"]["requires"])
    (tested,) = (requirement for requirement in REQUIREMENTS if requirement.name == builder.name)
    assert builder.specifier == tested.specifier != SpecifierSet()


# --- the bundle of desktop hosts


def test_the_bundle_holds_what_the_server_is_built_from_and_no_more() -> None:
    needed = build_inputs() | {"manifest.json", MANIFEST["icon"], MANIFEST["server"]["entry_point"]}
    assert kept(".mcpbignore") == needed


def test_the_bundle_stays_small(tmp_path: Path) -> None:
    bundle = pack_bundle(tmp_path / "sentry-runbook.mcpb")
    assert bundle.stat().st_size <= MOST_BUNDLE_BYTES


def test_the_bundle_starts_what_the_wheel_installs() -> None:
    start = MANIFEST["server"]["mcp_config"]
    assert [start["command"], *start["args"]] == [
        "uv",
        "run",
        "--directory",
        "${__dirname}",
        *PROJECT["project"]["scripts"],
    ]


def test_no_optional_field_of_the_form_reaches_the_server_as_a_placeholder() -> None:
    for name, field in MANIFEST["user_config"].items():
        assert field["required"] or "default" in field, f"a host leaves ${{user_config.{name}}} as it is"
        assert not (field["required"] and "default" in field), name


def test_the_icon_is_a_small_square_png() -> None:
    picture = (ROOT / MANIFEST["icon"]).read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (512, 512)
    assert len(picture) <= 20_000
    (icon,) = SERVER["icons"]
    assert icon["src"].endswith(f"/main/{MANIFEST['icon']}") and icon["sizes"] == ["512x512"]


# --- the registry's entry

URL = {"type": "string", "format": "uri", "pattern": "^https://", "maxLength": 255}
VARIABLE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "description"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string", "minLength": 1},
        "isRequired": {"type": "boolean"},
        "isSecret": {"type": "boolean"},
        "default": {"type": "string"},
        "placeholder": {"type": "string"},
        "choices": {"type": "array", "items": {"type": "string"}},
        "format": {"enum": ["string", "number", "boolean", "filepath"]},
    },
}
ENTRY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["$schema", "name", "title", "description", "version", "websiteUrl", "repository", "icons", "packages"],
    "properties": {
        "$schema": {"const": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"},
        "name": {"type": "string", "pattern": r"^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$", "maxLength": 200},
        "title": {"type": "string", "minLength": 1, "maxLength": 100},
        "description": {"type": "string", "minLength": 1, "maxLength": 100},
        "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "websiteUrl": URL,
        "repository": {
            "type": "object",
            "additionalProperties": False,
            "required": ["url", "source"],
            "properties": {"url": URL, "source": {"const": "github"}},
        },
        "icons": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["src"],
                "properties": {
                    "src": URL,
                    "mimeType": {"enum": ["image/png", "image/jpeg", "image/svg+xml", "image/webp"]},
                    "sizes": {"type": "array", "items": {"pattern": r"^(\d+x\d+|any)$"}},
                },
            },
        },
        "packages": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["registryType", "identifier", "transport"],
                "properties": {
                    "registryType": {"const": "pypi"},
                    "identifier": {"type": "string"},
                    "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
                    "runtimeHint": {"const": "uvx"},
                    "transport": {"type": "object", "const": {"type": "stdio"}},
                    "environmentVariables": {"type": "array", "items": VARIABLE},
                },
            },
        },
    },
}
"""What the registry's schema of 2025-12-11 says of the keys that we use; closed, so that a misspelt key fails."""


def test_the_registry_entry_has_the_registrys_form() -> None:
    jsonschema.validate(SERVER, ENTRY)


# --- the image


def test_the_image_is_based_on_one_release_of_python_that_is_named_once() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases == ["${PYTHON}"] * 2
    (base,) = re.findall(r"^ARG PYTHON=(\S+)$", DOCKERFILE, re.MULTILINE)
    release = re.fullmatch(r"python:(3\.\d+)\.\d+-slim-[a-z]+", base)
    assert release, "a tag that moves"
    assert release[1] in re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["project"]["classifiers"]))


def test_the_image_runs_the_server_as_nobody_special() -> None:
    assert re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE) == re.findall(r"--uid (\d+)", DOCKERFILE) != ["0"]
    (script,) = PROJECT["project"]["scripts"]
    assert f'ENTRYPOINT ["/opt/venv/bin/{script}"]' in DOCKERFILE
    assert LABELS["org.opencontainers.image.title"] == PROJECT["project"]["name"]
    assert LABELS["org.opencontainers.image.licenses"] == PROJECT["project"]["license"]


def test_the_build_of_the_image_is_given_what_the_wheel_is_built_from_and_no_more() -> None:
    copies = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if re.match(r"COPY (?!--)", line)]
    sources = {source for line in copies for source in line}
    context = kept(".dockerignore")
    assert context == build_inputs()
    assert {name for name in context if name not in sources and name.split("/")[0] not in sources} == set()
    assert [source for source in sources if not (ROOT / source).exists()] == []
