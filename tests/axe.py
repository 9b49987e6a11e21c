"""axe-core for the tests: `violations(page)` says which of its rules a page breaks.

axe-core is one script; this version of it is fetched once with `npm pack`, which only downloads a file and runs nothing
of it, and kept in the user's cache folder. Without npm, tests that need it are skipped with a line that says how to get
it; with `axe` in the comma-separated NOTEATLAS_TEST_REQUIRE they fail.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

VERSION = "4.10.3"
_FETCH_S = 120


@lru_cache(maxsize=1)
def axe_or_skip() -> str:
    """Return the script's text; skip the test, or fail it where axe is required."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "noteatlas-tests"
    kept = cache / f"axe-core-{VERSION}.min.js"
    try:
        if not kept.exists():
            cache.mkdir(parents=True, exist_ok=True)
            kept.write_text(_fetched(), encoding="utf-8")
        return kept.read_text(encoding="utf-8")
    except (OSError, subprocess.SubprocessError, KeyError) as error:
        message = f"no axe-core {VERSION}: install npm and let it reach its registry once ({error})"
    if "axe" in os.environ.get("NOTEATLAS_TEST_REQUIRE", "").split(","):
        pytest.fail(message)
    pytest.skip(message)


def _fetched() -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"axe-core@{VERSION}", "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, capture_output=True, timeout=_FETCH_S, cwd=folder)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            found = package.extractfile("package/axe.min.js")
            if found is None:
                raise KeyError("package/axe.min.js")
            return found.read().decode("utf-8")


async def violations(page: Page) -> list[str]:
    """Return the rules that the page breaks now, each with the places; all of WCAG 2.2 AA and axe's best practices."""
    session = await page.context.new_cdp_session(page)
    # By the debugger, not by a script element: the page's own policy, which stays on, forbids scripts from elsewhere.
    await session.send("Runtime.evaluate", {"expression": axe_or_skip()})
    options = "{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }"
    answer: dict[str, Any] = await session.send(
        "Runtime.evaluate",
        {
            "expression": f"axe.run(document, {options}).then((r) => r.violations.map((v) => "
            "`${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 5).join(' | ')}`))",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    await session.detach()
    if "exceptionDetails" in answer:
        raise AssertionError(str(answer["exceptionDetails"]))
    return list(answer["result"]["value"])
