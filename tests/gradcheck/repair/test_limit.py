"""A limit of time for edited code."""

import signal
import threading
import time

import pytest

from gradcheck.repair.code import Source
from gradcheck.repair.limit import ended_after

needs_alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs alarms")


def one():
    return 1


@needs_alarms
def test_an_edit_without_an_end_is_left_and_the_function_is_as_it_was():
    source, started = Source(one), time.monotonic()
    with ended_after(-0.9), source.running(
            (lambda: [None for _ in iter(int, 1)]).__code__):
        one()
    assert time.monotonic() - started < 20
    assert one() == 1
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


@needs_alarms
def test_somebody_elses_alarm_is_left_alone():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        with ended_after(0.0):
            pass
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_another_thread_has_no_limit():
    done = []

    def run():
        with ended_after(10.0):
            done.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [True]
