"""What a condition, or another model, costs on the same clips.

  python3 paired.py BEFORE/items.csv AFTER/items.csv [--speakers PREFIX]

Takes the items that `undertone eval --report` writes, in one order of clips.
Prints the unweighted recall of both and the difference with its 95 % interval,
drawn over whole speakers: the clips are the same, so the difference is surer
than either figure. `--speakers` keeps one corpus (crema_, emodb_).
"""
import argparse
import csv

import numpy as np

RESAMPLES = 2000


def recalls(counts):
    """Unweighted recall from [..., labels, 2] counts of (right, all)."""
    with np.errstate(invalid="ignore"):
        return np.nanmean(counts[..., 0] / counts[..., 1], -1)


def by_speaker(right, truth, speakers):
    """[speakers, labels, 2] counts of right answers and of clips."""
    names, labels = sorted(set(speakers)), sorted(set(truth))
    counts = np.zeros((len(names), len(labels), 2))
    for hit, label, speaker in zip(right, truth, speakers):
        counts[names.index(speaker), labels.index(label)] += (hit, 1)
    return counts


def difference(before, after, truth, speakers, seed=1):
    """(recall before, recall after, after - before, low, high)."""
    first, second = by_speaker(before, truth, speakers), by_speaker(after, truth, speakers)
    drawn = np.random.default_rng(seed).integers(0, len(first), (RESAMPLES, len(first)))
    spread = recalls(second[drawn].sum(1)) - recalls(first[drawn].sum(1))
    a, b = float(recalls(first.sum(0))), float(recalls(second.sum(0)))
    return a, b, b - a, *np.nanquantile(spread, [0.025, 0.975])


def items_of(path, prefix):
    with open(path, newline="") as file:
        return [row for row in csv.DictReader(file) if row["speaker"].startswith(prefix)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--speakers", default="")
    args = parser.parse_args()
    before, after = items_of(args.before, args.speakers), items_of(args.after, args.speakers)
    if [(row["speaker"], row["truth"]) for row in before] != [(row["speaker"], row["truth"]) for row in after]:
        parser.error("the two files are not about the same clips in one order")
    right = [np.array([row["correct"] == "true" for row in rows]) for rows in (before, after)]
    a, b, change, low, high = difference(*right, [row["truth"] for row in after], [row["speaker"] for row in after])
    unsure = [np.mean([row["abstained"] == "true" or row["answered"] == "" for row in rows]) for rows in (before, after)]
    sure = [np.mean([float(row["confidence"] or 0) for row in rows if row["answered"]]) for rows in (before, after)]
    print(f"{len(after)} clips: UA {a:.3f} -> {b:.3f}, {change:+.3f} [{low:+.3f}, {high:+.3f}]; "
          f"confidence {sure[0]:.2f} -> {sure[1]:.2f}; abstained or not judged {unsure[0]:.1%} -> {unsure[1]:.1%}")


if __name__ == "__main__":
    main()
