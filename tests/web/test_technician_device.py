"""The page of one device: its conditions, its days, and that the picture says no more than the numbers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api.schemas import AvailabilityRow
from tests.web.fake import Client, FakeOffice, reading
from web.office.technician_device import HEIGHT, TOP, WIDTH, bars, mean, noted_name, percent


def past(name: str, language: str = "ru") -> str:
    """The page of a device."""
    client = Client(FakeOffice(reading()))
    return client.get(f"/technician/device?name={name}", headers={"accept-language": language}).text


def test_a_device_tells_its_conditions_and_its_days() -> None:
    text = past("printer")
    assert "<h1>Принтер талонов</h1>" in text
    assert "Закончилась бумага: номера только на экране." in text
    assert "вт, 24\u00a0ноября, 09:28:10" in text
    assert text.count('<tr class="fault">') == 2
    assert "94,1\u00a0%" in text
    assert "3 отказа." in text.replace("\u00a0", " ")


def test_every_bar_has_its_number_in_words_too() -> None:
    text = past("printer")
    told = re.search(r'<desc id="chart-told">(.*?)</desc>', text)
    assert told is not None
    assert len(told[1].split("; ")) == text.count('<rect class="bar-of') == 22
    assert "ср, 18\u00a0ноября 71,4\u00a0%" in told[1]


def test_a_device_that_never_changed_says_so() -> None:
    text = past("desk/2", "uk")
    assert "<h1>Вікно 2, пульт</h1>" in text
    assert "Поки нічого не записано" in text
    assert "<svg viewBox" not in text


def test_the_languages_of_a_device_keep_its_name() -> None:
    assert "/technician/device?name=desk%2F2&amp;lang=uk" in past("desk/2")


@pytest.mark.parametrize("name", ["", "x" * 500, "\U0001f985"])
def test_a_strange_device_is_harmless(name: str) -> None:
    assert "Пока ничего не записано" in past(name)
    assert "<h1>&lt;b&gt;</h1>" in past("<b>")


@pytest.mark.parametrize(
    ("name", "noted"),
    [
        ("desk/12/next", "desk/12"),
        ("desk/12", "desk/12"),
        ("kiosk/bills", "kiosk/bills"),
        ("power/fail", "power/fail"),
        ("module/desks/1", "module/desks/1"),
        ("printer", "printer"),
    ],
)
def test_the_keys_of_a_panel_have_one_history(name: str, noted: str) -> None:
    assert noted_name(name) == noted


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 1)), st.integers(0, 86_400)), max_size=40))
def test_bars_stay_in_their_picture_and_days_in_their_share(days: list[tuple[float | None, int]]) -> None:
    rows = [
        AvailabilityRow(
            device="printer", day=number, date=None, watched_s=watched, share=share, outages=0, repair_s=None
        )
        for number, (share, watched) in enumerate(days)
    ]
    drawn = bars(rows, "ru")
    assert len(drawn) == len(rows)
    for bar in drawn:
        assert TOP - 0.2 <= bar.y <= HEIGHT
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 0.2
    known = mean(rows)
    shares = [share for share, watched in days if share is not None and watched]
    assert (known is None) == (not shares)
    if known is not None:
        assert min(shares) - 1e-9 <= known <= max(shares) + 1e-9


@given(st.floats(0, 1))
def test_only_a_whole_share_is_a_hundred_percent(share: float) -> None:
    told = percent(share, "en")
    assert (told == "100\u00a0%") == (share == 1)
    assert (told == "0\u00a0%") == (share == 0)
