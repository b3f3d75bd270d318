"""Pieces of music made up by rule and played by an openly licensed sound font, and noises made by formula."""
import os
import struct
import subprocess

import numpy as np

RATE = 16000
MELODIC = [0, 4, 6, 11, 12, 16, 19, 21, 22, 24, 25, 26, 27, 29, 30, 40, 41, 42, 46, 48, 49, 50, 56, 57, 60, 61, 64, 65, 66, 68, 71, 73, 74, 75, 79, 80, 81, 88, 89, 104, 108]
PADS = [0, 4, 16, 19, 24, 25, 48, 49, 50, 61, 88, 89, 90, 95]
BASSES = [32, 33, 34, 36, 38, 43]
VOICES = [52, 53, 54, 85]  # choirs and solo vowels of General MIDI: sung, if by nobody
PROGRESSIONS = [[0, 5, 7, 0], [0, 9, 5, 7], [9, 5, 0, 7], [0, 7, 9, 5], [0, 3, 5, 7], [2, 7, 0, 0], [0, 0, 5, 7]]


def variable(value):
    out = [value & 127]
    while value := value >> 7:
        out.insert(0, 128 | value & 127)
    return bytes(out)


def midi(events, tempo_us):
    """Bytes of a one-track file from (tick, message) at 480 ticks a beat."""
    body, now = b"\0\xff\x51\x03" + struct.pack(">I", tempo_us)[1:], 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        body += variable(tick - now) + bytes(message)
        now = tick
    body += b"\0\xff\x2f\0"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(body)) + body


def piece(rng, lead):
    """Half a minute: a lead that may play alone, perhaps chords, a bass and drums."""
    beat, events = 480, [(0, (0xC0, lead))]
    alone = rng.random() < 0.3
    parts = {"chords": not alone and rng.random() < 0.8, "bass": not alone and rng.random() < 0.7, "drums": not alone and rng.random() < 0.6}
    events += [(0, (0xC1, int(rng.choice(PADS)))), (0, (0xC2, int(rng.choice(BASSES))))]
    key, progression, scale = int(rng.integers(48, 60)), PROGRESSIONS[rng.integers(len(PROGRESSIONS))], [0, 2, 4, 5, 7, 9, 11]

    def note(channel, pitch, start, length, loudness):
        events.append((int(start), (0x90 | channel, int(pitch), int(loudness))))
        events.append((int(start + length), (0x80 | channel, int(pitch), 0)))

    step = int(rng.integers(5, 12))
    for bar in range(12):
        at, root = bar * 4 * beat, key + progression[bar % len(progression)]
        if parts["chords"]:
            for hit in ([0] if rng.random() < 0.5 else [0, 2]):
                for interval in (0, 4, 7):
                    note(1, root + interval, at + hit * beat, (4 if hit == 0 else 2) * beat * 0.95, rng.integers(45, 85))
        if parts["bass"]:
            for hit in range(4):
                note(2, root - 24 + (7 if hit == 2 else 0), at + hit * beat, beat * 0.8, rng.integers(60, 100))
        if parts["drums"]:
            for hit in range(8):
                note(9, 42, at + hit * beat / 2, 60, rng.integers(35, 80))
                if hit in (0, 4):
                    note(9, 36, at + hit * beat / 2, 60, 100)
                if hit in (2, 6):
                    note(9, 38, at + hit * beat / 2, 60, 90)
        beats = 0.0
        while beats < 4:
            length = float(rng.choice([0.25, 0.5, 0.5, 1, 1, 2]))
            step = int(np.clip(step + rng.integers(-2, 3), 2, 16))
            if rng.random() < 0.88:
                note(0, key + 12 * (step // 7) + scale[step % 7], at + beats * beat, length * beat * rng.uniform(0.6, 1.0), rng.integers(60, 115))
            beats += length
    return midi(events, int(rng.uniform(0.33, 0.85) * 1e6))


def render(folder, font, count, rng, leads):
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        path = os.path.join(folder, f"{i:03d}.mid")
        with open(path, "wb") as file:
            file.write(piece(rng, int(rng.choice(leads))))
        wave = path[:-3] + "wav"
        if not os.path.exists(wave):
            subprocess.run(["fluidsynth", "-niq", "-r", str(RATE), "-g", "0.7", "-o", "synth.dynamic-sample-loading=1", "-F", wave, font, path], check=True, stdout=subprocess.DEVNULL)


def noise(rng):
    """Six seconds of hiss, hum, tones, beeps, crackle or machine, or of several."""
    samples = 6 * RATE
    time = np.arange(samples) / RATE
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    hertz = np.fft.rfftfreq(samples, 1 / RATE) + 20
    out = np.fft.irfft(spectrum * hertz ** rng.uniform(-1.2, 0.2) * np.exp(-((np.log2(hertz / rng.uniform(200, 4000))) ** 2) * rng.uniform(0, 0.4)), samples)
    out /= np.abs(out).max()
    kind = rng.integers(6)
    if kind == 1:    # hum of the mains and machines
        base = rng.choice([50, 60, rng.uniform(30, 200)])
        out = 0.1 * out + sum(rng.uniform(0, 1) / k * np.sin(2 * np.pi * base * k * time + k) for k in range(1, 16))
    elif kind == 2:  # dial, busy and ring tones
        on = (time % rng.uniform(0.4, 6)) < rng.uniform(0.2, 2)
        out = 0.02 * out + on * sum(np.sin(2 * np.pi * f * time) for f in rng.choice([350, 440, 480, 620, 425, 400, 697, 770, 1209, 1336, 950, 1400, 1800], 2))
    elif kind == 3:  # crackle
        out = 0.05 * out
        for at in rng.integers(0, samples - 400, rng.integers(5, 200)):
            out[at:at + 400] += rng.normal(0, 1, 400) * np.exp(-np.arange(400) / rng.uniform(5, 80)) * rng.uniform(0.1, 1)
    elif kind == 4:  # a machine that throbs
        out *= 0.3 + np.maximum(0, np.sin(2 * np.pi * rng.uniform(0.5, 30) * time)) ** rng.uniform(0.5, 6)
    elif kind == 5:  # a siren or a motor that changes speed
        contour = rng.uniform(80, 900) * 2 ** (rng.uniform(0, 1.2) * np.sin(2 * np.pi * rng.uniform(0.1, 2) * time))
        phase = 2 * np.pi * np.cumsum(contour) / RATE
        out = rng.uniform(0.02, 0.5) * out + sum(np.sin(k * phase) / k for k in range(1, rng.integers(2, 12)))
    return (out / np.abs(out).max() * 0.5).astype(np.float32)
