"""Each worker of a centre keeps to one core, and two of them to two."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import os, sys
from appliance.centre_process import stay_on_one_core
stay_on_one_core(int(sys.argv[1]))
print(*os.sched_getaffinity(0))
"""


def test_a_worker_stays_on_one_core_of_its_own() -> None:
    allowed = os.sched_getaffinity(0)
    told = [
        subprocess.run([sys.executable, "-c", PROGRAM, str(worker)], capture_output=True, text=True, check=True).stdout
        for worker in range(len(allowed))
    ]
    assert {int(core) for core in told} == allowed
