"""Reading the manifest and turning the clips into cached log-mel spectra.

Decoding and the speed/pitch/codec variants are done once by ffmpeg and kept
as one float16 array a variant, outside the repository: training then costs
no audio work at all and several processes share the pages of the cache.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from features import MEL_BANDS, SAMPLE_RATE, MelPower

LABELS = ["angry", "disgusted", "fearful", "happy", "neutral", "sad"]
VOTE_LETTERS = {"A": "angry", "D": "disgusted", "F": "fearful", "H": "happy", "N": "neutral", "S": "sad"}

SOXR = "aresample=16000:resampler=soxr"
# Small on purpose: pitch and tempo carry emotion, so a variant must stay a
# plausible other speaker and not become another emotion. `asetrate` moves
# pitch, formants and tempo together; `atempo` moves tempo alone.
VARIANTS = {
    "plain": SOXR,
    "slower": f"{SOXR},asetrate=14880,{SOXR}",
    "faster": f"{SOXR},asetrate=17200,{SOXR}",
    "stretched": f"{SOXR},atempo=0.88",
    "squeezed": f"{SOXR},atempo=1.13",
    "lower": f"{SOXR},asetrate=14560,{SOXR},atempo=1.0989",
    "higher": f"{SOXR},asetrate=17600,{SOXR},atempo=0.9091",
}
# A recording that is far too loud for its 16 bits (decode() writes them).
CLIPPED = {"clipped": f"{SOXR},volume=17dB"}


def read_manifest(data_dir):
    """Rows of the manifest whose label the model knows, with soft vote targets."""
    rows = []
    with open(os.path.join(data_dir, "manifest.csv"), newline="") as file:
        for row in csv.DictReader(file):
            if row["emotion"] not in LABELS:
                continue  # "other" (boredom) is 58 clips of one corpus: too few to learn
            votes = [VOTE_LETTERS[v] for v in row["crowd_voice_vote"].split(":") if v in VOTE_LETTERS]
            vote = np.zeros(len(LABELS), np.float32)
            for name in votes or [row["emotion"]]:
                vote[LABELS.index(name)] += 1.0 / max(1, len(votes))
            rows.append({**row, "label": LABELS.index(row["emotion"]), "vote": vote,
                         "file": os.path.join(data_dir, row["path"])})
    return rows


def decode(files, audio_filter, folder):
    """Decode a few files with one ffmpeg (its start-up costs more than a clip)."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-threads", "1"]
    for file in files:
        command += ["-i", file]
    outputs = [os.path.join(folder, f"{i}.s16") for i in range(len(files))]
    for i, output in enumerate(outputs):
        command += ["-map", f"{i}:a:0", "-af", audio_filter, "-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "s16le", output]
    subprocess.run(command, check=True)
    return [np.fromfile(output, np.int16) for output in outputs]


def build_variant(rows, name, cache_dir, log=print):
    """Write `<name>.npy` (frames x bands, float16 log power) and return nothing."""
    target = os.path.join(cache_dir, f"{name}.npy")
    if os.path.exists(target):
        return
    mel, chunk = MelPower(), 25
    mel.eval()

    def work(start):
        part = rows[start:start + chunk]
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            waves = decode([row["file"] for row in part], {**VARIANTS, **CLIPPED}[name], folder)
            out = []
            for wave in waves:
                samples = torch.from_numpy(wave.astype(np.float32) / 32768.0)[None]
                power, _ = mel(samples, torch.tensor([samples.shape[1]]))
                # float16 logs keep 3 digits: far finer than any augmentation.
                out.append(torch.log(power[0] + 1e-15).half().numpy())
            return out

    with ThreadPoolExecutor(2) as pool:
        spectra = [s for part in pool.map(work, range(0, len(rows), chunk)) for s in part]
    offsets = np.cumsum([0] + [len(s) for s in spectra])
    np.save(os.path.join(cache_dir, f"{name}.offsets.npy"), offsets)
    np.save(target + ".tmp.npy", np.concatenate(spectra))
    os.replace(target + ".tmp.npy", target)
    log(f"{name}: {offsets[-1]} frames of {MEL_BANDS} bands")


def load_cache(cache_dir, names=VARIANTS):
    """Memory-mapped spectra: a list of (array, offsets), the plain one first."""
    return [(np.load(os.path.join(cache_dir, f"{name}.npy"), mmap_mode="r"),
             np.load(os.path.join(cache_dir, f"{name}.offsets.npy"))) for name in names
            if os.path.exists(os.path.join(cache_dir, f"{name}.npy"))]


def build_cache(data_dir, cache_dir, extra=()):
    """Decode everything once; a changed list of clips or variants starts anew."""
    os.makedirs(cache_dir, exist_ok=True)
    rows = read_manifest(data_dir)
    stamp = json.dumps([[row["path"] for row in rows], VARIANTS])
    stamp_file = os.path.join(cache_dir, "stamp.json")
    if os.path.exists(stamp_file) and open(stamp_file).read() != stamp:
        for name in os.listdir(cache_dir):
            os.remove(os.path.join(cache_dir, name))
    with open(stamp_file, "w") as file:
        file.write(stamp)
    for name in [*VARIANTS, *extra]:
        build_variant(rows, name, cache_dir)


if __name__ == "__main__":
    torch.set_num_threads(1)
    # `data.py DATA CACHE --clipped` also makes what `train.py --noise` needs.
    build_cache(sys.argv[1], sys.argv[2], CLIPPED if "--clipped" in sys.argv[3:] else ())
