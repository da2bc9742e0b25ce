// SPDX-License-Identifier: MIT
#include "daemon/vault/manifest.hpp"

#include <boost/json.hpp>

#include "lib/core/json_fields.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::vault {
namespace {

namespace json = boost::json;

constexpr std::string_view checksum_mark = "\n \"checksum\": \"sha256:";

void line(std::string& text, std::string_view key, const json::value& value) {
    text += "\n \"" + std::string(key) + "\": " + json::serialize(value) + ",";
}

json::object task_to_json(const ManifestTask& task) {
    json::object object{{"index", task.index}, {"id", task.id},       {"name", task.name},
                        {"updated_date", task.updated_date},          {"print", task.print},
                        {"jobs", task.jobs},   {"frames", task.frames}, {"shapes", task.shapes},
                        {"tags", task.tags},   {"tracks", task.tracks}};
    if (task.kept_from_earlier) object["kept_from_earlier"] = true;
    return object;
}

ManifestTask task_of(const json::object& object) {
    ManifestTask task;
    task.index = static_cast<std::size_t>(integer_at(object, "index"));
    task.id = integer_at(object, "id");
    task.name = text_at(object, "name");
    task.updated_date = text_at(object, "updated_date");
    task.print = text_at(object, "print");
    task.jobs = integer_at(object, "jobs");
    task.frames = integer_at(object, "frames");
    task.shapes = integer_at(object, "shapes");
    task.tags = integer_at(object, "tags");
    task.tracks = integer_at(object, "tracks");
    const json::value* kept = object.if_contains("kept_from_earlier");
    task.kept_from_earlier = kept != nullptr && kept->is_bool() && kept->get_bool();
    return task;
}

ManifestMember member_of(const json::object& object) {
    ManifestMember member;
    member.name = text_at(object, "name");
    member.size = static_cast<std::uint64_t>(integer_at(object, "size"));
    member.crc32 = static_cast<std::uint32_t>(integer_at(object, "crc32"));
    member.dos_time = static_cast<std::uint32_t>(integer_at(object, "time"));
    return member;
}

template <class T, class Convert>
void read_list(const json::object& object, const char* key, std::vector<T>& out, Convert convert) {
    const json::value* list = object.if_contains(key);
    if (list == nullptr || !list->is_array()) return;
    for (const json::value& one : list->get_array()) {
        if (one.is_object()) out.push_back(convert(one.get_object()));
    }
}

template <class T, class Convert>
void write_list(std::string& text, const char* key, const std::vector<T>& list, Convert convert) {
    text += "\n \"" + std::string(key) + "\": [";
    for (std::size_t i = 0; i < list.size(); ++i) text += (i == 0 ? "\n  " : ",\n  ") + json::serialize(convert(list[i]));
    text += list.empty() ? "]," : "\n ],";
}

json::object member_to_json(const ManifestMember& member) {
    return {{"name", member.name}, {"size", member.size}, {"crc32", member.crc32}, {"time", member.dos_time}};
}

std::string checksum(std::string_view text) { return hash::sha256_hex(text); }

std::string sealed(std::string text) {
    const std::string sum = checksum(text);
    return std::move(text) + std::string(checksum_mark) + sum + "\"\n}\n";
}

json::object verified_to_json(const std::string& level, const std::string& at) { return {{"level", level}, {"at", at}}; }

Result<json::object> checked_object(std::string_view text, const std::string& object) {
    const std::size_t mark = text.rfind(checksum_mark);
    if (mark == std::string_view::npos) return fail(Errc::bad_response, "read manifest", object, "it carries no checksum");
    const std::string_view told = text.substr(mark + checksum_mark.size(), 64);
    const std::string_view rest = text.substr(mark + checksum_mark.size() + told.size());
    if (rest != "\"\n}\n" || told != checksum(text.substr(0, mark))) {
        return fail(Errc::content_mismatch, "read manifest", object, "the manifest is damaged: its checksum does not fit");
    }
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error);
    if (error || !value.is_object()) return fail(Errc::bad_response, "read manifest", object, "it is not a JSON object");
    return std::move(value.get_object());
}

}  // namespace

std::string to_text(const Manifest& m) {
    std::string text = "{\n \"format\": 1,";
    line(text, "kind", json::value(json::string(m.item.kind_word())));
    line(text, "id", m.item.id);
    line(text, "name", json::value(m.name));
    line(text, "created_at", json::value(m.created_at));
    line(text, "server", json::value(m.server));
    line(text, "server_version", json::value(m.server_version));
    line(text, "updated_date", json::value(m.updated_date));
    line(text, "print", json::value(m.print));
    if (!m.tree.empty()) line(text, "tree", json::value(m.tree));
    line(text, "verified", verified_to_json(m.verified_level, m.verified_at));
    if (!m.zip_sha256.empty()) {
        line(text, "sha256", json::value(m.zip_sha256));
        line(text, "bytes", m.zip_bytes);
    }
    if (!m.commit.empty()) line(text, "commit", json::value(m.commit));
    write_list(text, "tasks", m.tasks, task_to_json);
    write_list(text, "members", m.members, member_to_json);
    return sealed(std::move(text));
}

Result<std::string> with_check(std::string_view text, const std::string& level, const std::string& at, const std::string& object_for_errors) {
    const Result<json::object> good = checked_object(text, object_for_errors);
    if (!good) return good.error();
    constexpr std::string_view begin = "\n \"verified\": ";
    const std::size_t from = text.find(begin);
    if (from == std::string_view::npos) return fail(Errc::bad_response, "change manifest", object_for_errors, "it has no line for checks");
    std::string changed(text.substr(0, from));
    line(changed, "verified", verified_to_json(level, at));
    changed += text.substr(text.find('\n', from + 1), text.rfind(checksum_mark) - text.find('\n', from + 1));
    return sealed(std::move(changed));
}

Result<Manifest> parse_manifest(std::string_view text, const std::string& object_for_errors) {
    Result<json::object> parsed = checked_object(text, object_for_errors);
    if (!parsed) return parsed.error();
    const json::object& object = *parsed;
    if (integer_at(object, "format") != 1) {
        return fail(Errc::unsupported, "read manifest", object_for_errors, "its format is not one that this version knows (1)");
    }
    Manifest m;
    m.item.kind = text_at(object, "kind") == "task" ? ItemId::Kind::task : ItemId::Kind::project;
    m.item.id = integer_at(object, "id");
    m.name = text_at(object, "name");
    m.created_at = text_at(object, "created_at");
    m.server = text_at(object, "server");
    m.server_version = text_at(object, "server_version");
    m.updated_date = text_at(object, "updated_date");
    m.print = text_at(object, "print");
    m.tree = text_at(object, "tree");
    if (const json::value* verified = object.if_contains("verified"); verified != nullptr && verified->is_object()) {
        m.verified_level = text_at(verified->get_object(), "level");
        m.verified_at = text_at(verified->get_object(), "at");
    }
    m.zip_sha256 = text_at(object, "sha256");
    m.zip_bytes = static_cast<std::uint64_t>(integer_at(object, "bytes"));
    m.commit = text_at(object, "commit");
    read_list(object, "tasks", m.tasks, task_of);
    read_list(object, "members", m.members, member_of);
    return m;
}

}  // namespace autobackup::vault
