// SPDX-License-Identifier: MIT
// One account on one CVAT server: credentials, headers, retries. What Client and Exporter share. Loop thread
// only.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/async/turnstile.hpp"
#include "lib/cvat/client.hpp"
#include "lib/cvat/decode.hpp"
#include "lib/http/retry.hpp"

namespace autobackup::cvat {

/// The only Accept for JSON that every version takes; application/json alone is 406.
inline constexpr std::string_view accept_json = "application/vnd.cvat+json";
inline constexpr std::string_view accept_any = "*/*";

/// One small call.
struct Call {
    http::Method method = http::Method::get;
    std::string path;    ///< path and query below the base URL
    std::string object;  ///< "project 12 of lab"
    std::string_view accept = accept_json;
    std::string body;  ///< JSON, or what content_type says
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers{};  ///< beside those that every call has
    bool anonymous = false;
    /// 5xx answers with a JSON body are the caller's: family A tells a failed export so, once. Else they are
    /// tried again.
    bool json_500_is_answer = false;
};

class Session {
public:
    Session(http::Client& http, Settings settings);

    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
    [[nodiscard]] http::Client& http() noexcept { return http_; }
    About& about() noexcept { return about_; }

    /// "project 12 of lab".
    [[nodiscard]] std::string object_text(std::string_view what) const;
    [[nodiscard]] std::string object_text(Object object) const;
    /// Path of the base URL, for rebased().
    [[nodiscard]] std::string base_path() const { return settings_.base.path(); }

    /// With credentials (login first, once, when there is only a password). No cookies are ever kept or sent.
    Awaitable<Result<http::Request>> request(Call call);
    /// Tries again what fails for a passing reason (5xx, 429, connection), settings().attempts in all.
    /// Answers below 500 but 429 are given back as they are; 401 is a Failure.
    Awaitable<Result<http::Response>> call(Call call);
    /// call() without a second try.
    Awaitable<Result<http::Response>> once(const Call& call);
    /// Sleeps as long as is due before the next try, or gives `failure` back when no try is left.
    Awaitable<Result<void>> wait_before_retry(Failure failure, int tries_done);
    /// call() of a GET that must be 2xx and JSON.
    Awaitable<Result<boost::json::value>> get_json(std::string path, std::string object);
    /// Every page of a list; reads anew when it moves meanwhile.
    Awaitable<Result<boost::json::array>> get_all_pages(std::string path, std::string object);

private:
    Awaitable<Result<void>> ensure_authorization();
    Awaitable<Result<void>> log_in(const PasswordAuth& auth);
    Awaitable<Result<std::optional<boost::json::array>>> read_pages(std::string path, std::string object);

    http::Client& http_;
    Settings settings_;
    About about_;
    Secret authorization_;
    async::Turnstile login_turn_;
};

using http::retry_wait;

}  // namespace autobackup::cvat
