"""Opinions of trained networks about the clips.

  python3 teach.py CACHE DATA CHECKPOINT[@SHARE][,CHECKPOINT...] [--soft FILE.npy]

Prints the unweighted recall of each network and of their mean on the
validation speakers (never dev) and the log loss there at its best temperature;
`--soft` also writes their mean probabilities about the training clips, which a
further cycle of training mixes into its targets.
"""
import argparse

import numpy as np
import torch
from torch.nn import functional as F

from data import LABELS, load_cache, read_manifest
from export import load
from scoring import predict, recall, split_of


def fit_temperature(logits, labels):
    """(temperature, log loss) of the best of a fine grid: one number needs no optimiser."""
    grid = np.exp(np.linspace(np.log(0.3), np.log(4.0), 400)).astype(np.float32)
    losses = [float(F.cross_entropy(torch.from_numpy(logits / t), torch.from_numpy(labels))) for t in grid]
    return float(grid[int(np.argmin(losses))]), min(losses)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cache")
    parser.add_argument("data")
    parser.add_argument("checkpoints")
    parser.add_argument("--soft")
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows, cache = read_manifest(args.data), load_cache(args.cache, ["plain"])
    train, held = split_of(rows)
    labels = np.array([row["label"] for row in rows])
    nets = [load(path) for path in args.checkpoints.split(",")]
    logits = [predict(net, cache, held) for net in nets]
    mean = np.average(logits, 0, [net.share for net in nets]).astype(np.float32)
    for path, values in zip(args.checkpoints.split(",") + ["mean"], logits + [mean]):
        # With 492 clips the log loss tells models apart better than the recall does.
        temperature, loss = fit_temperature(values, labels[held])
        print(f"{path}: validation recall {recall(values.argmax(1), labels[held]):.4f} log loss {loss:.4f} at {temperature:.4f}")
    if args.soft:
        soft = np.zeros((len(rows), len(LABELS)), np.float32)
        soft[train] = np.mean([F.softmax(torch.from_numpy(predict(net, cache, train)), 1).numpy() for net in nets], 0)
        np.save(args.soft, soft)


if __name__ == "__main__":
    main()
