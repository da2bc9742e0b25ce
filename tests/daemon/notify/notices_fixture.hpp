// SPDX-License-Identifier: MIT
// A configuration with receivers, the Notices that serve them, and what came out of it.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <sstream>

#include "daemon/notify/notices.hpp"
#include "tests/support/journal_sink.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/sample_run.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::notify {

class NoticesTest : public testing::Test {
protected:
    NoticesTest() {
        patience_.http = Milliseconds(20'000);
        patience_.program = Milliseconds(20'000);
        patience_.delay = Milliseconds(10);
        patience_.max_delay = Milliseconds(40);
        patience_.attempts = 3;
        places_.directory = directory_.path();
        places_.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/root"}, {"LAB_TOKEN", "env-s3cr3t"}};
    }

    /// A receiver of the job "traffic-signs".
    template <class To>
    config::Notice& add(To to) {
        config::Notice notice;
        notice.key_path = "notify[" + std::to_string(list_.size()) + "]";
        notice.to = std::move(to);
        list_.push_back(std::move(notice));
        return list_.back();
    }
    void ping(const std::string& url) { add(config::PingNotice{url}); }
    config::Notice& webhook(const std::string& url) { return add(config::WebhookNotice{url, std::nullopt}); }

    [[nodiscard]] config::Config configuration() const {
        config::Config config;
        config.jobs["traffic-signs"].name = "traffic-signs";
        config.jobs["traffic-signs"].notify = list_;
        return config;
    }

    /// Makes the Notices, calls `tell`, and drains them. The time that tell() itself took is in told_in_.
    void tell(const std::function<void(Notices&)>& tell, Milliseconds grace = Milliseconds(10'000)) {
        asio::io_context context(1);
        async::Workers workers(1);
        auto client = http::make_client(http::ClientSettings());
        ASSERT_TRUE(client);
        Services services{context.get_executor(), workers, journal_, std::move(*client), places_, "backup-host", sendmail_, patience_};
        Notices notices(std::move(services));
        notices.configure(configuration());
        auto work = [&]() -> Awaitable<void> {
            const auto begin = std::chrono::steady_clock::now();
            tell(notices);
            told_in_ = std::chrono::steady_clock::now() - begin;
            pending_ = notices.pending();
            co_await notices.drain(grace);
        };
        const auto begin = std::chrono::steady_clock::now();
        test::run_coroutine(context, work);
        took_ = std::chrono::steady_clock::now() - begin;
        EXPECT_EQ(notices.pending(), 0U);
        counts_ = notices.counts();
    }
    void tell_failure() {
        tell([](Notices& notices) { notices.run_ended(failed(), first_failure()); });
    }

    static model::Run ended(model::RunOutcome outcome) {
        model::Run run = test::sample_run();
        run.outcome = outcome;
        return run;
    }
    static model::Run failed() {
        model::Run run = ended(model::RunOutcome::failed);
        run.errors.push_back(fail(Errc::source_empty, "list", "projects of lab", "nothing is listed"));
        return run;
    }
    static History first_failure() {
        History history;
        history.failures_now = 1;
        history.first_failed_at = test::sample_run().finished_at;
        return history;
    }
    static History recovery() {
        History history;
        history.failures_before = 2;
        history.first_failed_at = test::sample_run().finished_at - std::chrono::hours(30);
        history.last_success_at = test::sample_run().finished_at;
        return history;
    }

    std::string script(const std::string& name, const std::string& text) {
        const std::filesystem::path path = directory_.path() / name;
        std::ofstream(path) << "#!/bin/sh\n" << text;
        EXPECT_EQ(::chmod(path.c_str(), 0755), 0);
        return path.string();
    }
    [[nodiscard]] std::string file(const std::string& name) const {
        std::stringstream out;
        out << std::ifstream(directory_.path() / name).rdbuf();
        return out.str();
    }
    [[nodiscard]] std::string path(const std::string& name) const { return (directory_.path() / name).string(); }

    test::TempDir directory_;
    Patience patience_;
    config::SecretPlaces places_;
    std::string sendmail_ = "/nonexistent/sendmail";
    std::vector<config::Notice> list_;
    test::JournalSink journal_;
    Counts counts_;
    std::size_t pending_ = 0;
    std::chrono::steady_clock::duration told_in_{}, took_{};
};

/// Keeps the requests with their bodies, and answers each with what the script for it says.
class Receiver {
public:
    using Answer = std::function<void(test::Peer&)>;

    explicit Receiver(std::vector<Answer> answers)
        : answers_(std::move(answers)), server_([this](test::Peer& peer) { serve(peer); }) {}
    Receiver() : Receiver(std::vector<Answer>{answer("200 OK", "OK")}) {}

    static Answer answer(std::string status, std::string body, std::string fields = {}) {
        return [=](test::Peer& peer) { peer.answer(status, body, fields); };
    }

    struct Request {
        std::string head, body;
        [[nodiscard]] std::string line() const { return head.substr(0, head.find("\r\n")); }
    };
    [[nodiscard]] std::vector<Request> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    [[nodiscard]] std::string url(const std::string& path) const { return server_.url(path); }

private:
    void serve(test::Peer& peer) {
        for (;;) {
            Request request;
            request.head = peer.read_head();
            if (request.head.empty()) return;
            request.body = peer.read_body(request.head);
            Answer answer;
            {
                const std::lock_guard lock(mutex_);
                answer = answers_[std::min(requests_.size(), answers_.size() - 1)];
                requests_.push_back(std::move(request));
            }
            answer(peer);
        }
    }

    mutable std::mutex mutex_;
    std::vector<Answer> answers_;
    std::vector<Request> requests_;
    test::ScriptedServer server_;
};

}  // namespace autobackup::notify
