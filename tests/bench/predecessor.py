"""The predecessor's steps, to measure against: whole-project export, poll every 3 s, download, extract, git clone, replace, add, commit, push.

usage: predecessor.py URL TOKEN PROJECT GIT_URL WORK_DIRECTORY
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zipfile

POLL_SECONDS = 3
PIECE = 1 << 20


def call(url, token, method="GET", accept="application/vnd.cvat+json"):
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"Token {token}", "Accept": accept})
    return urllib.request.urlopen(request, timeout=600)


def export(base, token, project):
    """Starts the export and waits for it; the URL of the result."""
    with call(f"{base}/api/projects/{project}/backup/export?location=local&lightweight=false", token, "POST") as answer:
        rq_id = json.load(answer)["rq_id"]
    while True:
        with call(f"{base}/api/requests/{urllib.parse.quote(rq_id, safe='')}", token) as answer:
            state = json.load(answer)
        if state["status"] == "finished":
            return state["result_url"]
        if state["status"] == "failed":
            raise SystemExit(state["message"])
        time.sleep(POLL_SECONDS)


def download(url, token, path):
    with call(url, token, accept="*/*") as answer, open(path, "wb") as file:
        shutil.copyfileobj(answer, file, PIECE)


def git(*arguments, cwd):
    subprocess.run(["git", "-c", "gc.auto=0", "-c", "user.name=bench", "-c", "user.email=bench@localhost", *arguments],
                   cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    base, token, project, git_url, work = sys.argv[1:]
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    archive = os.path.join(work, "backup.zip")
    download(export(base, token, project), token, archive)
    extracted = os.path.join(work, "extracted")
    with zipfile.ZipFile(archive) as members:
        members.extractall(extracted)
    clone = os.path.join(work, "clone")
    git("clone", git_url, clone, cwd=work)
    folder = os.path.join(clone, f"cvat_backup_project_{project}")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(extracted, folder)
    git("add", "-A", cwd=clone)
    changed = subprocess.run(["git", "diff", "--cached", "--quiet"], cwd=clone, check=False).returncode != 0
    if changed:
        git("commit", "-m", f"chore(backup): add cvat project {project} backup", cwd=clone)
        git("push", "origin", "HEAD:main", cwd=clone)


if __name__ == "__main__":
    main()
