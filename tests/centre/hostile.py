"""What each attack gets, and that no office's data are harmed: `python -m tests.centre.hostile`.

A real centre and two real offices, `demo` and `north` (`tests.centre.hostile_scene`). After every attack each office's
own database, its mirror and its facts at the centre are compared row by row with what they were and with each other.
One line each: what was done, what it got, whether anything was harmed. The exit status is 1 when something got another
answer than it should, or an office's data were harmed.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.centre.hostile_harm import cards, wiped
from tests.centre.hostile_inbox import inbox
from tests.centre.hostile_line import directives, enrolment, link
from tests.centre.hostile_scene import Scene
from tests.centre.hostile_table import Table

PARTS: dict[str, Callable[[Table], None]] = {
    "directives": directives,
    "inbox": inbox,
    "link": link,
    "wiped": wiped,
    "cards": cards,
    "enrolment": enrolment,
}


def main() -> int:
    """Make every attack and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    wanted = parser.parse_args()
    logging.disable(logging.CRITICAL)  # Trouble is what is asked for here.
    with tempfile.TemporaryDirectory(prefix="talon-hostile-") as folder:
        scene = Scene(Path(folder))
        try:
            scene.start(*scene.cards)
            table = Table(scene, lambda text: print(text, flush=True))
            for part in wanted.parts:
                PARTS[part](table)
        finally:
            scene.close()
    print(f"\n{table.count} attacks, {len(table.wrong)} not as expected")
    for title in table.wrong:
        print(f"  {title}")
    return 1 if table.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
