"""The master's end of a worker: one process, JSON lines, a time limit for every answer.

Requests are {"do": NAME, ...}; answers are {...} or {"error": TEXT}. What a worker prints goes to its log.
"""
import atexit
import json
import os
import select
import signal
import subprocess
import time
import weakref

import paths


_running = weakref.WeakSet()


@atexit.register
def _end_all():
    """A run that is interrupted leaves no worker behind."""
    for worker in list(_running):
        worker.end()


class PeerError(Exception):
    """Why a worker has no answer."""


class Worker:
    def __init__(self, python, script, cpu, log, arguments=()):
        environment = dict(os.environ, PYTHONPATH=str(paths.HERE), PYTHONDONTWRITEBYTECODE="1", OMP_NUM_THREADS="1",
                           MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="",
                           PATH=f"{python.parent}:{os.environ['PATH']}" if hasattr(python, "parent") else os.environ["PATH"])
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        with open(log, "wb") as stderr:
            self._process = subprocess.Popen([python, paths.HERE / "workers" / script, str(cpu), *arguments],
                                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
                                             env=environment, start_new_session=True)
        self._rest = b""
        _running.add(self)

    def ask(self, request, seconds):
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise PeerError(self._died()) from None
        line = self._line(request["do"], seconds)
        try:
            answer = json.loads(line)
        except ValueError:
            raise PeerError(f"printed instead of answering: {line[:200]!r}") from None
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    def _line(self, what, seconds):
        deadline = time.monotonic() + seconds
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                self.end()
                raise PeerError(f"no answer to '{what}' within {seconds} s")
            part = os.read(self._process.stdout.fileno(), 1 << 16)
            if not part:
                raise PeerError(self._died())
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _died(self):
        code = self._process.wait()
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return f"the process ended with {code}" + (f": {lines[-1][:200]}" if lines else "")

    def end(self):
        """Ends the worker and whatever it started."""
        _running.discard(self)
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended, and left nothing
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            try:
                stream.close()
            except OSError:
                pass  # what was not sent to a process that ended
