"""What the technician's routes take and tell."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from appliance.api.schemas import Asked, DeskNumber, Told

PaperName = Literal["self-test", "code-pages"]
KeyName = Literal["next", "repeat", "finish"]


class PrintBody(Asked):
    """Which test slip to print."""

    paper: PaperName


class CodePageBody(Asked):
    """The line of the code-page test slip that can be read; null: none can, draw the slips."""

    number: Annotated[int, Field(ge=1, le=999)] | None


class WalkBody(Asked):
    """Begin a walk through the keys, or end it."""

    act: Literal["begin", "end"]


class LessonBody(Asked):
    """Whose panel to learn."""

    desk: DeskNumber


class FindingView(Told):
    """One check. `title`, `why` and `todo` are the sentences of the codes, in the reader's language."""

    check: str
    subject: str
    verdict: Literal["fault", "warning", "well"]
    reason: str
    hint: str
    facts: dict[str, str]
    title: str
    why: str
    todo: str


class RemedyView(Told):
    """Lines that mend something: for a file, or for a shell where `file` is empty."""

    reason: str
    file: str
    lines: list[str]


class ReportView(Told):
    """One examination, the worst first. `at` is UTC by the box's clock; the counts are those of `findings`."""

    at: datetime
    took_s: float
    faults: int
    warnings: int
    well: int
    findings: list[FindingView]
    remedies: list[RemedyView]


class OutcomeView(Told):
    """What came out of an act: whether it did, the code of how, and the sentence."""

    done: bool
    code: str
    said: str


class WalkKeyView(Told):
    """A key of the walk. `at`: when it was pressed (UTC), null while it is missing; `point`: where its wire ends."""

    control: str
    name: str
    point: str
    at: datetime | None


class WalkView(Told):
    """The tick list, in the order of hardware.toml.

    `active`: keys are missing and their next press is the walk's; `left_s`: seconds until it is over by itself.
    """

    active: bool
    left_s: int
    keys: list[WalkKeyView]


class LearntView(Told):
    """A key that was pressed in the lesson, and where its wire ends."""

    key: KeyName
    point: str


class LessonView(Told):
    """How far a lesson is. `wanted`: the key to press now, empty when all were.

    `refused`: why the newest press didn't count, as a code, and `said` as a sentence.
    """

    active: bool
    desk: int
    wanted: Literal["", "next", "repeat", "finish"]
    learnt: list[LearntView]
    refused: str
    said: str
    saved: bool
