"""Which recordings are learnt from, validated on and only measured on. No recording, singer, piece or speaker is in two of them.

DATA/audio and DATA/emotion hold manifest.csv and clips; PACKAGES holds unpacked Debian packages (see README.md).
Recordings whose licence is not open, or not stated, are never learnt from.
"""
import csv
import glob
import os

# Speakers that decide the threshold and when to stop; never learnt from. The manifests' `dev` speakers are only measured on.
VALIDATION_SPEAKERS = {"crema_1005", "crema_1015", "crema_1028", "crema_1043", "crema_1054", "crema_1066", "crema_1076", "crema_1088", "emodb_09"}
HELD_READERS = {"1688", "3005", "533"}                                   # LibriSpeech, measured on
VALIDATION_PIECES = ("reno_project", "Apex Aleph", "hr3-jungle", "Feelings", "Nebula", "hr-savino-ocean")
HELD_EVENTS = ("1-30344", "1-29561", "1-39901", "1-211527", "1-42139", "1-47273", "1-172649", "1-19898", "1-34119", "1-17808")


def rows_of(data, part):
    with open(os.path.join(data, part, "manifest.csv"), newline="") as file:
        return [{**row, "file": os.path.join(data, part, row["path"])} for row in csv.DictReader(file)]


def find(packages, pattern):
    return sorted(glob.glob(os.path.join(packages, pattern), recursive=True))


def recordings(data, packages, made):
    """(kind, part, name, file): part is `train` or `validation`; `name` groups what must stay together."""
    found = []
    for row in rows_of(data, "emotion"):
        if row["split"] == "train":
            found.append(("speech", "validation" if row["speaker"] in VALIDATION_SPEAKERS else "train", row["speaker"], row["file"]))
    for row in rows_of(data, "audio"):
        name = os.path.basename(row["path"])
        if row["category"] == "librispeech_speakers":
            reader = name.split("-")[0]
            if reader not in HELD_READERS:
                found.append(("speech", "train", reader, row["file"]))
        elif row["category"] == "events_esc10" and "Baby_cry" not in name and not any(held in name for held in HELD_EVENTS):
            found.append(("noise", "train", name, row["file"]))

    for language in ("en", "es", "fr", "it", "ru"):
        part = "validation" if language == "it" else "train"
        prompts = find(packages, f"asterisk-core-sounds-{language}-wav/**/*.wav")
        found += [("speech", part, f"prompts-{language}", file) for file in prompts if "/silence/" not in file and os.path.getsize(file) > 16000 and "beep" not in file]
    music = find(packages, "asterisk-moh-opsound-wav/**/*.wav") + find(packages, "hyperrogue-music/**/music/*.ogg") + find(packages, "singularity-music/**/*.ogg")
    music += find(packages, "fretsonfire-songs-sectoid/**/*.ogg")
    found += [("music", "validation" if any(piece in file for piece in VALIDATION_PIECES) else "train", file, file) for file in music]
    effects = find(packages, "hyperrogue-music/**/sounds/*.ogg")
    found += [("noise", "train", file, file) for file in effects if not any(word in file for word in ("princess", "prince", "speak", "message"))]

    for kind, folder in (("speech", "spoken"), ("speech", "espeak"), ("singing", "sung"), ("singing", "festival"), ("singing", "choir"), ("music", "pieces"), ("noise", "noises")):
        for file in find(made, f"{folder}/*.wav"):
            part = "validation" if os.path.basename(file).startswith("validation-") or file.endswith("7.wav") and folder in ("festival", "choir", "pieces", "noises") else "train"
            found.append((kind, part, file, file))
    return found
