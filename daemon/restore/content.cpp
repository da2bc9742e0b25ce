// SPDX-License-Identifier: MIT
#include "daemon/restore/content.hpp"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <set>

#include "daemon/restore/content_parts.hpp"
#include "daemon/restore/member_order.hpp"
#include "lib/zip/archive.hpp"

namespace autobackup::restore {
namespace {

using Members = std::vector<vault::VersionMember>;

// Every member gives its own content, whatever the repository that it comes from does meanwhile.
void bind(Members& members, const std::shared_ptr<const git::Repository>& repository) {
    for (vault::VersionMember& member : members) {
        if (member.produce) continue;
        member.produce = [repository, oid = member.oid](const git::TakeBytes& take) { return repository->stream_blob(oid, take); };
    }
}

bool is_folder_too(const vault::Held& held, const std::string& name) {
    const auto below = held.blobs.lower_bound(name + "/");
    return below != held.blobs.end() && below->first.starts_with(name + "/");
}

// The members that the manifest lists. Of two that have one name git holds the last.
Result<Members> listed_members(const vault::Held& held, std::vector<std::string>& warnings) {
    std::map<std::string, const vault::ManifestMember*> last;
    for (const vault::ManifestMember& entry : held.manifest->members) last[entry.name] = &entry;
    Members members;
    for (const vault::ManifestMember& entry : held.manifest->members) {
        const vault::ManifestMember& kept = *last[entry.name];
        const bool same = entry.size == kept.size && entry.crc32 == kept.crc32;
        if (!same || (!entry.name.ends_with('/') && !held.blobs.contains(entry.name) && is_folder_too(held, entry.name))) {
            warnings.push_back("git holds one of two members named \"" + entry.name + "\": the other is left out");
            continue;
        }
        if (entry.name.ends_with('/')) {
            members.push_back(archive::text_member(entry.name, {}, entry.dos_time));
            continue;
        }
        std::optional<vault::VersionMember> member = vault::kept_member(held, entry);
        if (!member) return fail(Errc::not_found, "read", "member \"" + entry.name + "\"", "the manifest lists it, but the repository does not hold its content");
        members.push_back(std::move(*member));
    }
    return members;
}

// A folder that no manifest describes: sizes and CRC-32 are learned by reading.
Result<Members> found_members(const git::Repository& repository, const vault::Held& held, const std::stop_token& stop) {
    std::vector<std::string> names;
    for (const auto& [name, oid] : held.blobs) names.push_back(name);
    sort_as_server(names);
    Members members;
    for (const std::string& name : names) {
        if (stop.stop_requested()) return fail_cancelled("read", name);
        vault::ManifestMember entry;
        entry.name = name;
        entry.dos_time = first_dos_time;
        const auto large = held.large.find(name);
        if (large != held.large.end()) entry.size = large->second.size;
        std::optional<vault::VersionMember> member = vault::kept_member(held, entry);
        if (!member) return fail(Errc::not_found, "read", "member \"" + name + "\"", "the large file is not here");
        std::uint64_t size = 0;
        const git::TakeBytes take = [&](std::span<const std::byte> bytes) -> Result<void> {
            member->entry.crc32 = zip::crc32(member->entry.crc32, bytes);
            size += bytes.size();
            return {};
        };
        const Result<void> read = member->produce ? member->produce(take) : repository.stream_blob(member->oid, take);
        if (!read) return read.error();
        member->entry.size = size;
        members.push_back(std::move(*member));
    }
    return members;
}

Result<void> take_task_out(std::int64_t id, const std::vector<vault::ManifestTask>& tasks, Content& content) {
    const auto task = std::find_if(tasks.begin(), tasks.end(), [&](const vault::ManifestTask& one) { return one.id == id; });
    if (task == tasks.end()) return fail(Errc::not_found, "restore", "task " + std::to_string(id), "the manifest does not name it");
    Result<Content> alone = task_alone(content, task->index);
    if (!alone) return alone.error();
    content = std::move(*alone);
    content.item = vault::ItemId{vault::ItemId::Kind::task, id};
    content.name = task->name;
    return {};
}

Content begin_content(const Snapshot& snapshot) {
    Content content;
    content.id = snapshot.id;
    content.item = snapshot.item;
    content.name = snapshot.name;
    return content;
}

// The members of an archive whose every byte was looked at.
Result<Members> zip_members(const fs::path& file, const std::stop_token& stop) {
    Result<zip::Archive> opened = zip::Archive::open(file);
    if (!opened) return opened.error();
    const auto archive = std::make_shared<zip::Archive>(std::move(*opened));
    const Result<void> checked = archive->check(2, {}, stop);
    if (!checked) return checked.error();
    Members members;
    for (std::size_t i = 0; i < archive->members().size(); ++i) {
        const zip::Member& source = archive->members()[i];
        vault::VersionMember member;
        member.entry = vault::ManifestMember{source.name, source.size, source.crc32, source.dos_time};
        member.produce = [archive, i](const git::TakeBytes& take) { return archive->read(archive->members()[i], take); };
        members.push_back(std::move(member));
    }
    return members;
}

Failure not_as_told(const Content& content) {
    return fail(Errc::content_mismatch, "read", content.file.string(), "the archive is damaged: it does not have the SHA-256 of its manifest");
}

Result<void> write_file(const Content& content, const zip::Output& output, const std::stop_token& stop) {
    const Result<FileDescriptor> fd = open_file(content.file, O_RDONLY);
    if (!fd) return fd.error();
    std::vector<std::byte> withheld;
    const auto give = [&](std::span<const std::byte> piece) -> Result<void> {
        const Result<void> given = withheld.empty() ? Result<void>() : output(withheld);
        withheld.assign(piece.begin(), piece.end());
        return given;
    };
    const Result<std::string> digest = archive::read_through(fd->get(), content.bytes, content.file, stop, give);
    if (!digest) return digest.error();
    if (!content.sha256.empty() && *digest != content.sha256) return not_as_told(content);
    return output(withheld);
}

}  // namespace

Result<Content> content_of_vault(const Place& place, const Snapshot& snapshot, std::optional<std::int64_t> task, const std::stop_token& stop) {
    Result<git::Repository> opened = git::Repository::open_any(place.vault);
    if (!opened) return opened.error();
    const auto repository = std::make_shared<const git::Repository>(std::move(*opened));
    Result<std::optional<vault::Held>> held = vault::read_held(*repository, snapshot.in_vault->commit, snapshot.item);
    if (!held) return held.error();
    if (!*held) return fail(Errc::not_found, "read", snapshot.id, "the commit does not hold " + snapshot.item.folder());
    Content content = begin_content(snapshot);
    content.from = "the vault";
    if (place.vault_word != "vault") content.from = place.vault_word;
    content.manifest = (*held)->manifest;
    const bool listed = content.manifest && (content.manifest->tree.empty() || (*held)->as_written);
    Result<Members> members = listed ? listed_members(**held, content.warnings) : found_members(*repository, **held, stop);
    if (!members) return members.error();
    if (!listed) content.warnings.push_back("no manifest describes this version: members come in the server's usual order, with times of 1980");
    content.members = std::move(*members);
    bind(content.members, repository);
    content.bytes = archive::zip_bytes(content.members);
    if (!task) return content;
    const Result<void> taken = take_task_out(*task, snapshot.tasks, content);
    if (!taken) return taken.error();
    return content;
}

Result<Content> content_of_archive(const Snapshot& snapshot, std::optional<std::int64_t> task, bool members, const std::stop_token& stop) {
    Content content = begin_content(snapshot);
    const archive::DatedCopy& copy = *snapshot.dated;
    content.file = copy.zip;
    content.from = "the archive " + copy.zip.string();
    content.manifest = copy.manifest;
    if (!copy.bytes) return fail(Errc::not_found, "read", copy.zip.string(), "the ZIP is missing");
    content.bytes = *copy.bytes;
    if (copy.manifest) {
        content.sha256 = copy.manifest->zip_sha256;
        if (content.bytes != copy.manifest->zip_bytes) return not_as_told(content);
    } else {
        content.warnings.push_back(copy.manifest_problem + ": the ZIP is checked by its own checksums alone");
    }
    if (!task && !members && copy.manifest) return content;
    const Result<void> read = read_members(content, stop);
    if (!read) return read.error();
    if (!task) return content;
    const Result<void> taken = take_task_out(*task, snapshot.tasks, content);
    if (!taken) return taken.error();
    return content;
}

Result<void> read_members(Content& content, const std::stop_token& stop) {
    if (content.file.empty() || !content.members.empty()) return {};
    const zip::Output nowhere = [](std::span<const std::byte>) -> Result<void> { return {}; };
    const Result<void> whole = write_file(content, nowhere, stop);
    if (!whole) return whole.error();
    Result<Members> read = zip_members(content.file, stop);
    if (!read) return read.error();
    content.members = std::move(*read);
    return {};
}

Result<void> write(const Content& content, const zip::Output& output, const std::stop_token& stop) {
    if (!content.file.empty()) return write_file(content, output, stop);
    const zip::Output stoppable = [&](std::span<const std::byte> piece) -> Result<void> {
        if (stop.stop_requested()) return fail_cancelled("write", content.id);
        return output(piece);
    };
    return archive::write_zip(nullptr, content.members, stoppable);
}

}  // namespace autobackup::restore
