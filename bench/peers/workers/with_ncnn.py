"""ncnn: an extractor for each call, as its interface asks for. Its graphs end with scores: masking and the choice of
the best are done for the check and are not in the time."""
import common  # before the runtime

import sys

import ncnn
import numpy

K, PART = int(sys.argv[2]), sys.argv[4]


class Runtime:
    packages = ("ncnn",)
    settings = "num_threads=1, use_packing_layout, fp16 and bf16 off"

    def version(self):
        return ncnn.__version__

    def open(self, path):
        net = ncnn.Net()
        net.opt.num_threads = 1
        net.opt.use_vulkan_compute = False
        for name in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
            setattr(net.opt, name, False)
        if net.load_param(path) or net.load_model(path.removesuffix(".param") + ".bin"):
            raise RuntimeError("the model cannot be loaded")
        return net

    def bind(self, model, ids):
        self.ids = ids
        values = numpy.array(ids, numpy.int32)
        blob = ncnn.Mat(values)

        def run():
            extractor = model.create_extractor()
            extractor.input("in0", blob)
            status, self.output = extractor.extract("out0")
            if status:
                raise RuntimeError(f"extract gives {status}")

        return run

    def result(self, model):
        values = numpy.array(self.output).ravel()
        if PART == "encode":
            return values, None
        values[[0, *self.ids]] = -numpy.inf
        best = numpy.argsort(-values, kind="stable")[:K]
        return best, values[best]

    def trivial(self, path):
        return self.bind(self.open(path), [1])


sys.exit(common.serve(Runtime))
