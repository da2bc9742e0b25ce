// SPDX-License-Identifier: MIT
// Private to this room: a repository behind HTTP(S).
#pragma once

#include "lib/remote/advertisement.hpp"
#include "lib/remote/kinds.hpp"
#include "lib/remote/pack_file.hpp"

namespace autobackup::remote {

/// What info/refs told, and where the repository really lies (it may have been renamed).
struct Discovery {
    int version = 0;
    Advertisement advertisement;
    http::Url base;
};

/// http_remote.cpp: what all requests have in common, and pushes; http_upload_pack.cpp: refs and fetches.
class HttpRemote final : public Remote {
public:
    HttpRemote(http::Client& client, async::Workers& workers, Settings settings, http::Url base)
        : client_(client), workers_(workers), settings_(std::move(settings)), base_(std::move(base)) {}

    Awaitable<Result<Advertisement>> list_for_push() override;
    Awaitable<Result<PushReport>> push(std::vector<RefUpdate> updates,
                                       std::shared_ptr<http::BodySource> pack) override;
    Awaitable<Result<Advertisement>> ls_refs(std::vector<std::string> prefixes) override;
    Awaitable<Result<FetchReport>> fetch(FetchRequest request, std::filesystem::path pack_file) override;

private:
    Awaitable<Result<Discovery>> discover(Service service, const char* operation);
    Awaitable<Result<Discovery>> discover_upload(const char* operation);
    Awaitable<Result<Advertisement>> list_by_v2(const Discovery& server,
                                                const std::vector<std::string>& prefixes);
    [[nodiscard]] bool may_ask_at_once() const;
    Awaitable<std::optional<Result<Advertisement>>> list_at_once(const std::vector<std::string>& prefixes);
    /// One request of a fetch; no bytes of a pack: the server has to be told more (never with `all_told`).
    Awaitable<Result<FetchReport>> fetch_once(const Discovery& server, const FetchRequest& wanted,
                                              bool all_told, PackFile& file);
    /// What became of a question for the refs.
    struct RefsAnswer {
        std::optional<Failure> failure;
        bool final = false;  // asking in another way would end in the same
    };
    Awaitable<RefsAnswer> ask_for_refs(const Discovery& server, const std::vector<std::string>& prefixes,
                                       RefListParser& parser);
    static Advertisement refs_of(RefListParser& parser, const Discovery& server,
                                 const std::vector<std::string>& prefixes);
    http::Request request(http::Method method, const http::Url& url, Service service) const;
    http::Request post(const Discovery& server, Service service) const;
    http::Limits limits() const;
    Failure refused(const http::Response& response, const char* operation);
    std::optional<Failure> problem_of(const http::Response& response, const std::string& type,
                                      const char* operation);

    http::Client& client_;
    async::Workers& workers_;
    Settings settings_;
    http::Url base_;
    std::optional<Discovery> receive_;     // of the last list_for_push
    std::optional<Discovery> upload_;      // v2 only: its capabilities do not change with the refs
    bool at_once_ = false;                 // the refs were told without a look at info/refs before
    std::optional<Failure> unauthorized_;  // a refused password is not tried again
};

}  // namespace autobackup::remote
