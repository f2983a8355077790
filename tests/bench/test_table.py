"""What the benchmark shows and how it ends."""

import json
import re
from pathlib import Path

import pytest
from bench.bounds import Measure
from bench.table import cell, number, rendered

from bench import __main__ as program

ROOT = Path(__file__).parent.parent.parent
KEPT = Measure("tools", "triage_issue", "100 ms late", 240.4, "ms", 260)
BROKEN = Measure("server", "start to tools/list", "ratio", 1.4, "x", 1.15)
FREE = Measure("tools", "triage_issue", "requests", 18)


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        (KEPT, "240 ms ≤ 260 ✓"),
        (BROKEN, "1.40 x ≤ 1.15 ✗"),
        (FREE, "18"),
        (Measure("server", "peak memory", "ratio", None, "x", 1.15), "not measured here"),
        (Measure("tools", "get_issue", "rounds", 2, bound=2), "2 ≤ 2 ✓"),
    ],
)
def test_a_cell_says_the_number_its_bound_and_whether_it_holds(measure: Measure, text: str) -> None:
    assert cell(measure) == text


def test_three_digits_are_shown_and_counts_whole() -> None:
    assert [number(value) for value in (1.234, 12.34, 1234.5, 9000.0)] == ["1.23", "12.3", "1,234", "9,000"]


def test_broken_bounds_are_named_at_the_end() -> None:
    assert rendered([KEPT, FREE]).endswith("All 1 bounds hold.\n")
    last = rendered([KEPT, FREE, BROKEN]).splitlines()[-1]
    assert last == "1 bounds hold, 1 broken: start to tools/list, ratio: 1.40 x ≤ 1.15 ✗."


@pytest.mark.parametrize(("measures", "code"), [([KEPT, FREE], 0), ([KEPT, BROKEN], 1)])
def test_check_ends_with_one_when_a_bound_is_broken(
    measures: list[Measure], code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(program, "measure", lambda *, quick: measures)
    written = tmp_path / "bench.json"
    assert program.main(["--json", str(written)]) == 0
    assert program.main(["--quick", "--check"]) == code
    rows = json.loads(written.read_text(encoding="utf-8"))["measures"]
    assert [row["within"] for row in rows] == [measure.within for measure in measures]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_help_and_the_pages_say_the_same_duration(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(["--help"])
    (duration,) = re.findall(r"Sentry: (about \w+ minutes)\.", " ".join(capsys.readouterr().out.split()))
    (line,) = (row for row in (ROOT / page).read_text(encoding="utf-8").splitlines() if "python -m bench`" in row)
    assert duration in line
