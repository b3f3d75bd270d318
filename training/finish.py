"""What is fitted after training: the published embedding and class offsets.

  python3 finish.py CACHE DATA CHECKPOINT[,CHECKPOINT...] --out FINISH.npz --held-out HELD_OUT.json

* The direction of the embedding in which neutral speech of the corpora differs
  (train speakers) is taken out, so that neither the head nor a search for
  neighbours can go by the microphone and the language.
* The members' embeddings in a row are brought to DIMENSION numbers: an orthonormal
  basis of what the head reads and of the largest other components, so that
  logits stay what they were and cosines nearly.
* Class offsets: listeners' votes in the targets favour *neutral*. They
  and a temperature minimise the class-balanced log loss on the validation
  speakers' clips, as they are and in made noise (6 to 14 dB): fitted on clean
  clips alone they took in noise what they gave without. Six numbers on 492
  clips overfit, so they are drawn towards zero.
* `--held-out` writes the finished logits of the validation and dev speakers,
  for calibrate.mjs: the confidence is fitted on more speakers than the labels.
* The probe: how well a linear classifier tells the corpus from the embedding of
  neutral speech, before and after, on speakers that it was not fitted on.
"""
import argparse
import json

import numpy as np
import torch
from torch.nn import functional as F

from data import LABELS, load_cache, read_manifest
from ensemble import joint_head
from export import load
from noise import in_noise
from scoring import EMBEDDING, predict, recall, split_of

DIMENSION = 512
PULL = 0.02  # weight of the squared offsets in the loss
NOISE_SEED = 5


def embeddings_of(nets, cache, indices):
    return np.concatenate([predict(net, cache, indices, output=EMBEDDING) for net in nets], 1) * joint_head(nets)[2]


def erasing(x, labels, corpora, label, shrink=0.01):
    """(reader, writer) [dimension, 1]: x - x reader writerᵀ has the same mean for `label` in both corpora.

    Equal means leave a linear classifier nothing to go by, and this is the
    least change in the metric of the data's covariance that makes them equal
    (Belrose et al. 2023): what is uncorrelated with the difference stays.
    """
    own = labels == label
    difference = (x[own & (corpora == 1)].mean(0) - x[own & (corpora == 0)].mean(0))[:, None]
    within = x - np.stack([x[labels == c].mean(0) for c in range(labels.max() + 1)])[labels]
    covariance = within.T @ within / len(x)
    covariance += shrink * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    solved = np.linalg.solve(covariance, difference)
    return solved / (difference.T @ solved), difference


def compact(x, weight, size):
    """Orthonormal [dimension, size]: holds the columns of `weight`, and most of what else there is in `x`."""
    read, _ = np.linalg.qr(weight)
    rest = x - (x @ read) @ read.T
    _, vectors = np.linalg.eigh(rest.T @ rest)
    return np.concatenate([read, vectors[:, ::-1][:, :size - read.shape[1]]], 1)


def probe(train, train_corpus, test, test_corpus):
    """Balanced accuracy of a class-balanced logistic regression, fitted on one set of speakers and tried on another."""
    centre, spread = train.mean(0), train.std(0) + 1e-6
    x, y = torch.tensor((train - centre) / spread, dtype=torch.float32), torch.tensor(train_corpus, dtype=torch.float32)
    weight, bias = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    balance = torch.where(y > 0, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200)

    def loss():
        optimizer.zero_grad()
        value = (balance * F.binary_cross_entropy_with_logits(x @ weight + bias, y, reduction="none")).mean() + 1e-3 * (weight ** 2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    guess = (torch.tensor((test - centre) / spread, dtype=torch.float32) @ weight + bias > 0).numpy()
    return recall(guess.astype(int), np.asarray(test_corpus))


def fit_offsets(logits, labels):
    """(offsets, temperature) of the least class-balanced log loss; probabilities are softmax((logits + offsets) / temperature)."""
    x, y = torch.tensor(logits), torch.tensor(labels)
    offsets, scale = torch.zeros(len(LABELS), requires_grad=True), torch.zeros(1, requires_grad=True)
    balance = 1.0 / torch.bincount(y, minlength=len(LABELS)).float()[y] / len(LABELS)
    optimizer = torch.optim.LBFGS([offsets, scale], max_iter=200)

    def loss():
        optimizer.zero_grad()
        value = (balance * F.cross_entropy((x + offsets) * torch.exp(scale), y, reduction="none")).sum() + PULL * (offsets ** 2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    offsets = offsets.detach().numpy()
    return offsets - offsets.mean(), float(torch.exp(-scale))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cache")
    parser.add_argument("data")
    parser.add_argument("checkpoints")
    parser.add_argument("--out", required=True)
    parser.add_argument("--held-out", required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows, cache = read_manifest(args.data), load_cache(args.cache, ["plain"])
    train, held = split_of(rows)
    # Means and covariances need no more than a third of the larger corpus.
    train = [i for k, i in enumerate(train) if k % 3 == 0 or rows[i]["corpus"] != "crema-d"]
    labels = np.array([row["label"] for row in rows])
    corpora = np.array([int(row["corpus"] != "crema-d") for row in rows])
    neutral = LABELS.index("neutral")
    dev = [i for i, row in enumerate(rows) if row["split"] == "dev"]
    probed = labels[dev] == neutral
    nets = [load(path) for path in args.checkpoints.split(",")]
    embedded = {name: embeddings_of(nets, cache, part) for name, part in (("train", train), ("held", held), ("dev", dev))}
    embedded["noisy"] = embeddings_of(nets, [in_noise(cache[0], held, NOISE_SEED)], range(len(held)))
    weight, bias = (value.numpy() for value in joint_head(nets)[:2])
    quiet = [k for k, i in enumerate(train) if labels[i] == neutral]
    projection, head = None, weight
    for stage in ("before", "after"):
        if stage == "after":
            reader, writer = erasing(embedded["train"], labels[train], corpora[train], neutral)
            erase = np.eye(len(reader)) - reader @ writer.T
            whole = embedded["train"] @ erase
            # The graph holds it in half precision: fit the head to what is read.
            projection = (erase @ compact(whole, weight, min(DIMENSION, len(reader)))).astype(np.float16).astype(np.float32)
            head = np.linalg.lstsq(embedded["train"] @ projection, whole @ weight, rcond=None)[0]
            embedded = {name: x @ projection for name, x in embedded.items()}
            print(f"{projection.shape[1]} of {len(reader)} dimensions keep {(embedded['train'] ** 2).sum() / (whole ** 2).sum():.4f} of the energy")
        told = probe(embedded["train"][quiet], corpora[train][quiet], embedded["dev"][probed], corpora[dev][probed])
        logits, noisy = ((embedded[name] @ head + bias).astype(np.float32) for name in ("held", "noisy"))
        print(f"{stage} erasing: validation recall {recall(logits.argmax(1), labels[held]):.4f}, in made noise {recall(noisy.argmax(1), labels[held]):.4f}, "
              f"corpus told from neutral dev speech {told:.3f}")
    offsets, temperature = fit_offsets(np.concatenate([logits, noisy]), np.tile(labels[held], 2))
    print("offsets " + " ".join(f"{name} {value:+.2f}" for name, value in zip(LABELS, offsets)) + f", temperature {temperature:.4f}")
    print(f"with offsets: validation recall {recall((logits + offsets).argmax(1), labels[held]):.4f}, in made noise {recall((noisy + offsets).argmax(1), labels[held]):.4f}")
    items = []
    for name, part in (("held", held), ("dev", dev)):
        finished = embedded[name] @ head + bias + offsets
        items += [{"logits": [round(float(value), 6) for value in values], "truth": int(labels[i]), "cluster": rows[i]["speaker"],
                   "group": f"{rows[i]['corpus']} {'dev' if name == 'dev' else 'validation'}"} for i, values in zip(part, finished)]
    with open(args.held_out, "w") as file:
        json.dump(items, file)
    np.savez(args.out, projection=projection, head=head, bias=bias + offsets, temperature=temperature)


if __name__ == "__main__":
    main()
