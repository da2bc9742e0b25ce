// SPDX-License-Identifier: MIT
#include "daemon/cvat/task_note.hpp"

#include <boost/json.hpp>

#include "lib/core/json_fields.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::cvat_job {
namespace {

namespace json = boost::json;

// Names, sizes and counts.
vault::Manifest manifest_of(const TaskCopy& copy) {
    vault::Manifest manifest;
    manifest.item.kind = vault::ItemId::Kind::task;
    manifest.item.id = copy.id;
    manifest.tasks.push_back(manifest_task(0, copy));
    for (const vault::VersionMember& member : copy.members) manifest.members.push_back(member.entry);
    return manifest;
}

std::vector<std::string> texts_at(const json::object& object, std::string_view key) {
    std::vector<std::string> texts;
    const json::value* const list = object.if_contains(key);
    if (list == nullptr || !list->is_array()) return texts;
    for (const json::value& one : list->get_array()) texts.emplace_back(one.is_string() ? std::string_view(one.get_string()) : std::string_view());
    return texts;
}

std::optional<vault::VersionMember> member_of(const vault::ManifestMember& entry, const std::string& blob, const json::object& rest,
                                              const std::function<bool(const git::Oid&)>& has) {
    vault::VersionMember member;
    if (entry.name == guide_name) {
        member = text_member(entry.name, text_at(rest, "guide"), entry.dos_time);
        if (member.entry.crc32 != entry.crc32 || member.entry.size != entry.size) return std::nullopt;
        return member;
    }
    const std::optional<git::Oid> oid = git::Oid::parse(blob);
    if (!oid || !has(*oid)) return std::nullopt;
    member.entry = entry;
    member.oid = *oid;
    return member;
}

}  // namespace

std::string note_of(const TaskCopy& copy, const std::function<bool(const vault::VersionMember&)>& stored) {
    json::array labels, blobs;
    json::object rest;
    for (const std::string& label : copy.label_names) labels.emplace_back(label);
    for (const vault::VersionMember& member : copy.members) {
        blobs.emplace_back(member.oid.hex());
        if (!member.produce || stored(member)) continue;
        if (member.entry.name != guide_name) return "";
        const Result<std::string> text = content_of(member);
        if (!text) return "";
        rest["guide"] = *text;
    }
    rest["labels"] = std::move(labels);
    rest["blobs"] = std::move(blobs);
    const std::string text = json::serialize(rest) + "\n" + vault::to_text(manifest_of(copy));
    return hash::sha256_hex(text) + "\n" + text;
}

std::optional<TaskCopy> copy_of_note(const std::string& note, const std::function<bool(const git::Oid&)>& has) {
    const std::size_t begin = note.find('\n');
    if (begin == std::string::npos) return std::nullopt;
    const std::string_view text = std::string_view(note).substr(begin + 1);
    const std::size_t line = text.find('\n');
    if (note.substr(0, begin) != hash::sha256_hex(text) || line == std::string::npos) return std::nullopt;
    const Result<vault::Manifest> manifest = vault::parse_manifest(text.substr(line + 1), "the note of a task");
    boost::system::error_code error;
    const json::value parsed = json::parse(text.substr(0, line), error);
    if (!manifest || manifest->tasks.size() != 1 || error || !parsed.is_object()) return std::nullopt;
    const json::object& rest = parsed.get_object();
    const std::vector<std::string> blobs = texts_at(rest, "blobs");
    if (blobs.size() != manifest->members.size() || blobs.empty()) return std::nullopt;
    TaskCopy copy(manifest->tasks.front());
    copy.fetched = true;
    copy.label_names = texts_at(rest, "labels");
    for (std::size_t i = 0; i < blobs.size(); ++i) {
        std::optional<vault::VersionMember> member = member_of(manifest->members[i], blobs[i], rest, has);
        if (!member) return std::nullopt;
        copy.members.push_back(std::move(*member));
    }
    return copy;
}

}  // namespace autobackup::cvat_job
