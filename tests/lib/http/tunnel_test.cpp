// SPDX-License-Identifier: MIT
// Requests through an HTTP proxy.
#include "tests/lib/http/fixture.hpp"
#include "tests/support/scripted_tls.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::http::test::tunnel_test {
namespace {

using autobackup::test::CertificatePlan;
using autobackup::test::Identity;
using autobackup::test::make_identity;
using autobackup::test::start_tls;

// Carries bytes both ways until one side closes.
void relay(Peer& peer, int upstream) {
    char bytes[65536];
    while (!peer.stopping()) {
        pollfd fds[2] = {{peer.fd(), POLLIN, 0}, {upstream, POLLIN, 0}};
        if (::poll(fds, 2, 10) <= 0) continue;
        for (int side = 0; side < 2; ++side) {
            if (fds[side].revents == 0) continue;
            const auto n = ::recv(fds[side].fd, bytes, sizeof bytes, 0);
            if (n <= 0) return;
            ::send(fds[1 - side].fd, bytes, static_cast<std::size_t>(n), MSG_NOSIGNAL);
        }
    }
}

// A CONNECT proxy for targets on 127.0.0.1.
void tunnel(Peer& peer) {
    const std::string head = peer.read_head();
    const std::size_t colon = head.find(':');
    if (!head.starts_with("CONNECT ") || colon == std::string::npos) return;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(head.substr(colon + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int upstream = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(upstream, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        peer.send("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n");
        relay(peer, upstream);
    } else {
        peer.send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    }
    ::close(upstream);
}

class Tunnel : public testing::Test {
protected:
    Tunnel() {
        CertificatePlan plan;
        plan.alternative_names = "IP:127.0.0.1";
        identity = make_identity(plan);
        identity.write_pem(directory.path() / "ca.pem");
    }
    ClientSettings through(const ScriptedServer& proxy) const {
        ClientSettings settings;
        settings.ca_file = directory.path() / "ca.pem";
        settings.https_proxy = "http://bot:hunter2@127.0.0.1:" + std::to_string(proxy.port());
        settings.http_proxy = settings.https_proxy;
        return settings;
    }
    ScriptedServer::Script serving() const {
        return [identity = identity](Peer& peer) {
            if (!start_tls(peer, identity)) return;
            while (!peer.read_request().empty()) peer.answer("200 OK", "through");
        };
    }
    static Failure failure_with(const ClientSettings& settings, const std::string& url,
                                Limits limits = quick()) {
        auto client = client_with(settings);
        const auto response = exchange(*client, get(url), limits);
        return response ? fail(Errc::internal, "", "", "no failure") : response.error();
    }

    autobackup::test::TempDir directory;
    Identity identity;
};

TEST_F(Tunnel, HttpsGoesThroughConnect) {
    ScriptedServer server(serving());
    ScriptedServer proxy(tunnel);
    auto client = client_with(through(proxy));
    Request request = get("https://127.0.0.1:" + std::to_string(server.port()) + "/x");
    request.authorization = Secret("Token abc");
    auto work = [&]() -> Awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            const auto response = co_await client->exchange(request, quick());
            EXPECT_TRUE(response && response->body == "through");
        }
    };
    run_coroutine(work);
    EXPECT_EQ(proxy.connections(), 1u) << "the tunnel is kept";
    const std::string head = proxy.heads().at(0);
    EXPECT_TRUE(head.starts_with("CONNECT 127.0.0.1:" + std::to_string(server.port()) + " HTTP/1.1\r\n"))
        << head;
    EXPECT_EQ(Peer::field(head, "Proxy-Authorization"), "Basic Ym90Omh1bnRlcjI=");
    EXPECT_EQ(Peer::field(head, "Authorization"), "") << "the proxy does not see our secret";
    EXPECT_EQ(Peer::field(server.heads().at(0), "Proxy-Authorization"), "");
}

TEST_F(Tunnel, PlainHttpIsAskedForByItsWholeUrl) {
    ScriptedServer proxy([](Peer& peer) {
        while (!peer.read_request().empty()) peer.answer("200 OK", "from the proxy");
    });
    auto client = client_with(through(proxy));
    EXPECT_EQ(exchange(*client, get("http://cvat.example.org:8080/api?x=1")).value().body, "from the proxy");
    const std::string head = proxy.heads().at(0);
    EXPECT_TRUE(head.starts_with("GET http://cvat.example.org:8080/api?x=1 HTTP/1.1\r\n")) << head;
    EXPECT_EQ(Peer::field(head, "Host"), "cvat.example.org:8080");
    EXPECT_EQ(Peer::field(head, "Proxy-Authorization"), "Basic Ym90Omh1bnRlcjI=");
}

TEST_F(Tunnel, NoProxyGoesDirect) {
    ScriptedServer server([](Peer& peer) {
        while (!peer.read_request().empty()) peer.answer("200 OK", "direct");
    });
    ScriptedServer proxy(tunnel);
    ClientSettings settings = through(proxy);
    settings.no_proxy = "127.0.0.0/8";
    auto client = client_with(settings);
    EXPECT_EQ(exchange(*client, get(server.url())).value().body, "direct");
    EXPECT_EQ(proxy.connections(), 0u);
}

TEST_F(Tunnel, ARefusalIsTheProxysWithItsStatus) {
    for (const int status : {407, 403, 502}) {
        ScriptedServer proxy([=](Peer& peer) {
            peer.read_head();
            peer.answer(std::to_string(status) + " No Way", "go away");
        });
        const Failure failure = failure_with(through(proxy), "https://h.example.org/");
        EXPECT_EQ(failure.code, Errc::proxy_failed);
        EXPECT_EQ(failure.http_status, status);
        EXPECT_EQ(failure.transient, status >= 500);
        EXPECT_EQ(failure.peer, "No Way");
        EXPECT_EQ(describe(failure).find("hunter2"), std::string::npos);
    }
    ScriptedServer proxy([](Peer& peer) {
        peer.read_head();
        peer.answer("407 Proxy Authentication Required", "");
    });
    const Failure failure = failure_with(through(proxy), "http://h.example.org/");
    EXPECT_EQ(failure.code, Errc::proxy_failed);
    EXPECT_EQ(failure.http_status, 407);
    EXPECT_FALSE(failure.transient);
}

TEST_F(Tunnel, AProxyThatBreaksOrStaysSilent) {
    ScriptedServer closing([](Peer& peer) { peer.read_head(); });
    EXPECT_EQ(failure_with(through(closing), "https://h.example.org/").code, Errc::proxy_failed);
    ScriptedServer garbage([](Peer& peer) { peer.send("SSH-2.0-OpenSSH_9.2\r\n"), peer.stay_silent(); });
    EXPECT_EQ(failure_with(through(garbage), "https://h.example.org/").code, Errc::proxy_failed);
    ScriptedServer silent([](Peer& peer) { peer.stay_silent(); });
    Limits limits = quick();
    limits.connect = 1s;
    const Failure failure = failure_with(through(silent), "https://h.example.org/", limits);
    EXPECT_EQ(failure.code, Errc::connect_timeout);
    EXPECT_NE(failure.message.find("proxy"), std::string::npos);
}

}  // namespace
}  // namespace autobackup::http::test::tunnel_test
