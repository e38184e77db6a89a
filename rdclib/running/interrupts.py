"""Ctrl-C and polite requests to end: when they count, and when they would leave something half done."""

import signal
import threading
from contextlib import contextmanager

_ENDS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupted_once():
    """A polite request to end is a Ctrl-C, and only the first counts; only the main thread can listen to them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_):
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    # A command in the background does not hear Ctrl-C; it stays so.
    before = {number: handler for number in _ENDS if (handler := signal.getsignal(number)) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
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
