"""Where the clips are: those that come with Talon, and a folder of the office's own that goes before them."""

from __future__ import annotations

import threading
from array import array
from pathlib import Path

from hardware.sound.vocabulary import CHIME, CLIPS, ENDS, TICKET
from hardware.sound.wav import UnfitWav, read_wav

SHIPPED = Path(__file__).with_name("clips")


class ClipLibrary:
    """Clips by language and name, `LANGUAGE/NAME.wav`; a file in the office's own folder stands before the shipped one.

    Nothing is kept in memory: an announcement reads its few files, which the operating system has at hand anyway.
    """

    def __init__(self, own: Path | None = None, shipped: Path = SHIPPED) -> None:
        self.own = own
        self._folders = (shipped,) if own is None else (own, shipped)
        self._lock = threading.Lock()
        self._unfit: set[str] = set()

    @property
    def languages(self) -> frozenset[str]:
        """The languages in which a ticket can be called at all."""
        found = (file.parent.name for folder in self._folders for file in folder.glob(f"*/{TICKET}.wav"))
        return frozenset(found)

    @property
    def unfit(self) -> tuple[str, ...]:
        """The files that could not be used when they were last needed, as `LANGUAGE/NAME`, sorted."""
        with self._lock:
            return tuple(sorted(self._unfit))

    def clip(self, language: str, *names: str) -> array[int] | None:
        """The samples of the first of these clips that can be used, None where there is none.

        Any of them of the office's own goes before all that come with Talon, so that one person speaks a sentence.
        """
        return self._read([f"{language}/{name}" for name in names])

    def chime(self) -> array[int] | None:
        """The chime before a call."""
        return self._read([CHIME])

    def gaps(self, language: str) -> tuple[str, ...]:
        """The clips of a language that have no file, as `LANGUAGE/NAME`; a missing end of a sentence is no gap."""
        names = (f"{language}/{clip}" for clip in CLIPS if clip not in ENDS)
        return tuple(name for name in names if not any(_file(folder, name).is_file() for folder in self._folders))

    def check_own(self) -> None:
        """Read every file of the office's own, so that `unfit` names those that can't be used."""
        if self.own is not None:
            for file in self.own.rglob("*.wav"):
                self._read_file(self.own, file.relative_to(self.own).with_suffix("").as_posix())

    def _read(self, names: list[str]) -> array[int] | None:
        found = (self._read_file(folder, name) for folder in self._folders for name in names)
        return next((samples for samples in found if samples is not None), None)

    def _read_file(self, folder: Path, name: str) -> array[int] | None:
        try:
            samples = read_wav(_file(folder, name))
        except FileNotFoundError:
            return None
        except (UnfitWav, OSError):
            self._note(name, unfit=True)
            return None
        if folder == self._folders[0]:
            self._note(name, unfit=False)
        return samples

    def _note(self, name: str, unfit: bool) -> None:
        with self._lock:
            if unfit:
                self._unfit.add(name)
            else:
                self._unfit.discard(name)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.wav"
