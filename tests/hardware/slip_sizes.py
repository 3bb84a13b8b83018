"""How large slips are and how long a line takes for them: `python -m tests.hardware.slip_sizes`.

Computed: bytes x 10 / baud, for 8 data bits with start and stop bit. Measured: from the first byte to the printer's own
confirmation, on a pty whose far end takes bytes at the speed of that line and moves its paper at 150 mm/s.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from hardware.ports import PrintOutcome
from hardware.printing.encoder import PrinterProfile, encode
from hardware.printing.printer import EscposPrinter
from hardware.simulator.printer import VirtualPrinter
from tests.hardware.make_golden import SAMPLES

BAUDS = (9600, 115200)
WIDTHS = {"58 mm": 384, "80 mm": 576}
MODES = ("text", "raster")
PAPER_MM_S = 150
BITS = 10
PATIENCE_S = 120.0


def measure(job: bytes, profile: PrinterProfile, folder: Path) -> tuple[float, float]:
    """Seconds until the printer has confirmed a slip on a line of the profile's speed, and millimetres of paper."""
    printer = VirtualPrinter(folder / "printer", width=profile.width, paper_mm_s=PAPER_MM_S)
    driver = EscposPrinter(printer.path, profile)
    try:
        assert printer.wait(lambda one: one.blank_cuts > 0, PATIENCE_S)
        with driver.reserved(PATIENCE_S):
            printer.slow(profile.baud / BITS)
        began = time.monotonic()
        outcome = driver.print(job, 1, PATIENCE_S)
        took = time.monotonic() - began
        assert outcome is PrintOutcome.PRINTED, outcome
        return took, printer.paper[0].image.height / 8
    finally:
        driver.close()
        printer.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slip", choices=SAMPLES, default="ru")
    parser.add_argument("--computed", action="store_true", help="measure nothing")
    args = parser.parse_args()
    content = SAMPLES[args.slip]
    print(f"the slip '{args.slip}'{' with a QR code' if content.qr else ''}; paper at {PAPER_MM_S} mm/s")
    print(f"{'':<16}{'bytes':>8}{'mm':>6}" + "".join(f"{f'{baud} computed':>18}{'measured':>10}" for baud in BAUDS))
    with tempfile.TemporaryDirectory() as folder:
        for mode in MODES:
            for paper, width in WIDTHS.items():
                profile = PrinterProfile(width=width, mode=mode)
                job = encode(content, profile)
                told, length = [], 0.0
                for baud in BAUDS:
                    seconds = "-"
                    if not args.computed:
                        took, length = measure(job, replace(profile, baud=baud), Path(folder))
                        seconds = f"{took:.2f} s"
                    told.append(f"{len(job) * BITS / baud:>16.2f} s{seconds:>10}")
                print(f"{mode + ', ' + paper:<16}{len(job):>8}{length:>6.0f}" + "".join(told), flush=True)


if __name__ == "__main__":
    main()
