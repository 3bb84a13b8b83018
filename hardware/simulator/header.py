"""The header of a Pi that isn't there: gpiozero's mock pins, with contacts to ground that stay as they are.

A mock pin takes the level of its own pull resistor whenever it is claimed; a contact that is closed outside doesn't.
"""

from __future__ import annotations

from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin


class ContactPin(MockPin):  # type: ignore[misc]
    """A mock pin with a contact between it and ground."""

    def __init__(self, factory: Any, info: Any) -> None:
        self._made = False
        super().__init__(factory, info)

    def touch(self, made: bool) -> None:
        """Close or open the contact; a pin that is an output does not notice."""
        self._made = made
        if self.function != "input":
            return
        if made:
            self.drive_low()
        elif self.pull == "up":
            self.drive_high()

    def _set_pull(self, value: str) -> None:
        if self._made and self.function == "input":
            # The pull resistor is noted, but can't lift the pin: there must be no edge that nobody made.
            self._pull = value
            self.drive_low()
            return
        super()._set_pull(value)


class VirtualHeader(MockFactory):  # type: ignore[misc]
    """A mock factory whose pins have contacts."""

    def __init__(self) -> None:
        super().__init__(pin_class=ContactPin)
