"""What the technician is told of the line to the centre and of the copies, by code."""

from __future__ import annotations

from collections.abc import Mapping

LINK: Mapping[str, str] = {
    "link-no-line": (
        "There is no line to the situation centre. The queue works on; data and orders follow by themselves "
        "when the line is back."
    ),
    "link-forged": "Orders came that the centre has not signed ({forged}). None was carried out.",
    "link-certificate": "What answers at the centre's address is not the centre this box was enrolled at.",
    "link-certificate-refused": "The centre does not take this box's certificate.",
    "link-unknown-device": "The centre does not know this box.",
    "link-revoked": "The centre has revoked this box's keys.",
    "link-two-devices": "Another box speaks to the centre with the same keys: a copied card.",
    "link-other-office": "The keys of this box belong to another office.",
    "link-other-incarnation": "The keys of this box belong to another life of this office's database. Enrol it again.",
    "link-bad-signature": "The centre does not recognise this box's signature.",
    "link-no-keys": "The keys for the centre (keys/centre.json) can't be read.",
    "link-ended": "The program that speaks to the centre has ended and is started again.",
    "link-not-started": "The program that speaks to the centre can't be started.",
    "ask-centre": "Ask the situation centre to look at this office's keys.",
    "gap": "The copy at this place was away for too long. A full copy is being made anew; nothing to do.",
    "target-damaged": (
        "The last piece of the copy is damaged. A full copy is being made anew; if it repeats, replace the "
        "stick or look at the target."
    ),
    "set-aside": "This copy was set aside for a while so that the others go on. It is tried again by itself.",
    "seal-failed": "The key that seals personal data can't be made. Check the rights of the data folder.",
    "technician-called": "The situation centre has called the technician ({device}, {note}). Call the centre.",
    "call-centre": "Call the situation centre and tell what was found.",
    "not-erased": (
        "Personal data whose term is over could not be shown to be gone from this disk. It is tried again by itself."
    ),
    "stalled": "The copying program made no progress and was restarted. If it repeats, check the place of the copy.",
}
"""Reasons and hints: `link-...` are those of `appliance.linking.LinkGlance.error`."""
