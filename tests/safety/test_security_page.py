"""SECURITY.md prints a real run, and it is today's."""

from tests.safety.printed import PAGE, PLACE, run, written


async def test_the_printed_attack_is_a_run_of_this_version() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert PLACE.search(page)
    assert written(page, await run()) == page, "run: python -m tests.safety.printed"


async def test_nothing_of_the_attack_acts_in_the_printed_answers() -> None:
    after = (await run()).partition("After: ")[2]
    assert "\n## Resolution" not in after
    assert "```" not in after
    assert "jo.doe@example.com" not in after
    assert after.rstrip().endswith("GET only.")
