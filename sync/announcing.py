"""What the link's process says of the box on the local network, from the facts that the office tells it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sync.discovery import Announcement, Discovery
from sync.key_keeping import KeyKeeping
from sync.link_office import OfficeAwayError, OfficeLine

log = logging.getLogger("talon.sync.announcing")

TALON_PORT = 9
"""A box without pages still has a place on the network: the port "discard", where nobody listens."""


def office_facts(data: Path) -> Mapping[str, Any]:
    """The facts of a pulse, from the office's process; empty while it doesn't answer."""
    line = OfficeLine(data)
    try:
        return line.ask({"ask": "pulse"})
    except OfficeAwayError:
        return {}
    finally:
        line.close()


def announcement_of(facts: Mapping[str, Any]) -> Announcement | None:
    """How a box with these facts makes itself known; None when the office is away or doesn't say `announce`.

    `pages`, the port of its pages, is left out of the announcement where the facts don't have it.
    """
    office = str(facts.get("office", ""))
    if not office or facts.get("announce") is not True:
        return None
    versions = facts.get("versions", {})
    pages = facts.get("pages")
    port = pages if type(pages) is int and 0 < pages < 65536 else 0
    return Announcement(
        office=office,
        incarnation=str(facts.get("incarnation", "")),
        version=str(versions.get("talon", "")) if isinstance(versions, dict) else "",
        label=office,
        port=port or TALON_PORT,
        pages=port,
    )


class BesideTheLink:
    """What else the link's process does: the keys and the local network. `start` once, `stop` once."""

    def __init__(self, data: Path) -> None:
        self.keys = KeyKeeping(data, lambda: str(office_facts(data).get("incarnation", "")))
        self.discovery = Discovery(lambda: announcement_of(office_facts(data)))

    def start(self) -> None:
        """Begin; returns at once."""
        self.keys.start()
        self.discovery.start()

    def stop(self) -> None:
        """End both."""
        self.discovery.stop()
        self.keys.stop()
