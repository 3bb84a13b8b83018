"""A catalogue of services from CSV, as an office exports it from a spreadsheet or a register."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.domain.plan import Plan, canonical_series
from appliance.domain.plans.catalogue import NAME_LIMIT

SHORT_LETTERS = 60
ID_LETTERS = 40
DELIMITERS = ";,\t"

CLEAR_LETTERS = "АВКРТУХЛЕГДПИЯ"
"""Letters that are neither mistaken for a digit nor, the first eight, for one another over a loudspeaker."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "code", "код", "ідентифікатор", "идентификатор"),
    "series": ("series", "letter", "літера", "буква", "серія", "серия"),
    "name": (
        "name", "service", "назва", "назва послуги", "найменування", "найменування послуги", "послуга",
        "название", "название услуги", "наименование", "наименование услуги", "услуга",
    ),
    "short": (
        "short", "short name", "коротка назва", "скорочена назва", "краткое название", "краткое наименование",
        "сокращённое наименование", "сокращенное наименование",
    ),
    "norm": ("norm", "norm min", "minutes", "норма", "норма часу", "норма времени", "хвилин", "минут"),
    "group": ("group", "група", "розділ", "группа", "раздел", "життєва подія", "жизненная ситуация"),
    "recipient": ("recipient", "отримувач", "суб'єкт звернення", "заявник", "получатель", "заявитель"),
    "documents": ("documents", "документи", "перелік документів", "документы", "перечень документов"),
    "keywords": ("keywords", "ключові слова", "ключевые слова"),
}  # fmt: skip
"""The headings under which a column is found, whatever their case; `name_uk` or `назва (укр)` says the language too."""

SUFFIXES = {
    "ru": "ru", "рус": "ru", "рос": "ru", "uk": "uk", "ua": "uk", "укр": "uk", "en": "en", "eng": "en", "англ": "en",
}  # fmt: skip

LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ъ": "",
    "ы": "y", "э": "e", "ю": "iu", "я": "ia",
}  # fmt: skip
"""One table for both languages: an id has to be stable and readable, not beautiful."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a line; `code` is one of `plan_words.SENTENCES`. The headings are line 1."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Services as tables of a plan document, what was wrong, and how many lines were left out."""

    services: tuple[Mapping[str, Any], ...]
    faults: tuple[Fault, ...]
    left_out: int


def read_catalogue(data: bytes, organisation: str, series: str, known: Collection[str] = ()) -> Catalogue:
    """The services of a CSV file for this organisation.

    UTF-8 with or without a mark, UTF-16 or windows-1251; commas, semicolons or tabs. `series` is the letter of those
    that give none, `known` are the ids that the plan has: these services are left as they are.
    """
    text = _text(data)
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    headings = [heading.strip() for heading in next(reader, [])]
    columns = [_column(heading) for heading in headings]
    if "name" not in {name for name, _ in columns}:
        return Catalogue((), (Fault("csv-no-name", {"found": ", ".join(headings)[:200]}),), 0)
    reading = _Reading(organisation, series, known, _language(text))
    for line, cells in _lines(reader, reading.faults):
        reading.read(line, list(zip(columns, cells, strict=False)))
    return Catalogue(tuple(reading.services), tuple(reading.faults), reading.left_out)


def free_letter(plan: Plan | None, organisation: str) -> str:
    """A letter for services that give none: the organisation's own, else a clear one that nobody has."""
    services = plan.services.values() if plan else ()
    own = next((service.series for service in services if service.organisation == organisation), "")
    taken = {service.series for service in services}
    return own or next((letter for letter in CLEAR_LETTERS if letter not in taken), CLEAR_LETTERS[0])


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1251", errors="replace")


def _column(heading: str) -> tuple[str, str]:
    """Which of our columns a heading names, and its language; neither for a column that says nothing to us."""
    words = re.sub(r"[\s_().,:*-]+", " ", heading.casefold().replace("’", "'").replace("ʼ", "'")).split()
    words = [word for word in words if word not in ("хв", "мин", "мінут", "min")] or words
    language = SUFFIXES.get(words[-1], "") if len(words) > 1 else ""
    plain = " ".join(words[:-1] if language else words)
    return next(((name, language) for name, known in COLUMNS.items() if plain in known), ("", ""))


def _language(text: str) -> str:
    """The language that the texts of a file are in, by the letters that only one of our languages has."""
    letters = text.casefold()
    counts = {
        "uk": sum(map(letters.count, "іїєґ")),
        "ru": sum(map(letters.count, "ыэёъ")),
    }
    if not any(counts.values()):
        return "ru" if re.search("[а-я]", letters) else "en"
    return max(counts, key=lambda language: counts[language])


def _lines(reader: Any, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Every row with the line it begins in; a row may go over several."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.append(Fault("csv-broken", {"line": line, "error": error}))
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


class _Reading:
    """The services of a file so far."""

    def __init__(self, organisation: str, series: str, known: Collection[str], language: str) -> None:
        self.services: list[Mapping[str, Any]] = []
        self.faults: list[Fault] = []
        self.left_out = 0
        self._organisation = organisation
        self._series = series
        self._known = known
        self._language = language
        self._lines: dict[str, int] = {}
        self._ids: set[str] = set()

    def read(self, line: int, cells: list[tuple[tuple[str, str], str]]) -> None:
        """One row: a service, or a fault that says why it is none."""
        row: dict[str, dict[str, str]] = {}
        for (name, language), cell in cells:
            text = " ".join(cell.split())
            if name and text:
                row.setdefault(name, {}).setdefault(language or self._language, text)
        names = row.get("name", {})
        official = next(iter(names.values()), "")
        if not official:
            return self._leave("csv-empty-name", line=line)
        if max(map(len, names.values())) > NAME_LIMIT:
            return self._leave("csv-too-long", line=line, limit=NAME_LIMIT)
        given = _first(row, "id")
        same = _letters(given or official)
        if same in self._lines:
            return self._leave("csv-duplicate", line=line, other=self._lines[same])
        self._lines[same] = line
        name = _id(given or official, self._ids)
        self._ids.add(name)
        if name in self._known:
            return self._leave("csv-known", line=line, found=name)
        self.services.append(self._service(name, line, row))
        return None

    def _leave(self, code: str, **facts: object) -> None:
        self.left_out += 1
        self.faults.append(Fault(code, facts))

    def _service(self, name: str, line: int, row: Mapping[str, dict[str, str]]) -> Mapping[str, Any]:
        service: dict[str, Any] = {
            "id": name,
            "series": self._letter(line, _first(row, "series")),
            "organisation": self._organisation,
        }
        norm = self._norm(line, _first(row, "norm"))
        if norm:
            service["norm_min"] = norm
        service["name"] = row["name"]
        short = {language: cut(text) for language, text in (row["name"] | row.get("short", {})).items()}
        if short != row["name"]:
            service["short"] = short
        group = row.get("group") or row.get("recipient")
        for key, texts, limit in (
            ("group", group, 120),
            ("documents", row.get("documents"), 400),
            ("keywords", row.get("keywords"), 400),
        ):
            if texts:
                service[key] = {language: cut(text, limit) for language, text in texts.items()}
        return service

    def _letter(self, line: int, text: str) -> str:
        series = canonical_series(text)
        if not series:
            return self._series
        if not re.fullmatch(r"[А-ЯІЇЄҐ]", series):
            self.faults.append(Fault("csv-not-a-letter", {"line": line, "found": text, "series": self._series}))
            return self._series
        return series

    def _norm(self, line: int, text: str) -> int:
        match = re.match(r"\d{1,4}", text)
        norm = int(match[0]) if match else 0
        if text and not 1 <= norm <= 240:
            self.faults.append(Fault("csv-not-a-number", {"line": line, "found": text}))
            return 0
        return norm


def _first(row: Mapping[str, dict[str, str]], name: str) -> str:
    return next(iter(row.get(name, {}).values()), "")


def _letters(text: str) -> str:
    """A name without what two writings of it may differ in: case, spaces, signs."""
    return "".join(letter for letter in text.casefold().replace("ё", "е") if letter.isalnum())


def cut(text: str, letters: int = SHORT_LETTERS) -> str:
    """The text, or as many of its first words as fit, with an ellipsis."""
    if len(text) <= letters:
        return text
    head = text[: letters - 1]
    if not text[letters - 1].isspace() and " " in head:
        head = head.rpartition(" ")[0]
    return head.rstrip(" ,;:—-(«") + "…"


def _id(text: str, taken: Collection[str]) -> str:
    """An id for a name, the same whatever else is in the file: a cut or taken one ends in four signs of its hash."""
    slug = re.sub(r"[^a-z0-9]+", "-", "".join(_latin(letter) for letter in text.casefold())).strip("-")
    if slug and len(slug) <= ID_LETTERS and slug not in taken:
        return slug
    digest = hashlib.sha256(_letters(text).encode()).hexdigest()
    room = ID_LETTERS - 5
    head = slug[:room] if len(slug) <= room or slug[room] == "-" else slug[:room].rpartition("-")[0] or slug[:room]
    for length in range(4, 33):
        name = f"{head[: ID_LETTERS - 1 - length]}-{digest[:length]}".strip("-")
        if name not in taken:
            return name
    raise AssertionError("two names with one hash")


def _latin(letter: str) -> str:
    if letter in "'’ʼ`\"":
        return ""
    return LATIN.get(letter, letter)
