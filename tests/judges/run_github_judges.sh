#!/bin/sh
# Judges the GitHub stand-in by real clients from PyPI: PyGithub and python-github-backup.
# Then they judge our own mirrors of an organisation of 120 repositories (AUTOBACKUPD: the binary).
# AUTOBACKUPD_GITHUB_JUDGE_VENV: where the virtual environment lies (default build/github-judge-venv below the source tree).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${AUTOBACKUPD_GITHUB_JUDGE_VENV:-$root/build/github-judge-venv}
wanted="github-backup==0.65.1 PyGithub==2.10.0"

if [ "$(cat "$venv/wanted" 2>/dev/null || true)" != "$wanted" ]; then
    python3 -m venv "$venv"
    # shellcheck disable=SC2086  (the words are the packages)
    "$venv/bin/pip" install --quiet --disable-pip-version-check $wanted
    echo "$wanted" >"$venv/wanted"
fi
"$venv/bin/python" "$here/pygithub_judge.py"
"$venv/bin/python" "$here/github_backup_judge.py" "$venv/bin/github-backup"
"$venv/bin/python" "$here/organisation_judge.py" "$venv/bin/github-backup"
echo "all GitHub judges agree"
