"""One fake office and one Chromium for all tests of pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.fake import FakeOffice, reading, served
from tests.web.screenshots import ARGUMENTS, CHROMIUM

# Three workers share two cores: what a page does at once may take a while to be seen.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def office() -> FakeOffice:
    """The office that the served pages show; `fresh` resets it."""
    return FakeOffice(reading())


@pytest.fixture(scope="session")
def base(office: FakeOffice) -> Iterator[str]:
    """Where the office is served."""
    with served(office) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; the tests that need it are skipped where it isn't installed."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def fresh(office: FakeOffice) -> FakeOffice:
    """The office as on the first day."""
    office.reading.__dict__.update(reading().__dict__)
    office.asked.clear()
    office.answers.clear()
    office.refusal, office.code, office.silent = None, "x", False
    return office


@pytest.fixture
def page(browser: Browser, base: str, fresh: FakeOffice) -> Iterator[Page]:
    """A page of its own; whatever it complains about in its console fails the test."""
    opened = browser.new_page(base_url=base, reduced_motion="reduce")
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    expected = ("Failed to load resource", "Response Status Error Code", "htmx:")
    assert [one for one in complaints if not any(part in one for part in expected)] == []
