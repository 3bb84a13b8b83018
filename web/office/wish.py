"""What a visitor has chosen at the kiosk so far; it travels in the address, so that the box remembers nobody."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from appliance.api.schemas import KioskView
from web.office.codes import NEEDS

MOST_SERVICES = 8


@dataclass(frozen=True, slots=True)
class Wish:
    """`basket`: services already chosen for the same number, the first one first; a claim; access needs."""

    basket: tuple[str, ...] = ()
    category: str | None = None
    needs: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing has been chosen yet."""
        return not (self.basket or self.category or self.needs)

    def query(self) -> dict[str, object]:
        """As parts of an address."""
        return {"with": ",".join(self.basket), "claim": self.category or "", "needs": ",".join(self.needs)}

    def toggled(self, need: str) -> str:
        """The needs of the address after a touch on one of them."""
        kept = set(self.needs) ^ {need}
        return ",".join(one for one in NEEDS if one in kept)

    def asked(self, service: str, purpose: str = "", *, unpromised: bool = False) -> dict[str, object]:
        """The request for a number, but for language and paper: the basket, then this service."""
        first, *also = (*self.basket, service)
        body: dict[str, object] = {"service": first}
        if also:
            body["also"] = also
        if purpose and not self.basket:
            body["purpose"] = purpose
        if self.category:
            body["category"] = self.category
        if self.needs:
            body["needs"] = list(self.needs)
        if unpromised:
            body["unpromised"] = True
        return body


def wish_of(request: Request, kiosk: KioskView) -> Wish:
    """The wish of an address; what the office doesn't have is left out."""
    known = {service.id for service in kiosk.services}
    claims = {category.id for category in kiosk.categories if category.kiosk}
    asked = request.query_params
    basket = dict.fromkeys(one for one in asked.get("with", "")[:1000].split(",") if one in known)
    needs = asked.get("needs", "").split(",")
    claim = asked.get("claim")
    return Wish(
        tuple(basket)[: MOST_SERVICES - 1],
        claim if claim in claims else None,
        tuple(need for need in NEEDS if need in needs),
    )
