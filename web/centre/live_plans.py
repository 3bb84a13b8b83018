"""The shelf of plans as its page sees it: documents put there, checked, and told in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence

from appliance import plan_words
from appliance.domain.plan import Plan
from appliance.domain.plans.diff import diff
from appliance.domain.plans.document import Mistake
from appliance.domain.plans.reader import PlanError, checked_plan, read_plan
from sync.centre.centre import Centre
from sync.centre.directive_checks import LONGEST_PLAN
from sync.centre.plans import ShelfPlan
from web.centre.reading import NotDoneError, PlanRefusedError, PlanView, ShelfView


def shelf(centre: Centre, office: str) -> Sequence[ShelfView]:
    """Every plan on the shelf, the newest first."""
    return [_shelf_view(centre, one) for one in centre.plans.all(office)]


def shelf_plan(centre: Centre, office: str, number: int, language: str) -> PlanView | None:
    """One plan of the shelf."""
    found = centre.plans.get(office, number)
    return None if found is None else _told(centre, office, read_plan(found.document), language)


def check(centre: Centre, office: str, document: str, language: str) -> PlanView:
    """What a document would be. Raises PlanRefusedError, NotDoneError."""
    if centre.offices.get(office) is None:
        raise NotDoneError("unknown-office")
    return _told(centre, office, checked(office, document), language)


def put(centre: Centre, office: str, document: str, by: str) -> ShelfView:
    """Put a document on the shelf. Raises PlanRefusedError, NotDoneError."""
    if centre.offices.get(office) is None:
        raise NotDoneError("unknown-office")
    checked(office, document)
    return _shelf_view(centre, centre.plans.put(office, document, by))


def checked(office: str, document: str) -> Plan:
    """The plan of a document that can be sent to this office. Raises PlanRefusedError."""
    if len(document) > LONGEST_PLAN:
        raise PlanRefusedError([Mistake("plan", "document-too-long", {"limit": str(LONGEST_PLAN)})])
    try:
        plan = checked_plan(document)
    except PlanError as error:
        raise PlanRefusedError(error.mistakes) from error
    if plan.office != office:
        raise PlanRefusedError([Mistake("plan.office", "other-office", {"found": plan.office, "wanted": office})])
    return plan


def _told(centre: Centre, office: str, plan: Plan, language: str) -> PlanView:
    image = centre.network.image(office)
    known = image.state.plan if image is not None else None
    changes = None if known is None else plan_words.changes(diff(known, plan), language)
    return PlanView(plan.version, plan.document, plan_words.summary(plan, language), changes)


def _shelf_view(centre: Centre, one: ShelfPlan) -> ShelfView:
    image = centre.network.image(one.office)
    now, later = (image.state.plan, image.state.next_plan) if image is not None else (None, None)
    state = "in-force" if now and now.digest == one.digest else "next" if later and later.digest == one.digest else ""
    return ShelfView(one.number, one.version, one.author, one.put_ms, state)
