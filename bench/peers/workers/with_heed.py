"""heed through its C ABI: every argument is made once."""
import common  # before the runtime

import ctypes
import os
import sys

K = int(sys.argv[2])
APPEND = sys.argv[3] == "append"  # the last id is added to a session that holds the others
PART = sys.argv[4]


class Recommendation(ctypes.Structure):
    _fields_ = [("item", ctypes.c_int64), ("score", ctypes.c_float)]


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int32), ("message", ctypes.c_char * 508)]


class ModelInfo(ctypes.Structure):
    """The first members of heed_model_info; struct_size tells the library that the others are not there."""
    _fields_ = [("struct_size", ctypes.c_size_t), ("schema_version", ctypes.c_uint32),
                ("max_history", ctypes.c_uint32), ("dim", ctypes.c_uint32), ("items", ctypes.c_uint64)]


class Request(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("history", ctypes.c_void_p), ("history_count", ctypes.c_size_t),
                ("features", ctypes.c_void_p), ("feature_count", ctypes.c_size_t), ("running", ctypes.c_int32)]


class SessionOptions(ctypes.Structure):
    """The first members of heed_session_options."""
    _fields_ = [("struct_size", ctypes.c_size_t)] + [
        (name, ctypes.c_uint32) for name in ("max_history", "max_batch", "max_k", "max_candidates", "max_excluded",
                                             "running_history", "drop_at_once", "threads")]


class Runtime:
    packages = ("libheed",)
    settings = "default options of model, session and calls; for an appended event, 1,000 events to remember"

    def __init__(self):
        self.library = ctypes.CDLL(os.environ["HEED_LIBRARY"])
        for name in ("heed_version", "heed_active_isa"):
            getattr(self.library, name).restype = ctypes.c_char_p

    def version(self):
        return f"{self.library.heed_version().decode()}, {self.library.heed_active_isa().decode()}"

    def open(self, path):
        return Opened(self.library, path)

    def facts(self, model):
        return {"arena_bytes": model.arena_bytes()}

    def bind(self, model, ids):
        if APPEND:
            return model.append(ids)
        return model.encode(ids) if PART == "encode" else model.recommend(ids)

    def result(self, model):
        if PART == "encode":
            return list(model.vector), None
        best = model.best[:model.count.value]
        return [one.item for one in best], [one.score for one in best]

    def trivial(self, path):
        """The same nine arguments; without a session the library refuses at once."""
        call, null = self.library.heed_recommend, ctypes.c_void_p()
        ids, best, count = (ctypes.c_int64 * 1)(1), (Recommendation * K)(), ctypes.c_size_t()
        arguments = (null, ids, ctypes.c_size_t(1), ctypes.c_size_t(K), null, best, ctypes.c_size_t(K),
                     ctypes.byref(count), null)
        return lambda: call(*arguments)


class Opened:
    def __init__(self, library, path):
        self.library, self.error = library, Error()
        self.model, self.session = ctypes.c_void_p(), ctypes.c_void_p()
        self.must(library.heed_model_open(path.encode(), ctypes.byref(self.model), ctypes.byref(self.error)))
        self.options = SessionOptions(ctypes.sizeof(SessionOptions), 0, 1, 100, 1000, 1000, 1000 if APPEND else 0, 1, 1)
        self.must(library.heed_session_create(self.model, ctypes.byref(self.options), ctypes.byref(self.session),
                                              ctypes.byref(self.error)))
        self.best, self.count = (Recommendation * K)(), ctypes.c_size_t()

    def must(self, status):
        if status != 0:
            raise RuntimeError(self.error.message.decode())

    def arena_bytes(self):
        """What the library says that the session takes."""
        count = ctypes.c_size_t()
        self.must(self.library.heed_session_arena_bytes(self.model, ctypes.byref(self.options), ctypes.byref(count),
                                                        ctypes.byref(self.error)))
        return count.value

    def recommend(self, ids):
        call, must = self.library.heed_recommend, self.must
        arguments = (self.session, (ctypes.c_int64 * len(ids))(*ids), ctypes.c_size_t(len(ids)), ctypes.c_size_t(K),
                     None, self.best, ctypes.c_size_t(K), ctypes.byref(self.count), ctypes.byref(self.error))
        return lambda: must(call(*arguments))

    def encode(self, ids):
        info = ModelInfo(ctypes.sizeof(ModelInfo))
        self.must(self.library.heed_model_get_info(self.model, ctypes.byref(info), ctypes.byref(self.error)))
        self.vector = (ctypes.c_float * info.dim)()
        call, must = self.library.heed_encode, self.must
        arguments = (self.session, (ctypes.c_int64 * len(ids))(*ids), ctypes.c_size_t(len(ids)), ctypes.c_int32(0),
                     self.vector, ctypes.c_size_t(info.dim), ctypes.byref(self.error))
        return lambda: must(call(*arguments))

    def append(self, ids):
        """Adding the last event and recommending is what counts; the session has seen the others before."""
        library, must, error = self.library, self.must, ctypes.byref(self.error)
        if not library.heed_session_keeps_events(self.session):
            raise NotImplementedError("the model computes its history anew")
        earlier, last = (ctypes.c_int64 * (len(ids) - 1))(*ids[:-1]), ctypes.c_int64(ids[-1])
        size, null, refuse = ctypes.sizeof(Request), ctypes.c_void_p(), ctypes.c_int32(0)
        begin = Request(size, ctypes.cast(earlier, ctypes.c_void_p), len(earlier), null, 0, 0)
        running = Request(size, null, 0, null, 0, 1)
        wanted = (self.session, ctypes.byref(running), ctypes.c_size_t(K), null, self.best, ctypes.c_size_t(K),
                  ctypes.byref(self.count), error)
        appended = (self.session, last, null, ctypes.c_size_t(0), refuse, error)

        def prepare():
            must(library.heed_begin(self.session, ctypes.byref(begin), refuse, error))
            must(library.heed_recommend_request(*wanted))

        def run():
            must(library.heed_append(*appended))
            must(library.heed_recommend_request(*wanted))

        run.prepare = prepare
        return run

    def __del__(self):
        self.library.heed_session_destroy(self.session)
        self.library.heed_model_close(self.model)


sys.exit(common.serve(Runtime))
