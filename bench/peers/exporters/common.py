"""What exporters share: their arguments and the module to export.

    to_X.py --model NAME --weights FILE --form padded|lean|trivial --events N --part recommend|encode
            --precision P [--source FILE] --out FILE

An exporter that starts from another format's file takes it as --source.
"""
import argparse
import pathlib


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    for name in ("model", "form", "part", "precision"):
        parser.add_argument("--" + name)
    parser.add_argument("--events", type=int)
    for name in ("weights", "source", "out"):
        parser.add_argument("--" + name, type=pathlib.Path)
    return parser.parse_args()


def module(options):
    """The PyTorch module, and an example of its input."""
    import torch

    import model
    import workloads
    if options.form == "trivial":
        return Trivial(), torch.tensor([1])
    shape = workloads.MODELS[options.model]
    return model.build(shape, model.load(options.weights), options.form, options.events, options.part)


def Trivial():
    """As little as a graph can do."""
    import torch

    class Module(torch.nn.Module):
        def forward(self, ids):
            return ids + 1

    return Module().eval()


def histories(options):
    """Inputs of the form, for calibration. They are not those that are compared."""
    import random

    import workloads
    shape = workloads.MODELS[options.model]
    source = random.Random(7)
    for _ in range(32):
        history = source.sample(range(1, shape.items + 1), options.events)
        yield workloads.padded(shape, history) if options.form == "padded" else history
