// SPDX-License-Identifier: MIT
// The client against tests/lfsserver, with its faults.
#pragma once

#include "lib/lfs/remote.hpp"

#include <gtest/gtest.h>

#include "tests/support/git_objects.hpp"
#include "tests/support/lfs_server.hpp"
#include "tests/support/run_coroutine.hpp"

namespace autobackup::lfs {

using test::noise;

class RemoteTest : public testing::Test {
protected:
    static void SetUpTestSuite() { server_ = std::make_unique<test::LfsServer>(); }
    static void TearDownTestSuite() { server_.reset(); }
    void SetUp() override {
        server_->order("clear");
        server_->set(R"({"elsewhere": false, "verify": false, "largest_batch": 0})");
        static int repositories = 0;
        repository_ = "r" + std::to_string(++repositories) + ".git";
        settings_.url = server_->url(repository_);
        settings_.ref = "refs/heads/main";
        settings_.username = "bot";
        settings_.password = Secret("bot-password");
        settings_.no_progress = Milliseconds(5'000);
        settings_.attempts = 3;
        settings_.retry_delay = Milliseconds(10);
        settings_.retry_max_delay = Milliseconds(1'500);
    }

    Pointer put(const std::string& content) const {
        return local_.put([&](const TakeBytes& take) { return take(std::as_bytes(std::span(content))); }).value();
    }
    std::vector<Pointer> some(std::size_t count, std::size_t size = 100) const {
        std::vector<Pointer> objects;
        for (unsigned i = 0; i < count; ++i) objects.push_back(put(noise(size, i)));
        return objects;
    }
    Result<Moved> move(Operation operation, std::vector<Pointer> objects, const Store& local, Milliseconds cancel_after = Milliseconds(0)) {
        auto work = [&]() -> Awaitable<Result<Moved>> {
            async::Workers workers(2);
            const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
            const std::unique_ptr<Remote> remote = make_remote(*client, workers, local, settings_).value();
            Result<Moved> moved = Moved();
            if (operation == Operation::upload) moved = co_await remote->upload(objects);
            if (operation == Operation::download) moved = co_await remote->download(objects);
            client->close_idle();
            co_return moved;
        };
        return test::run_coroutine(work, Milliseconds(30'000), cancel_after);
    }
    Result<Moved> upload(std::vector<Pointer> objects) { return move(Operation::upload, std::move(objects), local_); }
    bool there(const Pointer& object) const { return fs::exists(server_->object(repository_, object.oid)); }
    std::size_t count(const std::string& method, const std::string& in_path) const {
        std::size_t found = 0;
        for (const auto& request : server_->requests()) {
            const std::string path(request.at("path").get_string());
            found += request.at("method").get_string() == method && path.find(in_path) != std::string::npos ? 1 : 0;
        }
        return found;
    }
    Failure refused(std::vector<Pointer> objects) {
        const Result<Moved> moved = upload(std::move(objects));
        EXPECT_FALSE(moved);
        return moved ? Failure() : moved.error();
    }

    static inline std::unique_ptr<test::LfsServer> server_;
    test::TempDir directory_;
    Store local_{directory_.path() / "vault/lfs/objects"};
    Store other_{directory_.path() / "other/lfs/objects"};
    Settings settings_;
    std::string repository_;
};

}  // namespace autobackup::lfs
