#!/bin/sh
# Judges the CVAT stand-in by the real clients from PyPI and by the recorded exchanges.
# AUTOBACKUPD_JUDGE_VENV: where the virtual environment lies (default build/judge-venv below the source tree).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${AUTOBACKUPD_JUDGE_VENV:-$root/build/judge-venv}
wanted="cvat-sdk==2.54.0 cvat-cli==2.54.0 pillow==11.3.0"

if [ "$(cat "$venv/wanted" 2>/dev/null || true)" != "$wanted" ]; then
    python3 -m venv "$venv"
    # shellcheck disable=SC2086  (the words are the packages)
    "$venv/bin/pip" install --quiet --disable-pip-version-check $wanted
    echo "$wanted" >"$venv/wanted"
fi
python3 "$here/exchange_judge.py"
"$venv/bin/python" "$here/cvat_sdk_judge.py" "$venv/bin/cvat-cli"
echo "all CVAT judges agree"
