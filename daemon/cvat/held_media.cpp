// SPDX-License-Identifier: MIT
#include "daemon/cvat/held_media.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "lib/core/text.hpp"

namespace autobackup::cvat_job {
namespace {

// Everything that people and the server edit is text, and is always fetched.
bool is_text(const std::string& name) {
    static constexpr std::array<std::string_view, 6> suffixes{".json", ".jsonl", ".md", ".txt", ".xml", ".csv"};
    const std::string lower = to_lower(name.substr(name.size() - std::min<std::size_t>(name.size(), 6)));
    return std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view suffix) { return lower.ends_with(suffix); });
}

// Where the task's members lie in the version; nullopt: it is not in it.
std::optional<std::string> prefix_of(const vault::Manifest& manifest, std::optional<std::int64_t> task) {
    if (!task || manifest.item.kind == vault::ItemId::Kind::task) return std::string();
    for (const vault::ManifestTask& one : manifest.tasks) {
        if (one.id == *task) return "task_" + std::to_string(one.index) + "/";
    }
    return std::nullopt;
}

void add_up(cvat::HeldContent& content, const vault::Manifest& manifest, const std::string& prefix) {
    for (const vault::ManifestMember& member : manifest.members) {
        if (!member.name.starts_with(prefix)) continue;
        if (content.members.contains(member.name.substr(prefix.size()))) {
            content.bytes += member.size;
            content.trailing_text = 0;
        } else {
            content.trailing_text += member.size;
        }
    }
}

}  // namespace

bool is_media(const std::string& name) {
    const bool place = name.starts_with("data/") || name.starts_with("assets/") || name.find("/data/") != std::string::npos ||
                       name.find("/assets/") != std::string::npos;
    return place && !name.ends_with('/') && !is_text(name);
}

HeldMedia media_of(const vault::Held& held, std::optional<std::int64_t> task) {
    HeldMedia media;
    if (!held.manifest || !held.as_written) return media;
    const std::optional<std::string> prefix = prefix_of(*held.manifest, task);
    if (!prefix) return media;
    std::set<std::string> seen;
    for (const vault::ManifestMember& member : held.manifest->members) {
        if (!member.name.starts_with(*prefix)) continue;
        const std::string name = member.name.substr(prefix->size());
        const std::optional<vault::VersionMember> kept = vault::kept_member(held, member);
        if (!seen.insert(name).second) {
            // Git keeps the last of two: whose size and CRC-32 are whose cannot be said.
            media.content.members.erase(name);
            media.blobs.erase(name);
            media.large.erase(name);
        } else if (is_media(name) && kept) {
            media.content.members[name] = cvat::HeldContent::Member{member.size, member.crc32};
            media.blobs[name] = kept->oid;
            if (kept->large) media.large.insert(name);
        }
    }
    add_up(media.content, *held.manifest, *prefix);
    return media;
}

void drop_missing(HeldMedia& media, const git::Repository& vault) {
    std::erase_if(media.blobs, [&](const auto& one) {
        // A pointer whose large file is not here is no content, and has another size.
        const std::uint64_t size = media.content.members.at(one.first).size;
        if (vault.has(one.second)) {
            const Result<std::uint64_t> there = vault.blob_size(one.second);
            if (media.large.contains(one.first) || (there && *there == size)) return false;
        }
        media.content.bytes -= size;
        media.content.members.erase(one.first);
        return true;
    });
}

Awaitable<HeldMedia> held_media(Context& context, const std::optional<vault::Held>& held, std::optional<std::int64_t> task) {
    HeldMedia nothing;
    if (!held || context.source.download == config::DownloadMode::whole) co_return nothing;
    auto work = [&held, task](git::Repository& repository) -> Result<HeldMedia> {
        HeldMedia media = media_of(*held, task);
        drop_missing(media, repository);
        return media;
    };
    Result<HeldMedia> media = co_await context.vault.with(std::move(work));
    if (!media) co_return nothing;
    co_return std::move(*media);
}

}  // namespace autobackup::cvat_job
