"""Giving back and checking, against what a plain copy and a plain digest of the same bytes cost. All in one go; prints ratios.

usage: restore.py [small|quick|full]     small: 3 tasks, 30 images of 100 KB (is it well?)   quick: 0.33 GB   full: 1.1 GB

Each command runs three times, the files in the page cache; the fastest counts. retention_bench (see CMakeLists.txt) is run when it is built.
"""

import json
import os
import sys

import cvat

SIZES = {"small": "big:3:30:100000:1", "quick": cvat.SIZES["quick"], "full": cvat.SIZES["full"]}


def fastest(command, environment):
    return min((cvat.Cost(command, environment) for _ in range(3)), key=lambda cost: cost.wall)


def main():
    size = sys.argv[1] if len(sys.argv) > 1 else "quick"
    if size not in SIZES:
        raise SystemExit(__doc__)
    cvat.SIZES[size] = SIZES[size]
    bench = cvat.Bench(size)
    try:
        with open(bench.config) as file:
            text = file.read()
        with open(bench.config, "w") as file:
            file.write(text + "    archive: {}\n")
        print(f"the run           {bench.ours()}", flush=True)
        environment = {**cvat.harness.FIXED_ENVIRONMENT, "CREDENTIALS_DIRECTORY": os.path.join(bench.directory, "credentials")}
        program = os.path.join(os.path.dirname(cvat.harness.binary()), "autobackupctl")

        def ours(*words):
            return fastest([program, *words, "--config", bench.config], environment)

        (snapshot,) = json.loads(ours("snapshots", "--json").out)["snapshots"]
        archive, out = snapshot["archive"], os.path.join(bench.directory, "out.zip")
        folder = os.path.dirname(os.path.dirname(archive))
        vault = os.path.join(bench.directory, "storage", "vaults", "bench.git")
        copy = fastest(["sh", "-c", f"cp {archive} {out} && sync {out}"], environment)
        plain = fastest(["cp", archive, out], environment)
        digest = fastest(["sha256sum", archive], environment)
        rows = [("cp", plain), ("cp, sync", copy), ("sha256sum", digest)]
        from_archive = ours("restore", "bench", "--from", "archive", "--to-zip", out, "--force")
        from_vault = ours("restore", "bench", "--from", "vault", "--to-zip", out, "--force")
        check_archive, check_vault = ours("verify", folder), ours("verify", vault)
        rows += [("--to-zip, archive", from_archive), ("--to-zip, vault", from_vault), ("verify, archive", check_archive), ("verify, vault", check_vault)]
        print(f"the ZIP has {os.path.getsize(archive) / 1e6:.0f} MB")
        for name, cost in rows:
            print(f"{name:18}{cost}")
        for name, cost in (("archive", from_archive), ("vault", from_vault)):
            print(f"--to-zip from the {name:8} over cp {cost.wall / plain.wall:6.2f}, over cp and sync {cost.wall / copy.wall:6.2f}   (goal <= 2.5)")
        for name, cost in (("archive", check_archive), ("vault", check_vault)):
            print(f"speed of verify, {name:8} to sha256sum {digest.wall / cost.wall:6.2f}   (goal >= 0.8)")
        planner = os.path.join(os.path.dirname(program), "tests", "bench", "retention_bench")
        if os.path.exists(planner):
            print(cvat.Cost([planner]).out, end="")
        else:
            print("retention plan: not measured, retention_bench is not built")
    finally:
        bench.close()


if __name__ == "__main__":
    main()
