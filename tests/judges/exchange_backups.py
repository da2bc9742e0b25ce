"""Backups that the recordings uploaded: the samples, whole or spoilt."""

import io
import os
import warnings
import zipfile

GOOD, GOOD_TASK = "project-images-video-gt-skeleton-guide", "task-images-annotations"
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "cvat", "samples")


def sample(name):
    with open(os.path.join(DATA, f"{name}.zip"), "rb") as source:
        return source.read()


def rebuilt(change=lambda n, c: (n, c), name=GOOD, reverse=False, extra=(), compression=zipfile.ZIP_STORED):
    """The sample written anew with `change(name, content)` -> (name, content) or None."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sample(name))) as old, zipfile.ZipFile(
        out, "w", compression
    ) as new, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        entries = [(e.filename, old.read(e)) for e in old.infolist()]
        for pair in [*extra, *(reversed(entries) if reverse else entries)]:
            kept = change(*pair)
            if kept:
                new.writestr(*kept)
    return out.getvalue()


def text(member, old, new):
    return rebuilt(lambda n, c: (n, c.replace(old, new) if n == member else c))


def without(end):
    return rebuilt(lambda n, c: None if n.endswith(end) else (n, c))


def flipped(member):
    """One bit of a member's content turned."""
    data = bytearray(sample(GOOD))
    with zipfile.ZipFile(io.BytesIO(sample(GOOD))) as archive:
        entry = archive.getinfo(member)
    data[entry.header_offset + 30 + len(entry.filename) + 10] ^= 1
    return bytes(data)


def uploads(table):
    """`before` of finish requests: index -> (kind, recorded name, bytes)."""
    return {n: [("upload", *entry)] for n, entry in table.items()}


RESTORES = uploads(
    {
        5: ("project", "1_a1c4a649-7812-45fb-bbf4-799eb88021ee", flipped("assets/a.png")),
        7: ("project", "1_bc1a5e75-915f-40c9-81bd-62e8deca733c", flipped("task_0/annotations.json")),
        9: ("project", "1_2e16ceb1-86ac-47e2-b8c8-dffdb9c3c566", sample(GOOD)[:-1000]),
        11: (
            "project",
            "1_eb74dda4-a9fc-4a97-ae7f-d26eaae3356d",
            text("project.json", b'"version":"1.0"', b'"version":"2.0"'),
        ),
        13: (
            "project",
            "1_f4d86949-3d54-4aac-9899-ab3b6a2a930e",
            text("project.json", b',"version":"1.0"', b""),
        ),
        15: (
            "project",
            "1_43aebb06-846e-42fc-8946-fe7cd9a049a9",
            text("task_0/task.json", b'"subset"', b'"z":1,"subset"'),
        ),
        17: (
            "project",
            "1_59f0eff7-1723-46c8-8cb7-8be7608bf12c",
            text("project.json", b'"color":', b'"newf":1,"color":'),
        ),
        19: ("project", "1_0a586955-5d43-4f73-9ed7-c48af395dd10", sample("project-broken-jobs-empty")),
        21: ("project", "1_9d3a4075-6343-4207-a3e3-a6ca810976c6", sample("project-broken-jobs-empty")),
        23: ("project", "1_15077148-2f05-4fba-9df1-7f5104c89990", sample("project-only-dataless-task")),
        25: ("task", "1_2381d9b7-a84e-4134-809f-eda17a3be20f", sample(GOOD)),
        27: ("project", "1_266b2e90-ede5-4fcb-8c20-fdaa56e12519", sample(GOOD_TASK)),
        29: ("task", "1_7115d7b3-a393-4f8d-ab07-3bfc214c0a33", sample(GOOD_TASK)),
        31: ("project", "1_dfada5b6-5e17-44ae-8630-54e1ec5ae7c9", rebuilt(compression=zipfile.ZIP_DEFLATED)),
        33: ("project", "1_141c5156-041e-4a37-bbfa-09471ca910a4", rebuilt(reverse=True)),
        35: ("project", "1_474451f9-8fc2-48f0-98e8-0fafe81a4704", without("task_0/data/frame_003.png")),
        37: ("project", "1_43da3445-a947-450e-8564-a98daef8bb68", without("manifest.jsonl")),
        39: ("project", "1_f683b62a-b686-463b-abd1-15a9b91416c7", without("task_0/annotations.json")),
        41: ("project", "1_68ca40e4-523e-48c5-a9e7-6b10ab7c1061", without("annotation_guide.md")),
        43: (
            "project",
            "1_92b3a27e-5a15-4f3f-80bb-f9ef09602af5",
            rebuilt(lambda n, c: (n.replace("task_0/", "task_7/"), c)),
        ),
        45: (
            "project",
            "1_d54c0909-6966-41e3-9176-14d1c0b080db",
            rebuilt(extra=[("task_0/", b""), ("extra.txt", b"x")]),
        ),
    }
)


def imports(table):
    """`before` of polls whose finish was not recorded: index -> (kind, recorded request id, bytes)."""
    return {
        n: [("import", kind, f"import:{kind}-{key}-backup-by-admin", data), ("wait", 0.15)]
        for n, (kind, key, data) in table.items()
    }


A_10 = imports(
    {
        22: ("project", "a47560e6-6d65-45be-adda-5dd1b895250b", sample("A-" + GOOD)[:-1000]),
        23: ("project", "ff71f958-438c-45cc-a161-fc0c0c36205c", sample("A-" + GOOD_TASK)),
        24: ("task", "a2e3b382-47d0-4103-a96a-e1d5c6b7d1cf", sample("A-" + GOOD)),
        25: ("project", "8d4a9db5-b8b4-421e-9577-88063648d55e", sample("project-broken-jobs-empty")),
        27: ("project", "a24a34d6-8b83-44de-b5f1-fc0426d3c74a", flipped("assets/a.png")),
    }
)


A_14 = imports(
    {
        14: ("project", "b0a5f802-9b7e-4769-a976-7f4feec6cfff", sample("project-broken-jobs-empty")),
        15: ("project", "d31e9912-c40e-4766-a645-9b2296bae0ae", sample("project-duplicate-assets")),
        16: ("project", "13ef866f-4f4c-4fec-b690-9f358eda5a7d", sample(GOOD)),
        17: ("project", "fe953820-dd6a-4baa-a068-c937b4b4fd55", sample("project-no-tasks")),
        18: ("project", "0ac6d0c2-bcdb-4eb6-b65a-d2f55472ee73", sample("project-only-dataless-task")),
        19: ("project", "ffcf80ab-b510-4b1a-b256-fc8cfe4172ff", sample("project-unicode-name")),
        20: ("task", "8543b52b-226f-4fb7-b18d-2312e71a24bf", sample("task-ground-truth-job")),
        21: ("task", "475fae74-ba3b-4016-aab3-9d1450d4ff55", sample("task-gt-pool-honeypots")),
        22: ("task", "d198c60c-6cb1-4525-9c92-86717eac07d3", sample(GOOD_TASK)),
        23: ("task", "367248db-9968-4627-b576-f08fa74eb990", sample("task-share-data")),
        24: ("task", "37e73bb8-76e5-4400-ba07-19f942f285c4", sample("task-standalone-guide")),
        25: ("task", "adc9e437-8e3b-40be-ba94-e9c065427e8d", sample("task-unicode-file-names")),
        26: ("task", "21b99e29-ffea-4883-b789-f7f456010cae", sample("task-video-track")),
    }
)
