// SPDX-License-Identifier: MIT
// TLS and proxies.
#include "tests/lib/http/fixture.hpp"
#include "tests/support/scripted_tls.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::http::test::tls_test {
namespace {

using autobackup::test::CertificatePlan;
using autobackup::test::Identity;
using autobackup::test::make_identity;
using autobackup::test::start_tls;

class Tls : public testing::Test {
protected:
    Tls() {
        CertificatePlan plan;
        plan.subject = "test authority";
        plan.is_authority = true;
        authority = make_identity(plan);
        authority.write_pem(directory.path() / "ca.pem");
    }

    Identity issued(const std::string& names, long valid_from = -3600, long valid_to = 3600) const {
        CertificatePlan plan;
        plan.alternative_names = names;
        plan.valid_from = valid_from;
        plan.valid_to = valid_to;
        return make_identity(plan, &authority);
    }

    ClientSettings trusting() const {
        ClientSettings settings;
        settings.ca_file = directory.path() / "ca.pem";
        return settings;
    }

    static ScriptedServer::Script serving(Identity identity, std::string body = "secret") {
        return [=](Peer& peer) {
            if (!start_tls(peer, identity)) return;
            while (!peer.read_request().empty()) peer.answer("200 OK", body);
        };
    }

    static std::string https(const ScriptedServer& server, const std::string& host = "127.0.0.1") {
        return "https://" + host + ":" + std::to_string(server.port()) + "/";
    }

    autobackup::test::TempDir directory;
    Identity authority;
};

TEST_F(Tls, AnswersToAnAddressAndToAName) {
    const std::string body = pattern(3'000'000);
    std::string shown;
    ScriptedServer server([&, identity = issued("IP:127.0.0.1,DNS:localhost")](Peer& peer) {
        if (!start_tls(peer, identity, &shown)) return;
        while (!peer.read_request().empty()) peer.answer("200 OK", body);
    });
    auto client = client_with(trusting());
    EXPECT_TRUE(exchange(*client, get(https(server))).value().body == body);
    EXPECT_EQ(shown, "") << "an address is no SNI name";
    RecordingSink sink;
    EXPECT_TRUE(stream(*client, get(https(server, "localhost")), sink));
    EXPECT_TRUE(sink.body == body);
    EXPECT_EQ(shown, "localhost");
}

TEST_F(Tls, KeepsTheConnectionAndUploads) {
    ScriptedServer server(serving(issued("IP:127.0.0.1"), "ok"));
    auto client = client_with(trusting());
    auto work = [&]() -> Awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            Request request = get(https(server));
            request.method = Method::post;
            request.source = std::make_shared<TextSource>(pattern(1'500'000), i == 1);
            const auto response = co_await client->exchange(std::move(request), quick());
            EXPECT_TRUE(response) << describe(response.error());
        }
    };
    run_coroutine(work);
    EXPECT_EQ(server.connections(), 1u);
}

TEST_F(Tls, AnEarlyRefusalIsTheAnswer) {
    ScriptedServer server([identity = issued("IP:127.0.0.1")](Peer& peer) {
        if (!start_tls(peer, identity)) return;
        peer.read_head();
        peer.answer("413 Payload Too Large", "too large");
        peer.freeze();
    });
    auto client = client_with(trusting());
    Request request = get(https(server));
    request.method = Method::put;
    request.source = std::make_shared<TextSource>(pattern(50'000'000));
    EXPECT_EQ(exchange(*client, request).value().body, "too large");
}

struct BadCertificate {
    const char* names;
    long valid_from;
    long valid_to;
    const char* words;
};

TEST_F(Tls, BadCertificatesAreNamedWithTheirReason) {
    const std::vector<BadCertificate> cases = {{"DNS:other.example.org", -3600, 3600, "mismatch"},
                                               {"IP:127.0.0.2", -3600, 3600, "mismatch"},
                                               {"", -3600, 3600, "mismatch"},
                                               {"IP:127.0.0.1", -7200, -3600, "expired"},
                                               {"IP:127.0.0.1", 3600, 7200, "not yet valid"}};
    for (const BadCertificate& bad : cases) {
        ScriptedServer server(serving(issued(bad.names, bad.valid_from, bad.valid_to)));
        auto client = client_with(trusting());
        Request request = get(https(server));
        request.authorization = Secret("Token abc");
        const auto response = exchange(*client, request);
        ASSERT_FALSE(response) << bad.names;
        EXPECT_EQ(response.error().code, Errc::certificate_invalid) << describe(response.error());
        EXPECT_FALSE(response.error().transient);
        EXPECT_NE(response.error().message.find(bad.words), std::string::npos) << response.error().message;
        EXPECT_NE(response.error().message.find("127.0.0.1:" + std::to_string(server.port())),
                  std::string::npos);
        EXPECT_TRUE(server.heads().empty()) << "nothing may be sent to a server that is not trusted";
    }
}

TEST_F(Tls, UnknownIssuerAndSelfSigned) {
    CertificatePlan plan;
    plan.alternative_names = "IP:127.0.0.1";
    for (const Identity& identity : {issued("IP:127.0.0.1"), make_identity(plan)}) {
        ScriptedServer server(serving(identity));
        auto client = client_with();
        const Failure failure = exchange(*client, get(https(server))).error();
        EXPECT_EQ(failure.code, Errc::certificate_invalid) << describe(failure);
    }
}

TEST_F(Tls, HandshakesThatFail) {
    const auto garbage = [](Peer& peer) {
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.stay_silent();
    };
    const auto closing = [](Peer& peer) { peer.read_exactly(5); };
    for (const ScriptedServer::Script& script : std::vector<ScriptedServer::Script>{garbage, closing}) {
        ScriptedServer server(script);
        auto client = client_with(trusting());
        EXPECT_EQ(exchange(*client, get(https(server))).error().code, Errc::tls_failed);
    }
    ScriptedServer silent([](Peer& peer) { peer.stay_silent(); });
    auto client = client_with(trusting());
    Limits limits = quick();
    limits.connect = 1s;
    const Failure failure = exchange(*client, get(https(silent)), limits).error();
    EXPECT_EQ(failure.code, Errc::connect_timeout);
    EXPECT_NE(failure.message.find("TLS"), std::string::npos);
}

TEST_F(Tls, ATruncatedStreamIsACutBody) {
    for (const bool goodbye : {false, true}) {
        ScriptedServer server([=, identity = issued("IP:127.0.0.1")](Peer& peer) {
            if (!start_tls(peer, identity)) return;
            peer.read_request();
            peer.send("HTTP/1.1 200 OK\r\n\r\nall of it");
            if (goodbye) peer.say_goodbye();
        });
        auto client = client_with(trusting());
        const auto response = exchange(*client, get(https(server)));
        EXPECT_EQ(response.has_value(), goodbye);
        if (!goodbye) {
            EXPECT_EQ(response.error().code, Errc::connection_closed);
        }
    }
}

TEST_F(Tls, HttpsIsNotLeftForHttp) {
    ScriptedServer plain([](Peer& peer) { peer.read_request(); });
    ScriptedServer server([&, identity = issued("IP:127.0.0.1")](Peer& peer) {
        if (!start_tls(peer, identity)) return;
        peer.read_request();
        peer.answer("302 Found", "", "Location: " + plain.url() + "\r\n");
    });
    auto client = client_with(trusting());
    EXPECT_EQ(exchange(*client, get(https(server))).error().code, Errc::redirect_refused);
    EXPECT_EQ(plain.connections(), 0u);
}

TEST_F(Tls, ABadCaFileIsAConfigurationError) {
    ClientSettings settings;
    settings.ca_file = directory.path() / "missing.pem";
    EXPECT_EQ(make_client(settings).error().code, Errc::config_invalid);
    settings.ca_file = directory.path() / "empty.pem";
    std::fclose(std::fopen(settings.ca_file.c_str(), "w"));
    EXPECT_EQ(make_client(settings).error().code, Errc::config_invalid);
}

}  // namespace
}  // namespace autobackup::http::test::tls_test
