"""The office's own layout of a slip: its template and its logo, read once when the first slip is drawn."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.paper.logo import Logo
    from hardware.paper.template import Template

log = logging.getLogger(__name__)


class SlipLayout:
    """`template` and `logo` are files of the office, or None. One thread draws."""

    def __init__(self, template: Path | None, logo: Path | None) -> None:
        self._template_file, self._logo_file = template, logo
        self._read = False
        self._template: Template | None = None
        self._logo: Logo | None = None
        self.trouble = ""
        """What is wrong with the files, in English; slips are then laid out as Talon does. Empty when all is well."""

    def get(self) -> tuple[Template | None, Logo | None]:
        """What slips are laid out by; a file that can't be used is logged, told, and done without."""
        if not self._read:
            self._read = True
            self._load()
        return self._template, self._logo

    def _load(self) -> None:
        from hardware.paper.logo import load_logo
        from hardware.paper.mistakes import PaperError
        from hardware.paper.template import load_template

        try:
            if self._template_file is not None:
                self._template = load_template(self._template_file)
            if self._logo_file is not None:
                self._logo = load_logo(self._logo_file)
        except PaperError as error:
            self.trouble = str(error).replace("\n", "; ")
            log.error("slips are laid out without the office's own files: %s", self.trouble)
