"""The product on incidents that another hand made, with a truth of its own: no rule was fitted to single ones of them.

Its truth knows the true usual rate, which the product has to estimate: in the first ten minutes over a busy or noisy
background it can tell what no count of fifteen days can. So the bound of the onset is that of the later looks.
"""

from __future__ import annotations

import pytest

from tests.episodes.heldout.incidents import NAMES
from tests.episodes.heldout.score import judge_all, share, table

EARLY = ("first minute", "+10 min")


@pytest.mark.matrix
@pytest.mark.parametrize("seed", [0, 1])
def test_the_held_out_incidents_are_judged_right(seed: int) -> None:
    looks = list(judge_all(iter(NAMES), seed))
    shown = "\n".join([*(look.line() for look in looks if look.is_miss), *table(looks)])
    assert len({look.case for look in looks}) >= 60
    assert share(look.verdict for look in looks) >= 0.97, shown
    assert share(look.onset for look in looks if look.look not in EARLY) >= 0.97, shown
    assert sum(look.confident_and_wrong for look in looks if look.look != EARLY[0]) == 0, shown
