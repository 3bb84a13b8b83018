"""The doubts of an office as a person decides on them: what each is about, and what may be done."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from sync.centre.centre import Centre
from sync.centre.facts import OfficeHead
from sync.centre.images import Doubt
from sync.centre.key_tables import Device
from sync.centre.network import ASIDE, DEVICES, RULES
from web.centre.reading import Card, Decision, DoubtView, NotDoneError

DEVICE, INBOX = "device:", "inbox:"
"""How the keys of the doubts about two boxes begin: with the device's id, with the incarnation."""

KINDS = {ASIDE: "aside", RULES: "rules", DEVICES: "old-card"}


def doubts_of(centre: Centre, office: str) -> Sequence[DoubtView]:
    """All doubts of an office, the gravest first."""
    found = centre.network.doubts(office)
    head = centre.facts.head(office)
    shown = centre.doubts.gravest(office)
    order = sorted(found.items(), key=lambda one: (one[1] != shown, one[1].since_ms, one[0]))
    return [_view(centre, office, key, doubt, head) for key, doubt in order]


def decide(centre: Centre, office: str, key: str, decision: Decision, incarnation: str, by: str) -> None:
    """Carry out what a person decided. Raises NotDoneError."""
    view = next((one for one in doubts_of(centre, office) if one.key == key), None)
    if view is None or decision not in view.decisions:
        raise NotDoneError("doubt-over")
    now_ms = centre.now_ms()
    if decision is Decision.CLEAR:
        if view.waits_for:
            raise NotDoneError("key-in-use", device=view.waits_for)
        centre.network.clear(office, key)
    elif decision is Decision.ACCEPT:
        centre.facts.accept(office, by, now_ms)
        centre.network.renew(office)
    elif decision is Decision.CHOOSE:
        if incarnation not in [card.incarnation for card in view.cards]:
            raise NotDoneError("unknown-card")
        centre.facts.choose(office, incarnation, by, now_ms)
        centre.network.renew(office)
    else:
        try:
            centre.follower.follow_card(office)
        except (LookupError, sqlite3.Error) as error:
            raise NotDoneError("card-unreadable") from error
    centre.follower.wake(office)


def _view(centre: Centre, office: str, key: str, doubt: Doubt, head: OfficeHead | None) -> DoubtView:
    if key.startswith((DEVICE, INBOX)) or key == DEVICES:
        kind = "one-key" if key.startswith(DEVICE) else "one-place" if key.startswith(INBOX) else KINDS[key]
        return DoubtView(key, kind, doubt, (Decision.CLEAR,), waits_for=_holder(centre, office, key, doubt))
    kind = KINDS.get(key, doubt.reason)
    if key == ASIDE and head is not None:
        cards = [Card(one.incarnation, one.first, one.last, head.lives[one.incarnation].begun_ms) for one in head.aside]
        own = [one for one in cards if "~" not in one.incarnation]
        return DoubtView(key, kind, doubt, (Decision.ACCEPT, *([Decision.CHOOSE] if own else [])), own)
    if doubt.cure == "person" and doubt.reason in ("fork", "regress"):
        return DoubtView(key, kind, doubt, (Decision.FOLLOW,))
    return DoubtView(key, kind, doubt)


def _holder(centre: Centre, office: str, key: str, doubt: Doubt) -> str:
    """The device that may still write with the doubted key; '' when it is out, or has other keys since."""
    if key.startswith(DEVICE):
        suspects = [centre.keys.get(key.removeprefix(DEVICE))]
    else:
        incarnation = key.removeprefix(INBOX) if key.startswith(INBOX) else doubt.facts.get("incarnation", "")
        suspects = [one for one in centre.keys.devices(office) if one.incarnation == incarnation]
    return next((one.id for one in suspects if one is not None and _holds(one, doubt.since_ms)), "")


def _holds(device: Device, since_ms: int) -> bool:
    return not device.revoked_ms and device.current.confirmed_ms <= since_ms
