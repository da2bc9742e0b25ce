"""Frames of a task: from the manifest, from the files, from image heads."""

import json
import struct

from .failures import ManifestMismatch

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")


def step_of(frame_filter):
    """The step of a `step=N` filter."""
    return int(frame_filter.partition("=")[2] or 1) if frame_filter else 1


def frame_total(data, jobs):
    """How many frames the task shows."""
    if data.start_frame is not None and data.stop_frame is not None:
        return (data.stop_frame - data.start_frame) // step_of(data.frame_filter) + 1
    return max((j.stop for j in jobs), default=-1) + 1


def manifest_entries(data):
    """The image entries of manifest.jsonl, or None without one."""
    for stored in data.files:
        if stored.name == "manifest.jsonl":
            with open(stored.path, encoding="utf-8") as source:
                lines = [json.loads(line) for line in source if line.strip()]
            if len(lines) > 1 and lines[1].get("type") == "video":
                return None
            return [x for x in lines if "extension" in x]
    return None


def check_manifest(data):
    """Every image the manifest names has to be there (exchange 10, `missing one image`)."""
    names = {f.name for f in data.files}
    for entry in manifest_entries(data) or []:
        if entry["name"] + entry["extension"] not in names and data.storage != "cloud_storage":
            raise ManifestMismatch()


def image_size(path):
    """Width and height of a PNG or JPEG file, (0, 0) when unknown."""
    with open(path, "rb") as source:
        head = source.read(32)
        if head[:8] == b"\x89PNG\r\n\x1a\n":
            return struct.unpack(">II", head[16:24])
        if head[:2] != b"\xff\xd8":
            return 0, 0
        source.seek(2)
        while mark := source.read(4):
            if len(mark) < 4 or mark[0] != 0xFF:
                break
            size = struct.unpack(">H", mark[2:])[0]
            if 0xC0 <= mark[1] <= 0xCF and mark[1] not in (0xC4, 0xC8, 0xCC):
                height, width = struct.unpack(">xHH", source.read(5))
                return width, height
            source.seek(size - 2, 1)
    return 0, 0


def fill_frames(data):
    """The frame list of data/meta."""
    entries = manifest_entries(data)
    if entries:
        data.frames = [(e["name"] + e["extension"], e["width"], e["height"]) for e in entries]
        return
    names = sorted((f for f in data.files if f.name.lower().endswith(PICTURES)), key=lambda f: f.name)
    if data.chunk_type == "video" or not names:
        first = next((f.name for f in data.files if not f.name.endswith((".jsonl", ".json"))), "video.mp4")
        data.frames = [(first, 160, 120)]
    else:
        data.frames = [(f.name, *image_size(f.path)) for f in names]
        data.frames = [f for f in data.frames]


def manifest_text(frames):
    """manifest.jsonl as the server writes it for images."""
    lines = ['{"version":"1.1"}', '{"type":"images"}']
    for name, width, height in frames:
        stem, dot, extension = name.rpartition(".")
        lines.append(
            json.dumps(
                {"name": stem, "extension": dot + extension, "width": width, "height": height},
                ensure_ascii=False,
                separators=(",", ":"),
            )
        )
    return ("\n".join(lines) + "\n").encode()
