"""The office's own layout of slips: used when it is right, done without and told when it isn't."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from appliance.workers.slip_layout import SlipLayout
from hardware.paper.template import default_document


def test_an_office_without_files_has_talons_layout() -> None:
    layout = SlipLayout(None, None)
    assert layout.get() == (None, None)
    assert layout.trouble == ""


def test_template_and_logo_are_read_once(tmp_path: Path) -> None:
    template, logo = tmp_path / "slip.toml", tmp_path / "logo.png"
    template.write_text(default_document(), encoding="utf-8")
    Image.new("L", (80, 40), 0).save(logo)
    layout = SlipLayout(template, logo)
    first = layout.get()
    assert all(part is not None for part in first)
    template.unlink()
    assert layout.get() == first


def test_a_broken_template_stops_no_slip_and_is_told(tmp_path: Path) -> None:
    template = tmp_path / "slip.toml"
    template.write_text("schema = 1\n", encoding="utf-8")
    layout = SlipLayout(template, None)
    assert layout.get() == (None, None)
    assert layout.trouble
