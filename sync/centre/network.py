"""The live images of all offices: made anew at start, then moved on by every entry, pulse and doubt."""

from __future__ import annotations

import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from operator import itemgetter
from threading import RLock

from appliance.domain.chain import GENESIS
from appliance.domain.message import Record
from appliance.domain.moment import from_iso
from appliance.domain.office import Office
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from appliance.domain.rules import Plans, evolve
from appliance.store.load import load
from sync.centre.chain import Head
from sync.centre.doubts import Doubts
from sync.centre.facts import Facts
from sync.centre.facts_extending import Extended
from sync.centre.facts_history import understood
from sync.centre.images import Doubt, Image
from sync.centre.lineage import Segment, number_of
from sync.pulse import Pulse

OpenMirror = Callable[[str, str], sqlite3.Connection | None]
"""A read-only connection to the mirror of (office, incarnation); None while there is none."""

PULSE, ASIDE, RULES, DEVICES = "pulse", "aside", "rules", "devices"
"""Keys of the doubts that this module raises and clears itself."""

BEHIND_MS = 30_000
"""A pulse is that much later than data can be which left the office after it."""

STRANGER_MS = 600_000
"""A second device counts as gone when it has said nothing for so long."""

LINKS_REMEMBERED = 32
PLANS_REMEMBERED = 2000
READ_AT_ONCE = 5000

_log = logging.getLogger(__name__)


NOTHING = Head()


@dataclass(slots=True)
class _Live:
    """One office: its image, the newest entry in the facts, the links of the newest ones, and its latest pulses."""

    image: Image
    head: Head = NOTHING
    links: OrderedDict[int, bytes] = field(default_factory=OrderedDict)
    behind: tuple[str, int] = ("", 0)
    stranger_ms: int = 0


class LiveNetwork:
    """`images.Network` over the facts. Thread-safe; one thread at a time extends one office."""

    def __init__(self, facts: Facts, doubts: Doubts) -> None:
        self._facts, self._doubts = facts, doubts
        self._lock = RLock()
        self._offices: dict[str, _Live] = {}
        self._listeners: list[Callable[[str, Sequence[Record]], None]] = []
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._open_mirror: OpenMirror = lambda _office, _incarnation: None

    def start(self, open_mirror: OpenMirror, mine: Callable[[str], bool] = lambda _: True) -> None:
        """Make the images of all offices (of this worker), from the mirrors where they agree with the facts."""
        self._open_mirror = open_mirror
        self._doubts.read()
        for office in self._facts.heads():
            if mine(office):
                try:
                    self.renew(office)
                except Exception:  # one office's history that can't be read keeps no other one from the wall
                    _log.exception("office %s: no image", office)

    # What others ask.

    def images(self) -> Sequence[Image]:
        """One for each office that has ever sent anything, by id."""
        # Without the lock, here and in `image`: an image never changes, and nobody needs to wait.
        return [live.image for _, live in sorted(self._offices.copy().items(), key=itemgetter(0))]

    @property
    def size(self) -> int:
        """The number of offices that have ever sent anything."""
        return len(self._offices)

    def image(self, office: str) -> Image | None:
        """The image of one office."""
        live = self._offices.get(office)
        return None if live is None else live.image

    def listen(self, heard: Callable[[str, Sequence[Record]], None]) -> None:
        """Hear of every change of an office: its id, and the new records (none when only a pulse or a doubt came)."""
        self._listeners.append(heard)

    def complete(self) -> dict[str, int]:
        """Until when each office's data are complete (UTC ms), to be kept."""
        with self._lock:
            return {office: live.image.complete_ms for office, live in self._offices.items() if live.image.complete_ms}

    def in_doubt(self, key: str) -> Sequence[str]:
        """The offices with a doubt under this key."""
        return self._doubts.offices(key)

    # What moves an image.

    def extended(self, news: Extended, arrived_ms: int) -> None:
        """An office's facts have grown."""
        self._aside(news.office, news.aside, arrived_ms)
        if news.incarnation != news.current:
            self._tell(news.office)
            return
        with self._lock:
            live = self._offices.get(news.office)
            if live is None:
                live = self._offices[news.office] = _Live(Image(news.office, news.current, Office(), GENESIS))
            image = live.image
            stopped = image.state.seq < live.head.seq
            starts = news.records[0].seq if news.records else image.state.seq + 1
        same = image.incarnation == news.current and not news.switched
        if same and (stopped or starts == image.state.seq + 1):
            self._move(live, news, arrived_ms)
        else:
            self.renew(news.office)
            self._arrived(news, arrived_ms)
        self._tell(news.office, news.records)

    def renew(self, office: str) -> None:
        """Make an image anew from the office's history as the facts have it, whatever it was."""
        known = self._facts.head(office)
        if known is None or not known.incarnation:
            return
        self._aside(office, known.aside, known.arrived_ms)
        self._doubts.clear(office, (RULES,))
        state, chain, at_ms, later = self._state(office, known.incarnation, known.head)
        with self._lock:
            live = self._offices.get(office)
            before = None if live is None else live.image
            image = Image(
                office,
                known.incarnation,
                state,
                chain,
                at_ms,
                known.arrived_ms,
                max(known.complete_ms, before.complete_ms if before is not None else 0),
                None,
                None if before is None else before.pulse,
                0 if before is None else before.pulse_ms,
            )
            self._offices[office] = _Live(image, known.head)
        self._show_doubt(office)
        if later:
            self.doubt(office, Doubt("later-release", known.arrived_ms, later, "person"))
        else:
            self.clear(office, "later-release")

    def pulse(self, office: str, pulse: Pulse, at_ms: int) -> None:
        """A pulse came (centre's clock, UTC ms): it says how far the office is and whether it is all here."""
        seen = self._offices.get(office)
        overtaken = self._overtaken(seen, pulse)
        with self._lock:
            live = self._offices.get(office)
            if live is None:
                live = self._offices[office] = _Live(Image(office, pulse.incarnation, Office(), GENESIS))
            image = live.image
            if live.head.seq and pulse.incarnation != image.incarnation:
                if number_of(pulse.incarnation) <= number_of(image.incarnation):
                    live.stranger_ms = at_ms
                    facts = {"incarnation": pulse.incarnation, "current": image.incarnation}
                    self._note(office, Doubt("two-devices", at_ms, facts, "person"), DEVICES)
                else:
                    live.image = replace(image, pulse=pulse, pulse_ms=at_ms)
            else:
                live.image = replace(image, pulse=pulse, pulse_ms=at_ms)
                if live.stranger_ms and at_ms - live.stranger_ms > STRANGER_MS:
                    live.stranger_ms = 0
                    self._doubts.clear(office, (DEVICES,))
                if live.head.seq:
                    # What was found in a history that has been replaced meanwhile says nothing.
                    self._compare(live, pulse, at_ms, overtaken if live is seen else b"")
            self._show_doubt(office)
        self._tell(office)

    def doubt(self, office: str, doubt: Doubt, key: str = "") -> None:
        """This office's data are in doubt; a doubt that lasts already keeps its beginning."""
        if self._note(office, doubt, key):
            self._show_doubt(office)
            self._tell(office)

    def clear(self, office: str, *keys: str) -> None:
        """These doubts (their reasons, or the keys they were given) are over."""
        if self._doubts.clear(office, keys):
            self._show_doubt(office)
            self._tell(office)

    def doubts(self, office: str) -> dict[str, Doubt]:
        """All doubts of an office by key; the image shows the gravest."""
        return dict(self._doubts.of(office))

    def noted(self, office: str) -> None:
        """Somebody may have taken note of entries beyond the office's history: look at what is left of them."""
        known = self._facts.head(office)
        if known is not None:
            self._aside(office, known.aside, known.arrived_ms)

    # Inside.

    def _move(self, live: _Live, news: Extended, arrived_ms: int) -> None:
        image = live.image
        state, chain, at_ms, trouble = image.state, image.chain, image.row_at_ms, ""
        try:
            state = self._evolved(news.office, state, news.records)
        except Exception as error:  # rows that no office could have written harm their own image alone
            _log.exception("office %s: entries that the rules can't follow", news.office)
            trouble = f"{type(error).__name__}: {error}"[:200]
        if state.seq != image.state.seq:
            at_ms = news.records[-1].moment.at_ms
            chain = news.head.chain if news.head.seq == state.seq else self._link(news.office, state.seq)
        with self._lock:
            live.head = news.head
            live.links[news.head.seq] = news.head.chain
            while len(live.links) > LINKS_REMEMBERED:
                live.links.popitem(last=False)
            live.image = replace(
                live.image,
                incarnation=news.current,
                state=state,
                chain=chain,
                row_at_ms=at_ms,
                arrived_ms=arrived_ms if news.added else image.arrived_ms,
            )
        if trouble:
            self._note(news.office, Doubt("corrupt", arrived_ms, {"rules": trouble}, "person"), RULES)
        elif news.fault is not None and news.fault.reason == "later-release":
            self._note(news.office, Doubt("later-release", arrived_ms, news.fault.facts, "person"))
        self._arrived(news, arrived_ms)
        self._show_doubt(news.office)

    def _arrived(self, news: Extended, arrived_ms: int) -> None:
        """Everything that is known to exist is here, if the head has come to what the last pulse announced."""
        with self._lock:
            live = self._offices.get(news.office)
            if live is None:
                return
            pulse = live.image.pulse
            if pulse is None:
                # Entries of long ago say nothing of what else is still on its way.
                whole = bool(news.added) and arrived_ms - live.image.row_at_ms < BEHIND_MS
            else:
                whole = pulse.incarnation == live.image.incarnation and live.head.seq >= pulse.seq
            if whole:
                complete = max(live.image.complete_ms, arrived_ms)
                live.image = replace(live.image, complete_ms=complete)

    def _overtaken(self, live: _Live | None, pulse: Pulse) -> bytes:
        """The link of an entry that newer ones have overtaken while the pulse that tells of it was on its way, or b"".

        It may be asked of the database, so nobody else waits for it.
        """
        if live is None or pulse.seq >= live.head.seq or pulse.incarnation != live.image.incarnation:
            return b""
        return live.links.get(pulse.seq) or self._link(live.image.office, pulse.seq)

    def _compare(self, live: _Live, pulse: Pulse, at_ms: int, overtaken: bytes) -> None:
        """What a pulse of the office's own incarnation says against what is known."""
        office, head = live.image.office, live.head
        if pulse.seq > head.seq:
            live.behind = ("", 0)
            return
        link = head.chain if pulse.seq == head.seq else overtaken or live.links.get(pulse.seq, b"")
        if link and link.hex() != pulse.chain:
            self._note(office, Doubt("fork", at_ms, {"seq": str(pulse.seq)}), PULSE)
        elif pulse.seq == head.seq:
            live.image = replace(live.image, complete_ms=max(live.image.complete_ms, at_ms))
            live.behind = ("", 0)
            self._doubts.clear(office, (PULSE,))
        elif at_ms - live.image.arrived_ms > BEHIND_MS:
            # Said twice in one life of the link: no single late pulse makes a regress.
            if live.behind[0] == pulse.session and live.behind[1] < pulse.count:
                facts = {"seq": str(pulse.seq), "known": str(head.seq)}
                self._note(office, Doubt("regress", at_ms, facts), PULSE)
            live.behind = (pulse.session, pulse.count)

    def _aside(self, office: str, aside: Sequence[Segment], at_ms: int) -> None:
        """Entries beyond the office's history: another card had more, went on, or began anew."""
        if not aside:
            self.clear(office, ASIDE)
            return
        entries = sum(segment.last - segment.first + 1 for segment in aside)
        reason = "regress" if any(segment.first == 1 for segment in aside) else "fork"
        facts = {"entries": str(entries), "incarnation": ", ".join(segment.incarnation for segment in aside)}
        self.doubt(office, Doubt(reason, at_ms, facts, "person"), ASIDE)

    def _note(self, office: str, doubt: Doubt, key: str = "") -> bool:
        return self._doubts.put(office, doubt, key)

    def _show_doubt(self, office: str) -> None:
        with self._lock:
            live = self._offices.get(office)
            if live is None:
                live = self._offices[office] = _Live(Image(office, "", Office(), GENESIS))
            live.image = replace(live.image, doubt=self._doubts.gravest(office))

    def _tell(self, office: str, records: Sequence[Record] = ()) -> None:
        for heard in self._listeners:
            try:
                heard(office, records)
            except Exception:  # one listener's mistake is not another's
                _log.exception("office %s: a listener failed", office)

    def _state(self, office: str, incarnation: str, head: Head) -> tuple[Office, bytes, int, dict[str, str]]:
        """The state at the head, its link and time, and the entry of a later release that keeps it from the head."""
        found = self._of_mirror(office, incarnation, head)
        if found is not None:
            rows = self._facts.history(office).between(head.seq, head.seq)
            return found, head.chain, from_iso(rows[0][1]) if rows else 0, {}
        return self._of_facts(office)

    def _of_mirror(self, office: str, incarnation: str, head: Head) -> Office | None:
        """The state that the mirror's rows tell, if it is that of the facts."""
        try:
            db = self._open_mirror(office, incarnation)
            if db is None:
                return None
            with closing(db):
                loaded = load(db)
        except Exception as error:  # of another release, half made, or damaged: the facts know it too
            _log.info("office %s: no image from the mirror: %s", office, error)
            return None
        return loaded.office if (loaded.office.seq, loaded.chain) == (head.seq, head.chain) else None

    def _of_facts(self, office: str) -> tuple[Office, bytes, int, dict[str, str]]:
        history = self._facts.history(office)
        state, chain, at_ms = Office(), GENESIS, 0
        while rows := history.between(state.seq + 1, 2**62, READ_AT_ONCE):
            for row in rows:
                record = understood(row)
                if record is None:
                    return state, chain, at_ms, {"seq": str(row[0]), "kind": row[6]}
                try:
                    state = self._evolved(office, state, [record])
                except Exception as error:
                    facts = {"rules": f"{type(error).__name__}: {error}"[:200]}
                    self._note(office, Doubt("corrupt", record.moment.at_ms, facts, "person"), RULES)
                    return state, chain, at_ms, {}
                chain, at_ms = row[-1], record.moment.at_ms
        return state, chain, at_ms, {}

    def _evolved(self, office: str, state: Office, records: Sequence[Record]) -> Office:
        plans: Plans = lambda digest: self._plan(office, digest)  # noqa: E731
        for record in records:
            if record.seq != state.seq + 1:
                break
            state = evolve(state, record, plans)
        return state

    def _plan(self, office: str, digest: str) -> Plan:
        with self._lock:
            known = self._plans.get(digest)
            if known is not None:
                self._plans.move_to_end(digest)
                return known
        document = self._facts.history(office).document(digest)
        if document is None:
            raise LookupError(f"no plan {digest}")
        made = read_plan(document)
        with self._lock:
            self._plans[digest] = made
            while len(self._plans) > PLANS_REMEMBERED:
                self._plans.popitem(last=False)
        return made

    def _link(self, office: str, seq: int) -> bytes:
        return self._facts.history(office).chain_at(seq) or b""
