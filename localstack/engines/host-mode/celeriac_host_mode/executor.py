"""LocalStack Lambda runtime executor: a function's environment is a local Node process, not a container.

LAMBDA_RUNTIME_EXECUTOR=process   selects it
CELERIAC_LAMBDA_NODE              the node binary, whatever nodejs* runtime a function names; default: node on PATH

An environment that crashed or timed out gets a new process on its next invocation, as on AWS. An environment that is
replaced while it runs (a deployment) finishes its invocation first, as on AWS.

Not done: layers, runtimes other than Node, freezing between invocations.
"""

import os
import shutil
import tempfile
import threading
import time

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import NAMESPACE, StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from .function_process import FunctionProcess, error_reply

HOST = "127.0.0.1"
NODE = os.environ.get("CELERIAC_LAMBDA_NODE") or "node"
MAX_RESPONSE_BYTES = config.LAMBDA_LIMITS_MAX_FUNCTION_PAYLOAD_SIZE_BYTES


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    name = "process"

    def load(self, *args, **kwargs):
        return ProcessExecutor


class ProcessExecutor(RuntimeExecutor):
    def __init__(self, id, function_version):
        super().__init__(id, function_version)
        self._function = function_version.config
        self._environment = {}
        self._process = None
        self._log = tempfile.TemporaryFile("ab+")
        self._lock = threading.Lock()  # guards the three below
        self._stopping = False
        self._invoking = False

    # Lifecycle

    def start(self, env_vars):
        self._environment = {
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            **{name: str(value) for name, value in env_vars.items()},
            "LAMBDA_TASK_ROOT": str(self._function.code.get_unzipped_code_location()),
        }
        self._spawn("INIT")

    def stop(self):
        with self._lock:
            self._stopping = True
            if self._invoking:
                return  # invoke() ends the process when it is done
            process = self._process
        if process:
            process.kill()

    def _spawn(self, request_id):
        process = FunctionProcess(NODE, self._environment, self._function.memory_size, self._log)
        with self._lock:
            self._process = process
            stopped_meanwhile = self._stopping and not self._invoking
        if stopped_meanwhile:
            process.kill()
        reply = process.ask(request_id, config.LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT)
        if "error" in reply:
            process.kill()
            raise StatusErrorException("Init failed", payload=reply["error"].encode())

    # Invocation

    def invoke(self, payload):
        request_id, began = payload["invoke-id"], time.monotonic()
        log_start = os.fstat(self._log.fileno()).st_size
        with self._lock:
            self._invoking = True
        try:
            self._write_log(f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}")
            if not self._process.is_running():
                self._spawn(request_id)
            reply = self._process.ask(request_id, self._function.timeout, payload)
            if len(reply.get("result", "").encode()) > MAX_RESPONSE_BYTES:
                message = f"Response payload exceeded the maximum of {MAX_RESPONSE_BYTES} bytes"
                reply = error_reply("Function.ResponseSizeTooLarge", request_id, message)
            self._write_log(f"END RequestId: {request_id}")
            self._write_log(f"REPORT RequestId: {request_id}\tDuration: {(time.monotonic() - began) * 1000:.2f} ms")
        finally:
            with self._lock:
                self._invoking = False
                stopping = self._stopping
            if stopping:
                self._process.kill()
        is_error = "error" in reply
        result = reply["error" if is_error else "result"].encode()
        return InvocationResult(request_id, result, is_error, self._read_log(log_start))

    # Logs. The write position is shared with the process, so reading must not move it.

    def _write_log(self, line):
        os.write(self._log.fileno(), line.encode() + b"\n")

    def _read_log(self, start):
        size = os.fstat(self._log.fileno()).st_size - start
        return os.pread(self._log.fileno(), size, start).decode(errors="replace")

    def get_logs(self):
        return self._read_log(0)

    # Addresses: function and LocalStack share the host.

    def get_address(self):
        return HOST

    def get_endpoint_from_executor(self):
        return HOST

    def get_runtime_endpoint(self):
        return f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}{NAMESPACE}/{self.id}"

    # Versions

    @classmethod
    def prepare_version(cls, function_version):
        function = function_version.config
        runtime = function.runtime or "a container image"
        if not runtime.startswith("nodejs"):
            raise ValueError(f"Without Docker only Node functions run, not {runtime}")
        if function.layers:
            raise ValueError("Without Docker functions run without layers: bundle what the layer holds")
        function.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version):
        """The code's folder may still serve an invocation that finishes; it goes with the engine's own folder."""

    @classmethod
    def validate_environment(cls):
        return shutil.which(NODE) is not None
