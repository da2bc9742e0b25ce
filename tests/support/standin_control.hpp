// SPDX-License-Identifier: MIT
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "lib/http/client.hpp"
#include "tests/support/run_coroutine.hpp"

namespace autobackup::test {

/// One order to a stand-in at `base` (scheme, host, port): /__standin__/<verb>; throws when it is refused.
inline boost::json::value standin_call(const std::string& base, http::Method method, const std::string& verb,
                                       const std::string& body) {
    auto work = [&]() -> Awaitable<Result<http::Response>> {
        const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
        http::Request request;
        request.method = method;
        request.url = http::Url::parse(base + "/__standin__/" + verb).value();
        request.body = body;
        Result<http::Response> answer = co_await client->exchange(std::move(request), http::Limits());
        client->close_idle();
        co_return answer;
    };
    const Result<http::Response> answer = run_coroutine(work);
    if (!answer) throw std::runtime_error(describe(answer.error()));
    if (answer->head.status != 200)
        throw std::runtime_error("the stand-in refuses " + verb + ": " + answer->body);
    return boost::json::parse(answer->body);
}

}  // namespace autobackup::test
