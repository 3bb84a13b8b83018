"""What the situation centre has changed for the day, and what became of its directives, as people see it."""

from __future__ import annotations

from typing import Literal, cast

from appliance.api.schemas import DirectivesView, DirectiveView, StandingView, Text
from appliance.domain import standing
from appliance.domain.office import Office, SettledDirective, Standing
from appliance.domain.plan import LANGUAGES, Words
from appliance.domain.skills import desk_level
from appliance.store.told import Texts

StandingKind = Literal["skill", "limit", "wait-norm", "service-norm", "policy", "message", "redirect"]
ANY_STAFF = ("skill", "limit", "message", "redirect")
"""What any operator may take back; norms and the policy are the owner's."""


def desk_of(what: str) -> int | None:
    """The desk whose skill is changed, or None."""
    kind, _, of = what.partition(":")
    number = of.partition(":")[0]
    return int(number) if kind == "skill" and number.isdigit() else None


def kind_of(what: str) -> StandingKind:
    """What kind of change it is."""
    return cast(StandingKind, what.partition(":")[0])


def directives(office: Office, texts: Texts) -> DirectivesView:
    """The newest directives, newest first, and what stands."""
    return DirectivesView(
        seq=office.seq,
        last=office.last_directive,
        settled=[directive(one) for one in reversed(office.directives)],
        standing=standing_views(office, texts),
    )


def directive(one: SettledDirective) -> DirectiveView:
    """One settled directive."""
    return DirectiveView(
        number=one.seq,
        kind=one.kind,
        target=one.target,
        author=one.author,
        reason=one.reason,
        outcome=cast(Literal["applied", "refused", "expired"], one.outcome),
        code=one.code,
        facts=dict(one.facts),
        at=one.settled.moment.utc(),
        entry=one.settled.seq,
    )


def standing_views(office: Office, texts: Texts) -> list[StandingView]:
    """Everything that stands, oldest first."""
    return [view(office, one, texts) for one in sorted(office.standing.values(), key=lambda one: one.id)]


def at_desk(office: Office, number: int, texts: Texts) -> list[StandingView]:
    """What of it concerns a desk: its skills, the services it serves, the whole hall."""
    return [one for one in standing_views(office, texts) if _concerns(office, number, one)]


def _concerns(office: Office, number: int, one: StandingView) -> bool:
    if one.kind == "skill":
        return one.desk == number
    return one.service is None or (office.plan is not None and bool(desk_level(office.plan, number, one.service)))


def view(office: Office, one: Standing, texts: Texts) -> StandingView:
    """One change that stands."""
    service = one.what.rpartition(":")[2] or None if ":" in one.what else None
    found = office.plan.services.get(service) if office.plan is not None and service is not None else None
    names = {language: found.short.get(language) for language in LANGUAGES} if found is not None else None
    author = next((known.author for known in office.directives if known.seq == one.directive), "")
    return StandingView(
        what=one.what,
        kind=kind_of(one.what),
        value=one.value,
        desk=desk_of(one.what),
        service=service,
        service_name=names,
        texts=_texts(one, texts),
        directive=one.directive,
        author=author,
        since=one.began.moment.utc(),
    )


def message(office: Office, texts: Texts) -> Text | None:
    """The text for the hall, in every language of the pages; None where nothing is to be shown."""
    one = office.standing.get(standing.MESSAGE)
    return None if one is None else _texts(one, texts)


def elsewhere(office: Office, service: str, texts: Texts) -> Text | None:
    """What a visitor is told of the office that receives instead, where somebody has written it."""
    one = standing.redirected(office, service)
    return None if one is None else _texts(one, texts)


def _texts(one: Standing, texts: Texts) -> Text | None:
    known = texts.get(one.directive) if one.told else None
    if known is None:
        return None
    words = Words({language: known.texts[language] for language in LANGUAGES if language in known.texts})
    return {language: words.get(language) for language in LANGUAGES}
