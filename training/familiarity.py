"""Teaches the exported graph to say how like a clip is to those that it learned from.

  python3 familiarity.py choose DATA OUT                     OUT/learned and OUT/held-out, for embed.mjs
  python3 familiarity.py write MODEL LEARNED.json HELD.json  output `familiarity` and its limit in the manifest

`familiarity` is the largest cosine of a clip's embedding with those of clips of
training: every EMO-DB clip, and two of five of the larger corpus. One of twenty
clips of speakers that no network has heard lies under the limit.
"""
import argparse
import csv
import hashlib
import json
import os

import numpy as np
import onnx
from onnx import helper, numpy_helper

from data import read_manifest
from scoring import split_of

KEPT_OF_FIVE = 2  # clips of the larger corpus: what fits into the file
UNFAMILIAR_SHARE = 0.05


def choose(data, out):
    rows = read_manifest(data)
    train, held = split_of(rows)
    crema = [i for i in train if rows[i]["corpus"] == "crema-d"]
    learned = [i for k, i in enumerate(crema) if k % 5 < KEPT_OF_FIVE] + [i for i in train if rows[i]["corpus"] != "crema-d"]
    for name, chosen in (("learned", learned), ("held-out", held)):
        folder = os.path.join(out, name)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "manifest.csv"), "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["path", "corpus", "speaker"])
            writer.writerows([os.path.abspath(rows[i]["file"]), rows[i]["corpus"], rows[i]["speaker"]] for i in chosen)


def unit_rows(file):
    embeddings = np.array([row["embedding"] for row in json.load(open(file))], np.float64)
    return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)


def with_familiarity(graph, prototypes, scale):
    """Adds cosine against `prototypes` (int8 [count, dimension]) as an output [batch]."""
    graph.output.append(helper.make_tensor_value_info("familiarity", onnx.TensorProto.FLOAT, ["batch"]))
    constants = {"learned": np.ascontiguousarray(prototypes.T), "learned_scale": np.float32(scale), "learned_zero": np.int8(0), "learned_floor": np.float32(1e-9)}
    for name, value in constants.items():
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), f"familiarity/{name}"))
    local = lambda *names: [f"familiarity/{name}" for name in names]
    graph.node.extend([
        helper.make_node("ReduceL2", ["embedding"], local("length"), axes=[1], keepdims=1),
        helper.make_node("Max", local("length", "learned_floor"), local("divisor")),
        helper.make_node("Div", ["embedding", *local("divisor")], local("unit")),
        helper.make_node("DequantizeLinear", local("learned", "learned_scale", "learned_zero"), local("columns")),
        helper.make_node("MatMul", local("unit", "columns"), local("cosines")),
        helper.make_node("ReduceMax", local("cosines"), ["familiarity"], axes=[1], keepdims=0),
    ])


def write(folder, learned_file, held_file):
    learned = unit_rows(learned_file)
    scale = np.abs(learned).max() / 127
    prototypes = np.round(learned / scale).astype(np.int8)
    path, manifest_path = os.path.join(folder, "model.onnx"), os.path.join(folder, "manifest.json")
    model = onnx.load(path)
    if any(output.name == "familiarity" for output in model.graph.output):
        raise SystemExit("This graph has the output familiarity already: export it again.")
    with_familiarity(model.graph, prototypes, scale)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    familiar = (unit_rows(held_file) @ (prototypes * np.float64(np.float32(scale))).T).max(1)
    limit = float(np.floor(np.quantile(familiar, UNFAMILIAR_SHARE) * 1e6) / 1e6)
    manifest = json.load(open(manifest_path))
    blob = open(path, "rb").read()
    manifest.update(sha256=hashlib.sha256(blob).hexdigest(), sizeBytes=len(blob))
    manifest["calibration"]["unfamiliarBelow"] = limit
    with open(manifest_path, "w") as file:
        json.dump(manifest, file, indent=2)
        file.write("\n")
    print(f"familiarity: {len(prototypes)} clips, {prototypes.nbytes} bytes; limit {limit} of {len(familiar)} clips unheard, under it {np.mean(familiar < limit):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["choose", "write"])
    parser.add_argument("arguments", nargs="+")
    args = parser.parse_args()
    {"choose": choose, "write": write}[args.task](*args.arguments)


if __name__ == "__main__":
    main()
