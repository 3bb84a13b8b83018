"""An office to try the rules on; every command given to it is compared with the model's reading as well."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.domain.days import OpenDay
from appliance.domain.desks import OpenDesk
from tests.domain.bench import Bench, office_in_memory
from tests.domain.clock import Clock
from tests.domain.sketch import Written
from tests.plans import Sketch

Furnish = Callable[..., Bench]


def open_hall(*sketches: Sketch | Written, clock: Clock | None = None) -> Bench:
    """An office at nine in the morning, its day and all its desks open."""
    bench = office_in_memory(*sketches, clock=clock)
    bench.do(OpenDay())
    assert bench.office.plan is not None
    for desk in bench.office.plan.desks:
        bench.do(OpenDesk(desk))
    return bench


@pytest.fixture
def hall() -> Bench:
    """Desks 1 and 2 serve everything, desk 3 submitting alone; desk 1 transfers to submitting."""
    return open_hall()


@pytest.fixture
def furnish() -> Furnish:
    """Make an open hall of another sketch."""
    return open_hall
