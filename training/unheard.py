"""How well networks do on a whole corpus that none of them has heard.

  python3 unheard.py CACHE DATA CHECKPOINT[@SHARE][,CHECKPOINT...] [--corpus emodb]

For networks that were trained with `train.py --emodb-share 0`: every clip of the
other corpus counts, its train speakers as well. Networks alone, on whole clips;
unweighted recall with its 95 % interval, drawn over whole speakers.
"""
import argparse

import numpy as np
import torch

from data import LABELS, load_cache, read_manifest
from export import load
from paired import RESAMPLES, by_speaker, recalls
from scoring import predict


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cache")
    parser.add_argument("data")
    parser.add_argument("checkpoints")
    parser.add_argument("--corpus", default="emodb")
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows, cache = read_manifest(args.data), load_cache(args.cache, ["plain"])
    chosen = [i for i, row in enumerate(rows) if row["corpus"] == args.corpus]
    truth = np.array([rows[i]["label"] for i in chosen])
    speakers = [rows[i]["speaker"] for i in chosen]
    paths = args.checkpoints.split(",")
    nets = [load(path) for path in paths]
    logits = [predict(net, cache, chosen) for net in nets]
    answers = dict(zip(paths, logits))
    if len(nets) > 1:
        answers["mean"] = np.average(logits, 0, [net.share for net in nets])
    for name, values in answers.items():
        counts = by_speaker(values.argmax(1) == truth, truth, speakers)
        drawn = np.random.default_rng(1).integers(0, len(counts), (RESAMPLES, len(counts)))
        low, high = np.nanquantile(recalls(counts[drawn].sum(1)), [0.025, 0.975])
        by_class = ", ".join(f"{label} {share:.2f}" for label, share in zip(LABELS, counts.sum(0)[:, 0] / counts.sum(0)[:, 1]))
        print(f"{name}: {len(chosen)} clips, {len(counts)} speakers, recall {recalls(counts.sum(0)):.3f} [{low:.3f}, {high:.3f}] ({by_class})")


if __name__ == "__main__":
    main()
