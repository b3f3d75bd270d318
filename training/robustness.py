"""Recall and confidence of the finished model under the conditions of conditions.py.

  python3 robustness.py CONDITIONS CHECKPOINT[,CHECKPOINT...] [--finish FINISH.npz --manifest MANIFEST.json]

The networks alone, on whole clips: what the platform's gate and windows add is
measured with `undertone eval CONDITIONS/<condition>/manifest.csv`.
"""
import argparse
import csv
import json
import os
import tempfile

import numpy as np
import torch

from conditions import ALL
from data import LABELS, SOXR, decode
from ensemble import joint_head
from export import load
from features import MelPower
from paired import difference
from scoring import EMBEDDING, predict, recall

ABSTAIN_BELOW = 0.4  # the platform's default


def spectra_of(folder):
    """The manifest's rows and their log mel power in the shape of data.py's cache."""
    with open(os.path.join(folder, "manifest.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    mel, clips = MelPower().eval(), []
    for start in range(0, len(rows), 25):
        with tempfile.TemporaryDirectory() as temporary, torch.no_grad():
            for wave in decode([os.path.join(folder, row["path"]) for row in rows[start:start + 25]], SOXR, temporary):
                samples = torch.from_numpy(wave.astype(np.float32) / 32768.0)[None]
                clips.append(torch.log(mel(samples, torch.tensor([samples.shape[1]]))[0][0] + 1e-15).half().numpy())
    return rows, (np.concatenate(clips), np.cumsum([0] + [len(clip) for clip in clips]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("conditions")
    parser.add_argument("checkpoints")
    parser.add_argument("--finish", help="what finish.py fitted; without: the networks as they are trained")
    parser.add_argument("--manifest", help="of the exported model: its calibration")
    args = parser.parse_args()
    torch.set_num_threads(1)
    nets, finish = [load(path) for path in args.checkpoints.split(",")], np.load(args.finish) if args.finish else None
    calibration = {"temperature": 1.0}
    if args.manifest:
        with open(args.manifest) as file:
            calibration = json.load(file)["calibration"]
    weight, bias, scale = joint_head(nets)
    projection, head, bias = (finish["projection"], finish["head"], finish["bias"]) if finish else (np.eye(len(weight)), weight.numpy(), bias.numpy())
    plain = {}
    print("| condition | UA, CREMA-D | against the first, paired | UA, EMO-DB | mean confidence | accuracy | abstained |\n|---|---|---|---|---|---|---|")
    for name in [name for name in ALL if os.path.exists(os.path.join(args.conditions, name, "manifest.csv"))]:
        rows, spectra = spectra_of(os.path.join(args.conditions, name))
        labels = np.array([LABELS.index(row["emotion"]) for row in rows])
        large = np.array([row["corpus"] == "crema-d" for row in rows])
        x = np.concatenate([predict(net, [spectra], range(len(rows)), output=EMBEDDING) for net in nets], 1) * scale
        scores = torch.softmax(torch.tensor(x @ projection @ head + bias) / calibration["temperature"], 1).numpy()
        guess, confidence = scores.argmax(1), scores.max(1)
        right = (guess == labels)[large]
        plain = plain or {"right": right}
        _, _, change, low, high = difference(plain["right"], right, labels[large], [row["speaker"] for row in rows if row["corpus"] == "crema-d"])
        small = f"{recall(guess[~large], labels[~large]):.3f}" if (~large).any() else "–"
        print(f"| {name} | {recall(guess[large], labels[large]):.3f} | {change:+.3f} [{low:+.3f}, {high:+.3f}] | {small} | {confidence.mean():.2f} | "
              f"{(guess == labels).mean():.2f} | {(confidence < calibration.get('abstainBelow', ABSTAIN_BELOW)).mean():.1%} |", flush=True)


if __name__ == "__main__":
    main()
