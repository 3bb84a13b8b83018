"""Lines that mend what the doctor found, for a person to put where they belong: nothing edits by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hardware.doctor.finding import Finding


@dataclass(frozen=True, slots=True)
class Remedy:
    """Lines for one file, or commands for a shell (`file` is empty)."""

    reason: str
    file: str
    lines: tuple[str, ...]


CONFIG_TXT, CMDLINE_TXT = "/boot/firmware/config.txt", "/boot/firmware/cmdline.txt"


def remedies(findings: Iterable[Finding]) -> Iterator[Remedy]:
    """A remedy for every finding that lines of text can mend, each once."""
    seen: set[Remedy] = set()
    for finding in findings:
        remedy = _remedy(finding)
        if remedy is not None and remedy not in seen:
            seen.add(remedy)
            yield remedy


def _remedy(finding: Finding) -> Remedy | None:
    facts = finding.facts
    match finding.reason:
        case "console-on-port":
            return Remedy(
                finding.reason,
                CMDLINE_TXT,
                (f"# remove: {facts['console']}", "# then: systemctl mask serial-getty@serial0.service"),
            )
        case "spi-missing":
            return Remedy(finding.reason, CONFIG_TXT, ("dtparam=spi=on",))
        case "no-clock-chip":
            return Remedy(finding.reason, CONFIG_TXT, ("dtoverlay=i2c-rtc,ds3231",))
        case "battery-not-charged":
            return Remedy(finding.reason, CONFIG_TXT, ("dtparam=rtc_bbat_vchg=3000000",))
        case "port-denied":
            return Remedy(finding.reason, "", (f"usermod --append --groups {facts['group']} talon",))
        case "port-name-changes":
            return Remedy(
                finding.reason, "hardware.toml", (f'port = "{facts["lasting"]}"  # instead of {facts["port"]}',)
            )
        case _:
            return None
