"""heed through its C ABI: every argument is made once."""
import common  # before the runtime

import ctypes
import os
import sys

K = int(sys.argv[2])
APPEND = sys.argv[3] == "append"  # the last id is added to a session that holds the others
PART = sys.argv[4]
# What a session that keeps its own history is driven by:
#   heed_session_reset(session, error)                                 forget all events
#   heed_session_append(session, ids, count, error)                    add events
#   heed_session_recommend(session, k, options, out, capacity, count, error)
APPEND_CALLS = ("heed_session_append", "heed_session_reset", "heed_session_recommend")


class Recommendation(ctypes.Structure):
    _fields_ = [("item", ctypes.c_int64), ("score", ctypes.c_float)]


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int32), ("message", ctypes.c_char * 508)]


class ModelInfo(ctypes.Structure):
    """The first members of heed_model_info; struct_size tells the library that the others are not there."""
    _fields_ = [("struct_size", ctypes.c_size_t), ("schema_version", ctypes.c_uint32),
                ("max_history", ctypes.c_uint32), ("dim", ctypes.c_uint32), ("items", ctypes.c_uint64)]


class Runtime:
    packages = ("libheed",)
    settings = "none: default options of model, session and calls"

    def __init__(self):
        self.library = ctypes.CDLL(os.environ["HEED_LIBRARY"])
        for name in ("heed_version", "heed_active_isa"):
            getattr(self.library, name).restype = ctypes.c_char_p
        for name in APPEND_CALLS if APPEND else ():
            if not hasattr(self.library, name):
                raise NotImplementedError(f"not available: this libheed.so has no {name}")

    def version(self):
        return f"{self.library.heed_version().decode()}, {self.library.heed_active_isa().decode()}"

    def open(self, path):
        return Opened(self.library, path)

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
        self.must(library.heed_session_create(self.model, None, ctypes.byref(self.session), ctypes.byref(self.error)))
        self.best, self.count = (Recommendation * K)(), ctypes.c_size_t()

    def must(self, status):
        if status != 0:
            raise RuntimeError(self.error.message.decode())

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
        earlier, last = (ctypes.c_int64 * (len(ids) - 1))(*ids[:-1]), (ctypes.c_int64 * 1)(ids[-1])
        one, many = ctypes.c_size_t(1), ctypes.c_size_t(len(earlier))
        wanted = (self.session, ctypes.c_size_t(K), None, self.best, ctypes.c_size_t(K), ctypes.byref(self.count), error)

        def prepare():
            must(library.heed_session_reset(self.session, error))
            must(library.heed_session_append(self.session, earlier, many, error))

        def run():
            must(library.heed_session_append(self.session, last, one, error))
            must(library.heed_session_recommend(*wanted))

        run.prepare = prepare
        return run

    def __del__(self):
        self.library.heed_session_destroy(self.session)
        self.library.heed_model_close(self.model)


sys.exit(common.serve(Runtime))
