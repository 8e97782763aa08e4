"""Runs one command and sees to it that nothing of it outlives its end.

    python supervise.py [--until-stdin-closes] --scratch FOLDER --log FILE [--keep-log FILE] -- COMMAND...

Ends the command on SIGTERM or SIGINT, when the command itself ends, and, with --until-stdin-closes, when whoever holds
the other end of stdin is gone, however it went: a killed parent closes its pipes, too. Ending means SIGTERM, some
seconds of patience, then SIGKILL to every process that descends from it, by process id. Then the scratch folder goes;
the log is copied to --keep-log first. Exits with the command's status.

Python, because both engines bring it, and because on Linux it can ask the kernel to be given orphans.
"""

import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main():
    options = parse_arguments()
    adopt_orphans()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    with open(options.log, "wb") as log:
        command = subprocess.Popen(
            options.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=options.scratch,
            start_new_session=True,
            preexec_fn=end_with_supervisor,
        )
    if options.until_stdin_closes:
        threading.Thread(target=wait_for_end_of_stdin, args=(stop,), daemon=True).start()
    while command.poll() is None and not stop.wait(0.1):
        pass
    status = end(command, options.patience_seconds)
    if options.keep_log:
        with suppress(OSError):
            shutil.copyfile(options.log, options.keep_log)
    shutil.rmtree(options.scratch, ignore_errors=True)
    sys.exit(status if status >= 0 else 128 - status)


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--until-stdin-closes", action="store_true")
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--keep-log")
    parser.add_argument("--patience-seconds", type=float, default=8.0)
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def prctl(option, value):
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def adopt_orphans():
    """Processes whose parent died become ours, so that they can be found. Linux only."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_with_supervisor():
    """The last resort: a supervisor that was killed outright still ends the command. Linux only."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_for_end_of_stdin(stop):
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    stop.set()


def end(command, patience_seconds):
    """Ends the command and its descendants; returns the command's exit status."""
    known = descendants()
    if command.poll() is None:
        command.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + patience_seconds
        while command.poll() is None and time.monotonic() < deadline:
            known |= descendants()
            time.sleep(0.1)
    # Without adoption (not Linux) an orphan is found only among those seen before it lost its parent.
    for _ in range(20):
        running = processes()
        left = descendants(running) | {(pid, start) for pid, start in known if running.get(pid, (0, None))[1] == start}
        if not left:
            break
        for pid, _ in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    status = command.wait()
    collect_adopted()
    return status


def collect_adopted():
    """Ended processes stay in the process table until their parent, now us, has asked for their status."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def descendants(table=None):
    """{(pid, when it started)} of everything below this process. The start tells a reused id apart."""
    table = table or processes()
    found, level = set(), {os.getpid()}
    while level:
        level = {pid for pid, (parent, _) in table.items() if parent in level}
        found |= {(pid, table[pid][1]) for pid in level}
    return found


def processes():
    """{pid: (parent, start)} of everything that runs; ended processes that nobody collected are left out."""
    if os.path.isdir("/proc/self"):
        return {pid: entry for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if (entry := from_proc(pid))}
    listing = subprocess.run(["ps", "-axo", "pid=,ppid=,stat=,lstart="], capture_output=True, text=True, check=True)
    rows = (line.split(None, 3) for line in listing.stdout.splitlines())
    return {int(row[0]): (int(row[1]), row[3]) for row in rows if len(row) == 4 and row[2][0] != "Z"}


def from_proc(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else (int(fields[1]), fields[19])


if __name__ == "__main__":
    main()
