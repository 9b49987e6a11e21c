"""What is left of work that needed much memory for a moment (`graph.collector`)."""

import re
import sys
from pathlib import Path

import pytest

from graph.collector import give_back_memory


def resident_kb() -> int:
    return int(re.findall(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[0])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is done")
def test_memory_that_is_free_is_given_back_though_what_came_last_is_kept() -> None:
    give_back_memory()
    before = resident_kb()
    rows = [bytes(2_000) for _ in range(50_000)]  # too large for Python's own allocator, too small for a mapping each
    kept = rows[::1_000]
    rows.clear()
    left = resident_kb() - before
    give_back_memory()
    given_back = left - (resident_kb() - before)
    if left > 50_000:  # another library than glibc may have given it back at once
        assert given_back > left / 2, kept[0]
