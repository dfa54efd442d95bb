"""The processes that run functions: a clean environment, and none left running."""

import contextlib
import http.client
import io
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from keystead_sandbox.common import lifetime
from keystead_sandbox.common.cloud_settings import KEPT_VARIABLES
from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.errors import Json
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.resources import Resource

BOOTSTRAP = Path(__file__).with_name("worker.py")
IDLE_SECONDS = 120
START_SECONDS = 60

_started: list["Worker"] = []


def kill_all() -> None:
    """End every worker and remove its code."""
    for worker in _started:
        worker.stop()


def kill_processes() -> None:
    """Kill the processes of all functions, busy or not; the next call starts them again."""
    for worker in _started:
        worker.kill_process()


class Worker:
    """One function's process; started anew when it has ended."""

    def __init__(self, cloud: Cloud, function: Resource) -> None:
        self._cloud = cloud
        self._name = function.name
        self._archive: bytes = function.hidden["archive"]
        self._build: Json = function.body["buildConfig"]
        self._service: Json = function.body["serviceConfig"]
        self._event = bool(function.body.get("eventTrigger"))
        self._process: subprocess.Popen[str] | None = None
        self._directory: Path | None = None
        self._port = 0
        self._lock = threading.Lock()
        self._used = time.monotonic()
        self._last_error = ""
        self._metadata = ""

    def idle(self) -> float:
        """Seconds since its last call ended; 0 where it does not run."""
        running = self._process is not None and not self._lock.locked()
        return time.monotonic() - self._used if running else 0.0

    def start(self) -> str:
        """Start it and wait until it answers; returns the error, or nothing."""
        with self._lock:
            return self._start()

    def stop(self) -> None:
        """End the process and remove its code."""
        if self._process is not None:
            lifetime.kill_group(self._process.pid)
            self._process.wait()
            self._process = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None
        self._cloud.metadata.pop(self._metadata, None)
        if self in _started:
            _started.remove(self)

    def kill_process(self) -> None:
        """Kill the process and nothing else; the next call starts it anew."""
        process = self._process
        if process is not None:
            lifetime.kill_group(process.pid)

    def call(self, method: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Hand a request to the function."""
        with self._lock:
            if (self._process is None or self._process.poll() is not None) and self._start():
                return 500, b"the function did not start\n"
            seconds = int(self._service.get("timeoutSeconds") or 60)
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=seconds)
            passed = {name: value for name, value in headers.items() if name not in {"host", "content-length"}}
            try:
                connection.request(method, "/", body, passed)
                response = connection.getresponse()
                return response.status, response.read()
            except TimeoutError:
                self.stop()
                return 504, b"upstream request timeout\n"
            except (OSError, http.client.HTTPException):
                return 503, b"the function ended while it was called\n"
            finally:
                connection.close()
                self._used = time.monotonic()

    def _start(self) -> str:
        self.stop()
        self._directory = Path(tempfile.mkdtemp(prefix="gcp-function-", dir=self._cloud.settings.temporary))
        code = self._directory / "code"
        with zipfile.ZipFile(io.BytesIO(self._archive)) as packed:
            packed.extractall(code)
        self._metadata = secrets.token_urlsafe(24)
        self._cloud.metadata[self._metadata] = str(self._service["serviceAccountEmail"])
        kind = "cloudevent" if self._event else "http"
        with socket.socket() as held:  # bound here, listened on there: the port stays taken in between
            held.bind(("127.0.0.1", 0))
            self._port = held.getsockname()[1]
            arguments = (str(code), self._build["entryPoint"], kind, str(held.fileno()))
            process = subprocess.Popen(
                [sys.executable, "-P", str(BOOTSTRAP), *arguments],
                cwd=code,
                env=self._environment(kind),
                pass_fds=[held.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        self._process = process
        _started.append(self)
        for stream, name in ((process.stdout, "stdout"), (process.stderr, "stderr")):
            threading.Thread(target=self._collect, args=(stream, name), daemon=True).start()
        return self._wait(process)

    def _wait(self, process: "subprocess.Popen[str]") -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return ""
            if process.poll() is not None:
                time.sleep(0.05)
                break
            time.sleep(0.02)
        self.stop()
        return self._last_error or "it did not listen in time"

    def _environment(self, kind: str) -> dict[str, str]:
        host = f"127.0.0.1:{self._cloud.settings.plain_port}/_metadata/{self._metadata}"
        function = self._name.rpartition("/")[2]
        return {
            **{name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
            **self._service.get("environmentVariables", {}),
            "FUNCTION_SIGNATURE_TYPE": kind,
            "FUNCTION_TARGET": self._build["entryPoint"],
            "GCE_METADATA_HOST": host,
            "GCE_METADATA_IP": host,
            "GCE_METADATA_ROOT": host,
            "HOME": str(self._directory),
            "KEYSTEAD_CLOCK": str(self._cloud.clock.file),
            "KEYSTEAD_GCP_ENDPOINT": self._cloud.settings.plain,
            "K_CONFIGURATION": function,
            "K_REVISION": f"{function}-00001",
            "K_SERVICE": function,
            "LOG_EXECUTION_ID": "false",
            "PORT": str(self._port),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self._directory),
        }

    def _collect(self, stream: IO[str], name: str) -> None:
        for line in stream:
            text = line.rstrip("\n")
            if text:
                if name == "stderr":
                    self._last_error = text[:300]
                with self._cloud.lock:
                    self._log(text, name)

    def _log(self, text: str, stream: str) -> None:
        project = self._cloud.project_of(self._name)
        now = timestamps.text(self._cloud.clock.now())
        labels = {
            "project_id": project,
            "service_name": self._name.rpartition("/")[2],
            "location": self._name.split("/")[3],
        }
        entry: Json = {
            "logName": f"projects/{project}/logs/run.googleapis.com%2F{stream}",
            "resource": {"type": "cloud_run_revision", "labels": labels},
            "timestamp": now,
            "receiveTimestamp": now,
        }
        try:
            payload = json.loads(text)
        except ValueError:
            payload = None
        if isinstance(payload, dict):
            entry["severity"] = str(payload.pop("severity", "DEFAULT")).upper()
            if (own := _time(payload.get("time"))) is not None:
                entry["timestamp"] = own
                del payload["time"]
            entry["jsonPayload"] = payload
        else:
            entry["severity"] = "DEFAULT"
            entry["textPayload"] = text
        self._cloud.logs.write(project, entry)


def _time(text: Any) -> str | None:
    """An entry's own time, where a line has one in RFC 3339 (Cloud Logging, "Structured logging", special fields)."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return None if found.tzinfo is None else timestamps.text(found.timestamp())
