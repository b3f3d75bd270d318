"""Write model.onnx and manifest.json from a trained checkpoint."""
import argparse
import hashlib
import json
import os
import re
import warnings

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from data import LABELS
from ensemble import Ensemble
from features import FRAME_HOP, HOP, MIN_SAMPLES, SAMPLE_RATE, WINDOW
from model import EmotionNet


def load(path):
    """The network of a checkpoint as the graph will hold it; `PATH@2` weighs twice in an ensemble."""
    path, share = re.fullmatch(r"(.*?)(?:@([0-9.]+))?", path).groups()
    saved = torch.load(path, map_location="cpu")
    net = EmotionNet(**saved["config"])
    net.load_state_dict(saved["state"])
    net.share = float(share or 1)
    return net.stored()


def halve(path):
    """Matrices that half precision holds exactly (see EmotionNet.stored) are kept so in the file and widened when it is loaded."""
    model = onnx.load(path)
    for tensor in list(model.graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < 1000:
            continue
        half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}/half"))
        model.graph.node.insert(0, helper.make_node("Cast", [f"{name}/half"], [name], to=onnx.TensorProto.FLOAT))
    onnx.save(model, path)


def export(nets, path, finish=None):
    model = Ensemble(nets, finish).eval()
    waveform, lengths = torch.randn(3, 40000) * 0.1, torch.tensor([40000, 30000, 20001])  # descending: see model.py
    dynamic = {"waveform": {0: "batch", 1: "samples"}, "lengths": {0: "batch"},
               "frame_features": {0: "batch", 1: "frames"}, "frame_logits": {0: "batch", 1: "frames"},
               "embedding": {0: "batch"}, "logits": {0: "batch"}, "frame_lengths": {0: "batch"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (waveform, lengths), path, opset_version=15,
                          input_names=["waveform", "lengths"],
                          output_names=["frame_features", "frame_logits", "embedding", "logits", "frame_lengths"],
                          dynamic_axes=dynamic, do_constant_folding=True)
    halve(path)
    onnx.checker.check_model(onnx.load(path))
    return model


def write_manifest(folder, version, temperature, dimension):
    blob = open(os.path.join(folder, "model.onnx"), "rb").read()
    manifest = {
        "id": "starter", "version": version, "name": "Undertone Starter", "kind": "waveform-onnx",
        "file": "model.onnx", "sha256": hashlib.sha256(blob).hexdigest(), "sizeBytes": len(blob),
        "sampleRateHz": SAMPLE_RATE, "minSamples": MIN_SAMPLES, "frameHopSamples": FRAME_HOP,
        "frameReceptiveFieldSamples": WINDOW + HOP, "normalization": "none", "labels": LABELS,
        "embeddingDimension": dimension, "maxWindowSeconds": 15,
        "license": "Apache-2.0 (see README.md for the licences of the training data)",
        "attribution": "Trained on CREMA-D (ODbL 1.0, contents DbCL 1.0) and EMO-DB (CC0 1.0).",
        "calibration": {"temperature": round(float(temperature), 4)},
    }
    with open(os.path.join(folder, "manifest.json"), "w") as file:
        json.dump(manifest, file, indent=2)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoints", help="one or more, comma-separated: members of one graph")
    parser.add_argument("folder")
    parser.add_argument("--finish", help="npz of finish.py: projection, head, bias, temperature")
    parser.add_argument("--version", default="1.4.0")
    parser.add_argument("--parity", help="folder for PyTorch's answers, which verify.mjs compares")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    finish = np.load(args.finish) if args.finish else None
    model = export([load(path) for path in args.checkpoints.split(",")], os.path.join(args.folder, "model.onnx"), finish)
    write_manifest(args.folder, args.version, finish["temperature"] if finish else 1.0, model.dimension)
    if args.parity:
        os.makedirs(args.parity, exist_ok=True)
        rng = np.random.default_rng(7)
        lengths = [400, 16000, 40123, 123456]
        wave = np.zeros((len(lengths), max(lengths)), np.float32)
        for i, n in enumerate(lengths):
            time = np.arange(n) / SAMPLE_RATE
            tone = sum(np.sin(2 * np.pi * (120 + 20 * i) * k * time + k) / k for k in range(1, 20))
            wave[i, :n] = 0.05 * tone * (1 + np.sin(2 * np.pi * 3 * time)) + 0.003 * rng.standard_normal(n)
        with torch.no_grad():
            outputs = model(torch.from_numpy(wave), torch.tensor(lengths))
        wave.tofile(os.path.join(args.parity, "wave.f32"))
        shapes = {"lengths": lengths}
        for name, value in zip(["frame_features", "frame_logits", "embedding", "logits"], outputs):
            value.numpy().astype(np.float32).tofile(os.path.join(args.parity, name + ".f32"))
            shapes[name] = list(value.shape)
        json.dump(shapes, open(os.path.join(args.parity, "shapes.json"), "w"))


if __name__ == "__main__":
    main()
