// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "lib/cvat/client.hpp"
#include "lib/cvat/decode.hpp"
#include "lib/cvat/session.hpp"

namespace autobackup::cvat {

/// The path with `org=` (nothing for everywhere), after what it asks for already.
std::string in_context(std::string path, const Context& context);

struct Client::Impl {
    Impl(http::Client& http, Settings settings) : session(http, std::move(settings)) {}

    /// Asks without starting anything: GET /api/requests, and the old route of a task that does not exist
    /// when the version is odd.
    Awaitable<Result<Family>> probe_family(std::string version);
    Awaitable<void> newest_of(std::string kind, Context context, Result<Newest::One>& out);
    /// Every page of a list, decoded. `what` names it in errors: "tasks of project 12".
    template <class T>
    Awaitable<Result<std::vector<T>>> list(std::string path, std::string what,
                                           Result<T> (*decode)(const boost::json::value&, const Source&)) {
        Source source;
        source.operation = "GET";
        source.object = session.object_text(what);
        const Result<boost::json::array> items =
            co_await session.get_all_pages(std::move(path), source.object);
        if (!items) co_return items.error();
        co_return decode_all<T>(*items, source, decode);
    }
    Awaitable<Result<void>> patch(std::string path, std::string body, std::string object);

    Session session;
};

}  // namespace autobackup::cvat
