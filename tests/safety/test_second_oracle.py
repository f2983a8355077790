"""A scanner that others wrote, on the corpus: what it takes for a secret is masked, and it finds none in what is shown.

``detect-secrets`` runs with all its plugins and its own filters against false positives, but for those that ask a
service whether a secret is live: nothing here talks to a network.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.safety.score import leaks, shown
from tests.safety.secret_rows import Row, rows, strings

WHY = "detect-secrets is not installed: pip install -e '.[dev]'"
secrets_collection: Any = pytest.importorskip("detect_secrets.core.secrets_collection", reason=WHY)
settings: Any = pytest.importorskip("detect_secrets.settings", reason=WHY)
plugins: Any = pytest.importorskip("detect_secrets.core.plugins.util", reason=WHY)

HEURISTICS = (
    *("is_sequential_string", "is_potential_uuid", "is_likely_id_string", "is_templated_secret"),
    *("is_prefixed_with_dollar_sign", "is_indirect_reference", "is_not_alphanumeric_string"),
)
SHOWN = {
    re.compile(
        r"AC[0-9a-f]{32}"
    ): "an account's id, which stands in every URL of Twilio's; its key beside it is masked",
    re.compile(r"PuTTY-User-Key-File-\d"): "the first line of a private key, without a letter of the key",
}
"""What it flags and we show on purpose → why."""


def flagged(lines: Iterable[str], folder: Path) -> Iterator[tuple[int, str, str]]:
    """Number of the line from 0, kind and value of everything that the scanner takes for a secret."""
    path = folder / "texts.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    chosen = {
        "plugins_used": [{"name": kind.__name__} for kind in plugins.get_mapping_from_secret_type_to_class().values()],
        "filters_used": [{"path": f"detect_secrets.filters.heuristic.{name}"} for name in HEURISTICS],
    }
    collection = secrets_collection.SecretsCollection()
    with settings.transient_settings(chosen):
        collection.scan_file(str(path))
    for _, secret in collection:
        if secret.secret_value:
            yield secret.line_number - 1, secret.type, secret.secret_value


def as_line(row: Row, texts: list[str]) -> str:
    """A text as one line; the value of a name as an assignment, in quotes, where the scanner looks for it."""
    joined = " ".join(texts).replace("\n", " ")
    return f"{row.name} = {json.dumps(joined, ensure_ascii=False)}" if row.name else joined


GUILTY = [row for row in rows() if not row.harmless]


def said(row: Row, kind: str, value: str) -> str:
    """One complaint; nobody reads the holdout's values."""
    return f"{row.id} {kind}" + (f": {value}" if row.part == "development" else "")


def is_shown_on_purpose(value: str) -> bool:
    return any(pattern.fullmatch(value) for pattern in SHOWN)


def test_what_the_scanner_takes_for_a_secret_is_masked(tmp_path: Path) -> None:
    found = list(flagged((as_line(row, strings(row.content)) for row in GUILTY), tmp_path))
    assert len({number for number, _, _ in found}) > 100  # it works at all
    missed = []
    for number, kind, value in found:
        row = replace(GUILTY[number], secrets=(value,))
        is_whole = value in "\n".join(strings(row.content))  # and no piece of the line that we made of it
        if is_whole and not is_shown_on_purpose(value) and leaks(row, shown(row)):
            missed.append(said(row, kind, value))
    assert missed == []


def test_the_scanner_finds_no_secret_in_what_is_shown(tmp_path: Path) -> None:
    found = flagged((as_line(row, shown(row)) for row in GUILTY), tmp_path)
    rest = [said(GUILTY[number], kind, value) for number, kind, value in found if not is_shown_on_purpose(value)]
    assert rest == []
