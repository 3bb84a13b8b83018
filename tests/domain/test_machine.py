"""A short, seeded run of the machines; `python -m tests.domain.soak` runs them for long."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, settings

from appliance.domain.keys import Press
from appliance.domain.rules import DECIDERS
from tests.domain.machine import Hall, HallOnFile
from tests.domain.model import Model

SHORT = settings(
    max_examples=50,
    stateful_step_count=50,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

TestRulesAgreeWithTheModel = Hall.TestCase
TestRulesAgreeWithTheModel.settings = SHORT

TestWriterAgreesWithTheModel = HallOnFile.TestCase
TestWriterAgreesWithTheModel.settings = settings(SHORT, max_examples=10, stateful_step_count=30)


def test_the_model_has_a_reading_of_every_command() -> None:
    names = {re.sub(r"(?<!^)([A-Z])", r"_\1", kind.__name__).lower() for kind in (*DECIDERS, Press)}
    assert {name for name in names if not hasattr(Model, name)} == set()
