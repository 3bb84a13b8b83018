"""A real centre, a real office process with its link and its Litestream: orders down, outcomes back, and a crash."""

from __future__ import annotations

from pathlib import Path

from sync.centre.order import Fate
from tests.centre.link_rig import OFFICE, Rig, rig, wait_until


def test_orders_reach_a_real_office_and_their_outcomes_the_centre_through_a_crash(tmp_path: Path) -> None:
    with rig(tmp_path, interval_ms=200) as one:
        office = one.office()
        wait_until(lambda: OFFICE in one.centre.link.connected(), 60, "the office listens")
        first = one.issue("open-desk", {"desk": 1})
        assert one.arrived.wait(first.id, 60) is not None
        image = one.centre.network.image(OFFICE)
        assert image is not None
        assert image.state.desks[1].state.value == "free"
        assert image.pulse is not None
        assert image.pulse.incarnation == image.incarnation
        office.kill()
        wait_until(lambda: OFFICE not in one.centre.link.connected(), 60, "its link has died with it")
        second = one.issue("close-desk", {"desk": 1})
        third = one.issue("resume", {})
        with one.office():
            assert one.arrived.wait(second.id, 60) is not None
            assert one.arrived.wait(third.id, 60) is not None
            wait_until(lambda: image_is_whole(one), 60, "the pulse and the data agree")
        wanted = [("open-desk", "applied"), ("close-desk", "applied"), ("resume", "refused")]
        assert [(kind, outcome) for _, kind, outcome in one.outcomes()] == wanted
        fates = [order.fate for order in reversed(one.centre.directives.orders(OFFICE)) if order.author == "u1"]
        assert fates == [Fate.APPLIED, Fate.APPLIED, Fate.REFUSED]
        assert one.centre.link.counts.clones == 0
        assert one.centre.network.doubts(OFFICE) == {}


def image_is_whole(one: Rig) -> bool:
    """Whether the office's last pulse announced nothing that isn't here."""
    image = one.centre.network.image(OFFICE)
    return image is not None and image.pulse is not None and image.pulse.seq == image.state.seq
