"""TLS with an authority of the house, and proxies, on the whole way of a run."""

import os

from harness import Case, git
from relay import Proxy, TlsFront, make_authority


class WayToServer(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.forge = self.git_server("--create", "annotations.git")
        self.ca, self.certificate, self.key = make_authority(self.place("authority"))

    def front(self, port):
        front = TlsFront(port, self.certificate, self.key)
        self.addCleanup(front.stop)
        return front

    def proxy(self):
        proxy = Proxy()
        self.addCleanup(proxy.stop)
        return proxy

    def configure_tls(self, ca_file=True):
        self.api, self.git_front = self.front(self.cvat.port), self.front(self.forge.port)
        named = f"ca_file: {self.ca}" if ca_file else ""
        self.configure(f"https://localhost:{self.api.port}", job="projects: [1]", server=named,
                       git=f"url: https://localhost:{self.git_front.port}/git/annotations.git\nauth: {{username: bot, password: git-password}}\n{named}")

    def assert_pushed(self):
        self.assertEqual(git("rev-parse", "main", cwd=os.path.join(self.forge.repos, "annotations.git")), git("rev-parse", "main", cwd=self.vault))

    def test_tls_with_the_authority_that_the_configuration_names(self):
        self.configure_tls()
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assert_pushed()
        self.assertEqual(self.call("check-config", "--online").code, 0)

    def test_an_unknown_authority_is_refused_before_the_token_is_sent(self):
        self.configure_tls(ca_file=False)
        done = self.run_job(code=1)
        self.assertEqual(done.report["errors"][0]["code"], "certificate_invalid")
        self.assertEqual(self.cvat.requests(), [])

    def test_a_certificate_for_another_name_is_refused(self):
        self.ca, self.certificate, self.key = make_authority(self.place("other"), "elsewhere.example")
        self.configure_tls()
        done = self.run_job(code=1)
        self.assertEqual(done.report["errors"][0]["code"], "certificate_invalid")
        self.assertEqual(self.cvat.requests(), [])

    def test_a_proxy_carries_tls_and_never_sees_the_token(self):
        proxy = self.proxy()
        self.configure_tls()
        report = self.run_job(https_proxy=f"http://127.0.0.1:{proxy.port}", no_proxy="").report
        self.assertEqual(report["outcome"], "success")
        self.assert_pushed()
        self.assertEqual({line.split(" ")[1] for line in proxy.seen}, {f"localhost:{self.api.port}", f"localhost:{self.git_front.port}"})
        self.assertTrue(all(line.startswith("CONNECT ") for line in proxy.seen), proxy.seen)
        self.assertFalse(any("authorization" in header.lower() for headers in proxy.headers for header in headers))

    def test_a_proxy_carries_plain_requests(self):
        proxy = self.proxy()
        self.configure(self.cvat.url, job="projects: [1]", git=f"url: {self.forge.url}/noauth/annotations.git")
        report = self.run_job(http_proxy=f"http://127.0.0.1:{proxy.port}", no_proxy="").report
        self.assertEqual(report["outcome"], "success")
        self.assert_pushed()
        self.assertTrue(any(f" http://127.0.0.1:{self.cvat.port}/api/" in line for line in proxy.seen), proxy.seen)

    def test_no_proxy_goes_round_it(self):
        proxy = self.proxy()
        self.configure_tls()
        report = self.run_job(https_proxy=f"http://127.0.0.1:{proxy.port}", no_proxy="localhost").report
        self.assertEqual(report["outcome"], "success")
        self.assertEqual(proxy.seen, [])

    def test_a_proxy_that_is_not_there_is_named(self):
        self.configure_tls()
        done = self.run_job(code=1, https_proxy="http://127.0.0.1:1", no_proxy="")
        self.assertIn("127.0.0.1:1", done.report["errors"][0]["message"] + done.report["errors"][0]["object"])
