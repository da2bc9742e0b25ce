"""Runs the end-to-end tests, several files at once, and says how many passed.

usage: all.py [MODULE…]; without names: every test_*.py here.
"""

import concurrent.futures
import glob
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def run(module):
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "unittest", "-v", module], cwd=HERE, capture_output=True, text=True, timeout=1200)
    return module, done.returncode, done.stderr, time.monotonic() - begin


def count(text, word):
    """The number behind `Ran` or in `failures=2` of unittest's last lines."""
    for line in reversed(text.splitlines()):
        if word == "Ran" and line.startswith("Ran "):
            return int(line.split()[1])
        if line.startswith(("OK", "FAILED")) and f"{word}=" in line:
            return int(line.split(f"{word}=")[1].split(",")[0].rstrip(")"))
    return 0


def worth_printing(text):
    """What was left out and why, and all of what failed."""
    why = [line for line in text.splitlines() if " ... skipped " in line]
    begin = text.find("\n" + "=" * 70)
    return "\n".join(why) + (text[begin:] if begin >= 0 else "" if why else text)


def main():
    modules = sys.argv[1:] or sorted(os.path.basename(name)[:-3] for name in glob.glob(os.path.join(HERE, "test_*.py")))
    passed = failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        for module, code, text, seconds in pool.map(run, modules):
            wrong = count(text, "failures") + count(text, "errors")
            wrong = max(wrong, 1) if code else wrong
            left_out = count(text, "skipped")
            passed += max(0, count(text, "Ran") - wrong - left_out)
            failed, skipped = failed + wrong, skipped + left_out
            print(f"{module}: {'ok' if code == 0 else 'FAILED'} in {seconds:.1f} s", flush=True)
            if code or left_out:
                print(worth_printing(text), flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
