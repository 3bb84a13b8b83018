"""What is said about the template of a slip and the logo: their mistakes, and that they are right."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.hardware_words import CONTEXT as OF_HARDWARE
from appliance.words import Facts, translations
from hardware.config.mistakes import NEAREST, THINGS
from hardware.paper.mistakes import PLACES, PaperError, PaperMistake

CONTEXT = "slip"
"""Places are short words: elsewhere they may be another thing."""

SAID: Mapping[str, str] = {
    "template-right": "The template is right; blocks: {blocks}.",
    "preview-saved": "The preview is in {path}: {width} by {height} dots, {length} mm of paper.",
    "preview-not-saved": "The preview cannot be written to {path}: {detail}. Name another file.",
}
"""What `talon slip` tells when there is no mistake in its papers."""


def said(code: str, language: str, **facts: object) -> str:
    """One sentence of `talon slip`."""
    return translations(language).gettext(SAID[code]).format_map(Facts(facts))


def paper_mistake(found: PaperMistake, language: str) -> str:
    """One mistake as a sentence: where, what, what to do, and the nearest right word."""
    catalogue = translations(language)
    facts = dict(found.facts)
    for name in ("wanted", "found"):
        if facts.get(name) in THINGS:
            facts[name] = catalogue.pgettext(OF_HARDWARE, THINGS[facts[name]])
    place = catalogue.pgettext(CONTEXT, PLACES[found.place]).format_map(found.where)
    what = catalogue.gettext(found.sentence).format_map(Facts(facts))
    hint = " " + catalogue.gettext(NEAREST).format(nearest=found.nearest) if found.nearest else ""
    return f"{place}: {what}{hint}"


def paper_mistakes(error: PaperError, language: str) -> list[str]:
    """Every mistake of a template or a logo in the reader's language."""
    return [paper_mistake(found, language) for found in error.mistakes]
