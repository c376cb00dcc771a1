import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from twisted.logger import Logger

from mainsql.daemon.log import Log, writer

SPEAKER = Path(__file__).with_name("speaker.py")


def message(event):
    return event["log_format"]


def test_a_line_an_event_and_each_at_once():
    stream = io.StringIO()
    log = Log(writer(stream, message))
    log.info("one", "first")
    log.error("two", "second")
    assert stream.getvalue() == "first\nsecond\n"


@pytest.mark.parametrize(
    ("verbose", "heard"),
    [
        (False, ["our info", "twisted's warning"]),
        (True, ["our debug", "our info", "twisted's info", "twisted's warning"]),
    ],
)
def test_what_is_for_debugging_is_hidden(verbose, heard):
    stream = io.StringIO()
    write = writer(stream, message, verbose=verbose)
    Log(write).debug("e", "our debug")
    Log(write).info("e", "our info")
    Logger("twisted.web", observer=write).info("twisted's info")
    Logger("twisted.web", observer=write).warn("twisted's warning")
    assert stream.getvalue().splitlines() == heard


def test_about_goes_where_the_log_goes():
    events = []
    Log(events.append, target="one").about(repository="two").info("e", "m")
    assert events[0]["mainsql_about"] == {"repository": "two"}


def test_a_field_may_be_in_the_message_and_so_may_what_it_is_about():
    events = []
    Log(events.append, target="shop@p").info("e", "{target} {version}", version=2)
    assert (events[0]["target"], events[0]["version"]) == ("shop@p", 2)


def test_what_an_encoding_lacks_is_escaped():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Log(writer(stream, message)).info("e", "Grüße …")
    assert raw.getvalue() == b"Gr\\xfc\\xdfe \\u2026\n"


def test_a_closed_stream_is_no_reason_to_end():
    stream = io.StringIO()
    stream.close()
    Log(writer(stream, message)).info("e", "nobody reads this")


def test_a_full_disk_is_no_reason_to_end():
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        Log(writer(full, message)).info("e", "no room")
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, full.fileno())  # or closing it fails too
        os.close(nothing)


def test_a_pipe_that_nobody_reads_is_no_reason_to_end():
    reading, writing = os.pipe()
    os.close(reading)
    before = signal.getsignal(signal.SIGPIPE)
    assert before == signal.SIG_IGN  # as Python sets it: writing is an error, not the end
    with os.fdopen(writing, "w") as stream:
        log = Log(writer(stream, message))
        for _ in range(3):
            log.info("e", "x" * 100_000)


def speak(*arguments):
    command = [sys.executable, SPEAKER, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_everything_in_a_process_comes_out_in_one_format():
    done = speak()
    assert done.stderr == ""
    lines = [line.partition("  ")[2] for line in done.stdout.splitlines() if line[0] != " "]
    assert lines == [
        "shop  at commit 1",
        "mainsql  critical: Unhandled error in Deferred:",
        "mainsql  critical: nobody looked at postgresql://ann:***@db",
        "mainsql  warning: <stdin>:1: builtins.UserWarning: old",
    ]
    assert "secret" not in done.stdout


def test_or_as_one_json_object_a_line():
    done = speak("json")
    assert done.stderr == ""
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["level"] for event in read] == ["info", "critical", "critical", "warning"]
    assert "Traceback" in read[2]["report"]


def test_a_reader_that_goes_away_changes_nothing_for_the_process():
    reading, writing = os.pipe()
    os.close(reading)
    # Python's own complaint at exit comes only where it buffers.
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, SPEAKER],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        env=environment,
    )
    os.close(writing)
    assert done.returncode == 0
    assert done.stderr == ""
