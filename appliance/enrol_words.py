"""What the command line says about an enrolment, and about what `talon discover` finds."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.words import Facts, translations

ENROLMENT: Mapping[str, str] = {
    "enrolled": "The office “{office}” is enrolled as device {device}, incarnation {incarnation}. Start the office.",
    "already": "This box is enrolled already, as device {device} of the office “{office}”. Nothing to do.",
    "plan-written": "The plan came from the centre: {path}.",
    "plan-kept": "{path} is there already and stays as it is.",
    "no-plan": "The centre has no plan for this office yet. Put one at {path} before the office opens.",
    "restoring": "Restoring the newest copy of today's queue ...",
    "restored": "Restored {source} with {entries} entries. Numbers go on in the fresh block {block}.",
    "nothing-to-restore": "There is no copy of this office anywhere: it begins with an empty queue.",
    "queue-exists": (
        "{path} is there already, so nothing is restored over it. Move it, its -wal and -shm away and try again."
    ),
    "behind": (
        "The copy that was found ends at entry {found} of {incarnation}, but the centre knows of entry {wanted} of "
        "{newest}. Plug in the stick of the old box, or take what there is with --older."
    ),
    "no-centre-found": (
        "The centre of this token doesn't answer on the local network. Give its address: --centre https://..."
    ),
    "token-malformed": "This is no token. Copy it whole: it begins with talon1.",
    "token-unknown": "The centre doesn't know this token. Copy it again, or ask for a new one.",
    "token-used": (
        "This token has been used already. Ask for a new one; if it wasn't you who used it, tell the centre at once."
    ),
    "token-expired": "This token has expired. Ask for a new one.",
    "token-withdrawn": "This token was withdrawn. Ask for a new one.",
    "other-office": "The token is for another office than “{office}”. Correct office.toml, or ask for the right token.",
    "office-unknown": "The centre has no office “{office}”. Ask the centre to add it.",
    "office-has-device": "This office has a device already. Ask the centre for a token for a replacement.",
    "key-in-use": "These keys belong to a device already. Remove the folder “keys” and try again with a new token.",
    "not-the-centre": (
        "Whoever answers at {url} is not the centre that made the token: {detail}. Nothing was told to it. "
        "Check the address; if it is right, tell the centre."
    ),
    "insecure": "{url} would send the keys in the clear. Give the address that begins with https://.",
    "no-line": "The centre at {url} can't be reached: {detail}. Check the cable and the address, then try again.",
    "malformed-answer": "Whatever answers at {url} doesn't speak as a centre does: {detail}. Check the address.",
    "wait": "Too many wrong tokens came from here. Try again in a minute.",
    "revoked": "The centre has shut this device out. Ask for a token for a replacement.",
    "other-incarnation": (
        "These keys belong to another card of this office ({detail}). A card is never copied: enrol this one anew."
    ),
    "incarnation-taken": "Another device writes this incarnation already. A card is never copied: enrol this one anew.",
    "clock": "The clocks of the box and the centre don't agree. Try again.",
    "refused": "The centre refuses: {code} {detail}.",
}
"""What is said about an enrolment."""

DISCOVERY: Mapping[str, str] = {
    "talon": "Talon box",
    "centre": "situation centre",
    "page": "page",
    "printer": "network printer",
    "nothing-found": "Nothing answered on the local network within {seconds} s.",
    "no-network": "The local network can't be asked: {detail}.",
}
"""What `talon discover` says."""


def enrolment(code: str, language: str, **facts: object) -> str:
    """One sentence about an enrolment; an unknown code is told as it is."""
    said = ENROLMENT.get(code, ENROLMENT["refused"])
    return translations(language).gettext(said).format_map(Facts({"code": code, **facts}))


def discovery(code: str, language: str, **facts: object) -> str:
    """One sentence or name of what was found."""
    return translations(language).gettext(DISCOVERY.get(code, code)).format_map(Facts(facts))
