"""What can be wrong in a slip's template or logo, as codes and facts, with the English sentence of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hardware.config.mistakes import NEAREST, THINGS, ConfigMistake, Place
from hardware.config.mistakes import SENTENCES as OF_TABLES

SENTENCES: Mapping[str, str] = {
    # the order of blocks
    "number-missing": 'no block shows the number; add one of kind = "number"',
    "block-twice": "block {by} is of the kind {kind} already; remove one of them",
    "mark-not-first": 'the first block must be of kind = "mark": a copy of a slip has to begin with its mark',
    "mark-not-last": 'the last block must be of kind = "mark": a copy of a slip has to end with its mark',
    "mark-inside": "a mark belongs at the beginning and at the end only; remove this one",
    "too-many-blocks": "there are {found} blocks, at most {limit} are allowed; remove some",
    # a block
    "not-for-kind": "'{key}' means nothing for a block of kind {kind}; it may have {allowed}",
    "text-missing": "a text needs words: give it ru, uk or en",
    # the logo
    "logo-unreadable": "the file cannot be read: {detail}",
    "logo-too-heavy": "the file is larger than {limit} MiB; save the picture smaller",
    "logo-not-a-picture": "this is no picture that can be printed; save it as PNG or JPEG",
    "logo-too-large": "the picture has more than {limit} million dots; save it smaller",
    "logo-blank": "nothing in the picture is darker than the paper; take one with dark lines on white",
}
"""The mistakes that only templates and logos have; the others are those of `hardware.config`."""

PLACES: Mapping[str, str] = {
    "file": "slip.toml",
    "block": "block {number} ({kind})",
    "nameless-block": "block {number}",
    "logo": "logo {name}",
}
"""A place by its kind."""


@dataclass(frozen=True, slots=True)
class PaperMistake:
    """One mistake: a code, the facts for its sentence, and the nearest right word if there is one.

    `place` is one of PLACES, with the facts that its pattern wants.
    """

    place: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    nearest: str = ""

    @property
    def sentence(self) -> str:
        """The pattern of what is wrong."""
        return SENTENCES[self.code] if self.code in SENTENCES else OF_TABLES[self.code]

    def __str__(self) -> str:
        told = {
            name: THINGS.get(fact, fact) if name in ("wanted", "found") else fact for name, fact in self.facts.items()
        }
        hint = " " + NEAREST.format(nearest=self.nearest) if self.nearest else ""
        return f"{PLACES[self.place].format_map(self.where)}: {self.sentence.format_map(told)}{hint}"


class PaperError(ValueError):
    """A template or a logo is refused; `mistakes` holds all that was found, `str` one English line for each."""

    def __init__(self, mistakes: Sequence[PaperMistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


def block_place(number: int, kind: str) -> Place:
    """Where a block stands: its position from 1, and its kind if that is known."""
    return Place("block", f"{number} {kind}".strip())


def of_table(found: ConfigMistake) -> PaperMistake:
    """A mistake of a table of the template."""
    if found.place.kind != "block":
        return PaperMistake("file", found.code, found.facts, nearest=found.nearest)
    number, _, kind = found.place.name.partition(" ")
    place, where = ("block", {"number": number, "kind": kind}) if kind else ("nameless-block", {"number": number})
    return PaperMistake(place, found.code, found.facts, where, found.nearest)
