"""OpenVINO: one infer request whose input and outputs are set once."""
import common  # before the runtime

import sys

import numpy
import openvino
from openvino import properties

# The class below openvino.InferRequest: the call without what Python adds to it.
REQUEST = openvino.InferRequest.__mro__[1]


class Runtime:
    packages = ("openvino",)
    settings = ("PERFORMANCE_HINT=LATENCY, INFERENCE_NUM_THREADS=1, NUM_STREAMS=1, INFERENCE_PRECISION_HINT=f32, "
                "ENABLE_CPU_PINNING=NO, tensors set once")

    def __init__(self):
        self.core = openvino.Core()

    def version(self):
        return openvino.get_version()

    def open(self, path):
        compiled = self.core.compile_model(path, "CPU", {
            properties.hint.performance_mode(): properties.hint.PerformanceMode.LATENCY,
            properties.inference_num_threads(): 1,
            properties.num_streams(): 1,
            properties.hint.inference_precision(): openvino.Type.f32,
            properties.hint.enable_cpu_pinning(): False})
        return compiled.create_infer_request()

    def bind(self, model, ids):
        self.ids = openvino.Tensor(numpy.array(ids, numpy.int64), shared_memory=True)
        model.set_input_tensor(self.ids)
        infer = REQUEST.infer
        return lambda: infer(model, {}, True, False)

    def result(self, model):
        values = {output.any_name: tensor.data.ravel() for output, tensor in zip(model.model_outputs, model.output_tensors)}
        return (values["items"], values["scores"]) if "items" in values else (next(iter(values.values())), None)

    def trivial(self, path):
        return self.bind(self.open(path), [1])


sys.exit(common.serve(Runtime))
