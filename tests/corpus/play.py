"""Plays the labelled incidents and compares with the labels: embedded Sentry → client → investigation → triage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.triage.triage import make_triage
from sentry_runbook.runtime import build_runtime
from sentry_runbook.settings import Limits, Secret, Settings
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.corpus.entries import Entry

SETTINGS = Settings(
    token=Secret("sntryu_corpus"),
    organization="acme",
    base_url="http://localhost",
    limits=Limits(cache_s=0),
)
FLAGS = ("workaround", "core_flow", "data_loss_risk")


@dataclass(frozen=True)
class Played:
    """An incident and what the product says of it."""

    entry: Entry
    answer: Triage

    @property
    def severity(self) -> str:
        """The level that the product gives."""
        return self.answer.severity.severity

    @property
    def cause(self) -> str:
        """The first pattern, or ``none``."""
        return self.answer.causes[0].pattern if self.answer.causes else "none"

    @property
    def confidently_wrong(self) -> bool:
        """Whether a cause that the label does not name stands there with high confidence."""
        return any(one.confidence == "high" and one.pattern != self.entry.label.cause for one in self.answer.causes)

    def differences(self) -> list[str]:
        """What the answer says otherwise than the label, severity and cause apart."""
        label, answer, verdict = self.entry.label, self.answer, self.answer.severity
        seen = {
            "decided_by": verdict.decided_by,
            "could_be": (verdict.could_be.lowest, verdict.could_be.highest),
            "without_suspects": verdict.severity_without_suspects,
            "suspect_release": answer.suspect_release,
            "confidence": answer.causes[0].confidence if answer.causes else None,
        }
        wrong = [
            f"{name}: {value} instead of {wanted}"
            for name, value in seen.items()
            if (wanted := getattr(label, name)) is not None and value != wanted
        ]
        kinds = {finding.kind for finding in answer.findings}
        return wrong + [f"no finding {kind}" for kind in label.findings if kind not in kinds]


async def play(entry: Entry) -> Played:
    """Play one incident."""
    clock = ManualClock()
    clock.advance(minutes=entry.now)
    application = create_app(World(entry.scenario, clock), profile=entry.profile)
    run = build_runtime(SETTINGS, http_transport=httpx.ASGITransport(application), clock=clock)
    asked = {key: value for key, value in entry.ask.items() if key not in FLAGS}
    stated = Stated(**{key: value for key, value in entry.ask.items() if key in FLAGS})
    try:
        evidence = await investigate(run, entry.scenario.issue, TRIAGE, **asked)
    finally:
        await run.aclose()
    return Played(entry, make_triage(Incident(evidence, stated, run.policy, clock())))


async def play_all(entries: Iterable[Entry]) -> list[Played]:
    """Play them one after the other."""
    return [await play(entry) for entry in entries]
