// SPDX-License-Identifier: MIT
// The upload over real sockets: connections that are cut at any byte, servers that fall silent, and the
// stand-in.
#include <atomic>
#include <mutex>

#include "tests/lib/cvat/import_fixture.hpp"
#include "tests/support/cvat_samples.hpp"
#include "tests/support/cvat_standin.hpp"
#include "tests/support/scripted_server.hpp"

namespace autobackup::cvat::import_wire_test {
namespace {

using test::Peer;

/// A server that keeps the body of a PATCH only when all of it has come, as nginx does in front of CVAT; what
/// it does to the first PATCH the test says.
class TusServer {
public:
    explicit TusServer(std::function<void(Peer&, const std::string& head)> first_patch)
        : first_patch_(std::move(first_patch)) {}

    [[nodiscard]] std::string url() const { return server_.url(""); }
    [[nodiscard]] std::string received() {
        const std::lock_guard lock(mutex_);
        return received_;
    }
    [[nodiscard]] int finished() const { return finished_; }

private:
    void serve(Peer& peer) {
        for (std::string head = peer.read_head(); !head.empty(); head = peer.read_head()) {
            const bool patch = head.starts_with("PATCH");
            if (patch && !spoilt_.exchange(true)) return first_patch_(peer, head);
            const std::string body = peer.read_body(head);
            if (!answer(peer, head, body)) return;
        }
    }

    bool answer(Peer& peer, const std::string& head, const std::string& body) {
        const std::lock_guard lock(mutex_);
        const std::string offset = std::to_string(received_.size());
        if (head.starts_with("PATCH")) {
            if (Peer::field(head, "upload-offset") != offset) return peer.answer("409 Conflict", "");
            received_ += body;
            return peer.send("HTTP/1.1 204 No Content\r\nUpload-Offset: " + std::to_string(received_.size()) +
                             "\r\n\r\n");
        }
        if (head.starts_with("HEAD")) return peer.answer("200 OK", "", "Upload-Offset: " + offset + "\r\n");
        if (head.find("?filename=") != std::string::npos) {
            ++finished_;
            return peer.answer("202 Accepted", R"({"rq_id":"r"})");
        }
        if (head.starts_with("POST"))
            return peer.answer("201 Created", "",
                               "Location: http://x/api/projects/backup/u\r\nUpload-Filename: u\r\n");
        if (head.find("/api/requests/r") != std::string::npos)
            return peer.answer("200 OK", R"({"id":"r","status":"finished","result_id":7})");
        return peer.answer("200 OK", R"({"count":0,"next":null,"previous":null,"results":[]})");
    }

    std::function<void(Peer&, const std::string&)> first_patch_;
    std::mutex mutex_;
    std::string received_;
    std::atomic<int> finished_{0};
    std::atomic<bool> spoilt_{false};
    test::ScriptedServer server_{[this](Peer& peer) { serve(peer); }};
};

Result<Imported> import_into(const std::string& url, ImportFile file, ImportPolicy policy = quick_import(),
                             About about = about_of(Family::d), Milliseconds no_progress = Milliseconds(10'000)) {
    Settings settings = test_settings(url);
    settings.limits.no_progress = no_progress;
    const auto http = http::make_client(http::ClientSettings()).value();
    Client client(*http, std::move(settings));
    client.assume(std::move(about));
    async::Workers workers(1);
    RecordingImport observer;
    Importer importer(client, workers, policy);
    return test::run_coroutine([&]() -> Awaitable<Result<Imported>> {
        Result<Imported> done = co_await importer.run(std::move(file), std::string(), observer);
        http->close_idle();
        co_return done;
    });
}

constexpr const char* content = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

TEST(ImportOverTheWire, CutAtAnyByteOfAChunk) {
    for (std::size_t at = 0; at <= 10; ++at) {
        TusServer server([at](Peer& peer, const std::string&) {
            peer.read_exactly(at);
            peer.reset();
        });
        const Result<Imported> done = import_into(server.url(), file_of(content));
        ASSERT_TRUE(done) << at << ": " << describe(done.error());
        EXPECT_EQ(done->id, 7);
        EXPECT_EQ(server.received(), content) << at;
        EXPECT_EQ(server.finished(), 1);
    }
}

TEST(ImportOverTheWire, AServerThatFallsSilentInAChunk) {
    for (const bool reads : {false, true}) {
        TusServer server([reads](Peer& peer, const std::string& head) {
            if (reads) peer.read_body(head);
            peer.freeze();
        });
        const Result<Imported> done =
            import_into(server.url(), file_of(content), quick_import(), about_of(Family::d), Milliseconds(500));
        ASSERT_TRUE(done) << describe(done.error());
        EXPECT_EQ(server.received(), content);
    }
}

TEST(ImportOverTheWire, AStopEndsTheProducerToo) {
    TusServer server([](Peer& peer, const std::string&) { peer.freeze(); });
    const auto http = http::make_client(http::ClientSettings()).value();
    Client client(*http, test_settings(server.url()));
    client.assume(about_of(Family::d));
    async::Workers workers(1);
    RecordingImport observer;
    Importer importer(client, workers, quick_import());
    std::atomic<bool> ended{false};
    ImportFile file = file_of(content);
    file.produce = [&ended, produce = file.produce](const TakePiece& take) {
        const Result<void> done = produce(take);
        ended = true;
        return done;
    };
    auto work = [&] { return importer.run(file, std::string(), observer); };
    EXPECT_THROW(test::run_coroutine(work, Milliseconds(20'000), Milliseconds(1'000)),
                 boost::system::system_error);
    EXPECT_TRUE(ended);
}

TEST(ImportOverTheWire, TheStandInOfEveryFamilyTakesARealBackup) {
    for (const auto& [family, name] :
         {std::pair("A", "A-task-images-annotations"), std::pair("B", "task-images-annotations"),
          std::pair("C", "task-images-annotations"), std::pair("D", "task-images-annotations")}) {
        test::CvatStandin standin({"--seed", "empty", "--family", family});
        Settings settings = test_settings(standin.url());
        settings.auth = PasswordAuth{"admin", Secret("admin-password")};
        const auto http = http::make_client(http::ClientSettings()).value();
        Client client(*http, std::move(settings));
        async::Workers workers(1);
        RecordingImport observer;
        ImportPolicy policy = quick_import();
        policy.chunk = 4'000;
        Importer importer(client, workers, policy);
        ImportFile file =
            file_of(read_file(test::cvat_sample(std::string(name) + ".zip")).value(), Kind::task);
        const auto all = test::run_coroutine([&]() -> Awaitable<Result<Task>> {
            const Result<About> about = co_await client.connect();
            if (!about) co_return about.error();
            const Result<Imported> done = co_await importer.run(file, std::string("acme"), observer);
            if (!done) co_return done.error();
            Result<Task> task = co_await client.task(done->id);
            Object object;
            object.kind = Kind::task;
            object.id = done->id;
            const Result<void> removed = co_await client.remove(object);
            const Result<Task> gone = co_await client.task(done->id);
            http->close_idle();
            if (!removed || gone) co_return fail(Errc::internal, "DELETE", "task", "it is still there");
            co_return task;
        });
        ASSERT_TRUE(all) << family << ": " << describe(all.error());
        EXPECT_EQ(all->size, 6) << family;
        EXPECT_TRUE(all->organization_id) << family << ": the finishing request decides to whom it belongs";
    }
}

}  // namespace
}  // namespace autobackup::cvat::import_wire_test
