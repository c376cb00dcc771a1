"""Signals, with a real process and the real reactor."""

import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

PROCESS = Path(__file__).with_name("daemon_process.py")


class Process:
    def __init__(self, *arguments):
        self._process = subprocess.Popen(
            [sys.executable, PROCESS, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # A broken daemon may neither say what is waited for nor end: then this ends it.
        self._limit = threading.Timer(60, self._process.kill)
        self._limit.start()

    def read_until(self, text):
        """The line with that text."""
        for line in self._process.stdout:
            if text in line:
                return line
        raise AssertionError(f"it ended without saying {text!r}")

    def signal(self, number):
        self._process.send_signal(number)

    def end(self):
        """What it still says, and its exit code."""
        said, _ = self._process.communicate(timeout=60)
        assert "not given back" not in said
        return said, self._process.returncode

    def kill(self):
        self._limit.cancel()
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def start():
    started = []

    def start(*arguments):
        started.append(Process(*arguments))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_idle_daemon_stops(start, number):
    process = start("idle")
    process.read_until("up to date at version 1")
    process.signal(number)
    said, code = process.end()
    assert said.endswith("mainsql  stopped\n")
    assert code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_deployment_in_hand_finishes(start, number):
    process = start("finishing")
    process.read_until("deploying")
    process.signal(number)
    said, code = process.end()
    assert "deployed version 1" in said
    assert code == 0


def test_it_says_what_it_waits_for_and_a_second_signal_cancels(start):
    process = start("obedient")
    process.read_until("deploying")
    process.signal(signal.SIGTERM)
    assert "shop@production may finish within 1000 s" in process.read_until("stopping")
    process.signal(signal.SIGINT)
    said, code = process.end()
    assert "warning: cancelling shop@production" in said
    assert code == 0


def test_after_its_time_it_is_cancelled(start):
    process = start("obedient", "0.1")
    process.read_until("deploying")
    process.signal(signal.SIGTERM)
    said, code = process.end()
    assert "warning: cancelling shop@production" in said
    assert said.endswith("mainsql  stopped\n")
    assert code == 0


def test_what_never_ends_does_not_keep_the_process(start):
    process = start("stubborn", "0.1", "0.1")
    process.read_until("deploying")
    process.signal(signal.SIGTERM)
    said, code = process.end()
    assert "error: ending although shop@production did not end" in said
    assert code == 1


def test_a_third_signal_gives_it_up(start):
    process = start("stubborn")
    process.read_until("deploying")
    process.signal(signal.SIGTERM)
    process.read_until("stopping")
    process.signal(signal.SIGTERM)
    process.read_until("cancelling")
    process.signal(signal.SIGTERM)
    said, code = process.end()
    assert "error: ending although" in said
    assert code == 1


def test_whatever_else_stops_the_reactor_waits_for_the_deployment_too(start):
    said, code = start("stops-the-reactor").end()
    assert "deployed version 1" in said
    assert said.endswith("mainsql  stopped\n")
    assert code == 0


def test_a_bug_in_stopping_does_not_keep_the_process(start):
    process = start("broken")
    process.read_until("deploying")
    process.signal(signal.SIGTERM)
    said, code = process.end()
    assert "critical: a bug in mainsql" in said
    assert "ZeroDivisionError" in said
    assert code == 1


def test_hung_up_on_it_reads_the_configuration_again(start):
    process = start("idle")
    process.read_until("up to date at version 1")
    process.signal(signal.SIGHUP)
    process.read_until("read the configuration again; waiting for commits in shop for shop@production")
    process.signal(signal.SIGTERM)
    assert process.end()[1] == 0


def test_it_stops_when_its_terminal_is_gone():
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, str(PROCESS), "idle"])  # noqa: S606 - it is a fork
    limit = threading.Timer(60, os.kill, (pid, signal.SIGKILL))
    limit.start()
    with os.fdopen(terminal, "rb") as screen:
        while b"up to date" not in screen.readline():
            pass
    # Closed, it is hung up: the kernel sends SIGHUP to who has it.
    _, status = os.waitpid(pid, 0)
    limit.cancel()
    assert os.waitstatus_to_exitcode(status) == 0
