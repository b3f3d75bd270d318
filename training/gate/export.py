"""Writes model.onnx and manifest.json: python3 export.py CHECKPOINT FOLDER"""
import argparse
import hashlib
import json
import os
import warnings

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from network import KINDS, Gate, GateNet
from spectra import SAMPLE_RATE, WINDOW


def compute_basis(model):
    """Puts formulas where the two stored halves of the spectrum's basis were, two thirds of the file; the runtime folds them when it loads the graph."""
    graph, made = model.graph, []
    bins, taper = WINDOW // 2 + 1, (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)) * (2.0 / WINDOW)
    constants = {"basis_bin": np.arange(bins, dtype=np.int64).reshape(bins, 1, 1), "basis_time": np.arange(WINDOW, dtype=np.int64).reshape(1, 1, WINDOW),
                 "basis_size": np.array(WINDOW, np.int64), "basis_turn": np.array(2 * np.pi / WINDOW, np.float32), "basis_taper": taper.astype(np.float32)}
    made += [helper.make_node("Mul", ["basis_bin", "basis_time"], ["basis_product"]), helper.make_node("Mod", ["basis_product", "basis_size"], ["basis_step"]),
             helper.make_node("Cast", ["basis_step"], ["basis_float"], to=TensorProto.FLOAT), helper.make_node("Mul", ["basis_float", "basis_turn"], ["basis_angle"])]
    reference = taper * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    for node in [node for node in graph.node if node.op_type == "Constant"]:
        value = numpy_helper.to_array(node.attribute[0].t)
        if value.shape != (bins, 1, WINDOW):
            continue
        wave = "Cos" if np.allclose(value[1, 0], reference, atol=1e-6) else "Sin"
        made += [helper.make_node(wave, ["basis_angle"], [f"basis_{wave}"]), helper.make_node("Mul", [f"basis_{wave}", "basis_taper"], [node.output[0]])]
        graph.node.remove(node)
    assert len(made) == 8, "the basis was not found twice"
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    for node in reversed(made):
        graph.node.insert(0, node)
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint")
    parser.add_argument("folder")
    args = parser.parse_args()
    net = GateNet()
    net.load_state_dict(torch.load(args.checkpoint, map_location="cpu")["state"])
    os.makedirs(args.folder, exist_ok=True)
    path = os.path.join(args.folder, "model.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(Gate(net).eval(), (torch.randn(1, 40000) * 0.1,), path, opset_version=15, do_constant_folding=False,
                          input_names=["waveform"], output_names=["probabilities"], dynamic_axes={"waveform": {1: "samples"}})
    model = compute_basis(onnx.load(path))
    onnx.checker.check_model(model)
    onnx.save(model, path)
    blob = open(path, "rb").read()
    manifest = {"id": "gate", "version": "1.0.0", "kind": "sound-gate-onnx", "file": "model.onnx", "sha256": hashlib.sha256(blob).hexdigest(), "sizeBytes": len(blob),
                "sampleRateHz": SAMPLE_RATE, "kinds": KINDS, "license": "Apache-2.0 (see README.md for the licences of the training data)",
                "attribution": "Trained on CREMA-D, EMO-DB, LibriSpeech, ESC-10, Asterisk's prompts and hold music, and music of HyperRogue, Endgame: Singularity and Sectoid; see README.md."}
    with open(os.path.join(args.folder, "manifest.json"), "w") as file:
        json.dump(manifest, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
