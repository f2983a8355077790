"""Recall and precision of the masks on the corpus of secrets, as ``SECURITY.md`` prints them.

``python -m tests.safety.score`` measures anew and writes the table there; ``--misses`` lists what of the development
part is wrong instead. The holdout's rows are never listed: whoever reads them can no longer measure with them.

- **Recall** = secrets masked / secrets. A secret counts as masked when no run of half its letters and digits (at least
  four) is shown, but for runs that the text around it holds as well.
- **Precision** = secrets masked / (secrets masked + harmless texts touched). A harmless text is touched when it is
  shown differently with masks than without: one wrong mask in it counts, however small.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.safety.secret_rows import PARTS, Part, Row, rows, strings

from sentry_runbook.safety.sanitizer import Sanitizer

PAGE = Path(__file__).parents[2] / "SECURITY.md"
PLACE = re.compile(r"(?s)(<!-- masks: begin -->\n).*?(<!-- masks: end -->)")
MASK = re.compile(r"<[a-z]+ \d+>")
LONG = 20_000
"""Characters: nothing of the corpus is cut."""
SHORTEST_RUN = 4


@dataclass(frozen=True)
class Score:
    """What was masked of a part of the corpus.

    Attributes:
        secrets: in the texts that have any.
        masked: of these.
        harmless: texts without a secret.
        touched: of these.
    """

    secrets: int
    masked: int
    harmless: int
    touched: int

    @property
    def recall_pct(self) -> float:
        """Share of the secrets that is masked."""
        return 100 * self.masked / self.secrets

    @property
    def precision_pct(self) -> float:
        """Share of the masks that hides a secret."""
        return 100 * self.masked / (self.masked + self.touched)


def shown(row: Row, *, mask: bool = True) -> list[str]:
    """The texts of a row after the gate that every event text passes."""
    sanitizer = Sanitizer(mask)
    if not isinstance(row.content, str):
        return strings(sanitizer.value(row.content, key=row.name, limit=LONG, total=LONG))
    if row.name:
        return [sanitizer.named(row.name, row.content, LONG)]
    return [sanitizer.block(row.content, LONG, max_lines=1000)]


def leaks(row: Row, texts: Iterable[str]) -> list[str]:
    """Secrets of a row that stand, whole or by half, in texts that were shown."""
    outside = _letters(_without(row))
    seen = "\0".join(_letters(MASK.sub("\0", text)) for text in texts)
    return [secret for secret in row.secrets if any(run in seen for run in _runs(secret) if run not in outside)]


def _without(row: Row) -> str:
    around = "\0".join(strings(row.content))
    for secret in sorted(row.secrets, key=len, reverse=True):
        around = around.replace(secret, "\0")
    return around


def _runs(secret: str) -> Iterator[str]:
    """The runs of half a secret's letters and digits, by which it would be known."""
    letters = _letters(secret)
    length = min(len(letters), max(SHORTEST_RUN, -(-len(letters) // 2)))
    return (letters[start : start + length] for start in range(len(letters) - length + 1))


def _letters(text: str) -> str:
    """Letters and digits: what the gate replaces by a look-alike is neither."""
    return "".join(char for char in text if char.isalnum() or char == "\0")


@cache
def missed(row: Row) -> int:
    """The number of secrets of a row that are shown."""
    return len(leaks(row, shown(row)))


@cache
def touched(row: Row) -> bool:
    """Whether masks change how a text is shown."""
    return shown(row) != shown(row, mask=False)


def score(chosen: Sequence[Row]) -> Score:
    """Count a part of the corpus."""
    guilty = [row for row in chosen if not row.harmless]
    harmless = [row for row in chosen if row.harmless]
    secrets = sum(len(row.secrets) for row in guilty)
    return Score(secrets, secrets - sum(map(missed, guilty)), len(harmless), sum(map(touched, harmless)))


def of_part(part: Part | None = None, kind: str = "") -> list[Row]:
    """Rows of one file, or of both; of one kind, or of all."""
    return [row for row in rows() if part in (None, row.part) and kind in ("", row.kind)]


def table() -> str:
    """The measured masks as Markdown: each file, then each kind of secret and of harmless text."""
    lines = ["| Texts | Secrets | Masked | Recall | Harmless | Touched | Precision |", "|---|--:|--:|--:|--:|--:|--:|"]
    lines += [_part_line(part, score(of_part(part))) for part in PARTS]
    lines += [_part_line("all", score(rows()))]
    lines += ["", "| Secrets | All | Masked | Recall | Holdout | Masked |", "|---|--:|--:|--:|--:|--:|"]
    lines += [_secret_line(kind) for kind in _kinds(harmless=False)]
    lines += ["", "| Harmless | All | Untouched | Holdout | Untouched |", "|---|--:|--:|--:|--:|"]
    lines += [_harmless_line(kind) for kind in _kinds(harmless=True)]
    return "\n".join(lines) + "\n"


def _part_line(label: str, got: Score) -> str:
    return (
        f"| {label} | {got.secrets} | {got.masked} | {got.recall_pct:.1f} % "
        f"| {got.harmless} | {got.touched} | {got.precision_pct:.1f} % |"
    )


def _kinds(*, harmless: bool) -> list[str]:
    return list(dict.fromkeys(row.kind for row in rows() if row.harmless is harmless))


def _of_kind(kind: str, *, harmless: bool) -> tuple[Score, Score]:
    """The counts of one kind: in both files, and in the holdout."""
    chosen = [row for row in of_part(kind=kind) if row.harmless is harmless]
    return score(chosen), score([row for row in chosen if row.part == "holdout"])


def _secret_line(kind: str) -> str:
    got, held = _of_kind(kind, harmless=False)
    return (
        f"| {kind.replace('-', ' ')} | {got.secrets} | {got.masked} | {got.recall_pct:.0f} % "
        f"| {held.secrets} | {held.masked} |"
    )


def _harmless_line(kind: str) -> str:
    got, held = _of_kind(kind, harmless=True)
    return (
        f"| {kind.replace('-', ' ')} | {got.harmless} | {got.harmless - got.touched} "
        f"| {held.harmless} | {held.harmless - held.touched} |"
    )


def written(page: str) -> str:
    """The page with today's table put in."""
    return PLACE.sub(lambda place: f"{place[1]}{table()}{place[2]}", page)


def misses() -> Iterator[str]:
    """What is wrong with the development part, a line a row."""
    for row in of_part("development"):
        if missed(row):
            yield f"{row.id} {row.kind}: shown {leaks(row, shown(row))}: {' ¦ '.join(shown(row))[:200]}"
        elif row.harmless and touched(row):
            yield f"{row.id} {row.kind}: touched: {' ¦ '.join(shown(row))[:200]}"


if __name__ == "__main__":
    if "--misses" in sys.argv[1:]:
        sys.stdout.writelines(f"{line}\n" for line in misses())
    else:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        sys.stdout.write(table())
