"""Static files whose address carries their content's hash, so that a browser may keep them for ever."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

ROOT = Path(__file__).resolve().parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
FALLBACK_ICON = "file-text"


class Assets:
    """Addresses of static files. A file that isn't there raises FileNotFoundError when a page names it."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.icons = frozenset(re.findall(r'<symbol id="([^"]+)"', (root / "icons.svg").read_text()))
        self.address = lru_cache(maxsize=256)(self._address)
        self.digest = lru_cache(maxsize=256)(self._digest)

    def _digest(self, path: str) -> str:
        return hashlib.sha256((self.root / path).read_bytes()).hexdigest()[:12]

    def _address(self, path: str) -> str:
        return f"/static/{path}?v={self.digest(path)}"

    def icon(self, name: str) -> str:
        """The name of a symbol of the sprite; a plan may name an icon that we don't have."""
        return name if name in self.icons else FALLBACK_ICON

    def build(self) -> str:
        """One hash over all static files and templates: a page that sees another one loads itself anew."""
        every = hashlib.sha256()
        for root in (self.root, self.root.parent / "templates"):
            for path in sorted(root.rglob("*")):
                if path.is_file():
                    every.update(path.read_bytes())
        return every.hexdigest()[:12]


class HashedFiles(StaticFiles):
    """The static files; only an address with the right hash may be kept without asking again."""

    def __init__(self, assets: Assets) -> None:
        super().__init__(directory=assets.root)
        self._assets = assets

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept."""
        response = await super().get_response(path, scope)
        query = scope.get("query_string", b"").decode("latin-1")
        kept = response.status_code in (200, 304) and query == f"v={self._assets.digest(path)}"
        response.headers["Cache-Control"] = FOR_EVER if kept else "no-cache"
        return response
