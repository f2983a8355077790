"""The attack corpus through the sanitizer: nothing active comes out, and what must be reported is."""

import json
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from tests.safety.attacks import PLACES, Attack, attacks
from tests.safety.inert import active_tokens, problems, problems_everywhere

from sentry_runbook.safety.delimiters import fence, new_nonce
from sentry_runbook.safety.json_walk import Json
from sentry_runbook.safety.sanitizer import Sanitizer


def by_name(attack: Attack) -> str:
    return attack.name


def strings(value: Json) -> Iterator[str]:
    """Every string of a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)


def entered(safe: Sanitizer, attack: Attack) -> list[str]:
    """The attack through the door of the place where it goes."""
    payload, where = attack.payload, attack.where
    if not isinstance(payload, str):
        nested = {"extra": payload}
        return [*strings(safe.value(nested, where=where)), *flat(safe.mapping(nested, where=where))]

    def key() -> list[str]:
        return [*flat(safe.mapping({payload: "x"}, where=where)), *strings(safe.value({"a": {payload: 1}}))]

    doors: dict[str, Callable[[], list[str]]] = {
        "_key": key,
        "_name": key,
        "_url": lambda: [safe.line(payload, 300, where)],
        "user_id": lambda: [safe.user(id=payload), safe.user_tag(f"id:{payload}")],
        "user_name": lambda: [
            safe.user(name=payload),
            safe.user(username=payload),
            safe.user_tag(f"username:{payload}"),
        ],
        "_header": lambda: flat(safe.mapping([("User-Agent", payload), ("Authorization", payload)], where=where)),
        "_variable": lambda: flat(safe.mapping({"local": payload}, where=where)),
        "": lambda: [safe.line(payload, where=where), safe.block(payload, where=where), safe.named("release", payload)],
    }
    door = next(door for door in ("user_id", "user_name", *doors) if where.endswith(door))
    return doors[door]()


def flat(mapping: dict[str, str]) -> list[str]:
    return [*mapping, *mapping.values()]


def test_the_corpus_is_large_and_well_formed() -> None:
    assert len(attacks()) >= 80
    assert len({attack.name for attack in attacks()}) == len(attacks())
    assert {attack.where for attack in attacks()} <= PLACES


def nothing_active_comes_out(attack: Attack) -> None:
    shown = entered(Sanitizer(), attack)
    assert shown
    for text in shown:
        assert problems_everywhere(text) == []
        assert len(text) <= 2000
        for secret in attack.forbid:
            assert secret not in text


def nothing_active_comes_out_without_masks_either(attack: Attack) -> None:
    for text in entered(Sanitizer(mask=False), attack):
        assert problems(text) == []
        assert "<" not in text


def what_must_be_reported_is(attack: Attack) -> None:
    safe = Sanitizer()
    entered(safe, attack)
    assert attack.finds <= {finding.kind for finding in safe.findings}
    for finding in safe.findings:
        assert problems(finding.excerpt) == []
        assert problems(finding.why) == []
        assert problems(finding.where) == []
        for secret in attack.forbid:
            assert secret not in finding.excerpt


def no_attack_leaves_the_fence(attack: Attack) -> None:
    nonce = new_nonce()
    text = attack.text
    if not text:
        return
    for inner in (Sanitizer().block(text), Sanitizer().block(text.replace("0123456789abcdef0123", nonce))):
        fenced = fence(inner, nonce)
        assert fenced.count(nonce) == 2
        assert active_tokens(f"Ours.\n\n{fenced}\n\nOurs.") <= {"html_block", "html_inline"}
        assert active_tokens(f"Ours.\n\n{fenced}\n\n# Ours") - {"html_block", "html_inline"} == {
            "heading_open",
            "heading_close",
        }


def structured_values_stay_json_and_bounded(attack: Attack) -> None:
    value = Sanitizer().value({"a": attack.payload, "b": [attack.payload]})
    written = json.dumps(value, allow_nan=False)
    assert json.loads(written) == value
    assert len("".join(strings(value))) < 25_000


CHECKS = (
    nothing_active_comes_out,
    nothing_active_comes_out_without_masks_either,
    what_must_be_reported_is,
    no_attack_leaves_the_fence,
    structured_values_stay_json_and_bounded,
)


@pytest.mark.parametrize("attack", attacks(), ids=by_name)
def test_an_attack_comes_out_inert_bounded_fenced_and_reported(attack: Attack) -> None:
    """One test an attack, for a thousand tests more cost seconds and show no more."""
    for check in CHECKS:
        check(attack)


def test_a_five_megabyte_event_costs_little_memory() -> None:
    giants = [attack.payload for attack in attacks() if attack.name.startswith("giants/")]
    safe = Sanitizer()
    tracemalloc.start()
    for payload in giants:
        safe.value({"extra": payload})
        if isinstance(payload, str):
            safe.block(payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
