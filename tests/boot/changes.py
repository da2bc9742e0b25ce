"""What an administrator changes, and what happens to a daemon; at the end the machine goes down in the middle of a run."""

import os
import shutil
import signal
import socket
import time

from service import JOB, REJECTED, SECRET, SOCKET, UNIT, BootCase, call, token_of


class D_Reloaded(BootCase):
    def test_1_a_good_file_counts(self):
        before = self.pid()
        self.configure("every 1h")
        self.good("systemctl", "reload", UNIT)
        self.assertEqual(self.job()["schedule"], ["every 1h"])
        self.assertEqual(self.pid(), before)

    def test_2_a_bad_one_does_not(self):
        self.configure("every 1h", "nonsense: 1\n")
        done = call("systemctl", "reload", UNIT)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.show("ActiveState"), "active")
        self.assertEqual(self.job()["schedule"], ["every 1h"])
        self.assertIn("nonsense", self.journal(f"MESSAGE_ID={REJECTED}")[-1]["MESSAGE"])
        self.configure("every 2h")
        self.good("systemctl", "reload", UNIT)
        self.assertEqual(self.job()["schedule"], ["every 2h"])

    def test_3_sighup_is_a_reload_too(self):
        self.configure("every 3h")
        os.kill(self.pid(), signal.SIGHUP)
        self.wait_until(lambda: self.job()["schedule"] == ["every 3h"], "the reload", 10)


class WithDropIn(BootCase):
    def use(self, name):
        """An example of the package, for this test."""
        with open(f"/usr/share/doc/autobackupd/examples/{name}") as file:
            self.drop_in(name, file.read())
        self.addCleanup(self.good, "systemctl", "restart", UNIT)
        self.addCleanup(self.good, "systemctl", "daemon-reload")
        self.addCleanup(os.unlink, f"/etc/systemd/system/{UNIT}.d/{name}")
        self.good("systemctl", "restart", UNIT)


class E_Secrets(WithDropIn):
    def setUp(self):
        # systemd copies secrets when the service starts; what the job needs comes only from where the drop-in says.
        shutil.move(SECRET, "/boot-test/token")
        self.addCleanup(self.good, "systemctl", "restart", UNIT)
        self.addCleanup(shutil.move, "/boot-test/token", SECRET)

    def assert_it_runs(self):
        report = self.ask("run", job=JOB, wait=True)
        self.assertIn(report["outcome"], ("success", "unchanged"), report)

    def test_1_without_the_secret_the_job_fails_and_says_where_it_looked(self):
        self.good("systemctl", "restart", UNIT)
        report = self.ask("run", job=JOB, wait=True)
        self.assertEqual(report["outcome"], "failed")
        said = str(report)
        for place in (f"/run/credentials/{UNIT}/autobackupd_cvat-token", "/etc/autobackupd/credentials/cvat-token (permission denied)"):
            self.assertIn(place, said)

    def test_2_encrypted_secrets(self):
        os.makedirs("/etc/autobackupd/credentials.encrypted", mode=0o700)
        self.good("systemd-creds", "setup")
        self.good("systemd-creds", "encrypt", "--name=autobackupd_cvat-token", "/boot-test/token", "/etc/autobackupd/credentials.encrypted/cvat-token")
        self.use("10-encrypted-credentials.conf")
        self.assert_it_runs()

    def test_3_one_file_each(self):
        for name in ("cvat-token", "git-token"):
            shutil.copy("/boot-test/token", f"/etc/autobackupd/credentials/{name}")
            self.addCleanup(os.unlink, f"/etc/autobackupd/credentials/{name}")
        self.use("10-systemd249.conf")
        self.assertEqual(sorted(os.listdir(f"/run/credentials/{UNIT}")), ["cvat-token", "git-token"])
        self.assert_it_runs()


class F_Children(WithDropIn):
    """Programs that the daemon starts live in its sandbox: here one that hands out the secret."""

    def test_1_git_ssh_and_python_work_and_set_group_id_does_not(self):
        self.write("/usr/local/bin/helper", f"""#!/bin/sh
exec 3>&1 >/srv/facts 2>&1
id -un; git --version; ssh -V; python3 -c 'import ssl, threading; print("python works")'; getent hosts localhost
/usr/local/bin/id-as-mail -gn
ssh -p 2222 -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=/tmp/known nobody@127.0.0.1 true
git init -q --bare /tmp/x.git && git -C /tmp/x.git fsck && echo "git works"
if command -v git-lfs >/dev/null; then git-lfs version && echo "lfs works"; fi
echo {token_of("admin")} >&3
""", 0o755)
        shutil.copy("/usr/bin/id", "/usr/local/bin/id-as-mail")
        shutil.chown("/usr/local/bin/id-as-mail", group="mail")
        os.chmod("/usr/local/bin/id-as-mail", 0o2755)
        self.assertEqual(self.good("/usr/local/bin/id-as-mail", "-gn", user="nobody").strip(), "mail")
        server = os.path.exists("/usr/sbin/sshd")
        if server:
            os.makedirs("/run/sshd", exist_ok=True)
            self.good("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/boot-test/host-key")
            self.good("systemd-run", "--unit=sshd-of-test", "/usr/sbin/sshd", "-D", "-p", "2222", "-h", "/boot-test/host-key")
        else:
            print("\n*** NOT TESTED: ssh to a server, because openssh-server is not installed")
        self.configure("every 3h", token="{command: [/usr/local/bin/helper]}")
        self.good("install", "-o", "autobackupd", "-m", "0644", "/dev/null", "/srv/facts")
        self.good("systemctl", "reload", UNIT)
        report = self.ask("run", job=JOB, wait=True)
        with open("/srv/facts") as file:
            facts = file.read()
        self.assertIn(report["outcome"], ("success", "unchanged"), facts)
        for fact in ("git version", "OpenSSH", "python works", "localhost", "Permission denied" if server else "Connection refused", "git works"):
            self.assertIn(fact, facts)
        self.assertEqual("lfs works" in facts, shutil.which("git-lfs") is not None, facts)
        self.assertEqual(facts.count("autobackupd\n"), 2, "a set-group-ID program gains nothing\n" + facts)
        self.configure("every 3h")
        self.good("systemctl", "reload", UNIT)

    def test_2_mail_goes_through_the_program_of_the_drop_in(self):
        self.write("/usr/sbin/sendmail", "#!/bin/sh\necho the wrong one >>/srv/mail\n", 0o755)
        self.write("/usr/bin/msmtp", '#!/bin/sh\necho "as $(id -un): $*" >>/srv/mail\ncat >>/srv/mail\n', 0o755)
        self.good("install", "-o", "autobackupd", "-m", "0644", "/dev/null", "/srv/mail")
        self.configure("every 3h", "notify: [{email: admin@example.org}]\n")
        self.use("30-mail.conf")
        self.standin.fault("/api/", {"status": 403}, count=-1)
        self.assertEqual(self.ask("run", job=JOB, wait=True)["outcome"], "failed")

        def mail():
            with open("/srv/mail") as file:
                return file.read()
        self.wait_until(lambda: "To: admin@example.org" in mail(), "the mail", 20)
        self.assertIn("as autobackupd: -oi -t", mail())
        self.assertNotIn("the wrong one", mail())
        self.standin.order("clear", {})
        self.assertIn(self.ask("run", job=JOB, wait=True)["outcome"], ("success", "unchanged"))
        self.configure("every 3h")

    def test_3_metrics_are_told_on_a_socket_of_the_same_group(self):
        path = "/run/autobackupd/metrics.sock"
        self.configure("every 3h", f"metrics: {{listen: unix:{path}}}\n")
        self.good("systemctl", "reload", UNIT)
        self.wait_until(lambda: os.path.exists(path), "the socket", 10)
        self.assertEqual((oct(os.stat(path).st_mode & 0o777), os.stat(path).st_gid), ("0o660", os.stat(SOCKET).st_gid))
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(path)
            link.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            self.assertIn(JOB, link.makefile().read())
        self.configure("every 3h")
        self.good("systemctl", "reload", UNIT)


class G_Killed(BootCase):
    def wait_for_restart(self, before, seconds):
        self.wait_until(lambda: self.pid() not in (0, before) and self.show("ActiveState") == "active", "the restart", seconds)
        self.assertEqual(self.job()["failures"], 0)

    def test_1_by_the_watchdog(self):
        self.drop_in("quick.conf", "[Service]\nWatchdogSec=3s\nTimeoutAbortSec=2s\nRestartSec=200ms\n")
        self.good("systemctl", "restart", UNIT)
        time.sleep(4)
        self.assertEqual(self.show("NRestarts"), "0", "a healthy daemon is left alone")
        before = self.pid()
        os.kill(before, signal.SIGSTOP)
        self.wait_for_restart(before, 20)
        self.assertEqual(self.show("NRestarts"), "1")
        self.good("journalctl", "--sync")
        self.assertIn("Watchdog timeout", self.good("journalctl", "-b", f"UNIT={UNIT}", "--no-pager"))

    def test_2_by_a_signal(self):
        before = self.pid()
        os.kill(before, signal.SIGKILL)
        self.wait_for_restart(before, 20)
        self.assertEqual(self.show("NRestarts"), "2")


class H_Upgraded(BootCase):
    def test_1_a_running_daemon_is_restarted(self):
        before = self.pid()
        self.good("dpkg", "-i", "/boot-test/newer.deb")
        self.assertNotIn(self.pid(), (0, before))
        self.assertEqual(self.show("ActiveState"), "active")

    def test_2_a_stopped_one_stays_down(self):
        self.good("systemctl", "stop", UNIT)
        self.assertEqual((self.show("Result"), self.show("ExecMainStatus")), ("success", "0"))
        self.good("dpkg", "-i", "/boot-test/autobackupd.deb")
        self.assertEqual(self.show("ActiveState"), "inactive")
        self.good("systemctl", "start", UNIT)


class I_Rebooted(BootCase):
    def test_1_in_the_middle_of_a_run(self):
        self.start_a_long_run()
