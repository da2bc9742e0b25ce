// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "lib/core/file.hpp"
#include "lib/cvat/exporter.hpp"
#include "tests/support/fake_http.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::cvat {

inline Settings test_settings(const std::string& url = "http://cvat.example") {
    Settings settings;
    settings.name = "lab";
    settings.base = http::Url::parse(url).value();
    settings.auth = TokenAuth{Secret("0123456789012345678901234567890123456789")};
    settings.retry_delay = Milliseconds(1);
    settings.retry_max_delay = Milliseconds(4);
    return settings;
}

inline About about_of(Family family, std::string version = "2.54.1") {
    About about;
    about.version = std::move(version);
    about.family = family;
    about.user = "admin";
    about.user_id = 1;
    return about;
}

/// Writes down what it hears.
class RecordingObserver : public ExportObserver {
public:
    void request_id(const std::string& rq_id) override { ids.push_back(rq_id); }
    void waiting(const std::string& status, Milliseconds) override { statuses.push_back(status); }
    void progress(std::uint64_t now, std::uint64_t all) override {
        received = now;
        total = all;
        if (on_progress) on_progress(now);
    }
    Result<void> before_download(std::uint64_t total_bytes) override {
        asked.push_back(total_bytes);
        if (total_bytes > room) return fail(Errc::reserve, "reserve", "spool", "no room");
        return {};
    }

    std::vector<std::string> ids, statuses;
    std::vector<std::uint64_t> asked;
    std::uint64_t received = 0, total = 0;
    std::uint64_t room = ~std::uint64_t{0};
    std::function<void(std::uint64_t)> on_progress;
};

/// An exporter on a scripted server; quick retries.
class ExporterTest : public testing::Test {
protected:
    explicit ExporterTest(Family family = Family::d) { client_.assume(about_of(family)); }

    static ExportPolicy quick() {
        ExportPolicy policy;
        policy.poll_first = Milliseconds(1);
        policy.poll_max = Milliseconds(2);
        policy.retry_delay = Milliseconds(1);
        policy.retry_max_delay = Milliseconds(2);
        return policy;
    }
    Result<Exporter::Ready> ready(Object object, std::string known = std::string()) {
        return test::run_coroutine([&] { return exporter_.ready(object, known, observer_); });
    }
    Result<ExportedFile> download(Object object, Exporter::Ready from) {
        return test::run_coroutine([&] { return exporter_.download(object, from, file_, observer_); });
    }
    [[nodiscard]] std::string on_disk() const { return read_file(file_).value(); }

    test::TempDir directory_;
    std::filesystem::path file_ = directory_.path() / "x.zip";
    test::FakeHttp http_;
    Client client_{http_, test_settings()};
    async::Workers workers_{2};
    async::Turnstile exports_{1}, transfers_{1};
    RecordingObserver observer_;
    ExportPolicy policy_ = quick();
    Exporter exporter_{client_, workers_, exports_, transfers_, policy_};
};

}  // namespace autobackup::cvat
