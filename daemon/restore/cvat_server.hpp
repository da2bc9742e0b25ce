// SPDX-License-Identifier: MIT
// A CVAT server that something is restored into, and how it is reached. Loop thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/restore/give_back.hpp"
#include "daemon/restore/to_cvat.hpp"
#include "lib/core/secret.hpp"
#include "lib/cvat/client.hpp"
#include "lib/http/client.hpp"

namespace autobackup::restore {

struct ServerAccess {
    enum class Auth { token, access_token, password };
    std::string name;  ///< as people call it: "lab", or the URL
    std::string url;
    Auth auth = Auth::token;
    std::string username;  ///< of Auth::password
    Secret secret;
    http::ClientSettings http{};
    Milliseconds connect{15'000}, no_progress{120'000};
    cvat::ImportPolicy policy{};  ///< its attempts and delays are those of small calls too
};

/// A server that has answered and knows us.
class Server {
public:
    /// config_invalid: the URL; and what connecting may say.
    static Awaitable<Result<std::unique_ptr<Server>>> open(ServerAccess access);

    [[nodiscard]] cvat::Client& client() noexcept { return *client_; }
    /// Bad slugs are told before anything is uploaded: bad_request names those that there are.
    Awaitable<Result<void>> check_organization(std::string slug);
    /// What went over its connections.
    [[nodiscard]] http::Traffic traffic() const { return http_->traffic(); }
    /// Connections are closed, so that the loop can end.
    void close() { http_->close_idle(); }

private:
    std::unique_ptr<http::Client> http_;
    std::unique_ptr<cvat::Client> client_;
};

/// to_cvat(), with the side file of the version, from the first copy that is whole; what is wrong with the others becomes a warning, and is added to
/// `not_whole` (may be null, borrowed). `from` gets the word of that copy.
Awaitable<Result<OnServer>> to_cvat(Server& server, async::Workers& workers, const Request& request, ToServer wish,
                                    cvat::ImportObserver& observer, std::string& from, std::vector<Failure>* not_whole = nullptr);

/// What to_cvat() would do, as lines for people; nothing is changed on the server.
Awaitable<Result<std::vector<std::string>>> plan_to_cvat(Server& server, async::Workers& workers, const Request& request, const ToServer& wish);

}  // namespace autobackup::restore
