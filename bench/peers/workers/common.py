"""A worker's end of the protocol. A runtime's worker calls `serve(Runtime)` with a class that has

    packages                 names with which its folders in site-packages, or its library, begin
    settings                 what is set, as text, for the report
    Runtime()                imports the library
    version()
    open(path)               the model with all that its calls need; raises what it likes
    bind(model, ids)         a function without arguments that runs the model on these ids; what its attribute
                             `prepare` does, where there is one, goes before every call and is not timed
    facts(model)             what else opening tells of the model, such as the bytes that it says it needs; optional
    result(model)            (ids, scores) of the last run, or (vector, None) of one that encodes
    trivial(path)            a function that does next to nothing through the same call

It is imported before the runtime: importing moves the process to its core, so that thread pools see one, and what
libraries print to where errors go.
"""
import gc
import json
import os
import platform
import sys
import time

os.sched_setaffinity(0, {int(sys.argv[1])})
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def private_bytes():
    """Memory that this process alone has, and has written to."""
    with open("/proc/self/smaps_rollup") as rollup:
        return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Private_Dirty"))


def peak_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def libraries(packages):
    """The shared objects that a runtime brought, with their sizes. CUDA's, which come with PyTorch's wheels and are
    of no use here, are not counted."""
    with open("/proc/self/maps") as maps:
        names = {line.split(None, 5)[-1].strip() for line in maps if "/" in line}
    files = [name for name in names if ".so" in os.path.basename(name) and "cuda" not in name
             and any(f"/site-packages/{package}" in name or f"/{package}." in name for package in packages)]
    return {file: os.path.getsize(file) for file in sorted(files)}


class Server:
    def __init__(self, runtime_class):
        self.runtime = runtime_class()
        self.model, self.dirty = None, 0

    def hello(self):
        return {"version": self.runtime.version(), "settings": self.runtime.settings, "python": platform.python_version()}

    def open(self, file):
        self.model = None
        gc.collect()
        private_bytes()  # what reading it for the first time takes is not the model's
        self.dirty = private_bytes()
        start = time.perf_counter_ns()
        self.model = self.runtime.open(file)
        nanoseconds = time.perf_counter_ns() - start
        return {"nanoseconds": nanoseconds, "private_bytes": private_bytes() - self.dirty,
                **getattr(self.runtime, "facts", nothing_of)(self.model)}

    def first(self, ids):
        """The first call after opening, and the memory that both took."""
        run = self.runtime.bind(self.model, ids)
        getattr(run, "prepare", nothing)()
        start = time.perf_counter_ns()
        run()
        return {"nanoseconds": time.perf_counter_ns() - start, "private_bytes": private_bytes() - self.dirty}

    def memory(self):
        return {"private_bytes": private_bytes(), "peak_bytes": peak_bytes(), "threads": len(os.listdir("/proc/self/task")),
                "libraries": libraries(self.runtime.packages)}

    def check(self, histories):
        answers = []
        for ids in histories:
            run = self.runtime.bind(self.model, ids)
            getattr(run, "prepare", nothing)()
            run()
            items, scores = self.runtime.result(self.model)
            answers.append({"items": [int(i) for i in items] if scores is not None else [],
                            "scores": [float(s) for s in (items if scores is None else scores)]})
        return {"answers": answers}

    def time(self, ids, calls, warm):
        return {"nanoseconds": measure(self.runtime.bind(self.model, ids), calls, warm)}

    def overhead(self, file, calls):
        return {"nanoseconds": measure(self.runtime.trivial(file), calls, calls)}


def nothing():
    pass


def nothing_of(_model):
    return {}


def measure(run, calls, warm):
    """Nanoseconds of each call, back to back."""
    clock = time.perf_counter_ns
    prepare = getattr(run, "prepare", nothing)
    for _ in range(warm):
        prepare()
        run()
    gc.disable()
    times = []
    for _ in range(calls):
        prepare()
        start = clock()
        run()
        times.append(clock() - start)
    gc.enable()
    return times


def serve(runtime_class):
    server = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            server = server or Server(runtime_class)
            answer = getattr(server, request.pop("do"))(**request)
        except Exception as error:  # whatever a runtime throws is its row's reason
            text = " ".join(str(error).split())
            answer = {"error": f"{type(error).__name__}: {text[:300]}"}
        _answers.write(json.dumps(answer) + "\n")
        _answers.flush()
