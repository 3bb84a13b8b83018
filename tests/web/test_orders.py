"""What the situation centre has changed, on the pages: one calm line each, a button where it is theirs to end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from appliance.api.schemas import StandingView
from tests.domain.directing import order
from tests.web.fake import FakeOffice
from tests.web.head_office import Lived
from tests.web.scenes import HALLS
from web.office import orders
from web.office.wording import place

SERVICE = {"ru": "Оплата", "uk": "Сплата", "en": "Payment"}
TEXT = {"ru": "Печать не работает до 14:00", "uk": "Друк не працює до 14:00", "en": "No printing until 14:00"}


def standing(what: str, value: str, **more: Any) -> StandingView:
    """One change."""
    fields: dict[str, Any] = {
        "what": what,
        "kind": what.partition(":")[0],
        "value": value,
        "desk": None,
        "service": None,
        "service_name": None,
        "texts": None,
        "directive": 7,
        "author": "disp-1",
        "since": datetime(2026, 11, 24, 9, tzinfo=UTC),
        **more,
    }
    return StandingView(**fields)


LIMIT = standing("limit:pay", "10", service="pay", service_name=SERVICE)
NORM = standing("wait-norm:", "20", directive=8)
EVERY = [
    LIMIT,
    NORM,
    standing("limit:pay", "stop", service="pay", service_name=SERVICE),
    standing("skill:5:pay", "add", desk=5, service="pay", service_name=SERVICE),
    standing("skill:5:pay", "remove", desk=5, service="pay", service_name=SERVICE),
    standing("wait-norm:pay", "5", service="pay", service_name=SERVICE),
    standing("service-norm:pay", "5", service="pay", service_name=SERVICE),
    *(standing("policy", f'{{"kind":"{kind}","ratio":2,"passes":1}}') for kind in ("absolute", "ratio", "ageing")),
    standing("message", "30", texts=TEXT),
    standing("message", "30"),
    standing("redirect:pay", "office-18", service="pay", service_name=SERVICE),
    standing("redirect:", "office-18"),
]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: f"{one.what}={one.value[:16]}")
def test_every_change_has_its_sentence(one: StandingView) -> None:
    told = orders.sentence(one, "en", place("window"))
    assert told.startswith("Situation centre")
    assert "%(" not in told
    assert "None" not in told
    assert ("until the day closes" in told) == (one.kind != "message")


def test_reception_ends_a_limit_and_leaves_the_norm_to_the_owner(fresh: FakeOffice, base: str) -> None:
    view = fresh.reading.reception_view
    fresh.reading.reception_view = view.model_copy(update={"standing": [LIMIT, NORM]})
    html = httpx.get(f"{base}/reception/panel?lang=en").text
    assert "“Payment” is limited to 10 numbers" in html
    assert "the norm of waiting is 20 min" in html
    assert "/api/v1/standing/limit:pay/end" in html
    assert "/api/v1/standing/wait-norm:/end" not in html


def test_the_head_may_end_everything(tmp_path: Path) -> None:
    office = Lived(tmp_path)
    try:
        for seq, (kind, body) in enumerate(
            (("limit-service", {"service": "consult", "limit": 10}), ("set-norm", {"service": None, "wait_min": 20})), 1
        ):
            now_ms = office.rig.clock.now().moment.at_ms
            office.rig.do(order(office.rig.office, now_ms, kind, body, seq=seq))
        html = office.owner().get("/head/now?lang=en").text
    finally:
        office.close()
    assert "/api/v1/standing/limit:consult/end" in html
    assert "/api/v1/standing/wait-norm:/end" in html


@pytest.mark.parametrize("language", ["ru", "ru,uk,en"])
def test_the_board_shows_the_message_on_at_most_two_lines(page: Page, fresh: FakeOffice, language: str) -> None:
    long = {code: f"{text}. " * 5 for code, text in TEXT.items()}
    fresh.reading.hall_view = HALLS["calls"].model_copy(update={"message": long})
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"/hall?lang={language}")
    note = page.locator("#told")
    note.wait_for()
    height = note.evaluate("box => [...box.children].reduce((sum, one) => sum + one.getBoundingClientRect().height, 0)")
    line = note.evaluate("box => parseFloat(getComputedStyle(box.firstChild).lineHeight)")
    assert height <= 2.2 * line
    assert note.evaluate("box => box.getBoundingClientRect().bottom") <= 1080
    assert page.locator(".call").count() == 4


def test_a_board_without_a_message_has_its_usual_note(page: Page, fresh: FakeOffice) -> None:
    fresh.reading.hall_view = HALLS["calls"].model_copy(update={"message": None})
    page.goto("/hall?lang=ru")
    page.locator(".call").first.wait_for()
    assert page.locator("#told").is_hidden()
    assert page.locator(".call").count() == 5
