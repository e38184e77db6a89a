"""Ctrl-C and polite requests to end: when they count, and when they would leave something half done."""

import signal
import threading
from contextlib import contextmanager

_ENDS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Where a Ctrl-C counts: at once, or only between steps that must not be torn apart."""

    def __init__(self):
        self._waits = self._asked = False

    def ask(self):
        """A Ctrl-C: raises KeyboardInterrupt, unless it has to wait for the next `count`."""
        self._asked = True
        if not self._waits:
            raise KeyboardInterrupt

    def count(self):
        """Raise KeyboardInterrupt if there was a Ctrl-C; from the first call on, it counts nowhere else.

        Torn out of the middle of an executor's work, it would leave a lock taken that everything then waits for.
        """
        self._waits = True
        if self._asked:
            raise KeyboardInterrupt


@contextmanager
def interrupted_once():
    """A polite request to end is a Ctrl-C, and only the first counts; only the main thread can listen to them.

    Yields
    ------
    Interrupts
    """
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return

    def interrupt(*_):
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        interrupts.ask()

    # A command in the background does not hear Ctrl-C; it stays so.
    before = {number: handler for number in _ENDS if (handler := signal.getsignal(number)) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed(*numbers):
    """Let no signal interrupt, such as the tidying up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers or _ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
