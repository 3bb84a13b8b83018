"""Pages in a real browser: no accessibility violations, nothing outside its screen, sizes by the millimetre."""

from __future__ import annotations

import json
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from tests.examples import LONG
from tests.web.fake import FakeOffice
from tests.web.screenshots import Shot, shots

AXE = Axe()
THOROUGH = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
HALL_TEXT = 7.0
PAGES = frozenset({
    "kiosk-home", "kiosk-large", "kiosk-services", "kiosk-service", "kiosk-issued", "kiosk-issued-nopaper",
    "hall-calls", "hall-empty-high", "desk-serving", "desk-called", "desk-narrow", "desk-sign-in", "technician",
    "technician-narrow", "technician-sign-in", "sim", "sim-narrow", "start", "start-narrow", "reception",
    "reception-bell", "reception-bell-late", "reception-bell-coming", "reception-bell-narrow", "desk-bell",
    "desk-bell-narrow", "reception-ticket", "reception-service", "reception-halted", "reception-narrow", "desk-claim",
    "desk-more-serving", "desk-more-free", "desk-halted", "kiosk-help", "kiosk-purposes", "kiosk-paused", "hall-halted",
    "technician-doctor", "technician-doctor-narrow", "technician-doctor-mendable", "technician-keys-walk",
    "technician-keys-walk-narrow", "technician-keys-refused", "technician-paper", "technician-paper-narrow",
    "technician-device", "technician-device-narrow", "technician-keys-learnt-narrow",
})  # fmt: skip
"""Axe looks at these in every language, and at all other states in Russian."""

TIGHT = frozenset({
    "kiosk-21", "kiosk-services-21", "kiosk-services-large", "kiosk-closed", "kiosk-issued-nopaper-21",
    "kiosk-longest-21", "kiosk-wide", "hall-calls-high", "hall-wide-high", "hall-empty", "desk-free", "desk-long",
    "desk-tablet", "desk-late", "kiosk-headings", "kiosk-headings-21", "kiosk-wish", "kiosk-wish-large", "kiosk-late",
    "kiosk-purposes-21", "kiosk-purposes-wide", "kiosk-help-21", "kiosk-help-wide", "kiosk-issued-whole",
    "kiosk-issued-whole-21", "kiosk-weekend", "kiosk-paused-wide", "hall-three-halted", "hall-three-halted-high",
    "reception-found", "reception-empty", "desk-more-narrow",
})  # fmt: skip
"""States where longer words may push something out: their layout is audited in every language too."""

AUDIT = """() => {
  const wide = document.documentElement.clientWidth, high = document.documentElement.clientHeight;
  const scrolls = getComputedStyle(document.body).overflowY !== "hidden";
  const problems = [];
  const words = (one) => (one.textContent ?? "").trim().slice(0, 40);
  const name = (one) => `${one.tagName}.${one.getAttribute("class") ?? ""} ${words(one)}`;
  const whole = document.documentElement.scrollWidth;
  if (whole > wide + 1) problems.push(`page is ${whole} wide`);
  for (const one of document.body.querySelectorAll("*")) {
    if (one.closest(".away, .skip, dialog, [hidden], .scroll, svg") || !one.checkVisibility()) continue;
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.left < -1 || box.right > wide + 1) problems.push(`outside: ${name(one)}`);
    if (!scrolls && (box.top < -1 || box.bottom > high + 1)) problems.push(`below: ${name(one)}`);
    const style = getComputedStyle(one);
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const clamped = style.webkitLineClamp !== "none" || style.textOverflow === "ellipsis";
    if (own && !clamped && one.scrollWidth > one.clientWidth + 2 && one.clientWidth && style.display !== "inline")
      problems.push(`text wider than its box: ${name(one)}`);
    for (let up = one.parentElement; own && up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflow === "visible") continue;
      const frame = up.getBoundingClientRect();
      if (!frame.width) continue;
      const scrolling = /auto|scroll/.test(getComputedStyle(up).overflowY);
      if (!scrolling && (box.bottom > frame.bottom + 3 || box.top < frame.top - 3 || box.right > frame.right + 3))
        problems.push(`cut off: ${name(one)}`);
      break;
    }
  }
  return problems;
}"""
TARGETS = """() => [...document.querySelectorAll("a, button")].filter((one) => one.checkVisibility()).map((one) => {
  const box = one.getBoundingClientRect();
  const mm = parseFloat(getComputedStyle(one).getPropertyValue("--mm"));
  return [box.width / mm, box.height / mm, one.textContent.trim().slice(0, 30)];
})"""
CONTRAST = """() => {
  const light = (text) => {
    const linear = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    const [r, g, b] = text.match(/[\\d.]+/g).map((v) => linear(Number(v) / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = (one) => {
    for (let up = one; up; up = up.parentElement) {
      const colour = getComputedStyle(up).backgroundColor;
      if (!/^rgba.*, 0\\)$/.test(colour)) return light(colour);
    }
    return 1;
  };
  const found = [];
  for (const one of document.querySelectorAll(".board *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.checkVisibility() || one.closest(".away")) continue;
    const a = light(getComputedStyle(one).color), b = ground(one);
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    found.push([ratio, parseFloat(getComputedStyle(one).fontSize), one.className, one.textContent]);
  }
  return found;
}"""


def opened(page: Page, office: FakeOffice, shot: Shot) -> Page:
    """The page of a picture, with its fonts."""
    shot.prepare(office)
    page.set_viewport_size({"width": shot.size[0], "height": shot.size[1]})
    page.goto(shot.path, wait_until="load")
    page.evaluate("document.fonts.ready")
    if shot.name.startswith("hall"):
        page.wait_for_selector("#calls .heads, #calls .halted")
    shot.reach(page)
    if shot.name.startswith("sim"):
        page.wait_for_selector(".cap")
    return page


def violations(page: Page) -> list[str]:
    """What axe finds, short."""
    response: dict[str, Any] = AXE.run(page, options=THOROUGH).response
    return [
        f"{found['id']}: {node['html'][:160]} {json.dumps(node['any'][:1], ensure_ascii=False)[:200]}"
        for found in response["violations"]
        for node in found["nodes"][:3]
    ]


@pytest.mark.parametrize("language", ["ru", "uk", pytest.param("en", marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", ["kiosk", "hall", "desk", "reception", "technician", "sim", "start"])
def test_pages_have_no_violations_and_nothing_outside_their_screen(
    page: Page, fresh: FakeOffice, kind: str, language: str
) -> None:
    wrong: dict[str, list[str]] = {}
    clean = dict(fresh.reading.__dict__)
    for shot in shots(language):
        if not shot.name.startswith(kind) or (language != "ru" and shot.name not in PAGES | TIGHT):
            continue
        # A usual run looks at the main states in Russian and at the tight ones in Ukrainian: the longest words.
        if not LONG and shot.name not in {"ru": PAGES, "uk": TIGHT}.get(language, ()):
            continue
        fresh.reading.__dict__.update(clean)
        opened(page, fresh, shot)
        found = page.evaluate(AUDIT)
        # The same page on a narrow screen, or with other words, has the same parts: axe sees them all in the long run.
        if (language == "ru" and (LONG or "narrow" not in shot.name)) or (LONG and shot.name in PAGES):
            found += violations(page)
        if found:
            wrong[shot.name] = found
    assert wrong == {}, json.dumps(wrong, ensure_ascii=False, indent=1)


@pytest.mark.parametrize("panel", ["", "&mm=4.03&at=0.5"], ids=["32 inches", "21.5 inches"])
def test_kiosk_targets_are_twenty_millimetres_and_more(page: Page, panel: str) -> None:
    page.set_viewport_size({"width": 1080, "height": 1920})
    small = []
    for path in (
        "?",
        "?large=1",
        "/services?lang=uk",
        "/service/longest?",
        "/service/house?",
        "/help?claim=disability",
        "/ticket/138?large=1",
    ):
        page.goto(f"/kiosk{path}{panel}", wait_until="load")
        targets = page.evaluate(TARGETS)
        assert targets
        small += [(path, *target) for target in targets if min(target[0], target[1]) < 19.99]
    assert small == []


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)], ids=["lying", "standing"])
def test_the_board_is_read_from_ten_metres(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto("/hall?lang=ru")
    page.wait_for_selector(".call.newest")
    lines = page.evaluate(CONTRAST)
    assert min(line[0] for line in lines) >= HALL_TEXT, lines
    calls = page.evaluate(
        "[...document.querySelectorAll('.call .label')].map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    lying = size[0] > size[1]
    assert len(calls) == (5 if lying else 7)
    assert calls[0] == (250 if lying else 210)
    assert min(calls[1:]) >= (144 if lying else 132)
    assert min(line[1] for line in lines) >= 50


def test_only_the_newest_call_is_yellow(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/hall?lang=ru")
    page.wait_for_selector(".call.newest")
    yellow = page.evaluate(
        "[...document.querySelectorAll('.board *')].filter((one) => one.checkVisibility()"
        " && getComputedStyle(one).backgroundColor === 'rgb(255, 213, 0)').map((one) => one.textContent)"
    )
    assert yellow == ["А\u00a01387"]
