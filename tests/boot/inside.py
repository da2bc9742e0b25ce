"""Runs in the booted container, once per boot: the tests of this boot, then on to the next (see boot.py).

What a boot leaves for the next one lies in /boot-test.
"""

import os
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PLACE = "/boot-test"
# Tests of a boot, and how the machine leaves it.
BOOTS = [(("first_boot", "changes"), "reboot"), (("second_boot",), "power cut"), (("third_boot",), "off")]


def write(name, text):
    path = os.path.join(PLACE, name)
    with open(path + ".new", "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)


def verdict(word):
    write("verdict", word)
    subprocess.run(["systemctl", "--no-block", "exit"], check=True)


def main():
    sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]
    number = 0
    if os.path.exists(os.path.join(PLACE, "boot")):
        with open(os.path.join(PLACE, "boot")) as file:
            number = int(file.read())
    modules, leave = BOOTS[number]
    write("boot", str(number + 1))
    suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
    done = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, failfast=True).run(suite)
    if not done.wasSuccessful() or done.testsRun == 0:
        verdict("bad")
    elif leave == "reboot":
        subprocess.run(["systemctl", "--no-block", "reboot"], check=True)
    elif leave == "power cut":
        write("cut-the-power", "")
        time.sleep(60)
        verdict("bad: the power was not cut")
    else:
        verdict("good")


if __name__ == "__main__":
    main()
