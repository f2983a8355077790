"""Scores the product on the corpus: onset within its grain, verdicts, and what was confident and wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sentry_runbook.incident.model.evidence import Unknown
from tests.episodes.incidents import BACKGROUNDS, BEGIN, LOOKS, NAMES, Case, make_case, shapes
from tests.episodes.judge import judged
from tests.episodes.labels import label


@dataclass(frozen=True)
class Look:
    """What the product said of one incident at one look, by what is true.

    Attributes:
        onset: right, wrong, or None where it need not be told.
        verdict: whether the verdict is one of the right ones.
        confident_and_wrong: it would send people home while it burns, or its onset is sure and wrong.
        words: what was said and what is true.
    """

    case: str
    background: str
    shape: str
    look: str
    onset: bool | None
    verdict: bool
    confident_and_wrong: bool
    grain_minutes: float | None
    words: str


def looks(case: Case, names: Iterable[str] = tuple(LOOKS)) -> Iterator[Look]:
    """Judge an incident at each look."""
    for name in names:
        at = BEGIN + LOOKS[name]
        truth, incident = label(case, at), judged(case, at)
        episode, verdict = incident.episode, incident.recovery.verdict
        onset, sure, grain = None, False, None
        if isinstance(episode, Unknown):
            onset = False if truth.can_be_told else None
        else:
            grain = (episode.began_latest - episode.began_earliest).total_seconds() / 60
            inside = episode.began_earliest <= truth.begin[1] and truth.begin[0] <= episode.began_latest
            onset = inside if truth.can_be_told or inside else None
            # Before its jump can be told, a trickle is an incident of its own.
            is_trickle = bool(case.shape.trickle) and not truth.can_be_told
            onset = None if is_trickle else onset
            sure = not inside and episode.confidence == "high" and not is_trickle
        said = (
            "no episode"
            if isinstance(episode, Unknown)
            else (
                f"{episode.began:%d %H:%M:%S} in {episode.began_earliest:%d %H:%M}..{episode.began_latest:%d %H:%M} "
                f"{episode.confidence} bursts {episode.bursts} ongoing {episode.ongoing}"
            )
        )
        yield Look(
            case.name,
            case.background,
            case.shape_name,
            name,
            onset,
            verdict in truth.verdicts,
            verdict in truth.wrong or sure,
            grain,
            f"{said}; {verdict}, right are {sorted(truth.verdicts)}: {incident.recovery.reading}",
        )


def all_looks(names: Iterable[tuple[str, str]] = NAMES) -> list[Look]:
    """Judge these incidents at every look."""
    return [look for background, shape in names for look in looks(make_case(background, shape))]


def shares(scored: Iterable[Look]) -> dict[str, float]:
    """The bounds of issue 11, as fractions, and the number of confident and wrong answers."""
    scored = list(scored)
    onsets = [look.onset for look in scored if look.onset is not None]
    return {
        "onset": sum(onsets) / len(onsets),
        "verdict": sum(look.verdict for look in scored) / len(scored),
        "confident_and_wrong": sum(look.confident_and_wrong for look in scored),
    }


def table(scored: list[Look]) -> Iterator[str]:
    """Right of all, by background and by shape: onsets, verdicts."""
    for title, names, key in (
        ("background", BACKGROUNDS, "background"),
        ("shape", shapes(240.0), "shape"),
        ("look", LOOKS, "look"),
    ):
        yield f"{title:<18}{'onset':>10}{'verdict':>10}{'wrong':>7}"
        for name in names:
            rows = [look for look in scored if getattr(look, key) == name]
            onsets = Counter(look.onset for look in rows)
            told = onsets[True] + onsets[False]
            right = sum(look.verdict for look in rows)
            wrong = sum(look.confident_and_wrong for look in rows)
            yield f"{name:<18}{onsets[True]:>5}/{told:<4}{right:>5}/{len(rows):<4}{wrong:>7}"
