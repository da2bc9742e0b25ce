#!/usr/bin/env python3
"""Runs the real cvat-sdk and cvat-cli against the stand-in: create, list, export, download, restore, compare.

Needs cvat-sdk and Pillow (run_cvat_judges.sh makes the environment). The argument is the path of cvat-cli.
Ends with 0 only when every comparison held.
"""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from cvat_sdk import make_client, models
from cvat_sdk.core.proxies.annotations import AnnotationUpdateAction
from cvat_sdk.core.proxies.tasks import ResourceType
from PIL import Image

HERE = Path(__file__).resolve().parent
STANDIN = HERE.parent / "standin" / "cvat_standin.py"
sys.path.insert(0, str(HERE.parent / "standin"))

from cvat.auth import access_token  # noqa: E402  (found beside the stand-in)
from judging import Mismatch, judge  # noqa: E402

USER, PASSWORD = "admin", "admin-password"
LABELS = [
    {
        "name": "car",
        "attributes": [
            {
                "name": "model",
                "mutable": False,
                "input_type": "select",
                "default_value": "suv",
                "values": ["suv", "van"],
            }
        ],
    },
    {"name": "tree"},
]


def start_standin(work):
    """The stand-in as a child, and its URL."""
    port_file = work / "port"
    child = subprocess.Popen(
        [sys.executable, str(STANDIN), "--seed", "empty", "--port-file", str(port_file)],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(500):
        if port_file.exists():
            return child, f"http://127.0.0.1:{port_file.read_text().strip()}"
        time.sleep(0.02)
    raise Mismatch("the stand-in does not start")


def members(path):
    """Names and contents of a backup, in order."""
    with zipfile.ZipFile(path) as archive:
        judge(f"{path.name}: every CRC is right", archive.testzip() is None)
        return [(e.filename, archive.read(e)) for e in archive.infolist()]


def pictures(work, count):
    """Small pictures, JPEG and PNG in turn."""
    made = []
    for number in range(count):
        path = work / f"picture_{number:03d}.{'jpg' if number % 2 else 'png'}"
        Image.new("RGB", (64 + number, 48), (number * 20, 80, 160)).save(path)
        made.append(path)
    return made


def shape(label, frame):
    return models.LabeledShapeRequest(
        type="rectangle", frame=frame, label_id=label.id, points=[1.5, 2, 30, 40.25]
    )


def create(client, work):
    """A project with one task of pictures and annotations."""
    project = client.projects.create(models.ProjectWriteRequest(name="judged project", labels=LABELS))
    judge("projects.create", project.id == 1 and project.name == "judged project")
    judge("project labels", sorted(x.name for x in project.get_labels()) == ["car", "tree"])
    files = pictures(work, 7)
    task = client.tasks.create_from_data(
        spec={"name": "judged task", "project_id": project.id, "segment_size": 4},
        resource_type=ResourceType.LOCAL,
        resources=files,
        data_params={"image_quality": 80, "use_cache": True},
        status_check_period=0.05,
    )
    judge("tasks.create_from_data: 7 frames, 2 jobs", task.size == 7 and len(task.get_jobs()) == 2)
    judge(
        "frames and their sizes",
        [(f.name, f.width) for f in task.get_frames_info()]
        == sorted((p.name, 64 + i) for i, p in enumerate(files)),
    )
    judge("a frame comes back", task.get_frame(1, quality="original").read() == files[1].read_bytes())
    car = next(x for x in project.get_labels() if x.name == "car")
    task.set_annotations(models.LabeledDataRequest(shapes=[shape(car, 0), shape(car, 5)]))
    task.update_annotations(
        models.PatchedLabeledDataRequest(shapes=[shape(car, 2)]), action=AnnotationUpdateAction.CREATE
    )
    found = task.get_annotations()
    judge(
        "annotations: 3 shapes, default attributes filled in",
        [s.frame for s in found.shapes] == [0, 2, 5] and found.shapes[0].attributes[0].value == "suv",
    )
    return project, task


def lists(client, project, task):
    """What lists and details say."""
    judge("projects.list", [p.id for p in client.projects.list()] == [project.id])
    judge("tasks.list", [t.id for t in client.tasks.list()] == [task.id])
    judge("jobs.list", len(client.jobs.list()) == 2)
    judge("organizations.list", [o.slug for o in client.organizations.list()] == ["acme"])
    judge("users self", client.users.retrieve_current_user().username == USER)
    before = task.updated_date
    task.update(models.PatchedTaskWriteRequest(name="judged task 2"))
    judge("task.update moves updated_date", task.name == "judged task 2" and task.updated_date > before)
    job = task.get_jobs()[0]
    job.update(models.PatchedJobWriteRequest(stage="acceptance", state="completed"))
    judge("job.update", job.stage == "acceptance" and job.state == "completed")
    task.remove_frames_by_ids([3])
    judge("deleted frames", task.get_meta().deleted_frames == [3])


def backups(client, project, task, work):
    """Export by the SDK, restore by the SDK, export again: equal members."""
    for kind, thing, repository in (("project", project, client.projects), ("task", task, client.tasks)):
        first = work / f"{kind}.zip"
        thing.download_backup(first, status_check_period=0.05)
        given = members(first)
        restored = repository.create_from_backup(first, status_check_period=0.05)
        judge(
            f"{kind}s.create_from_backup: a new {kind}",
            restored.id != thing.id and restored.name == thing.name,
        )
        second = work / f"{kind}-restored.zip"
        restored.download_backup(second, status_check_period=0.05)
        judge(f"{kind} backup, restore, backup: {len(given)} equal members", members(second) == given)
    dataset = work / "dataset.zip"
    task.export_dataset("CVAT for images 1.1", dataset, include_images=False, status_check_period=0.05)
    judge("task.export_dataset", any(n.endswith("annotations.xml") for n, _ in members(dataset)))


def large_upload(client, work):
    """A file in several TUS chunks of the SDK (10 MiB each)."""
    big = work / "big.png"
    Image.frombytes("RGB", (2800, 2800), os.urandom(2800 * 2800 * 3)).save(big, compress_level=0)
    task = client.tasks.create_from_data(
        spec={"name": "large", "labels": [{"name": "x"}]}, resources=[big], status_check_period=0.05
    )
    first = work / "large.zip"
    task.download_backup(first, status_check_period=0.05)
    judge("the restore takes several chunks", first.stat().st_size > 20 << 20)
    restored = client.tasks.create_from_backup(first, status_check_period=0.05)
    second = work / "large-restored.zip"
    restored.download_backup(second, status_check_period=0.05)
    judge("large task: equal members", members(second) == members(first))


def command_line(cli, url, task, work):
    """cvat-cli: list, backup, restore."""
    base = [cli, "--server-host", url, "--insecure", "--auth", f"{USER}:{PASSWORD}"]

    def run(*words):
        done = subprocess.run([*base, *words], capture_output=True, text=True, timeout=120)
        judge(f"cvat-cli {words[0]} {words[1]}", done.returncode == 0 or print(done.stdout, done.stderr))
        return done.stdout + done.stderr

    judge("cvat-cli task ls names the task", str(task.id) in run("task", "ls").split())
    first = work / "cli.zip"
    run("task", "backup", str(task.id), str(first), "--completion_verification_period", "0.1")
    said = run("task", "create-from-backup", str(first), "--completion_verification_period", "0.1")
    number = int(said.split()[-1])
    second = work / "cli-restored.zip"
    run("task", "backup", str(number), str(second), "--completion_verification_period", "0.1")
    judge("cvat-cli backup, restore, backup: equal members", members(second) == members(first))


def main():
    with tempfile.TemporaryDirectory() as where:
        work = Path(where)
        child, url = start_standin(work)
        try:
            with make_client(url, credentials=(USER, PASSWORD)) as client:
                judge("login by password", client.users.retrieve_current_user().id == 1)
                judge("server version", client.get_server_version().release[:2] == (2, 54))
                project, task = create(client, work)
                lists(client, project, task)
                backups(client, project, task, work)
                large_upload(client, work)
            with make_client(url, access_token=access_token(USER)) as client:
                client.projects.retrieve(1).download_backup(work / "pat.zip", status_check_period=0.05)
                judge("a read-only access token can back up", len(members(work / "pat.zip")) > 5)
            command_line(sys.argv[1], url, task, work)
        finally:
            child.terminate()
            child.wait()
    print("cvat-sdk and cvat-cli: everything held")


if __name__ == "__main__":
    try:
        main()
    except Mismatch as error:
        sys.exit(f"MISMATCH: {error}")
