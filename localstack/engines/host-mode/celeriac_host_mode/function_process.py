"""One Lambda environment: a Node process that runs a function, and the channel to talk to it.

Knows nothing of LocalStack. Requests and replies are JSON lines over a socket pair; stdout and stderr go to a file,
which Node writes synchronously, so a reply never overtakes the log lines before it.
"""

import json
import os
import select
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

BOOTSTRAP = Path(__file__).with_name("bootstrap.mjs")
_LOOK_FOR_EXIT_SECONDS = 0.1


class FunctionProcess:
    """A running environment. `ask` it one thing at a time; `kill` may come from any thread."""

    def __init__(self, node, environment, memory_mb, log):
        self._channel, theirs = socket.socketpair()
        self._received = b""
        with theirs:
            self._process = subprocess.Popen(
                [node, f"--max-old-space-size={memory_mb}", str(BOOTSTRAP)],
                cwd=environment["LAMBDA_TASK_ROOT"],
                env={**environment, "CELERIAC_CHANNEL_FD": str(theirs.fileno())},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that what the function starts ends with it
            )

    def is_running(self):
        return self._process.poll() is None

    def kill(self):
        """Ends the process and what it started in its session. Safe to repeat."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def ask(self, request_id, limit_seconds, request=None):
        """The next reply: {"ready"}, {"result"} or {"error"}; an error stands for a process that is late or gone."""
        deadline = time.monotonic() + limit_seconds
        try:
            self._channel.settimeout(limit_seconds)
            if request is not None:
                self._channel.sendall(json.dumps(request).encode() + b"\n")
            line = self._read_line(deadline)
        except TimeoutError:
            self.kill()
            return error_reply("Sandbox.Timedout", request_id, f"Task timed out after {limit_seconds:.2f} seconds")
        except ConnectionError:
            line = None  # the process ended without taking the request
        if line is not None:
            return json.loads(line)
        self.kill()
        code = self._process.returncode
        reason = f"exit status {code}" if code >= 0 else f"signal: {signal.Signals(-code).name}"
        return error_reply("Runtime.ExitError", request_id, f"Runtime exited with error: {reason}")

    def _read_line(self, deadline):
        """One line, or None when the process has ended.

        The process is looked at, too: a child that it left behind holds the channel open after its death.
        """
        ended = False
        while b"\n" not in self._received:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            readable, _, _ = select.select([self._channel], [], [], min(remaining, _LOOK_FOR_EXIT_SECONDS))
            if readable:
                received = self._channel.recv(1 << 20)
                if not received:
                    return None
                self._received += received
            elif ended:
                return None
            else:
                ended = not self.is_running()  # look once more for a reply that it wrote before it ended
        line, self._received = self._received.split(b"\n", 1)
        return line


def error_reply(kind, request_id, message):
    return {"error": json.dumps({"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"})}
