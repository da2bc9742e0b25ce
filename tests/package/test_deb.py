"""What the package holds, and what Debian's own checker says about it."""

import os
import shutil
import subprocess
import unittest

import package
import throwaway


def listing():
    """path → (mode, owner) of everything in the package."""
    out = {}
    for line in package.output("dpkg-deb", "-c", package.deb()).splitlines():
        mode, owner, _, _, _, path = line.split(None, 5)
        out[path.split(" -> ")[0].lstrip(".")] = (mode, owner)
    return out


class Deb(unittest.TestCase):
    def field(self, name):
        return package.output("dpkg-deb", "-f", package.deb(), name).strip()

    def test_control_fields(self):
        self.assertEqual(self.field("Package"), "autobackupd")
        self.assertEqual(self.field("Section"), "admin")
        version = package.output(os.path.join(package.tree(), "usr/bin/autobackupd"), "--version")
        self.assertIn(f"autobackupd {self.field('Version').split('-')[0]}", version)
        depends = self.field("Depends")
        for needed in ("libc6 (>=", "libgit2-1.5", "libssl3", "libsystemd0", "ca-certificates", "tzdata", "systemd | systemd-standalone-sysusers"):
            self.assertIn(needed, depends)
        self.assertNotIn("-dev", depends)
        for program in ("git-lfs", "openssh-client"):
            self.assertIn(program, self.field("Recommends"))
        self.assertGreater(len(self.field("Description").splitlines()), 4)

    def test_no_file_of_the_administrator_is_in_it(self):
        names = listing()
        self.assertEqual([name for name in names if name.startswith("/etc")], [])
        self.assertEqual([name for name in names if not name.startswith("/usr/") and name != "/"], [])
        self.assertFalse(os.path.exists(os.path.join(package.tree(), "DEBIAN/conffiles")))

    def test_files_and_their_modes(self):
        names = listing()
        for name in ("bin/autobackupd", "lib/systemd/system/autobackupd.service", "lib/systemd/catalog/autobackupd.catalog",
                     "lib/sysusers.d/autobackupd.conf", "lib/tmpfiles.d/autobackupd.conf", "share/doc/autobackupd/copyright",
                     "share/doc/autobackupd/changelog.gz", "share/doc/autobackupd/operations.md", "share/doc/autobackupd/examples/example.yaml",
                     "share/doc/autobackupd/examples/20-storage.conf"):
            self.assertIn("/usr/" + name, names)
        for name, (mode, owner) in names.items():
            self.assertEqual(owner, "root/root", name)
            expected = "drwxr-xr-x" if name.endswith("/") else "-rwxr-xr-x" if name.startswith("/usr/bin/") else "-rw-r--r--"
            self.assertEqual(mode, expected, name)

    def test_programs_are_stripped_and_name_no_path_of_the_build(self):
        folder = os.path.join(package.tree(), "usr/bin")
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            self.assertNotIn(".debug_info", package.output("readelf", "-S", path))
            with open(path, "rb") as file:
                self.assertNotIn(package.REPOSITORY.encode(), file.read(), f"{name} holds a path of the build")

    def test_maintainer_scripts_are_sound_shell(self):
        for name in ("postinst", "prerm", "postrm"):
            path = os.path.join(package.tree(), "DEBIAN", name)
            package.output("sh", "-n", path)
            self.assertTrue(os.access(path, os.X_OK))
            self.assertIn("\nset -e\n", package.text("DEBIAN/" + name))

    def test_lintian_has_nothing_to_say_beyond_the_explained(self):
        if shutil.which("lintian") is None:
            throwaway.loudly("what lintian says about the package", "lintian is not installed")
        done = subprocess.run(["lintian", "--tag-display-limit", "0", "--fail-on", "error,warning", package.deb()],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
        said = [line for line in done.stdout.splitlines() if line.strip()]
        self.assertEqual(said, [], done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        # Every override says why, in the comment above it.
        lines = package.text("usr/share/lintian/overrides/autobackupd").splitlines()
        self.assertTrue(lines[0].startswith("# "))


if __name__ == "__main__":
    unittest.main()
