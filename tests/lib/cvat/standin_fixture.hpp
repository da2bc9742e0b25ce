// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include "tests/lib/cvat/cvat_fixture.hpp"
#include "tests/support/cvat_standin.hpp"

namespace autobackup::cvat {

/// Our client over the real HTTP client, against a running stand-in.
class Lab {
public:
    explicit Lab(const std::string& url, Settings settings)
        : http_(http::make_client(http::ClientSettings()).value()),
          client_(*http_, at(url, std::move(settings))) {
        policy_.poll_first = Milliseconds(10);
        policy_.poll_max = Milliseconds(50);
        policy_.retry_delay = Milliseconds(5);
        policy_.retry_max_delay = Milliseconds(20);
        policy_.list_every = Milliseconds(150);
        policy_.export_deadline = Milliseconds(15'000);
    }

    static Settings password(const std::string& user = "admin") {
        Settings settings = test_settings();
        settings.auth = PasswordAuth{user, Secret(user + "-password")};
        settings.limits.no_progress = Milliseconds(10'000);
        return settings;
    }

    /// connect, export, download.
    Awaitable<Result<ExportedFile>> fetch(Object object, std::filesystem::path file,
                                          std::string known = std::string()) {
        Exporter exporter(client_, workers_, exports_, transfers_, policy_);
        const Result<About> about = co_await client_.connect();
        if (!about) co_return about.error();
        Result<Exporter::Ready> ready = co_await exporter.ready(object, std::move(known), observer_);
        if (!ready) co_return ready.error();
        if (after_ready_) after_ready_();
        Result<ExportedFile> got =
            co_await exporter.download(object, std::move(*ready), std::move(file), observer_);
        http_->close_idle();
        co_return got;
    }

    std::unique_ptr<http::Client> http_;
    Client client_;
    async::Workers workers_{2};
    async::Turnstile exports_{1}, transfers_{1};
    RecordingObserver observer_;
    ExportPolicy policy_;
    std::function<void()> after_ready_;

private:
    static Settings at(const std::string& url, Settings settings) {
        settings.base = http::Url::parse(url).value();
        return settings;
    }
};

}  // namespace autobackup::cvat
