"""Sung voices out of spoken ones: openly licensed recordings of singing are too few to learn from.

A clip is taken apart into pitch, spectral envelope and breath, its vowels are held, its pitch is bent to the notes of a
melody with glides and vibrato, and it is put together again. Each is paired with a clip that went through the same
parts with its own pitch and pace (`spoken`), so that the network cannot take the vocoder for the song.
"""
import numpy as np

RATE = 16000
HOP = 80          # 5 ms
WINDOW = 1024
ONSET = np.hanning(9)[1:-1] / np.hanning(9).sum()
SCALES = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 4, 7, 9], [0, 3, 5, 7, 10]]


def frames_of(x, size):
    padded = np.pad(x, (size // 2, size))
    count = len(x) // HOP + 1
    index = np.arange(size)[None] + HOP * np.arange(count)[:, None]
    return padded[index]


def track_pitch(x):
    """Pitch in Hz of every 5 ms, 0 where there is none, by normalised autocorrelation."""
    frames = frames_of(x, WINDOW) * np.hanning(WINDOW)
    spectrum = np.abs(np.fft.rfft(frames, 2 * WINDOW)) ** 2
    correlation = np.fft.irfft(spectrum)[:, :WINDOW]
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(WINDOW), 2 * WINDOW)) ** 2)[:WINDOW]
    normal = correlation / (correlation[:, :1] + 1e-9) / (window / window[0] + 1e-3)
    low, high = RATE // 420, RATE // 70
    lag = low + normal[:, low:high].argmax(1)
    energy = correlation[:, 0]
    voiced = (normal[np.arange(len(lag)), lag] > 0.5) & (energy > 0.003 * np.percentile(energy, 95))
    pitch = np.where(voiced, RATE / lag, 0.0)
    smooth = np.median(np.stack([np.roll(pitch, k) for k in range(-3, 4)]), axis=0)
    return np.where((smooth > 0) & voiced, smooth, 0.0)


def envelope_of(x):
    """Smooth magnitude spectrum of every 5 ms [frames, bins], by liftering the cepstrum."""
    spectrum = np.abs(np.fft.rfft(frames_of(x, 512) * np.hanning(512), WINDOW)) + 1e-5
    cepstrum = np.fft.irfft(np.log(spectrum))
    lifter = np.zeros(WINDOW)
    lifter[:30] = 1
    lifter[-29:] = 1
    return np.exp(np.fft.rfft(cepstrum * lifter).real)


def melody_of(pitch, rng):
    """Frames to take in order, and the pitch to give each: vowels held over notes of a scale."""
    voiced = pitch > 0
    home = np.median(pitch[voiced]) * 2 ** (rng.uniform(-2, 11) / 12)
    scale, step = SCALES[rng.integers(len(SCALES))], int(rng.integers(-2, 3))
    hold = rng.uniform(1.6, 4.5)
    order, notes = [], []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], voiced.astype(int), [0]])))
    position = 0
    for start, end in zip(edges[::2], edges[1::2]):
        order.append(np.arange(position, start))
        notes.append(np.zeros(start - position))
        length = int((end - start) * hold)
        parts = max(1, min(4, round(length * HOP / RATE / rng.uniform(0.25, 0.9))))
        order.append(np.linspace(start, end - 1, length))
        for k in range(parts):
            step = int(np.clip(step + rng.choice([-2, -1, -1, 0, 1, 1, 2, 3]), -5, 7))
            octave, degree = divmod(step, len(scale))
            note = home * 2 ** (octave + scale[degree] / 12)
            notes.append(np.full(length * (k + 1) // parts - length * k // parts, note))
        position = end
    order.append(np.arange(position, len(pitch)))
    notes.append(np.zeros(len(pitch) - position))
    order, notes = np.concatenate(order), np.concatenate(notes)
    return order, bend(notes, rng)


def bend(notes, rng):
    """Glides between the notes and vibrato on the held ones."""
    logs, on = np.log2(np.maximum(notes, 1)), notes > 0
    glide = np.exp(-HOP / RATE / rng.uniform(0.015, 0.06))
    held, age, current, phase = np.zeros_like(logs), 0, 0.0, rng.uniform(0, 6)
    rate, depth = rng.uniform(4.3, 6.8), rng.choice([0.0, 1.0], p=[0.25, 0.75]) * rng.uniform(15, 90) / 1200
    for i in range(len(logs)):
        if not on[i]:
            age = 0
            continue
        current = logs[i] + rng.normal(0, 0.02) if age == 0 else glide * current + (1 - glide) * logs[i]
        age += 1
        phase += 2 * np.pi * rate * HOP / RATE
        held[i] = current + depth * min(1, age * HOP / RATE / 0.35) * np.sin(phase)
    return np.where(on, 2 ** held, 0.0)


def put_together(envelope, order, pitch, rng):
    """Harmonics under the envelope, and noise shaped by it."""
    low = np.floor(order).astype(int).clip(0, len(envelope) - 1)
    shape = envelope[low]
    samples = len(order) * HOP
    time = np.arange(samples) / HOP
    contour = np.interp(time, np.arange(len(order)), np.where(pitch > 0, pitch, np.median(pitch[pitch > 0]) if (pitch > 0).any() else 150.0))
    phase = 2 * np.pi * np.cumsum(contour) / RATE
    voiced = np.convolve((pitch > 0).astype(float), np.ones(5) / 5, "same")
    out = np.zeros(samples)
    top = int(min(60, 7000 / max(70.0, contour.min())))
    for k in range(1, top + 1):
        bins = (k * np.where(pitch > 0, pitch, 0) * WINDOW / RATE).clip(0, WINDOW // 2)
        amplitude = shape[np.arange(len(order)), bins.astype(int)] * voiced * (k * pitch < 7200)
        amplitude = np.convolve(amplitude, ONSET, "same")  # nothing begins within 5 ms: it would click
        out += np.interp(time, np.arange(len(order)), amplitude) * np.cos(k * phase + rng.uniform(0, 6.28))
    breath = np.where(pitch > 0, rng.uniform(0.02, 0.12), 1.0)
    noise = np.fft.rfft(frames_of(rng.standard_normal(samples), 256)[:len(order)] * np.hanning(256), WINDOW) * shape * breath[:, None]
    grains = np.fft.irfft(noise)[:, :512]
    added = np.zeros(samples + 1024)
    for i, grain in enumerate(grains):
        added[i * HOP:i * HOP + 512] += grain
    out = out * np.sqrt(HOP) + added[:samples] * 1.2
    return (out / (np.abs(out).max() + 1e-9) * 0.6).astype(np.float32)


def sung(x, rng):
    pitch = track_pitch(x)
    if (pitch > 0).sum() < 40:
        return None
    order, notes = melody_of(pitch, rng)
    return put_together(envelope_of(x), order, notes, rng)


def spoken(x, rng):
    pitch = track_pitch(x)
    if (pitch > 0).sum() < 40:
        return None
    return put_together(envelope_of(x), np.arange(len(pitch), dtype=float), pitch * rng.uniform(0.8, 1.3), rng)
