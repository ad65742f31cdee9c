"""The runtimes that are compared, and each form in which they run the model: one row of a table."""
import typing

import environments
import workloads


class Step(typing.NamedTuple):
    """An exporter, run in an environment: a file of the last step to one of its own."""
    environment: str
    script: str
    suffix: str
    precision: str = "fp32"
    flags: tuple = ()  # of `heed convert`


class Variant(typing.NamedTuple):
    """form: "lean", what a careful engineer would make; "padded", the training code's module as it is.
    only: the kind of workload that has this form: "append" adds an event to a session, "clustered" compares scans.
    missing: why there is no such form."""
    label: str
    form: str
    precision: str
    steps: tuple
    only: str = ""
    missing: str = ""


class Peer(typing.NamedTuple):
    name: str
    title: str
    environment: str  # "" for heed
    worker: str
    variants: tuple
    remark: str = ""


_HEED_INT8 = (Step("heed", "convert", ".heed", "int8"),)
_HEED_FP32 = (Step("heed", "convert", ".heed", "fp32"),)


def _planes(setting):
    return (Step("heed", "convert", ".heed", "int8", ("--planes", setting)),)


HEED = Peer("heed", "heed", "", "with_heed.py", (
    Variant("int8, appended", "lean", "int8", _HEED_INT8, only="append"),
    Variant("fp32, appended", "lean", "fp32", _HEED_FP32, only="append"),
    Variant("int8", "lean", "int8", _HEED_INT8),
    Variant("fp32", "lean", "fp32", _HEED_FP32),
    Variant("int8, one plane", "lean", "int8", _planes("off"), only="clustered"),
    Variant("int8, two planes", "lean", "int8", _planes("on"), only="clustered"),
))

_ONNX = Step("torch", "to_onnx.py", ".onnx")
_ONNX_18 = Step("torch", "to_onnx.py", ".onnx", "opset18")


def _variants(fp32, **int8):
    """The padded export and the lean form in fp32, and the lean form in each kind of int8."""
    forms = [Variant("padded export, fp32", "padded", "fp32", fp32), Variant("fp32", "lean", "fp32", fp32)]
    for name, steps in int8.items():
        forms.append(Variant("int8, " + name.replace("_", " "), "lean", "int8", steps))
    return tuple(forms)


PEERS = (
    HEED,
    Peer("onnxruntime", "ONNX Runtime", "onnxruntime", "with_onnxruntime.py", _variants(
        (_ONNX,),
        dynamic=(_ONNX, Step("onnxruntime", "quantize_onnx.py", ".onnx", "int8-dynamic")),
        static_QDQ=(_ONNX, Step("onnxruntime", "quantize_onnx.py", ".onnx", "int8-static")))),
    Peer("openvino", "OpenVINO", "openvino", "with_openvino.py", _variants(
        (_ONNX, Step("openvino", "to_openvino.py", ".xml")),
        NNCF=(_ONNX, Step("openvino", "to_openvino.py", ".xml", "int8")),
        NNCF_weights=(_ONNX, Step("openvino", "to_openvino.py", ".xml", "int8-weights")))),
    Peer("litert", "LiteRT", "litert", "with_litert.py", _variants(
        (Step("torch", "to_litert.py", ".tflite"),),
        dynamic_range=(Step("torch", "to_litert.py", ".tflite", "int8-dynamic"),))),
    Peer("mnn", "MNN", "mnn", "with_mnn.py", _variants(
        (_ONNX_18, Step("mnn", "to_mnn.py", ".mnn")),
        weights=(_ONNX_18, Step("mnn", "to_mnn.py", ".mnn", "int8")))),
    Peer("ncnn", "ncnn", "ncnn", "with_ncnn.py", (
        *_variants((Step("torch", "to_ncnn.py", ".param"),)),
        Variant("int8", "lean", "int8", (), missing="the wheels lack ncnn2table and ncnn2int8, which make int8 models")),
        "neither TopK nor Scatter: its times leave masking and the choice of the best out"),
    Peer("executorch", "ExecuTorch", "torch", "with_executorch.py", _variants(
        (Step("torch", "to_executorch.py", ".pte"),),
        dynamic=(Step("torch", "to_executorch.py", ".pte", "int8-dynamic"),))),
    Peer("pytorch", "PyTorch", "torch", "with_pytorch.py", (
        Variant("padded, eager, fp32", "padded", "fp32", (Step("torch", "to_pytorch.py", ".json", "eager"),)),
        Variant("eager, fp32", "lean", "fp32", (Step("torch", "to_pytorch.py", ".json", "eager"),)),
        Variant("fp32", "lean", "fp32", (Step("torch", "to_pytorch.py", ".pt2"),)),
        Variant("int8, torchao", "lean", "int8", (Step("torch", "to_pytorch.py", ".pt2", "int8"),)))),
)


def forms(workload, peers):
    """(peer, variant) of all that a workload compares."""
    clustered = workloads.MODELS[workload.model].clusters > 0
    kinds = {"clustered"} if clustered else {"", "append"} if workload.append else {""}
    return [(peer, variant) for peer in peers for variant in peer.variants
            if variant.only in kinds]


def versions(peer):
    """What is pinned for a peer's worker."""
    return environments.REQUIREMENTS.get(peer.environment, [])
