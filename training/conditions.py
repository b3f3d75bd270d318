"""The dev clips as a telephone, an MP3 file, a noisy room and so on deliver them.

  python3 conditions.py DATA OUT [--every 2] [--only clean noise] [--of validation|train] [--noise FILE.wav ...]

Writes OUT/<condition>/ with the clips and a manifest.csv that `undertone eval`
reads: the same clips in each, so that the conditions can be compared item by
item. Without --noise the noise is made here: half pink, half many voices.
"""
import argparse
import csv
import os
import subprocess
import tempfile
import wave as wavefile

import numpy as np

from data import SAMPLE_RATE, SOXR, decode, read_manifest
from scoring import split_of

# name: (ffmpeg's filter, encoder arguments, extension); the others need no ffmpeg
ENCODED = {
    "telephone": ("highpass=f=300,lowpass=f=3400,lowpass=f=3400,aresample=8000:resampler=soxr", ["-ar", "8000", "-c:a", "pcm_mulaw"], "wav"),
    "mp3": ("aresample=44100:resampler=soxr", ["-ac", "2", "-c:a", "libmp3lame", "-b:a", "64k"], "mp3"),
    "studio": ("aresample=48000:resampler=soxr", ["-ar", "48000", "-c:a", "pcm_s24le"], "wav"),
}
SNR_DB = 10.0
ALL = ["clean", "quiet", "loud", "silence", "noise", *ENCODED]


def made_noise(rows, rng):
    """Thirty seconds each of pink noise and of twelve voices at once, 16-bit range."""
    size = 30 * SAMPLE_RATE
    spectrum = np.fft.rfft(rng.standard_normal(size))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    pink = np.fft.irfft(spectrum, size)
    babble = np.zeros(size)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(12):
            picks = rng.choice([row["file"] for row in rows if row["split"] == "train"], 20)
            voice = np.concatenate(decode(list(picks), SOXR, folder)).astype(float)
            babble += np.resize(voice / voice.std(), size)
    return [pink, babble]


def with_noise(wave, noise, rng):
    """`wave` with a random stretch of `noise` 10 dB below its mean power; scaled down where it would clip."""
    start = rng.integers(0, max(1, len(noise) - len(wave)))
    stretch = np.resize(noise[start:], len(wave))
    power = np.mean(wave.astype(float) ** 2)
    mixed = wave + stretch * np.sqrt(power / (np.mean(stretch ** 2) + 1e-9) * 10 ** (-SNR_DB / 10))
    return (mixed * min(1.0, 32000 / (np.abs(mixed).max() + 1e-9))).astype(np.int16)


def heard_as(name, wave, noise, rng):
    """The samples under a condition that leaves them 16 kHz PCM."""
    if name == "noise":
        return with_noise(wave, noise, rng)
    if name == "silence":
        return np.concatenate([np.zeros(3 * SAMPLE_RATE // 2, np.int16), wave, np.zeros(SAMPLE_RATE, np.int16)])
    # 16 bits clip what exceeds them, as a microphone that is set too high does.
    gain = {"quiet": 0.1, "loud": 10.0, "clean": 1.0}[name]
    return np.round(wave * gain).clip(-32768, 32767).astype(np.int16)


def write_wav(wave, target):
    with wavefile.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(wave.tobytes())


def encode(name, sources, targets):
    """A few files with one ffmpeg."""
    chain, arguments, _ = ENCODED[name]
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-threads", "1"]
    for source in sources:
        command += ["-i", source]
    for i, target in enumerate(targets):
        command += ["-map", f"{i}:a:0", "-af", chain, *arguments, target]
    subprocess.run(command, check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("out")
    parser.add_argument("--every", type=int, default=1, help="only every n-th dev clip")
    parser.add_argument("--only", nargs="*", default=ALL, choices=ALL, help="the encoded ones are made of `clean`")
    parser.add_argument("--of", default="dev", choices=["dev", "validation", "train"], help="validation decides, dev is reported: give them different noise")
    parser.add_argument("--noise", nargs="*", default=[])
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    rows = read_manifest(args.data)
    chosen = [row for row in rows if row["split"] == "dev"] if args.of == "dev" else [rows[i] for i in split_of(rows)[args.of == "validation"]]
    chosen = chosen[::args.every]
    with tempfile.TemporaryDirectory() as folder:
        noises = [decode([file], SOXR, folder)[0].astype(float) for file in args.noise]
    noises = noises or made_noise(rows, rng)
    waves = []
    for start in range(0, len(chosen), 25):
        with tempfile.TemporaryDirectory() as folder:
            waves += decode([row["file"] for row in chosen[start:start + 25]], SOXR, folder)
    for name in args.only:
        folder = os.path.join(args.out, name)
        os.makedirs(folder, exist_ok=True)
        files = [f"{i:04d}.{ENCODED[name][2] if name in ENCODED else 'wav'}" for i in range(len(chosen))]
        targets = [os.path.join(folder, file) for file in files]
        if name in ENCODED:
            sources = [os.path.join(args.out, "clean", f"{i:04d}.wav") for i in range(len(chosen))]
            for start in range(0, len(chosen), 25):
                encode(name, sources[start:start + 25], targets[start:start + 25])
        else:
            for i, (wave, target) in enumerate(zip(waves, targets)):
                write_wav(heard_as(name, wave, noises[i % len(noises)], rng), target)
        with open(os.path.join(folder, "manifest.csv"), "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["path", "emotion", "speaker", "corpus", "condition"])
            writer.writerows([name_of, row["emotion"], row["speaker"], row["corpus"], name] for name_of, row in zip(files, chosen))
        print(f"{name}: {len(files)} clips", flush=True)


if __name__ == "__main__":
    main()
