"""A process that says one of everything that a daemon's process can say."""

import gc
import sys
import warnings

from twisted.internet.defer import fail
from twisted.logger import Logger

from mainsql.daemon.log import Log, logging_to

with logging_to(sys.stdout, as_json="json" in sys.argv):
    Log(repository="shop").info("head", "at commit {commit}", commit=1)
    Logger("twisted.internet").info("what Twisted tells is not for people")
    fail(ValueError("nobody looked at postgresql://ann:secret@db"))
    gc.collect()
    warnings.warn_explicit("old", UserWarning, "<stdin>", 1)
