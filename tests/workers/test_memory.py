"""The office shares few heaps of the C library among its threads."""

from __future__ import annotations

import platform

import pytest

from appliance.memory import share_heaps


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no such setting")
def test_the_c_library_agrees_to_share_its_heaps() -> None:
    assert share_heaps()
