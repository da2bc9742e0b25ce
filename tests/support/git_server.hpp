// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>

#include "tests/support/server_process.hpp"

namespace autobackup::test {

/// tests/gitserver/gitserver.py (nginx, fcgiwrap, git http-backend) while it lives.
class GitServer {
public:
    /// Repositories lie in `directory`/repos; `options` are further words of its command line.
    GitServer(std::filesystem::path directory, std::vector<std::string> options)
        : directory_(std::move(directory)),
          process_(directory_, "gitserver", "gitserver/gitserver.py", words(options)) {
        for (int i = 0; i < 4000 && log_.empty(); ++i) {
            const std::string said = process_.output();
            const std::size_t at = said.find(" log ");
            if (at != std::string::npos && said.back() == '\n')
                log_ = said.substr(at + 5, said.size() - at - 6);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    [[nodiscard]] std::filesystem::path repositories() const { return directory_ / "repos"; }
    /// "http://127.0.0.1:PORT/" + rest
    [[nodiscard]] std::string url(const std::string& rest) const {
        return "http://127.0.0.1:" + std::to_string(process_.port()) + "/" + rest;
    }
    /// The access log: a line for each request answered before this call. nginx writes a line after its
    /// answer is sent, so a request of our own follows the others and its line is waited for.
    [[nodiscard]] std::string access_log() const {
        const std::string marker = "log-marker-" + std::to_string(++markers_);
        if (std::system(("curl -s -o /dev/null --max-time 10 " + url(marker)).c_str()) != 0)
            throw std::runtime_error("curl failed");
        for (int i = 0; i < 1000; ++i) {
            std::ifstream in(log_);
            std::string log(std::istreambuf_iterator<char>(in), {});
            if (log.find(marker) != std::string::npos) return log;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        throw std::runtime_error("nginx wrote no line for " + marker);
    }

private:
    [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& options) const {
        std::vector<std::string> all = {"--repos", repositories().string()};
        all.insert(all.end(), options.begin(), options.end());
        return all;
    }

    std::filesystem::path directory_;
    ServerProcess process_;
    std::filesystem::path log_;
    mutable int markers_ = 0;
};

}  // namespace autobackup::test
