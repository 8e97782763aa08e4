"""FunctionProcess against real Node processes. Run by function-process.test.ts."""

import importlib.util
import json
import os
import tempfile
import threading
import time
import unittest
from pathlib import Path

MODULE = Path(__file__, "../../../../localstack/engines/host-mode/celeriac_host_mode/function_process.py").resolve()
spec = importlib.util.spec_from_file_location("function_process", MODULE)
function_process = importlib.util.module_from_spec(spec)
spec.loader.exec_module(function_process)


class FunctionProcessTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.log = tempfile.TemporaryFile("ab+")
        self.addCleanup(self.log.close)

    def start(self, body):
        Path(self.folder, "index.mjs").write_text(f"export const handler = async (event) => {{ {body} }}\n")
        environment = {
            "PATH": os.environ["PATH"],
            "LAMBDA_TASK_ROOT": self.folder,
            "_HANDLER": "index.handler",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "5",
        }
        process = function_process.FunctionProcess("node", environment, 128, self.log)
        self.addCleanup(process.kill)
        self.assertEqual(process.ask("init", 10), {"ready": True})
        return process

    def invoke(self, process, event=None, limit=5):
        return process.ask("r1", limit, {"invoke-id": "r1", "payload": json.dumps(event or {})})

    def error_of(self, reply):
        error = json.loads(reply["error"])
        return error["errorType"], error["errorMessage"]

    def test_replies_of_any_size(self):
        process = self.start("return event.text.length")
        self.assertEqual(self.invoke(process, {"text": "x" * 3_000_000}), {"result": "3000000"})
        process = self.start("return 'y'.repeat(3_000_000)")
        self.assertEqual(len(json.loads(self.invoke(process)["result"])), 3_000_000)

    def test_exit_inside_a_handler(self):
        process = self.start("process.exit(7)")
        expected = ("Runtime.ExitError", "RequestId: r1 Error: Runtime exited with error: exit status 7")
        self.assertEqual(self.error_of(self.invoke(process)), expected)
        self.assertFalse(process.is_running())

    def test_a_child_that_outlives_the_crash_does_not_look_like_a_timeout(self):
        process = self.start(
            "const { spawn } = await import('node:child_process');"
            "spawn('sleep', ['30'], { stdio: 'inherit', detached: true }); process.exit(1)"
        )
        began = time.monotonic()
        self.assertEqual(self.error_of(self.invoke(process))[0], "Runtime.ExitError")
        self.assertLess(time.monotonic() - began, 3)

    def test_too_late(self):
        process = self.start("await new Promise(() => setInterval(() => {}, 1000))")
        expected = ("Sandbox.Timedout", "RequestId: r1 Error: Task timed out after 0.30 seconds")
        self.assertEqual(self.error_of(self.invoke(process, limit=0.3)), expected)
        self.assertFalse(process.is_running())

    def test_a_busy_loop_is_ended_too(self):
        process = self.start("for (;;) {}")
        self.assertEqual(self.error_of(self.invoke(process, limit=0.3))[0], "Sandbox.Timedout")
        self.assertFalse(process.is_running())

    def test_killed_from_another_thread(self):
        process = self.start("await new Promise(() => setInterval(() => {}, 1000))")
        threading.Timer(0.2, process.kill).start()
        expected = ("Runtime.ExitError", "RequestId: r1 Error: Runtime exited with error: signal: SIGKILL")
        self.assertEqual(self.error_of(self.invoke(process)), expected)

    def test_output_goes_to_the_log_before_the_reply(self):
        process = self.start("console.log('hello', event.name); return 1")
        self.invoke(process, {"name": "Ada"})
        text = os.pread(self.log.fileno(), 10_000, 0).decode()
        self.assertIn("\tr1\tINFO\thello Ada\n", text)


if __name__ == "__main__":
    unittest.main()
