"""Makes the made recordings and the cache of mel spectra: python3 prepare.py DATA PACKAGES OUT"""
import os
import subprocess
import sys
import tempfile
import wave
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

import music
import singing
from sources import find, recordings
from spectra import SAMPLE_RATE, MelPower

BATCH = 25
LANGUAGES = ["en-us", "en-gb", "de", "fr-fr", "es", "it", "pt-br", "ru", "cmn", "hi", "ar", "tr", "pl", "nl", "sv", "ja", "ko", "vi"]
WORDS = "one two three seven hello morning please never again under water people street window garden yellow number letter answer question doctor music river winter market simple open carry listen wonder because remember tomorrow".split()
LYRICS = "la do ray me far so tea moon love night day you my sing all star home way down light see fly sea blue rain wind heart ah oh".split()


def decode_all(paths, seconds):
    """Several files with one ffmpeg: its start costs more than a short clip."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1"]
        for path in paths:
            command += ["-t", str(seconds), "-i", path]
        outputs = [os.path.join(folder, str(i)) for i in range(len(paths))]
        for i, output in enumerate(outputs):
            command += ["-map", f"{i}:a:0", "-af", "aresample=16000:resampler=soxr", "-ac", "1", "-f", "s16le", output]
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode != 0:
            if len(paths) == 1:
                print(f"left out, not readable: {paths[0]}", file=sys.stderr)
                return [np.zeros(0, np.float32)]
            return [decode_all([path], seconds)[0] for path in paths]
        return [np.fromfile(output, np.int16).astype(np.float32) / 32768 for output in outputs]


def save(path, x):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(x, -1, 1) * 32767).astype(np.int16).tobytes())


def make_espeak(folder, count, rng):
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        words = " ".join(rng.choice(WORDS, rng.integers(3, 14)))
        voice = f"{rng.choice(LANGUAGES)}+{rng.choice(['m1', 'm3', 'm5', 'm7', 'f1', 'f2', 'f4', 'f5', 'croak', 'whisper'])}"
        subprocess.run(["espeak-ng", "-v", voice, "-p", str(rng.integers(20, 90)), "-s", str(rng.integers(120, 230)), "-w", os.path.join(folder, f"{i:03d}.wav"), words], check=True)


def make_festival(folder, count, rng):
    """Songs by a diphone synthesiser that has a singing mode; notes in a key, words that fit none of them."""
    os.makedirs(folder, exist_ok=True)
    names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    for i in range(count):
        key, scale, step, body = int(rng.integers(43, 62)), singing.SCALES[rng.integers(4)], 0, ""
        for _ in range(rng.integers(10, 22)):
            step = int(np.clip(step + rng.integers(-2, 3), -4, 7))
            octave, degree = divmod(step, len(scale))
            note = key + 12 * octave + scale[degree]
            body += f'<PITCH NOTE="{names[note % 12]}{note // 12 - 1}"><DURATION BEATS="{rng.choice([0.3, 0.5, 0.5, 1.0, 1.5])}">{rng.choice(LYRICS)}</DURATION></PITCH>\n'
        song = os.path.join(folder, f"{i:03d}.xml")
        with open(song, "w") as file:
            file.write(f'<?xml version="1.0"?>\n<!DOCTYPE SINGING PUBLIC "-//SINGING//DTD SINGING mark up//EN" "Singing.v0_1.dtd" []>\n<SINGING BPM="{rng.integers(50, 130)}">\n{body}</SINGING>\n')
        subprocess.run(["text2wave", "-mode", "singing", "-o", song[:-3] + "wav", song], check=True)


def make_voices(data, packages, made, sung_count, spoken_count, seed):
    """Sung and spoken resyntheses; the validation speakers' clips stay among themselves by their names."""
    clips = [r for r in recordings(data, packages, made) if r[0] == "speech" and "prompts" not in r[2] and "/spoken/" not in r[3]]
    rng = np.random.default_rng(seed)
    readers = [r for r in clips if "librispeech" in r[3]]
    jobs = []
    for folder, count in (("sung", sung_count), ("spoken", spoken_count)):
        os.makedirs(os.path.join(made, folder), exist_ok=True)
        for i in range(count):
            pool = readers if rng.random() < 0.2 else clips
            jobs.append((folder, i, pool[rng.integers(len(pool))], int(rng.integers(1 << 30))))

    def work(job):
        folder, i, (_, part, _, file), own_seed = job
        own = np.random.default_rng(own_seed)
        x = decode_all([file], 30)[0].astype(float)
        start = own.integers(0, max(1, len(x) - 5 * SAMPLE_RATE))
        made_up = (singing.sung if folder == "sung" else singing.spoken)(x[start:start + 5 * SAMPLE_RATE], own)
        if made_up is not None:
            save(os.path.join(made, folder, f"{'validation-' if part == 'validation' else ''}{i:04d}.wav"), made_up[:12 * SAMPLE_RATE])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, jobs))


def build_cache(rows, out):
    """float16 log mel power of all recordings in one array, and where each begins."""
    mel = MelPower().eval()

    def work(start):
        found = []
        for x in decode_all([row[3] for row in rows[start:start + BATCH]], 240):
            with torch.no_grad():
                found.append(torch.log(mel(torch.from_numpy(x)[None])[0] + 1e-15).half().numpy() if len(x) > 4000 else None)
        print(f"{start} of {len(rows)}", end="\r", file=sys.stderr, flush=True)
        return found

    with ThreadPoolExecutor(2) as pool:
        spectra = [s for part in pool.map(work, range(0, len(rows), BATCH)) for s in part]
    kept = [(row, s) for row, s in zip(rows, spectra) if s is not None]
    np.save(os.path.join(out, "mel.npy"), np.concatenate([s for _, s in kept]))
    np.save(os.path.join(out, "offsets.npy"), np.cumsum([0] + [len(s) for _, s in kept]))
    with open(os.path.join(out, "rows.tsv"), "w") as file:
        file.writelines("\t".join(row) + "\n" for row, _ in kept)
    hours = {}
    for row, s in kept:
        hours[row[:2]] = hours.get(row[:2], 0) + len(s) * 0.02 / 3600
    print("\n".join(f"{kind} {part}: {value:.2f} h" for (kind, part), value in sorted(hours.items())))


def main():
    data, packages, out = sys.argv[1:4]
    torch.set_num_threads(1)
    made = os.path.join(out, "made")
    os.makedirs(made, exist_ok=True)
    if not os.path.exists(os.path.join(made, "done")):
        rng = np.random.default_rng(1)
        font = find(packages, "**/MuseScore_General_Lite.sf3")[0]
        music.render(os.path.join(made, "pieces"), font, 50, rng, music.MELODIC)
        music.render(os.path.join(made, "choir"), font, 16, rng, music.VOICES)
        make_festival(os.path.join(made, "festival"), 30, rng)
        make_espeak(os.path.join(made, "espeak"), 100, rng)
        os.makedirs(os.path.join(made, "noises"), exist_ok=True)
        for i in range(150):
            save(os.path.join(made, "noises", f"{i:03d}.wav"), music.noise(rng))
        make_voices(data, packages, made, 500, 250, 2)
        open(os.path.join(made, "done"), "w").close()
    build_cache(recordings(data, packages, made), out)


if __name__ == "__main__":
    main()
