"""What the situation centre orders, and local staff who decide otherwise, as rules of the state machine."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from appliance.domain.directives import ApplyDirective
from appliance.domain.standing import DropStanding
from tests.domain.clock import HOUR, MINUTE
from tests.domain.machine_base import DESKS, PLANS, RARELY, SERVICES, TICKETS, OfficeMachine
from tests.domain.sketch import Written
from tests.plans import Sketch

NUMBERS = st.sampled_from((0, 1, 1, 2, 5, 10, 30, 99, 240, 300, 10_000))
SERVICE = st.fixed_dictionaries({"service": SERVICES})
SOMETIMES = st.fixed_dictionaries({"service": SERVICES | st.none()})
AT_DESK = st.fixed_dictionaries({"desk": DESKS})
SKILL = st.fixed_dictionaries({"desk": DESKS, "service": SERVICES})
TEXTS = st.sampled_from(({"ru": "Печать не работает"}, {"ru": "Идите рядом", "uk": "Йдіть поруч"}))
BODIES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "open-desk": AT_DESK,
    "close-desk": AT_DESK,
    "end-break": AT_DESK,
    "add-skill": SKILL,
    "remove-skill": SKILL,
    "stop-service": SERVICE,
    "limit-service": st.fixed_dictionaries({"service": SERVICES, "limit": NUMBERS}),
    "free-service": SERVICE,
    "set-norm": st.fixed_dictionaries({"service": SERVICES | st.none(), "wait_min": NUMBERS})
    | st.fixed_dictionaries({"service": SERVICES | st.none(), "service_min": NUMBERS}),
    "set-policy": st.fixed_dictionaries(
        {"kind": st.sampled_from(("absolute", "ratio", "ageing", "luck"))},
        optional={"ratio": NUMBERS, "passes": NUMBERS},
    ),
    "raise-ticket": st.fixed_dictionaries({"ticket": TICKETS})
    | st.fixed_dictionaries({"label": st.sampled_from(("А 001", "A 002", "б3", "В 004", "Я 001", "А", "A0"))}),
    "show-message": st.fixed_dictionaries({"texts": TEXTS | st.just({}), "minutes": NUMBERS}),
    "clear-message": st.just({}),
    "pause": st.fixed_dictionaries({"reason": st.sampled_from(("alarm", "fire", "rain"))}),
    "resume": st.just({}),
    "redirect": st.fixed_dictionaries(
        {"service": SERVICES | st.none(), "office": st.just("office-18")}, optional={"texts": TEXTS}
    ),
    "end-redirect": SOMETIMES,
    "call-technician": st.fixed_dictionaries({"note": st.just("paper-out")}, optional={"device": st.just("printer")}),
    "fresh-snapshot": st.just({}),
    "restart-device": st.fixed_dictionaries({"device": st.sampled_from(("printer", "voice"))}),
    "adopt-plan": st.just({"plan": "this is no plan"}),
    "make-coffee": st.just({}),
}
ORDERS = st.sampled_from(sorted(BODIES)).flatmap(lambda kind: st.tuples(st.just(kind), BODIES[kind]))
CONDITIONS = st.sampled_from(
    (
        *({},) * 8,
        {"day": 1},
        {"paused": False},
        {"desks": {"1": ["closed", "break"]}},
        {"desks": {"3": ["free"], "9": ["free"]}},
        {"tickets": {"1": ["waiting", "parked"]}},
        {"waiting": {"": 2}},
        {"waiting": {"consult": 1, "": 1}},
        {"moon": "full"},
    )
)
LATE = st.sampled_from((*(HOUR,) * 7, -1, 0))
SPARE = st.sampled_from((*(1,) * 12, 0, -1, 2))
"""What is added to the number of the last directive: the next one, a repeated one, one too many."""


class DirectiveRules(OfficeMachine):
    """Directives in order and out of it; staff take back what stands."""

    @rule(order=ORDERS, spare=SPARE, late=LATE, condition=CONDITIONS, give_up=st.integers(0, 20))
    def direct(
        self, order: tuple[str, dict[str, Any]], spare: int, late: int, condition: dict[str, Any], give_up: int
    ) -> None:
        self.ask(self.directive(order, spare, late=late, condition=condition, give_up=give_up == 0))

    @rule(orders=st.lists(ORDERS, min_size=2, max_size=5))
    def direct_much(self, orders: list[tuple[str, dict[str, Any]]]) -> None:
        self.ask(*(self.directive(order, number) for number, order in enumerate(orders, start=1)))

    @rule(picks=st.lists(TICKETS, min_size=1, max_size=3))
    def put_somebody_first(self, picks: list[int]) -> None:
        for pick in picks:
            self.ask(self.directive(("raise-ticket", {"ticket": self.ticket(pick, ("waiting", "parked"))}), 1))

    @rule(plan=st.sampled_from(PLANS), sure=RARELY)
    def send_plan(self, plan: Sketch | Written, sure: bool) -> None:
        if sure:
            self.ask(self.directive(("adopt-plan", {"plan": plan.document}), 1))

    @rule(service=SERVICES, desk=DESKS, pick=st.integers(0, 9))
    def staff_take_back(self, service: str, desk: int, pick: int) -> None:
        lasting = sorted(self.bench.office.standing)
        what = lasting[pick % len(lasting)] if lasting else f"limit:{service}"
        self.ask(DropStanding(what if pick else f"skill:{desk}:{service}"))

    def directive(
        self,
        order: tuple[str, dict[str, Any]],
        spare: int,
        *,
        late: int = HOUR,
        condition: dict[str, Any] | None = None,
        give_up: bool = False,
    ) -> ApplyDirective:
        """A directive with a number so much after the last one, valid for so long yet (ms)."""
        kind, body = order
        seq, now = self.bench.office.last_directive + spare, self.clock.now().moment.at_ms
        return ApplyDirective(
            seq=seq,
            id=f"id-{seq}",
            kind=kind,
            body=json.dumps(body, ensure_ascii=False),
            author="dispatcher-1",
            reason="queue",
            issued_ms=now - MINUTE,
            not_after_ms=now + late,
            condition=json.dumps(condition or {}),
            centre_ms=now,
            give_up=give_up,
        )
