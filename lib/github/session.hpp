// SPDX-License-Identifier: MIT
// One token on one GitHub server: credentials, headers, limits, retries. Loop thread only.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "lib/github/account.hpp"
#include "lib/github/wire.hpp"

namespace autobackup::github {

struct TokenAuth {
    Secret token;  ///< classic, fine-grained, or anything else that stands behind "Bearer"
};
struct AppAuth {
    std::string app_id;        ///< or the App's client id
    std::string installation;  ///< organisation or user on which it is installed
    Secret private_key;        ///< PEM
};

struct Settings {
    std::string name;  ///< of the server in the configuration: "hub"
    http::Url rest;    ///< "https://api.github.com", "https://HOST/api/v3"
    std::variant<TokenAuth, AppAuth> auth;
    http::Limits limits;
    int attempts = 4;  ///< tries in all of a call that fails for a passing reason; waits for a rate limit are not counted
    Milliseconds retry_delay{5'000}, retry_max_delay{300'000};
    /// Hears that calls wait for a limit: until when and why. May be empty.
    std::function<void(Instant, std::string_view)> waits;
};

/// What tells one token from another without telling any: a digest over server and secret.
std::string account_digest(const Settings& settings);

/// Where GraphQL is: "/graphql" of api.github.com, "/api/graphql" beside a GHES "/api/v3".
http::Url graphql_url(const http::Url& rest);

struct Call {
    http::Method method = http::Method::get;
    http::Url url;
    std::string object;  ///< "organisation acme of hub"
    std::string body;    ///< JSON
    Resource resource = Resource::rest;
    Secret authorization;  ///< other than the account's own: of an App's own calls
};

class Session {
public:
    /// `http` and `account` are borrowed for the life of the session.
    Session(http::Client& http, Account& account, Settings settings);

    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
    /// "organisation acme of hub".
    [[nodiscard]] std::string object_text(std::string_view what) const;

    /// How often the API was asked.
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
    [[nodiscard]] PageCache& pages() noexcept { return account_.pages; }

    /// The token, for git and API alike; an App's is minted, and minted anew when less than ten minutes of it are left.
    Awaitable<Result<Secret>> token();

    /// 2xx, 3xx and 4xx answers but 401 and limits; 401 and everything that lasts is a Failure.
    Awaitable<Result<http::Response>> call(Call call);
    /// GET below the REST root that must be 2xx and JSON. A page that is held already and has not changed costs nothing of
    /// the quota.
    Awaitable<Result<boost::json::value>> get_json(std::string path, std::string object);
    /// Every page of a list; `list_key` where the list stands in an object. Follows `Link: rel="next"` only.
    Awaitable<Result<boost::json::array>> get_all(std::string path, std::string object, std::string list_key = std::string());
    /// A GraphQL query: {"data": …, "errors": …} as it came, once nothing in it is a rate limit.
    Awaitable<Result<boost::json::value>> query(std::string text, boost::json::object variables, std::string object);

private:
    struct Page {
        boost::json::value value;
        std::string link;
    };
    Awaitable<Result<http::Response>> once(const Call& call);
    Awaitable<Result<http::Response>> once(const Call& call, std::string etag);
    Awaitable<Result<Page>> get_page(http::Url url, std::string object);
    Awaitable<Result<void>> mint();
    Awaitable<Result<std::int64_t>> installation_id(const AppAuth& app, Secret proof);

    http::Client& http_;
    Account& account_;
    Settings settings_;
    http::Url graphql_;
    std::uint64_t requests_ = 0;
};

}  // namespace autobackup::github
