"""The plan of an office: organisations, services, desks, hours, settings. A versioned document."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

LANGUAGES = ("ru", "uk", "en")

LOOKALIKES = str.maketrans("ABEKMHOPCTYXI", "АВЕКМНОРСТУХІ")
"""Latin capitals that look like Cyrillic ones: a series typed on either keyboard is the same series."""


def canonical_series(text: str) -> str:
    """The letter of a series as it is stored: one Cyrillic capital where a Latin one looks the same."""
    return text.strip().upper().translate(LOOKALIKES)


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the languages it was given in."""

    texts: Mapping[str, str]

    def get(self, language: str) -> str:
        """The text in `language`, or in the first language it has."""
        return self.texts.get(language) or next(iter(self.texts.values()), "")


class NextWhenCalled(StrEnum):
    """What NEXT does while the called visitor has not come (a setting of the office)."""

    RECALL = "recall"
    START = "start"
    FINISH_AND_CALL = "finish-and-call"


class DeskClass(StrEnum):
    """A permanent desk is in the roster; a reserve one is opened when the wait grows."""

    PERMANENT = "permanent"
    RESERVE = "reserve"


@dataclass(frozen=True, slots=True)
class Organisation:
    """One of the bodies that receive in the hall."""

    id: str
    name: Words


@dataclass(frozen=True, slots=True)
class Service:
    """Something a visitor comes for. `short` is for slips, keys and boards; `name` is the official one."""

    id: str
    series: str
    organisation: str
    name: Words
    short: Words
    documents: Words
    icon: str = "file-text"
    popular: bool = False
    norm_min: int = 15


@dataclass(frozen=True, slots=True)
class DeskPlan:
    """A desk of the plan. No `services` means all of them."""

    number: int
    desk_class: DeskClass = DeskClass.PERMANENT
    services: tuple[str, ...] = ()
    transfer_to: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What an office may set of its rules. Times are seconds unless the name says minutes; 0 switches a timer off."""

    next_when_called: NextWhenCalled = NextWhenCalled.RECALL
    start_after_s: int = 60
    missed_after_s: int = 0
    unheard_after_s: int = 60
    undo_s: int = 10
    park_min: int = 10
    slip_deadline_s: int = 300
    grace_min: int = 30
    wait_norm_min: int = 15


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole document. `opens` and `closes` are minutes of the local day; a closing of 1440 is midnight."""

    version: int
    office: str
    name: Words
    address: Words
    timezone: str
    languages: tuple[str, ...]
    desk_word: str
    phone: str
    opens: int
    closes: int
    services: Mapping[str, Service]
    organisations: Mapping[str, Organisation]
    desks: Mapping[int, DeskPlan]
    settings: Settings = field(default_factory=Settings)
    document: str = field(default="", repr=False, compare=False)

    @property
    def digest(self) -> str:
        """sha256 of the document: what the journal keeps of a plan."""
        return hashlib.sha256(self.document.encode()).hexdigest()

    def serves(self, desk: int, service: str) -> bool:
        """Whether this desk may serve this service."""
        planned = self.desks.get(desk)
        return planned is not None and (not planned.services or service in planned.services)
