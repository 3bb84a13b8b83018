"""Static files of the office's pages: the same as everywhere."""

from __future__ import annotations

from web.assets import FALLBACK_ICON, FOR_EVER, ROOT, Assets, HashedFiles

__all__ = ["FALLBACK_ICON", "FOR_EVER", "ROOT", "Assets", "HashedFiles"]
