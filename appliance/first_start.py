"""What only a first start does: the owner's code, shown once, and operators of a demonstration with random PINs."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

from appliance.store.local import LocalStore
from hardware.paper.slip import SlipContent
from hardware.ports import Condition, PrintOutcome, TicketPrinter
from hardware.printing.encoder import encode
from hardware.printing.profiles import PrinterProfile

DEMO_OPERATORS = (("smirnova", "Смирнова Е. А."), ("koval", "Коваль О. П."), ("petrenko", "Петренко І. В."))
OWNER_JOB = 80_000_000
"""The printer's id for the owner's slip: far from those of visitors' slips."""
PATIENCE_S = 10.0


def welcome_owner(
    local: LocalStore,
    printer: TicketPrinter | None,
    profile: PrinterProfile,
    told: Callable[[str], None],
) -> None:
    """Make the owner's code if there is none yet, and show it on the console and on paper. It is stored as a hash."""
    code = local.ensure_owner()
    if code is None:
        return
    told(f"Owner code (shown only this once): {code}")
    if printer is None:
        return
    slip = SlipContent(
        office="Talon",
        address="",
        heading="Код владельца / Код власника / Owner code",
        number=code,
        service="",
        notes=(
            "Сохраните этот код: он показан только один раз.",
            "Збережіть цей код: його показано лише один раз.",
            "Keep this code: it is shown only once.",
        ),
    )
    job = encode(slip, profile)

    def put_on_paper() -> None:
        if not _printed(printer, job):
            told("The owner code could not be printed: write it down from here.")

    threading.Thread(target=put_on_paper, name="owner-slip", daemon=True).start()


def _printed(printer: TicketPrinter, job: bytes) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while printer.state().condition is not Condition.READY and time.monotonic() < deadline:
        time.sleep(0.2)
    return printer.print(job, OWNER_JOB, PATIENCE_S) in (PrintOutcome.PRINTED, PrintOutcome.SENT)


def demo_operators(local: LocalStore, folder: Path, told: Callable[[str], None]) -> None:
    """Give a demonstration office operators with random PINs, kept in a file only its user can read."""
    notes = folder / "operators.txt"
    if not local.operators():
        lines = []
        for operator, name in DEMO_OPERATORS:
            pin = f"{secrets.randbelow(900_000) + 100_000}"
            local.put_operator(operator, name, pin)
            lines.append(f"{operator:<10} PIN {pin}   {name}")
        notes.touch(mode=0o600)
        notes.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if notes.exists():
        told("Operators of this demonstration:")
        for line in notes.read_text(encoding="utf-8").splitlines():
            told(f"  {line}")
