"""A short, seeded run of the machines; `python -m tests.domain.soak` runs them for long."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.domain.machine import Hall, HallOnFile

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
