"""How a printer is, from what it answers: the bits of `DLE EOT` and of the reports that `GS a` switches on."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from hardware.ports import Condition, DeviceState
from hardware.printing.frames import AutoStatus
from hardware.printing.ports import is_network

logger = logging.getLogger(__name__)

REPORT_CHANGES = b"\x1da\x0f"
"""Asks for a report of every change: drawer, on-line, errors, paper."""

HINTS = {
    "port-missing": "connect-printer",
    "silent": "check-power",
    "paper-out": "load-paper",
    "cover-open": "close-cover",
    "printer-error": "restart-printer",
    "offline": "press-feed",
}
"""What a person should do, by reason."""

NETWORK_HINT = "check-printer-network"
"""Instead of `connect-printer`, for a printer at the other end of a network."""

PAPER_NEAR_END = "paper-near-end"
UNCONFIRMED = "unconfirmed"
"""The printer is well, but has not confirmed slips that it should have: `confirm` is wrong in hardware.toml."""


@dataclass(frozen=True, slots=True)
class Health:
    """What is wrong with a printer (`reason`, empty when nothing is), and whether its roll is nearly used up."""

    reason: str = ""
    near_end: bool = False


def question(number: int) -> bytes:
    """`DLE EOT`: answered at once with one byte, whatever else is done. 1 printer, 2 cause, 3 error, 4 paper."""
    return bytes((0x10, 0x04, number))


def health_of_answers(printer: int, cause: int, paper: int) -> Health:
    """From the answers to `DLE EOT` 1, 2 and 4."""
    near_end = bool(paper & 0x0C)
    if cause & 0x04:
        return Health("cover-open", near_end)
    if paper & 0x60 or cause & 0x20:
        return Health("paper-out", near_end)
    if cause & 0x40:
        return Health("printer-error", near_end)
    return Health("offline" if printer & 0x08 else "", near_end)


def health_of_report(report: AutoStatus) -> Health:
    """From a report that the printer sent by itself."""
    if report.cover_open:
        return Health("cover-open", report.near_end)
    if report.paper_out:
        return Health("paper-out", report.near_end)
    if report.error:
        return Health("printer-error", report.near_end)
    return Health("offline" if report.offline else "", report.near_end)


def hint_of(reason: str, address: str) -> str:
    """What a person should do about it, for a printer at that address."""
    return NETWORK_HINT if reason == "port-missing" and is_network(address) else HINTS.get(reason, "")


def described(health: Health, since: datetime, address: str, model: str, warning: str = "") -> DeviceState:
    """The state that this health is; `warning` counts while nothing is wrong and the paper is no nearer to its end."""
    condition, shown = Condition.READY, PAPER_NEAR_END if health.near_end else warning
    if health.reason:
        condition, shown = Condition.FAULT, ""
    if health.reason == "port-missing":
        condition = Condition.MISSING
    facts = {"port": address, "printer": model}
    return DeviceState(condition, since, health.reason, hint_of(health.reason, address), facts, shown)


def log_change(before: DeviceState | None, after: DeviceState) -> None:
    """Once when lost, once when back."""
    was_well = before is None or before.condition is Condition.READY
    is_well = after.condition is Condition.READY
    port = after.facts["port"]
    if was_well and not is_well:
        logger.warning("printer %s: %s", port, after.reason)
    elif is_well and not was_well:
        logger.info("printer %s is ready again", port)
    if after.warning and (before is None or before.warning != after.warning):
        logger.warning("printer %s: %s", port, after.warning)
