// SPDX-License-Identifier: MIT
#include "lib/github/decode.hpp"

#include "lib/core/json_fields.hpp"
#include "lib/http/json_answer.hpp"

namespace autobackup::github {

namespace json = boost::json;

const char* const repository_fields =
    "id databaseId name owner{login} url sshUrl pushedAt diskUsage isPrivate isFork isArchived isTemplate isEmpty isDisabled "
    "hasWikiEnabled primaryLanguage{name} repositoryTopics(first:20){nodes{topic{name}}} parent{nameWithOwner} "
    "defaultBranchRef{name}";

namespace {

std::uint64_t not_negative(std::optional<std::int64_t> value) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.value_or(0)));
}

// `key` of the object at `field`; empty where there is none.
std::string text_inside(const JsonFields& fields, std::string_view field, std::string_view key) {
    const json::value* inner = fields.find(field);
    return inner == nullptr ? std::string() : JsonFields(*inner, field).maybe_text(key);
}

Failure incomplete(const std::string& object, const std::string& problem, const json::value& value) {
    return http::bad_answer("read", object, problem, json::serialize(value));
}

}  // namespace

Result<Repository> graph_repository(const json::value& node, const std::string& object) {
    JsonFields fields(node, "a repository");
    Repository found;
    found.node_id = fields.text("id");
    found.database_id = fields.maybe_integer("databaseId").value_or(0);
    found.name = fields.text("name");
    found.owner = text_inside(fields, "owner", "login");
    found.clone_url = fields.text("url") + ".git";
    found.ssh_url = fields.maybe_text("sshUrl");
    found.pushed_at = fields.maybe_text("pushedAt");
    found.disk_kb = not_negative(fields.maybe_integer("diskUsage"));
    found.is_private = fields.flag("isPrivate");
    found.fork = fields.flag("isFork");
    found.archived = fields.flag("isArchived");
    found.is_template = fields.flag("isTemplate");
    found.empty = fields.flag("isEmpty");
    found.disabled = fields.flag("isDisabled");
    found.has_wiki = fields.flag("hasWikiEnabled");
    found.language = text_inside(fields, "primaryLanguage", "name");
    found.parent = text_inside(fields, "parent", "nameWithOwner");
    found.default_branch = text_inside(fields, "defaultBranchRef", "name");
    if (const json::value* topics = fields.find("repositoryTopics"); topics != nullptr) {
        const json::value* nodes = JsonFields(*topics, "the topics").find("nodes");
        if (nodes != nullptr && nodes->is_array()) {
            for (const json::value& one : nodes->get_array())
                found.topics.push_back(text_inside(JsonFields(one, "a topic"), "topic", "name"));
        }
    }
    if (!fields.problem().empty()) return incomplete(object, fields.problem(), node);
    if (found.owner.empty()) return incomplete(object, "a repository lacks the key owner", node);
    return found;
}

Result<Repository> rest_repository(const json::value& value, const std::string& object) {
    JsonFields fields(value, "a repository");
    Repository found;
    found.node_id = fields.text("node_id");
    found.database_id = fields.integer("id");
    found.name = fields.text("name");
    found.owner = text_inside(fields, "owner", "login");
    found.clone_url = fields.text("clone_url");
    found.ssh_url = fields.maybe_text("ssh_url");
    found.pushed_at = fields.maybe_text("pushed_at");
    found.disk_kb = not_negative(fields.maybe_integer("size"));
    found.is_private = fields.flag("private");
    found.fork = fields.flag("fork");
    found.archived = fields.flag("archived");
    found.is_template = fields.flag("is_template");
    found.disabled = fields.flag("disabled");
    found.has_wiki = fields.flag("has_wiki");
    found.language = fields.maybe_text("language");
    found.parent = text_inside(fields, "parent", "full_name");
    found.default_branch = fields.maybe_text("default_branch");
    found.empty = found.disk_kb == 0 && found.pushed_at.empty();
    if (const json::value* topics = fields.find("topics"); topics != nullptr && topics->is_array()) {
        for (const json::value& one : topics->get_array())
            if (one.is_string()) found.topics.emplace_back(one.get_string());
    }
    if (!fields.problem().empty()) return incomplete(object, fields.problem(), value);
    if (found.owner.empty()) return incomplete(object, "a repository lacks the key owner", value);
    return found;
}

Result<Gist> gist(const json::value& value, const std::string& object) {
    JsonFields fields(value, "a gist");
    Gist found;
    found.id = fields.text("id");
    found.description = fields.maybe_text("description");
    found.clone_url = fields.text("git_pull_url");
    found.updated_at = fields.maybe_text("updated_at");
    found.owner = text_inside(fields, "owner", "login");
    found.is_public = fields.flag("public");
    if (!fields.problem().empty()) return incomplete(object, fields.problem(), value);
    return found;
}

}  // namespace autobackup::github
