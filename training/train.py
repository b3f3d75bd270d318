"""Train one network. Run through `run.sh`; every choice is an argument.

  python3 train.py CACHE DATA --name first --seed 1 --epochs 40

The weights kept are a moving average over the steps.
"""
import argparse
import copy
import os
import time

import numpy as np
import torch
from torch.nn import functional as F

import augment
from data import CLIPPED, LABELS, load_cache, read_manifest
from model import EmotionNet
from noise import add_noise
from scoring import predict, recall, split_of


def in_bfloat16(net):
    """Run the convolutions in bfloat16, 3-4 times faster on a CPU with AMX.

    Everything after them (GRU, pooling, head) and all weights stay float32,
    and the exported graph is float32 throughout.
    """
    convolve = net.convolve

    def fast(*inputs):
        with torch.autocast("cpu", torch.bfloat16):
            return convolve(*inputs)

    net.convolve = fast


def epoch_order(rows, indices, rng, emodb_share):
    """One epoch: every CREMA-D clip once, EMO-DB drawn class-balanced."""
    large = [i for i in indices if rows[i]["corpus"] == "crema-d"]
    small = [i for i in indices if rows[i]["corpus"] != "crema-d"]
    by_class = {c: [i for i in small if rows[i]["label"] == c] for c in range(len(LABELS))}
    wanted = int(emodb_share * len(large)) // len(LABELS) if small else 0
    extra = [i for c in by_class if by_class[c] for i in rng.choice(by_class[c], wanted)]
    order = np.array(large + extra)
    rng.shuffle(order)
    return order


def targets_of(rows, args, soft):
    """Acted label, mixed with what listeners heard and with teachers' opinions."""
    hard = np.eye(len(LABELS), dtype=np.float32)[[row["label"] for row in rows]]
    votes = np.stack([row["vote"] for row in rows])
    target = (1 - args.vote) * hard + args.vote * votes
    if soft is not None:
        known = soft.sum(1, keepdims=True) > 0
        target = np.where(known, (1 - args.distil) * target + args.distil * soft, target)
    return torch.from_numpy(((1 - args.smooth) * target + args.smooth / len(LABELS)).astype(np.float32))


def mixed(channels, weight, wanted, rng):
    """Each clip with a share of another one of the batch: features, weights and targets alike."""
    share, other = float(rng.beta(0.4, 0.4)), torch.from_numpy(rng.permutation(len(channels)))
    mix = lambda x: share * x + (1 - share) * x[other]
    return mix(channels).contiguous(memory_format=torch.channels_last), mix(weight), mix(wanted)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cache")
    parser.add_argument("data")
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", default="runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--decay", type=float, default=0.03)
    parser.add_argument("--vote", type=float, default=0.15)
    parser.add_argument("--smooth", type=float, default=0.05)
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--emodb-share", type=float, default=0.15)
    parser.add_argument("--ema", type=float, default=0.997)
    parser.add_argument("--start", help="checkpoint to go on from, as a warm restart")
    parser.add_argument("--soft", help="npy of teacher probabilities, one row a manifest row")
    parser.add_argument("--distil", type=float, default=0.5)
    parser.add_argument("--widths", default="16,32,64,96")
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--noise", type=float, default=0.0, help="share of the clips in noise (noise.py); above 0 also more calls and clipped recordings")
    parser.add_argument("--floor", type=float, help="dB under a band's mean speech at which its floor is laid (features.py)")
    parser.add_argument("--mixup", type=float, default=0.0, help="share of the batches whose clips are mixed two by two (Zhang et al. 2018)")
    parser.add_argument("--stop", type=int, help="leave the schedule after so many epochs")
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    rows, cache = read_manifest(args.data), load_cache(args.cache)
    # A generator of its own: the stages without noise draw what they drew before there was any.
    hard = np.random.default_rng(args.seed + 1000) if args.noise > 0 else None
    clipped = load_cache(args.cache, CLIPPED)[0] if args.noise > 0 else None
    mixing = np.random.default_rng(args.seed + 2000)
    harden = None if hard is None else lambda power: augment.call(add_noise(power, hard, args.noise), hard)
    train, held = split_of(rows)
    labels = np.array([r["label"] for r in rows])
    target = targets_of(rows, args, np.load(args.soft) if args.soft else None)

    net = EmotionNet(len(LABELS), tuple(map(int, args.widths.split(","))), units=args.units, dropout=args.dropout, floor_db=args.floor)
    net = net.to(memory_format=torch.channels_last)
    if args.start:
        net.load_state_dict(torch.load(args.start)["state"])
    average = copy.deepcopy(net)
    in_bfloat16(net)
    in_bfloat16(average)
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": args.decay},
                                   {"params": plain, "weight_decay": 0.0}], lr=args.lr)
    steps = args.epochs * (len(epoch_order(rows, train, np.random.default_rng(0), args.emodb_share)) // args.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, steps, pct_start=0.1)
    os.makedirs(args.out, exist_ok=True)
    log = open(os.path.join(args.out, args.name + ".log"), "w")
    print(f"{sum(p.numel() for p in net.parameters())} parameters, {steps} steps", file=log, flush=True)
    started, step = time.time(), 0
    for epoch in range(args.epochs):
        net.train()
        order, losses = epoch_order(rows, train, rng, args.emodb_share), []
        for first in range(0, len(order) - args.batch + 1, args.batch):
            part = order[first:first + args.batch]
            frames = 2 * int(rng.integers(48, 82))  # 1.9 to 3.3 s: most clips whole, some cropped, many padded
            clips = []
            for i in part:
                # Half of the time the clip as it is, else a speed or pitch variant.
                array, offsets = cache[0 if rng.random() < 0.4 else rng.integers(0, len(cache))]
                if hard is not None and hard.random() < 0.1:
                    array, offsets = clipped
                clips.append(array[offsets[i]:offsets[i + 1]])
            power = augment.batch_power(clips, frames, rng, args.strength, harden)
            with torch.no_grad():
                channels, weight = net.normalise(power, torch.ones(power.shape[:2]))
                channels = augment.spec_mask(channels, rng)
                channels = channels.bfloat16().contiguous(memory_format=torch.channels_last)
            wanted = target[part]
            if mixing.random() < args.mixup:
                channels, weight, wanted = mixed(channels, weight, wanted, mixing)
            logits = net.run(channels, weight)[3]
            loss = -(wanted * F.log_softmax(logits, 1)).sum(1).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimizer.step()
            schedule.step()
            step += 1
            losses.append(float(loss))
            keep = min(args.ema, step / (step + 20))
            with torch.no_grad():
                for slow, fast in zip(average.state_dict().values(), net.state_dict().values()):
                    if slow.is_floating_point():
                        slow.mul_(keep).add_(fast, alpha=1 - keep)
        line = f"epoch {epoch + 1} loss {np.mean(losses):.4f} seconds {time.time() - started:.0f}"
        if epoch % 3 == 2 or epoch + 1 == args.epochs:
            logits = predict(average, cache, held)
            line += f" validation {recall(logits.argmax(1), labels[held]):.3f}"
        print(line, file=log, flush=True)
        torch.save({"config": net.config, "state": average.state_dict(), "arguments": vars(args)},
                   os.path.join(args.out, args.name + ".pt"))
        if epoch + 1 == args.stop:
            break


if __name__ == "__main__":
    main()
