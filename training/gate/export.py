"""Writes model.onnx and manifest.json: python3 export.py CHECKPOINT FOLDER"""
import argparse
import hashlib
import json
import os
import warnings

import onnx
import torch

from network import KINDS, Gate, GateNet
from spectra import SAMPLE_RATE


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
        # Without folding, the spectrum's basis stays a formula: the runtime folds it when it loads the graph.
        torch.onnx.export(Gate(net).eval(), (torch.randn(1, 40000) * 0.1,), path, opset_version=15, do_constant_folding=False,
                          input_names=["waveform"], output_names=["probabilities"], dynamic_axes={"waveform": {1: "samples"}})
    onnx.checker.check_model(onnx.load(path))
    blob = open(path, "rb").read()
    manifest = {"id": "gate", "version": "1.0.0", "kind": "sound-gate-onnx", "file": "model.onnx", "sha256": hashlib.sha256(blob).hexdigest(), "sizeBytes": len(blob),
                "sampleRateHz": SAMPLE_RATE, "kinds": KINDS, "license": "Apache-2.0 (see README.md for the licences of the training data)",
                "attribution": "Trained on CREMA-D, EMO-DB, LibriSpeech, ESC-10, Asterisk's prompts and hold music, and music of HyperRogue, Endgame: Singularity and Sectoid; see README.md."}
    with open(os.path.join(args.folder, "manifest.json"), "w") as file:
        json.dump(manifest, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
