"""Work that makes many lasting objects and no cycles, without the garbage collector's looks at all of them.

And what is left of such work: memory that is free, but not the system's again.
"""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["give_back_memory", "paused_collector"]


@contextmanager
def paused_collector() -> Iterator[None]:
    """Keep the collector of cycles from running; it goes on afterwards if it ran before.

    It looks at everything there is again and again while a graph or a lexicon grows, a tenth to a third of the time.
    What is no longer referred to is freed at once all the same. It is the whole process's: where several threads pause
    it, it goes on when the one that stopped it is done, which costs the others time and nothing else.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def give_back_memory() -> None:
    """Give the system the memory back that is free in this process: after work that needed much for a moment.

    glibc would keep it for what comes next. Where there is another library, nothing is done. Takes some milliseconds
    for each hundred megabytes in use, without Python's lock.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
