"""Reads QR codes from a picture with zbar, which shares nothing with what draws them."""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import lru_cache
from typing import Any

from PIL import Image, ImageOps

_GREY = int.from_bytes(b"Y800", "little")
_QUIET = 40


@lru_cache(maxsize=1)
def library() -> Any:
    """The library, or None where it isn't installed (Debian: libzbar0)."""
    name = ctypes.util.find_library("zbar")
    if name is None:
        return None
    zbar = ctypes.CDLL(name)
    for function in ("image_scanner_create", "image_create", "image_first_symbol", "symbol_next"):
        getattr(zbar, f"zbar_{function}").restype = ctypes.c_void_p
    zbar.zbar_symbol_get_data.restype = ctypes.c_char_p
    return zbar


def read_codes(image: Image.Image) -> list[str]:
    """The texts of all codes in a picture."""
    zbar = library()
    grey = ImageOps.expand(image.convert("L"), _QUIET, 255)
    data = grey.tobytes()
    scanner = ctypes.c_void_p(zbar.zbar_image_scanner_create())
    picture = ctypes.c_void_p(zbar.zbar_image_create())
    try:
        zbar.zbar_image_set_format(picture, ctypes.c_ulong(_GREY))
        zbar.zbar_image_set_size(picture, *grey.size)
        zbar.zbar_image_set_data(picture, data, ctypes.c_ulong(len(data)), None)
        zbar.zbar_scan_image(scanner, picture)
        found = []
        symbol = zbar.zbar_image_first_symbol(picture)
        while symbol:
            found.append(zbar.zbar_symbol_get_data(ctypes.c_void_p(symbol)).decode())
            symbol = zbar.zbar_symbol_next(ctypes.c_void_p(symbol))
        return found
    finally:
        zbar.zbar_image_destroy(picture)
        zbar.zbar_image_scanner_destroy(scanner)
