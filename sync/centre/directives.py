"""Orders to offices: given, numbered, signed, sent, and followed until the office's own journal says what came of them.

A directive is settled by the fact `DirectiveSettled` and by nothing else. One that is past its term at the centre while
the office is silent counts as expired only when it never left (`Order.settled_ms` is None then): what was sent may have
been applied in time by an office whose data haven't arrived.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from appliance.domain.chain import to_json
from appliance.domain.directives import DirectiveSettled
from appliance.domain.message import Record
from appliance.domain.refusal import Code
from appliance.store.journal import Row, record_of
from sync.centre.directive_checks import OrderRefusedError, check_order
from sync.centre.directive_fates import LOOKED_AT, Subject, ends_all, is_staff, subject_of, touched, undoes
from sync.centre.directives_tables import (
    DirectiveCountRow,
    DirectiveFateRow,
    DirectiveRow,
    order_of,
    row_of,
    signed_of,
)
from sync.centre.images import Network
from sync.centre.offices import OfficeEntry
from sync.centre.order import Order
from sync.centre.store import Store
from sync.directive import Directive, SignedDirective
from sync.signing import PrivateKey, sign_directive

log = logging.getLogger(__name__)

CENTRE = "centre"
"""The author of what the centre orders by itself."""

SNAPSHOT_TTL_S = 24 * 3600
SNAPSHOT_AGAIN_MS = 5 * 60_000
"""A fresh snapshot that was made needs its time to travel before another one is asked for."""

DAY_MS = 36 * 3600_000
CATCH_UP_MS = 60_000
"""The data are usually here long before."""


class History(Protocol):
    """One office's facts (`sync.centre.facts_history.FactsHistory`)."""

    def kinds(self, kinds: Sequence[str], since_ms: int = 0, until_ms: int | None = None) -> Sequence[Row]:
        """Entries of these kinds in the order of seq."""


class Register(Protocol):
    """The register of offices (`sync.centre.offices.Offices`)."""

    def get(self, office: str) -> OfficeEntry | None:
        """One office."""


class Directives:
    """All directives of a network. Any thread; several processes may share the store."""

    def __init__(
        self,
        store: Store,
        signing_key: Callable[[], PrivateKey],
        network: Network,
        offices: Register,
        now_ms: Callable[[], int],
        history: Callable[[str], History] | None = None,
        trusted: Callable[[], Container[str]] | None = None,
    ) -> None:
        """`signing_key` gives the key that signs now; `history` an office's facts, for what came while nobody looked;
        `trusted` the ids of the keys that offices may still believe: what another one signed is signed anew.

        Call `begin` before use.
        """
        self._store, self._signing_key, self._network, self._offices = store, signing_key, network, offices
        self._now_ms, self._history, self._trusted = now_ms, history, trusted
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._listeners: list[Callable[[str], None]] = []
        self._held: dict[str, dict[Subject, tuple[int, str]]] = {}
        self._newest: dict[str, int] = {}
        self._delivered: dict[str, int] = {}

    def begin(self) -> None:
        """Read what the facts say of directives that were open when the centre went down, then listen."""
        self._network.listen(self.heard)
        with self._store.read() as session:
            self._newest = dict(session.exec(select(DirectiveCountRow.office, DirectiveCountRow.last)).all())
            delivered = (
                select(DirectiveFateRow.office, func.max(DirectiveFateRow.seq))
                .where(col(DirectiveFateRow.delivered_ms).is_not(None))
                .group_by(col(DirectiveFateRow.office))
            )
            self._delivered = dict(session.exec(delivered).all())
            since = self._now_ms() - DAY_MS
            rows = session.exec(
                select(DirectiveRow, DirectiveFateRow)
                .where(DirectiveRow.office == DirectiveFateRow.office, DirectiveRow.seq == DirectiveFateRow.seq)
                .where((col(DirectiveFateRow.outcome) == "") | (col(DirectiveFateRow.settled_ms) >= since))
            ).all()
        oldest: dict[str, int] = {}
        for directive, _ in rows:
            oldest[directive.office] = min(oldest.get(directive.office, directive.issued_ms), directive.issued_ms)
        for office, issued_ms in oldest.items():
            self._catch_up(office, issued_ms)

    def catch_up(self) -> None:
        """Look into the facts for outcomes that nobody has told of, though the office says that it has settled them.

        To be called now and then: a listener may fail, and a life of the office may become its history late.
        """
        before = self._now_ms() - CATCH_UP_MS
        with self._store.read() as session:
            found = session.exec(
                select(DirectiveRow.office, func.min(DirectiveRow.issued_ms))
                .where(DirectiveRow.office == DirectiveFateRow.office, DirectiveRow.seq == DirectiveFateRow.seq)
                .where(DirectiveFateRow.outcome == "", col(DirectiveFateRow.delivered_ms) < before)
                .group_by(col(DirectiveRow.office))
            ).all()
        for office, issued_ms in found:
            self._catch_up(office, issued_ms)

    def _catch_up(self, office: str, issued_ms: int) -> None:
        if self._history is None:
            return
        try:
            # An office whose clock is a day behind still counts.
            rows = self._history(office).kinds(LOOKED_AT, max(0, issued_ms - DAY_MS))
            self.heard(office, [record_of(row) for row in rows])
        except Exception:
            log.exception("directives of %s: its history can't be read", office)

    def listen(self, issued: Callable[[str], None]) -> None:
        """Hear of each office that has a new directive; on the thread that issued it, must be quick."""
        self._listeners.append(issued)

    # Giving orders.

    def issue(
        self,
        office: str,
        kind: str,
        body: Mapping[str, Any],
        *,
        author: str,
        author_name: str,
        reason: str,
        ttl_s: int,
        condition: Mapping[str, Any] | None = None,
        token: str = "",
    ) -> Order:
        """Give an order; durable when this returns. Raises OrderRefusedError.

        The same `token` again (a form sent twice) gives the order that it gave before; for anything else it is
        refused as `key-reused`.
        """
        if self._offices.get(office) is None:
            raise OrderRefusedError("unknown-office", office=office[:40])
        now = self._now_ms()
        image = self._network.image(office)
        wanted = dict(condition or {})
        state = None if image is None or image.doubt is not None else image.state
        check_order(state, kind, body, wanted, reason, ttl_s, now)
        if kind == "redirect" and (body["office"] == office or self._offices.get(body["office"]) is None):
            raise OrderRefusedError("unknown-office", office=str(body["office"]))
        name = token[:64] or secrets.token_hex(8)
        known = self._by_id(name) if token else None
        if known is not None:
            return _again(known, office, kind, body)
        directive = Directive(office, 0, name, kind, dict(body), author[:40], reason, now, now + ttl_s * 1000, wanted)
        try:
            seq = self._enter(directive, author_name)
        except IntegrityError:
            # Another thread was quicker with the same token.
            known = self._by_id(name)
            if known is None:
                raise
            return _again(known, office, kind, body)
        with self._lock:
            self._newest[office] = max(seq, self._newest.get(office, 0))
        for listener in self._listeners:
            listener(office)
        order = self.order(name)
        assert order is not None
        return order

    def _enter(self, directive: Directive, author_name: str) -> int:
        """Give it the next number, sign it and keep it, in one transaction."""
        key = self._signing_key()
        self._ensure_count(directive.office)
        with self._store.write() as session:
            count = session.exec(
                select(DirectiveCountRow).where(DirectiveCountRow.office == directive.office).with_for_update()
            ).one()
            count.last += 1
            numbered = Directive(
                directive.office,
                count.last,
                directive.id,
                directive.kind,
                directive.body,
                directive.author,
                directive.reason,
                directive.issued_ms,
                directive.not_after_ms,
                directive.condition,
            )
            signed = sign_directive(key, numbered)
            session.add(count)
            session.add(row_of(signed, author_name))
            session.add(DirectiveFateRow(office=numbered.office, seq=numbered.seq))
            return numbered.seq

    def _ensure_count(self, office: str) -> None:
        if office in self._newest:
            return
        try:
            with self._store.write() as session:
                if session.get(DirectiveCountRow, office) is None:
                    session.add(DirectiveCountRow(office=office, last=0))
        except IntegrityError:
            log.debug("another process counts %s already", office)
        with self._lock:
            self._newest.setdefault(office, 0)

    def ask_snapshot(self, office: str) -> None:
        """Have an office send a fresh snapshot, unless that was asked already. Never raises."""
        try:
            with self._asking:
                if self._snapshot_asked(office):
                    return
                self.issue(
                    office,
                    "fresh-snapshot",
                    {},
                    author=CENTRE,
                    author_name="",
                    reason="data-in-doubt",
                    ttl_s=SNAPSHOT_TTL_S,
                )
        except Exception:
            log.exception("no fresh snapshot could be asked of %s", office)

    def _snapshot_asked(self, office: str) -> bool:
        with self._store.read() as session:
            last = session.exec(
                select(DirectiveRow, DirectiveFateRow)
                .where(DirectiveRow.office == DirectiveFateRow.office, DirectiveRow.seq == DirectiveFateRow.seq)
                .where(DirectiveRow.office == office, DirectiveRow.kind == "fresh-snapshot")
                .order_by(col(DirectiveRow.seq).desc())
                .limit(1)
            ).first()
        if last is None:
            return False
        directive, fate = last
        now = self._now_ms()
        if not fate.outcome:
            return now <= directive.not_after_ms
        return fate.outcome == "applied" and now - directive.issued_ms < SNAPSHOT_AGAIN_MS

    # Reading.

    def orders(self, office: str, limit: int = 100) -> Sequence[Order]:
        """An office's newest orders, the newest first."""
        return self._orders(DirectiveRow.office == office, limit=limit)

    def order(self, id: str) -> Order | None:
        """One order by its id."""
        return self._by_id(id)

    def open_orders(self, limit: int = 1000) -> Sequence[Order]:
        """The orders of all offices that no office has settled, the newest first."""
        return self._orders(col(DirectiveFateRow.outcome) == "", limit=limit)

    def _by_id(self, id: str) -> Order | None:
        found = self._orders(DirectiveRow.id == id, limit=1)
        return found[0] if found else None

    def _orders(self, *wanted: Any, limit: int) -> Sequence[Order]:
        with self._store.read() as session:
            rows = session.exec(
                select(DirectiveRow, DirectiveFateRow)
                .where(DirectiveRow.office == DirectiveFateRow.office, DirectiveRow.seq == DirectiveFateRow.seq)
                .where(*wanted)
                .order_by(col(DirectiveRow.issued_ms).desc(), col(DirectiveRow.office), col(DirectiveRow.seq).desc())
                .limit(limit)
            ).all()
        now = self._now_ms()
        return [order_of(directive, fate, now) for directive, fate in rows]

    # The line's side.

    def newest(self, office: str) -> int:
        """The number of the office's newest directive, 0 before the first."""
        return self._newest.get(office, 0)

    def look(self) -> None:
        """Notice what another process has issued, and tell the listeners."""
        with self._store.read() as session:
            found = dict(session.exec(select(DirectiveCountRow.office, DirectiveCountRow.last)).all())
        with self._lock:
            fresh = [office for office, last in found.items() if last > self._newest.get(office, 0)]
            self._newest.update({office: found[office] for office in fresh})
        for office in fresh:
            for listener in self._listeners:
                listener(office)

    def after(self, office: str, seq: int, limit: int = 50) -> Sequence[SignedDirective]:
        """The signed directives behind number `seq`, in order."""
        if office in self._newest and seq >= self._newest[office]:
            return []
        with self._store.read() as session:
            rows = session.exec(
                select(DirectiveRow)
                .where(DirectiveRow.office == office, col(DirectiveRow.seq) > seq)
                .order_by(col(DirectiveRow.seq))
                .limit(limit)
            ).all()
            found = [signed_of(row) for row in rows]
        trusted = self._trusted() if self._trusted is not None and found else None
        if trusted is None:
            return found
        return [one if one.key in trusted else sign_directive(self._signing_key(), one.directive) for one in found]

    def mark_sent(self, office: str, first: int, last: int) -> None:
        """Numbers `first` to `last` were written to the office's stream."""
        self._mark(DirectiveFateRow.sent_ms, office, first, last)

    def mark_delivered(self, office: str, last: int) -> None:
        """The office's link says that its journal has settled everything up to `last`."""
        known = self._delivered.get(office, 0)
        if last <= known:
            return
        self._mark(DirectiveFateRow.delivered_ms, office, known + 1, last)
        self._mark(DirectiveFateRow.sent_ms, office, known + 1, last)
        self._count_from(office, last)
        with self._lock:
            self._delivered[office] = max(last, self._delivered.get(office, 0))

    def _mark(self, column: Any, office: str, first: int, last: int) -> None:
        with self._store.write() as session:
            session.connection().execute(
                update(DirectiveFateRow)
                .where(col(DirectiveFateRow.office) == office, col(DirectiveFateRow.seq).between(first, last))
                .where(column.is_(None))
                .values({column: self._now_ms()})
            )

    def _count_from(self, office: str, last: int) -> None:
        """A centre that lost its newest directives goes on behind those that the office has settled."""
        if last <= self.newest(office):
            return
        self._ensure_count(office)
        with self._store.write() as session:
            count = session.exec(
                select(DirectiveCountRow).where(DirectiveCountRow.office == office).with_for_update()
            ).one()
            if count.last < last:
                log.error("%s has settled directive %s, this centre knows %s", office, last, count.last)
                count.last = last
                session.add(count)
        with self._lock:
            self._newest[office] = max(last, self._newest.get(office, 0))

    # The office's own word.

    def heard(self, office: str, records: Sequence[Record]) -> None:
        """New facts of an office, in their order."""
        for record in records:
            event = record.event
            if isinstance(event, DirectiveSettled):
                self._settled(office, record, event)
            elif (held := self._held.get(office)) is not None:
                self._overridden(office, held, record)

    def _settled(self, office: str, record: Record, event: DirectiveSettled) -> None:
        with self._store.write() as session:
            row = session.get(DirectiveRow, (office, event.directive))
            fate = session.get(DirectiveFateRow, (office, event.directive))
            if row is None or fate is None or row.id != event.id:
                log.warning("%s has settled directive %s (%s), unknown here", office, event.directive, event.id)
                return
            kind, body = row.kind, json.loads(row.body)
            if (fate.settled_seq, fate.outcome) != (record.seq, event.outcome):
                fate.outcome, fate.code, fate.facts = event.outcome, event.code, to_json(dict(event.facts))
                fate.settled_ms, fate.settled_seq = record.moment.at_ms, record.seq
                fate.delivered_ms = fate.delivered_ms or self._now_ms()
                fate.overridden_ms = fate.overridden_seq = None
                session.add(fate)
        subject = subject_of(kind, body)
        if event.outcome == "applied" and subject is not None:
            with self._lock:
                self._held.setdefault(office, {})[subject] = (event.directive, kind)

    def _overridden(self, office: str, held: dict[Subject, tuple[int, str]], record: Record) -> None:
        if ends_all(record.event):
            with self._lock:
                self._held.pop(office, None)
            return
        subject = touched(record.event)
        if subject is None or subject not in held:
            return
        seq, kind = held[subject]
        if not is_staff(record) or not undoes(kind, record.event):
            return
        with self._lock:
            held.pop(subject, None)
        with self._store.write() as session:
            fate = session.get(DirectiveFateRow, (office, seq))
            if fate is not None and fate.overridden_seq is None:
                fate.overridden_ms, fate.overridden_seq = record.moment.at_ms, record.seq
                session.add(fate)


def _again(known: Order, office: str, kind: str, body: Mapping[str, Any]) -> Order:
    """The order that this token gave before, if it is the same one. Raises OrderRefusedError."""
    if (known.office, known.kind, to_json(dict(known.body))) != (office, kind, to_json(dict(body))):
        raise OrderRefusedError(Code.KEY_REUSED.value)
    return known
