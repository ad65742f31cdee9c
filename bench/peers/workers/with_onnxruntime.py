"""ONNX Runtime: ids and results stay in buffers that are bound once."""
import common  # before the runtime

import sys

import numpy
import onnxruntime

CPU = "cpu"


class Runtime:
    packages = ("onnxruntime",)
    settings = ("intra_op_num_threads=1, inter_op_num_threads=1, ORT_SEQUENTIAL, ORT_ENABLE_ALL, CPUExecutionProvider, "
                "IO binding, allow_spinning=0")

    def version(self):
        return onnxruntime.__version__

    def open(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        return Bound(onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]))

    def bind(self, model, ids):
        return model.bind(numpy.array(ids, numpy.int64))

    def result(self, model):
        values = [buffer.numpy() for buffer in model.outputs]
        return (values[1], values[0]) if len(values) == 2 else (values[0].ravel(), None)

    def trivial(self, path):
        return self.bind(self.open(path), [1])


class Bound:
    def __init__(self, session):
        self.session = session
        self.outputs = []

    def bind(self, ids):
        binding = self.session.io_binding()
        self.input = onnxruntime.OrtValue.ortvalue_from_numpy(ids, CPU)
        binding.bind_ortvalue_input(self.session.get_inputs()[0].name, self.input)
        self.outputs = []
        for output in self.session.get_outputs():
            kind = numpy.int64 if "int64" in output.type else numpy.float32
            buffer = onnxruntime.OrtValue.ortvalue_from_shape_and_type(output.shape, kind, CPU)
            binding.bind_ortvalue_output(output.name, buffer)
            self.outputs.append(buffer)
        session = self.session
        return lambda: session.run_with_iobinding(binding)


sys.exit(common.serve(Runtime))
