"""What the situation centre has changed for the day, as staff read it: one calm line each."""

from __future__ import annotations

import json

from appliance.api.schemas import StandingView
from appliance.words import translations
from web.office.language import text_in, tied
from web.office.wording import N_, Place

SENTENCES = {
    "skill-add": N_("Situation centre: %(place)s also serves “%(service)s”"),
    "skill-remove": N_("Situation centre: %(place)s no longer serves “%(service)s”"),
    "limit-stop": N_("Situation centre: no more numbers are given for “%(service)s”"),
    "limit": N_("Situation centre: “%(service)s” is limited to %(value)s numbers a day"),
    "wait-norm": N_("Situation centre: the norm of waiting for “%(service)s” is %(value)s min"),
    "wait-norm-office": N_("Situation centre: the norm of waiting is %(value)s min"),
    "service-norm": N_("Situation centre: the norm of serving “%(service)s” is %(value)s min"),
    "policy-absolute": N_("Situation centre: whoever has priority always goes first"),
    "policy-ratio": N_("Situation centre: after %(value)s with priority somebody else goes"),
    "policy-ageing": N_("Situation centre: priority and waiting time are weighed against each other"),
    "message": N_("Situation centre shows in the hall for %(value)s min: %(text)s"),
    "redirect": N_("Situation centre: visitors for “%(service)s” are sent to another office, %(value)s"),
    "redirect-office": N_("Situation centre: all visitors are sent to another office, %(value)s"),
}

UNTIL = N_("until the day closes")
"""How long all but a message lasts."""

OWNERS = ("wait-norm", "service-norm", "policy")
"""What the owner alone may end."""


def sentence(one: StandingView, language: str, place: Place) -> str:
    """What has been changed, until when."""
    say = translations(language).gettext
    kind, value = one.kind, one.value
    if kind == "skill":
        message = f"skill-{one.value}"
    elif kind == "limit":
        message = "limit-stop" if value == "stop" else "limit"
    elif kind == "policy":
        policy = json.loads(value)
        message, value = f"policy-{policy['kind']}", str(policy["ratio"])
    else:
        message = f"{kind}-office" if one.service is None and kind != "message" else kind
    told = say(SENTENCES[message]) % {
        "place": say(place.numbered) % {"number": one.desk},
        "service": tied(text_in(one.service_name, language)) if one.service_name else one.service or "",
        "value": value,
        "text": text_in(one.texts, language) if one.texts else "—",
    }
    return told if kind == "message" else f"{told}, {say(UNTIL)}"


def endable(one: StandingView, *, owner: bool = False) -> bool:
    """Whether staff may end it from this page."""
    return owner or one.kind not in OWNERS
