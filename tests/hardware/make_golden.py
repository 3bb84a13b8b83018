"""The slips whose pictures and bytes are kept in `golden/`.

After a wanted change of the layout, or of Pillow or FreeType, draw them again with `python -m
tests.hardware.make_golden`, look at every picture, and commit them with the change.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hardware.paper.slip import SlipContent, render
from hardware.paper.template import parse_template
from hardware.printing.encoder import PrinterProfile, encode
from tests.hardware.templates import OFFICE, logo

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = {"58mm": 384, "80mm": 576}

SAMPLES = {
    "ru": SlipContent(
        office="Расчётный центр",
        address="ул. Новоспортивная, 6",
        heading="Ваш номер",
        number="А\u00a0138",
        service="Счета и начисления",
        rows=(("Выдан", "24.11.2026 10:42"), ("Перед вами", "6"), ("Ждать", "8–12\u00a0мин")),
        notes=("Ждите вызова на табло", "Приготовьте паспорт и последнюю квитанцию."),
        footer="Норма ожидания 15\u00a0минут. Жалобы: 8\u00a0800\u00a0000-00-00",
        qr="https://talon.example/t/7KQ2M9",
        qr_note="Ваше место в\u00a0очереди",
    ),
    "uk-copy": SlipContent(
        office="Центр «Прозорий офіс»",
        address="вул. Ґалаґанівська, 31",
        heading="Ваш номер",
        number="К\u00a0056",
        service="Реєстрація місця проживання",
        rows=(("Видано", "24.11.2026 10:42"), ("Перед вами", "нікого"), ("Чекати", "до 3\u00a0хв")),
        notes=("Чекайте виклик на табло", "Підготуйте паспорт і об’єднаний договір найму."),
        mark="КОПІЯ",
        footer="Норма очікування 15\u00a0хвилин. Скарги: 15-60",
    ),
    "en": SlipContent(
        office="Service centre",
        address="6 Novosportyvna Street",
        heading="Your number",
        number="B\u00a0007",
        service="Registration of a place of residence and of its change",
        rows=(
            ("Issued", "24.11.2026 10:42"),
            ("Ahead of you", "nobody"),
            ("Wait", "up to 3\u00a0min"),
        ),
        notes=("Watch the board", "Have your passport ready."),
        footer="Norm: 15\u00a0minutes. Complaints: 15-60",
    ),
}

LOGO = logo()
"""A picture that is as wide as it is printed: no scaling, so the same dots with every Pillow."""

TEXT_PROFILES = {
    "cp1251": PrinterProfile(mode="text", codepage="CP1251", codepage_slot=46),
    "cp866-58mm": PrinterProfile(mode="text", codepage="CP866", codepage_slot=17, width=384),
    "cp1125-58mm": PrinterProfile(mode="text", codepage="CP1125", codepage_slot=44, width=384),
}

DRAWN = ("uk-copy", "cp866-58mm")
"""The slip that this code page can't write (ґ), so that it is drawn."""

SET = [(name, printer) for name in SAMPLES for printer in TEXT_PROFILES if (name, printer) != DRAWN]
"""The slips that are set in letters, each with its printer."""


def main() -> None:
    """Draw all of them again."""
    GOLDEN.mkdir(exist_ok=True)
    for name, content in SAMPLES.items():
        for paper, width in WIDTHS.items():
            render(content, width).save(GOLDEN / f"slip-{name}-{paper}.png", optimize=True)
    for paper, width in WIDTHS.items():
        drawn = render(replace(SAMPLES["uk-copy"], language="uk"), width, parse_template(OFFICE.encode()), LOGO)
        drawn.save(GOLDEN / f"template-uk-copy-{paper}.png", optimize=True)
    for name, printer in SET:
        (GOLDEN / f"slip-{name}-{printer}.bin").write_bytes(encode(SAMPLES[name], TEXT_PROFILES[printer]))


if __name__ == "__main__":
    main()
