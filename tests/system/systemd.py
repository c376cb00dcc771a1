"""A systemd that manages nothing but mainsql's unit, as the first process of namespaces of its own.

The unit is the one of deploy/, the program and its Python are put where it expects them; what is under
/etc, /opt, /run and /var/lib there is gone with it. It needs root.
"""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import psutil
from tests.system.program import PATIENCE, Watching

import mainsql

UNIT = Path(__file__).parents[2] / "deploy" / "mainsql.service"

_SYSTEMD = "/lib/systemd/systemd"
_NAMESPACES = (
    "unshare",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount",
    "--mount-proc",
    "--uts",
    "--ipc",
    "--cgroup",
)
_PYTHON = f"/opt/python/bin/python{sys.version_info.major}.{sys.version_info.minor}"

# Only what would bring the rest of a system with it, or make the tests slow, is not as in the unit.
_DROP_IN = """\
[Unit]
DefaultDependencies=no
[Service]
StandardOutput=file:{output}
StandardError=file:{output}
WatchdogSec=10
RestartSec=0
"""

_PROGRAM = f"""\
#!{_PYTHON} -I
import sys
sys.path[:0] = ["/opt/mainsql/source/service", "/opt/mainsql/packages"]
from mainsql.cli import main
main()
"""

_BOOT = f"""\
set -eu
mount --make-rprivate /
mount -t tmpfs none "$1/layers"
for each in etc opt; do
    mkdir -p "$1/layers/$each" "$1/layers/work-$each"
    mount -t overlay -o "lowerdir=/$each,upperdir=$1/layers/$each,workdir=$1/layers/work-$each" none "/$each"
done
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
mount -t tmpfs none /etc/systemd/system
mkdir -p /opt/python /opt/mainsql/bin /opt/mainsql/source /opt/mainsql/packages /etc/xdg/mainsql /etc/mainsql
mount --bind "$2" /opt/python
mount --bind "$3" /opt/mainsql/source
mount --bind "$4" /opt/mainsql/packages
cp "$1/program" /opt/mainsql/bin/mainsql
cp "$1/mainsql.toml" /etc/xdg/mainsql/
cp "$1/environment" /etc/mainsql/
cp "$5" /etc/systemd/system/
mkdir /etc/systemd/system/mainsql.service.d
cp "$1/drop-in" /etc/systemd/system/mainsql.service.d/test.conf
cat 0<>"$1/output" &
container=other exec {_SYSTEMD} --system --unit=mainsql.service --log-target=console
"""


def can_be() -> bool:
    """Whether it can be had here: installed, root, and with namespaces that may be made."""
    if not Path(_SYSTEMD).exists() or os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run([*_NAMESPACES, "true"], capture_output=True, check=False).returncode == 0


class Systemd(Watching):
    """It starts the unit at once; its events are those of mainsql's log, its other lines its own."""

    def __init__(self, folder: Path, configuration: str, environment: Mapping[str, str]) -> None:
        folder.mkdir()
        (folder / "layers").mkdir()
        (folder / "mainsql.toml").write_text(configuration)
        (folder / "environment").write_text("".join(f"{k}={v}\n" for k, v in environment.items()))
        (folder / "drop-in").write_text(_DROP_IN.format(output=folder / "output"))
        (folder / "program").write_text(_PROGRAM)
        (folder / "program").chmod(0o755)
        os.mkfifo(folder / "output")
        places = (
            folder,
            sys.base_prefix,
            Path(mainsql.__file__).parents[2],
            sysconfig.get_path("purelib"),
            UNIT,
        )
        super().__init__(
            subprocess.Popen(
                [*_NAMESPACES, "sh", "-c", _BOOT, "boot", *map(str, places)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )

    def control(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs systemctl(1) in there, to its end."""
        return self.within("systemctl", "--no-pager", *arguments)

    def within(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Runs a command in there, as root, to its end."""
        (first,) = psutil.Process(self.process.pid).children()
        return subprocess.run(
            ["nsenter", "--all", "--target", str(first.pid), *command],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def shown(self, name: str) -> str:
        """A property of the unit."""
        return self.control("show", "--value", "--property", name, "mainsql").stdout.strip()

    def kill(self, number: signal.Signals) -> None:
        """Sends a signal to the daemon."""
        self.within("kill", f"-{number.value}", self.shown("MainPID"))
