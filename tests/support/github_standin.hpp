// SPDX-License-Identifier: MIT
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/server_process.hpp"
#include "tests/support/standin_control.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::test {

/// tests/github/github_standin.py as a child process; ended with this object. README.md there tells its orders.
/// Seed `demo` unless the options name another.
class GithubStandin {
public:
    explicit GithubStandin(std::vector<std::string> options = std::vector<std::string>())
        : server_(directory_.path(), "github", "github/github_standin.py", with_directory(options)) {}

    /// Scheme, host and port: the REST root of github.com mode; with --ghes it is <url>/api/v3.
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
    /// The URL of git for "owner/name".
    [[nodiscard]] std::string git_url(const std::string& name) const { return url() + "/" + name + ".git"; }

    /// POST /__standin__/<verb> with a JSON body; throws when the stand-in refuses it.
    boost::json::value order(const std::string& verb, const std::string& body = "{}") const {
        return standin_call(url(), http::Method::post, verb, body);
    }
    [[nodiscard]] boost::json::value ask(const std::string& verb) const {
        return standin_call(url(), http::Method::get, verb, std::string());
    }
    /// One edit or a list of edits, as JSON: {"op": "push", "repo": "acme/app"}.
    boost::json::value mutate(const std::string& body) const { return order("mutate", body); }
    /// A fault rule: {"match": {"path": REGEX}, "count": 1, "action": {"status": 502}}.
    void fault(const std::string& body) const { order("fault", body); }
    /// The text of a token by its label: alice, bob, carol, acme-fine, alice-no-sso, …
    [[nodiscard]] std::string token(const std::string& label = "alice") const {
        const boost::json::value state = ask("state");
        return std::string(state.at("tokens").at(label).at("token").as_string());
    }
    /// The bare repository of "owner/name" on disk.
    [[nodiscard]] std::filesystem::path path(const std::string& name) const {
        const boost::json::value state = ask("state");
        return std::filesystem::path(std::string_view(state.at("repositories").at(name).at("path").as_string()));
    }
    /// The private key of the GitHub App, PEM.
    [[nodiscard]] std::filesystem::path app_key() const {
        const boost::json::value state = ask("state");
        return std::filesystem::path(std::string_view(state.at("app").at("key_file").as_string()));
    }
    /// Requests that came so far and fit the query: "path=REGEX", "method=GET", "status=403", "since=N".
    [[nodiscard]] std::size_t count_log(const std::string& query) const {
        return ask("log?" + query).as_array().size();
    }

private:
    std::vector<std::string> with_directory(std::vector<std::string> options) const {
        options.insert(options.end(), {"--directory", directory_.path().string()});
        return options;
    }

    TempDir directory_;
    ServerProcess server_;
};

}  // namespace autobackup::test
