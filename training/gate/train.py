"""Trains the gate on the cache: python3 train.py OUT [--steps N]. One seed, one thread; the weights kept are a moving average."""
import argparse
import copy
import json
import os
import time

import numpy as np
import torch
from torch.nn import functional as F

from network import KINDS, GateNet
from spectra import HIGH_HZ, LOW_HZ, MEL_BANDS

SHARES = {"speech": 0.42, "singing": 0.2, "music": 0.22, "noise": 0.16}
mels = np.linspace(np.log10(1 + LOW_HZ / 700), np.log10(1 + HIGH_HZ / 700), MEL_BANDS + 2)[1:-1]
CENTRES = (700 * (10 ** mels - 1)).astype(np.float32)
OCTAVES = np.log2(CENTRES / 500)


class Cache:
    def __init__(self, out):
        self.mel = np.load(os.path.join(out, "mel.npy"), mmap_mode="r")
        self.offsets = np.load(os.path.join(out, "offsets.npy"))
        with open(os.path.join(out, "rows.tsv")) as file:
            self.rows = [line.rstrip("\n").split("\t") for line in file]

    def clip(self, i):
        return self.mel[self.offsets[i]:self.offsets[i + 1]]

    def choose(self, part):
        """Indices by kind, and how likely each is to be drawn: long pieces more often, but not by their whole length."""
        chosen = {}
        for kind in KINDS:
            own = [i for i, row in enumerate(self.rows) if row[0] == kind and row[1] == part]
            weight = np.array([min(400.0, self.offsets[i + 1] - self.offsets[i]) ** 0.5 * share_of(self.rows[i]) for i in own])
            chosen[kind] = (np.array(own), weight / weight.sum())
        return chosen


def share_of(row):
    """Real recordings outweigh made ones, and rare kinds of speech the plenty of one corpus."""
    file = row[3]
    if row[0] == "speech":
        return 6.0 if "librispeech" in file else 3.0 if "emodb" in file else 0.6 if "/espeak/" in file or "/spoken/" in file else 0.4 if "prompts" in row[2] else 1.0
    if row[0] == "music":
        return 12.0 if "/pieces/" not in file else 1.0
    return 1.0


def stretch_of(log_power, frames, rng, repeat):
    """A crop; what is too short is set into its own quiet background, or repeated where the sound goes on for ever."""
    have = len(log_power)
    if have >= frames:
        start = rng.integers(0, have - frames + 1)
        return np.exp(log_power[start:start + frames].astype(np.float32))
    power = np.exp(log_power.astype(np.float32))
    if repeat:
        return np.tile(power, (frames // have + 1, 1))[:frames]
    level = np.percentile(power.mean(1), 10) * rng.choice([0.0, 0.3, 1.0])
    shape = power.mean(0) / (power.mean() + 1e-20)
    out = (level * shape * rng.gamma(2.0, 0.5, (frames, power.shape[1])) + 1e-13).astype(np.float32)
    start = rng.integers(0, frames - have + 1)
    out[start:start + have] += power
    return out


def loudness(power):
    energy = power.mean(1)
    return float((energy ** 2).sum() / (energy.sum() + 1e-20)) + 1e-13


def draw(cache, chosen, kind, frames, rng):
    own, weight = chosen[kind]
    i = own[rng.choice(len(own), p=weight)]
    return stretch_of(cache.clip(i), frames, rng, repeat=kind in ("noise", "music"))


def example(cache, chosen, kind, frames, rng):
    """One sound with what may lie behind it: the kind stays that of what is in front."""
    power = draw(cache, chosen, kind, frames, rng)
    power = power / loudness(power)
    if kind in ("speech", "singing") and rng.random() < 0.35:
        behind = draw(cache, chosen, "music" if rng.random() < (0.5 if kind == "speech" else 0.8) else "noise", frames, rng)
        ratio = rng.uniform(3, 25) if kind == "speech" else rng.uniform(-4, 20)
        power = power + behind / loudness(behind) * 10 ** (-ratio / 10)
    elif kind == "singing" and rng.random() < 0.25:
        other = draw(cache, chosen, "singing", frames, rng)
        power = power + other / loudness(other) * 10 ** (-rng.uniform(-3, 10) / 10)
    elif kind == "speech" and rng.random() < 0.08:
        other = draw(cache, chosen, "speech", frames, rng)
        power = power + other / loudness(other) * 10 ** (-rng.uniform(0, 15) / 10)
    if rng.random() < 0.35:  # a room, as steady hiss of some colour
        hiss = 10 ** (rng.uniform(-6, 1) * OCTAVES / 10)
        power = power + (hiss / hiss.mean() * 10 ** (-rng.uniform(8, 45) / 10) * rng.gamma(2.0, 0.5, power.shape)).astype(np.float32)
    if rng.random() < 0.15:  # reverberation smears each band forward
        keep, tail = 10 ** (-3 * 0.02 / rng.uniform(0.2, 1.5)), np.zeros(power.shape[1], np.float32)
        share, wet = rng.uniform(0.05, 0.5), np.empty_like(power)
        for t in range(len(power)):
            tail = keep * tail + (1 - keep) * power[t]
            wet[t] = power[t] + share * 8 * tail
        power = wet
    tilt = rng.normal(0, 1.5) * OCTAVES + rng.normal(0, 1.5) * np.cos(np.pi * np.arange(MEL_BANDS) / MEL_BANDS + rng.uniform(0, 6.28))
    power = power * (10 ** (tilt / 10)).astype(np.float32)
    if rng.random() < 0.35:  # a telephone
        low, high = rng.uniform(150, 350), rng.uniform(2800, 3700)
        slope = -24 * np.log2(low / CENTRES).clip(0) - 60 * np.log2(CENTRES / high).clip(0)
        power = power * (10 ** (slope / 10)).astype(np.float32) + 1e-7
    return power


def mask(channels, rng):
    for item in channels:
        for _ in range(rng.integers(0, 3)):
            size, start = rng.integers(0, 9), rng.integers(0, MEL_BANDS - 9)
            item[:, :, start:start + size] = 0
    return channels


def evaluate(net, cache, chosen, rng, count=160):
    """Share found right by kind, and the share of speech under a few thresholds, on fresh four-second examples."""
    net.eval()
    out = {}
    with torch.no_grad():
        for kind in KINDS:
            power = np.stack([example(cache, chosen, kind, 200, rng) for _ in range(count)])
            probabilities = torch.softmax(net(torch.from_numpy(power)), 1).numpy()
            out[kind] = [round(float((probabilities.argmax(1) == k).mean()), 3) for k in range(4)]
            if kind == "speech":
                out["lost at .5 .3 .2 .1"] = [round(float((probabilities[:, 0] < t).mean()), 3) for t in (0.5, 0.3, 0.2, 0.1)]
    net.train()
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name", default="gate")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    cache = Cache(args.out)
    chosen, held = cache.choose("train"), cache.choose("validation")
    net = GateNet()
    average = copy.deepcopy(net)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, args.steps, pct_start=0.1)
    kinds, shares = list(SHARES), np.array(list(SHARES.values()))
    started, losses = time.time(), []
    for step in range(args.steps):
        frames = 4 * int(rng.integers(13, 100))  # 1 to 8 s
        size = max(8, min(args.batch, args.batch * 200 // frames))
        labels = rng.choice(len(kinds), size, p=shares)
        power = torch.from_numpy(np.stack([example(cache, chosen, kinds[k], frames, rng) for k in labels]))
        with torch.no_grad():
            channels, weight = net.normalise(power)
            channels = mask(channels, rng)
        logits = net.classify(channels, weight)
        loss = F.cross_entropy(logits, torch.from_numpy(labels), label_smoothing=0.03)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss))
        keep = min(0.997, step / (step + 20))
        with torch.no_grad():
            for slow, fast in zip(average.state_dict().values(), net.state_dict().values()):
                slow.mul_(keep).add_(fast, alpha=1 - keep) if slow.is_floating_point() else slow.copy_(fast)
        if step % 100 == 99 or step + 1 == args.steps:
            figures = evaluate(average, cache, held, np.random.default_rng(99)) if step % 400 == 399 or step + 1 == args.steps else {}
            print(step + 1, f"loss {np.mean(losses[-100:]):.4f} seconds {time.time() - started:.0f}", json.dumps(figures), flush=True)
            torch.save({"state": average.state_dict(), "arguments": vars(args)}, os.path.join(args.out, args.name + ".pt"))


if __name__ == "__main__":
    main()
