// SPDX-License-Identifier: MIT
// The listing by GraphQL: one request per hundred repositories, instead of several for each.
#include <algorithm>
#include <set>

#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"
#include "lib/github/client.hpp"
#include "lib/github/decode.hpp"
#include "lib/http/json_answer.hpp"

namespace autobackup::github {

namespace json = boost::json;

namespace {

constexpr int full_page = 100;
constexpr int smallest_page = 5;
constexpr int rounds = 3;

std::string query_of(const Owner& owner) {
    std::string root = "repositoryOwner(login:$login)";
    if (owner.kind == Owner::Kind::organization) root = "organization(login:$login)";
    if (owner.kind == Owner::Kind::user) root = "user(login:$login)";
    std::string head = "query($login:String!,$first:Int!,$after:String){";
    if (owner.kind == Owner::Kind::self) {
        root = "viewer";
        head = "query($first:Int!,$after:String){";
    }
    return head + "rateLimit{cost remaining resetAt} owner:" + root +
           "{login repositories(first:$first,after:$after,ownerAffiliations:[OWNER],orderBy:{field:NAME,direction:ASC})"
           "{totalCount pageInfo{hasNextPage endCursor} nodes{" +
           repository_fields + "}}}}";
}

// Servers that cannot answer a query that size in their ten seconds say so in several ways.
bool too_much(const Failure& failure) {
    return failure.code == Errc::response_too_large || failure.http_status == 502 || failure.http_status == 504;
}

// GraphQL itself is not to be had: not for this token, or not on this server.
bool refused(const Failure& failure) {
    return failure.http_status == 403 || failure.http_status == 404 || failure.http_status == 405 || failure.http_status == 501 ||
           failure.http_status == 406;
}

// A node that is null has its reason in `errors`.
std::string reason_for(const std::vector<GraphError>& errors, std::size_t index) {
    const std::string suffix = "nodes." + std::to_string(index);
    for (const GraphError& error : errors)
        if (error.path.ends_with(suffix) || error.path.find(suffix + ".") != std::string::npos) return one_line(error.message);
    return "the server gives no reason";
}

}  // namespace

struct Client::GraphPage {
    std::string login, end_cursor;
    std::int64_t total = 0;
    bool more = false;
    std::vector<Repository> repositories;
    std::vector<std::string> unreadable;
};

Awaitable<Result<Client::GraphPage>> Client::graph_page(const Owner& owner, int first, const std::string& after) {
    const std::string object = session_.object_text(text_of(owner));
    json::object variables;
    if (owner.kind != Owner::Kind::self) variables["login"] = owner.login;
    variables["first"] = first;
    variables["after"] = after.empty() ? json::value(nullptr) : json::value(after);
    const Result<json::value> answer = co_await session_.query(query_of(owner), std::move(variables), object);
    if (!answer) co_return answer.error();
    const std::vector<GraphError> errors = errors_of(*answer);
    const JsonFields top(*answer, "the answer");
    const json::value* data = top.find("data");
    const json::value* found = data == nullptr ? nullptr : JsonFields(*data, "data").find("owner");
    const json::value* list = found == nullptr ? nullptr : JsonFields(*found, "the owner").find("repositories");
    for (const GraphError& error : errors) {
        const Failure failure = graph_failure(error, object);
        if (list == nullptr || failure.code == Errc::response_too_large) co_return failure;
    }
    if (list == nullptr) {
        const bool nobody = data != nullptr && data->is_object() && data->get_object().contains("owner");
        if (nobody) co_return graph_failure(GraphError("NOT_FOUND", "", "owner"), object);
        co_return http::bad_answer("query", object, "the answer holds no list of repositories", json::serialize(*answer));
    }
    JsonFields repositories(*list, "the list");
    GraphPage page;
    page.login = JsonFields(*found, "the owner").maybe_text("login");
    page.total = repositories.integer("totalCount");
    if (const json::value* info = repositories.find("pageInfo"); info != nullptr) {
        const JsonFields fields(*info, "pageInfo");
        page.more = fields.flag("hasNextPage");
        page.end_cursor = fields.maybe_text("endCursor");
    }
    const json::value* nodes = repositories.find("nodes");
    if (!repositories.problem().empty() || nodes == nullptr || !nodes->is_array() || (page.more && page.end_cursor.empty()))
        co_return http::bad_answer("query", object, "the list of repositories lacks its parts", json::serialize(*list));
    for (std::size_t i = 0; i < nodes->get_array().size(); ++i) {
        const json::value& node = nodes->get_array()[i];
        if (node.is_null()) {
            page.unreadable.push_back(reason_for(errors, i));
            continue;
        }
        Result<Repository> one = graph_repository(node, object);
        if (!one) co_return one.error();
        page.repositories.push_back(std::move(*one));
    }
    co_return page;
}

Awaitable<Result<Listing>> Client::by_graphql(const Owner& owner) {
    const std::string object = session_.object_text(text_of(owner));
    for (int round = 0; round < rounds; ++round) {
        Listing listing;
        std::set<std::string> seen;
        std::string after;
        std::int64_t total = 0;
        for (int first = full_page;;) {
            Result<GraphPage> page = co_await graph_page(owner, first, after);
            if (!page && too_much(page.error()) && first > smallest_page) {
                first /= 2;
                continue;
            }
            if (!page) co_return page.error();
            listing.login = page->login;
            total = page->total;
            for (Repository& one : page->repositories)
                if (seen.insert(one.node_id).second) listing.repositories.push_back(std::move(one));
            for (std::string& one : page->unreadable) listing.unreadable.push_back(std::move(one));
            if (!page->more) break;
            after = page->end_cursor;
        }
        // Repositories that come and go while the pages are read shift the others over the border.
        if (static_cast<std::int64_t>(listing.repositories.size() + listing.unreadable.size()) >= total) co_return listing;
    }
    co_return fail(Errc::too_busy, "query", object, "the list of repositories changes while it is read; it was never whole");
}

Awaitable<Result<Listing>> Client::repositories(Owner owner) {
    Result<Listing> listing = co_await by_graphql(owner);
    if (listing || !refused(listing.error())) co_return listing;
    co_return co_await by_rest(owner);
}

}  // namespace autobackup::github
