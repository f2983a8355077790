"""The figures of the situations as a text: by kind, and everything that was wrong by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tests.situations.score import Figures, Pair, Score, mean, part
from tests.situations.truth import Counted

MOST_PAIRS = 6
"""So many pairs of a situation are named; a storm has thousands."""


def percent(rate: float) -> str:
    """``97.3 %``."""
    return f"{100 * rate:.1f} %"


def report(figures: Figures) -> str:
    """The table by kind, the totals, and what was wrong."""
    kinds = list(dict.fromkeys(score.situation.kind for score in figures.scores))
    lines = [
        f"{'kind':<16}{'situations':>11}{'precision':>11}{'recall':>9}{'severity':>10}{'suspect':>9}{'silence':>9}"
    ]
    for kind in kinds:
        of_kind = Figures(tuple(score for score in figures.scores if score.situation.kind == kind))
        lines.append(f"{kind:<16}{len(of_kind.scores):>11}{_row(of_kind)}")
    lines += [f"{'all':<16}{len(figures.scores):>11}{_row(figures)}", ""]
    return "\n".join([*lines, *_totals(figures), "", *_wrong(figures)])


def _row(figures: Figures) -> str:
    silence = part(score.is_silence_right for score in figures.quiet)
    return (
        f"{percent(figures.precision):>11}{percent(figures.recall):>9}"
        f"{percent(figures.severity) if figures.matches else '-':>10}"
        f"{percent(figures.suspect) if figures.matches else '-':>9}"
        f"{percent(silence) if figures.quiet else '-':>9}"
    )


def _totals(figures: Figures) -> Iterator[str]:
    micro, macro = figures.f1
    yield (
        f"pairs: precision {percent(figures.precision)}, recall {percent(figures.recall)}, F1 {percent(micro)} micro; "
        f"{percent(figures.macro_precision)}, {percent(figures.macro_recall)}, {percent(macro)} macro"
    )
    merges = sum(len(score.false_merges) for score in figures.scores)
    yield f"false merges {merges}, of coincidences {figures.coincidences_merged}"
    yield (
        f"incidents: {len(figures.matches)}, severity {percent(figures.severity)}, suspect {percent(figures.suspect)}, "
        f"users exact {percent(part(match.are_users_right for match in figures.matches))}, "
        f"untrue {sum(not match.are_users_true for match in figures.matches)}, "
        f"began within three minutes {percent(part(match.is_began_right for match in figures.matches))}"
    )
    unlisted = sum(len(score.unlisted) for score in figures.scores)
    invented = sum(len(score.invented) for score in figures.scores)
    quiet = figures.quiet
    empty = mean(float(not score.produced) for score in quiet)
    yield f"news not told {unlisted}, told and no news {invented}"
    right = sum(score.is_silence_right for score in quiet)
    yield f"nothing wrong: right in {right} of {len(quiet)}, without any incident in {percent(empty)}"
    yield "all that is asked is reached" if figures.is_good else "NOT all that is asked is reached"


def _wrong(figures: Figures) -> Iterator[str]:
    for score in figures.scores:
        for text in (*_wrong_pairs(score), *_wrong_incidents(score)):
            yield f"  {score.situation.name}: {text}"


def _wrong_pairs(score: Score) -> Iterator[str]:
    for what, pairs in (("false merge", score.false_merges), ("missed pair", score.missed_pairs)):
        for pair in sorted(pairs, key=sorted)[:MOST_PAIRS]:
            yield f"{what} {_titled(score, pair)}"
        if len(pairs) > MOST_PAIRS:
            yield f"{what}: {len(pairs) - MOST_PAIRS} more"
    if score.unlisted:
        yield f"not told: {_listed(score.unlisted)}"
    if score.invented:
        yield f"told and no news: {_listed(score.invented)}"


def _titled(score: Score, pair: Pair) -> str:
    return " + ".join(f"{short_id} ({score.situation.raw.issues[short_id].title[:50]})" for short_id in sorted(pair))


def _listed(short_ids: Collection[str]) -> str:
    shown = sorted(short_ids)
    more = f" and {len(shown) - MOST_PAIRS} more" if len(shown) > MOST_PAIRS else ""
    return ", ".join(shown[:MOST_PAIRS]) + more


def _wrong_incidents(score: Score) -> Iterator[str]:
    for match in score.matches:
        told, counted = match.produced, match.counted
        if told is None:
            yield f"{match.made.name}: no incident"
            continue
        if not match.is_severity_right:
            yield f"{match.made.name}: {told.severity} in place of {_because(counted)}"
        if not match.is_suspect_right:
            right = " or ".join(" ".join(suspect).strip() for suspect in sorted(match.made.suspects))
            yield f"{match.made.name}: suspect {' '.join(told.suspect).strip()} in place of {right}"
        if not match.are_users_right:
            right = "unknown" if counted.users is None else " or ".join(map(str, sorted(counted.users)))
            bound = "at least " if told.users_at_least else ""
            yield f"{match.made.name}: {bound}{told.users} users in place of {right}"
        if not match.is_began_right:
            yield f"{match.made.name}: began {told.began} in place of {match.made.began:.2f}"


def _because(counted: Counted) -> str:
    return f"{counted.severity.level} ({counted.severity.decided_by})"
