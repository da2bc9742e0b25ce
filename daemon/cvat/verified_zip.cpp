// SPDX-License-Identifier: MIT
#include "daemon/cvat/verified_zip.hpp"

#include <charconv>
#include <optional>

#include "lib/core/text.hpp"

namespace autobackup::cvat_job {
namespace {

constexpr std::size_t task_json_limit = std::size_t{64} << 20;

// Hashes each member as the blob that it will be.
class BlobVisitor final : public zip::Visitor {
public:
    explicit BlobVisitor(std::vector<git::Oid>& oids) : oids_(oids) {}
    void begin(std::size_t index, const zip::Member& member) override {
        index_ = index;
        hasher_.emplace(member.size);
    }
    void data(std::span<const std::byte> bytes) override { hasher_->update(bytes); }
    void end() override { oids_[index_] = hasher_->finish(); }

private:
    std::vector<git::Oid>& oids_;
    std::size_t index_ = 0;
    std::optional<git::BlobHasher> hasher_;
};

// "task_12/data/a.png" → 12.
std::optional<std::size_t> task_index(std::string_view name) {
    if (!name.starts_with("task_")) return std::nullopt;
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(name.data() + 5, name.data() + slash, index);
    if (error != std::errc() || end != name.data() + slash || end == name.data() + 5) return std::nullopt;
    return index;
}

Failure named(Failure failure, const std::string& object) {
    failure.operation = "verify";
    failure.object = object;
    return failure;
}

Result<void> count_annotations(const zip::Archive& archive, const zip::Member& member, cvat::TaskContent& content) {
    cvat::AnnotationCounter counter;
    const auto take = [&](std::span<const std::byte> bytes) {
        return counter.feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    };
    Result<void> read = archive.read(member, take);
    if (read) read = counter.finish();
    if (!read) return read;
    content.annotation_entries = counter.entries();
    content.shapes = counter.shapes();
    content.tags = counter.tags();
    content.tracks = counter.tracks();
    return {};
}

// What keeps a task from being restored (contract §4.2 no. 2, §6.2, §6.3).
std::string restore_problem(const cvat::TaskContent& content, bool has_data) {
    if (content.jobs.empty()) return "it has no jobs: the server exported it before its data was ready";
    if (static_cast<std::size_t>(content.annotation_entries) != content.jobs.size()) {
        return "annotations.json has " + std::to_string(content.annotation_entries) + " entries for " +
               std::to_string(content.jobs.size()) + " jobs";
    }
    if (!has_data) return "it holds no media";
    return {};
}

Result<void> read_task(const zip::Archive& archive, TaskMembers& task) {
    const zip::Member* task_json = nullptr;
    const zip::Member* annotations = nullptr;
    bool has_data = false;
    for (const std::size_t i : task.members) {
        const zip::Member& member = archive.members()[i];
        const std::string_view name = std::string_view(member.name).substr(task.prefix.size());
        if (name == "task.json") task_json = &member;
        if (name == "annotations.json") annotations = &member;
        has_data = has_data || (name.starts_with("data/") && !member.is_directory());
    }
    if (task_json == nullptr || annotations == nullptr) {
        task.problem = std::string(task_json == nullptr ? "task.json" : "annotations.json") + " is missing";
        return {};
    }
    const Result<std::string> text = archive.read_text(*task_json, task_json_limit);
    if (!text) return text.error();
    Result<cvat::TaskContent> content = cvat::read_task_json(*text);
    if (!content) {
        task.problem = content.error().message;
        return {};
    }
    task.content = std::move(*content);
    const Result<void> counted = count_annotations(archive, *annotations, task.content);
    if (!counted && counted.error().code != Errc::archive_invalid) return counted;
    task.problem = counted ? restore_problem(task.content, has_data) : counted.error().message;
    return {};
}

// The blobs of the vault stand for the members that did not come.
Result<void> take_held(VerifiedZip& zip, const std::map<std::string, git::Oid>& held, const std::string& object) {
    for (std::size_t i = 0; i < zip.absent.size(); ++i) {
        if (!zip.absent[i]) continue;
        const auto found = held.find(zip.archive->members()[i].name);
        if (found == held.end()) return fail(Errc::internal, "verify", object, "a member was left out that the vault does not hold");
        zip.oids[i] = found->second;
    }
    return {};
}

void group_members(VerifiedZip& zip, cvat::Kind kind) {
    for (std::size_t i = 0; i < zip.archive->members().size(); ++i) {
        const zip::Member& member = zip.archive->members()[i];
        if (member.is_directory()) continue;
        const std::optional<std::size_t> index = kind == cvat::Kind::task ? std::optional<std::size_t>(0) : task_index(member.name);
        if (!index) {
            zip.own_members.push_back(i);
            continue;
        }
        TaskMembers& task = zip.tasks[*index];
        task.index = *index;
        if (kind == cvat::Kind::project) task.prefix = "task_" + std::to_string(*index) + "/";
        task.members.push_back(i);
    }
}

Result<void> check_kind(const VerifiedZip& zip, cvat::Kind kind, const std::string& object) {
    if (kind == cvat::Kind::task) {
        const TaskMembers& task = zip.tasks.begin()->second;
        if (!task.problem.empty()) return fail(Errc::content_mismatch, "verify", object, "the backup cannot be restored: " + task.problem);
        return {};
    }
    const zip::Member* project_json = zip.archive->find("project.json");
    if (project_json == nullptr) return fail(Errc::content_mismatch, "verify", object, "project.json is missing");
    const Result<std::string> text = zip.archive->read_text(*project_json, task_json_limit);
    if (!text) return named(text.error(), object);
    const Result<cvat::ProjectContent> content = cvat::read_project_content(*text);
    if (!content) return named(content.error(), object);
    return {};
}

}  // namespace

Result<VerifiedZip> verify_zip(const std::filesystem::path& file, cvat::Kind kind, const std::string& object, std::size_t threads,
                               std::stop_token stop, std::vector<bool> absent, const std::map<std::string, git::Oid>& held) {
    Result<zip::Archive> opened = zip::Archive::open(file);
    if (!opened) return named(opened.error(), object);
    VerifiedZip zip;
    zip.archive = std::make_shared<zip::Archive>(std::move(*opened));
    if (zip.archive->members().empty()) return fail(Errc::archive_invalid, "verify", object, "the ZIP is empty");
    zip.oids.resize(zip.archive->members().size());
    zip.absent = std::move(absent);
    const Result<void> checked =
        zip.archive->check(threads, [&] { return std::make_unique<BlobVisitor>(zip.oids); }, stop, zip.absent);
    if (!checked) return named(checked.error(), object);
    const Result<void> taken = take_held(zip, held, object);
    if (!taken) return taken.error();
    for (const zip::Member& member : zip.archive->members()) {
        if (zip::long_part(member.name)) {
            zip.warnings.push_back("member " + cut_utf8(one_line(member.name), 80) +
                                   " has a part over 255 bytes: it cannot be checked out on common file systems");
        }
    }
    group_members(zip, kind);
    for (auto& [index, task] : zip.tasks) {
        const Result<void> read = read_task(*zip.archive, task);
        if (!read) return named(read.error(), object);
        if (task.content.storage == "cloud_storage") {
            zip.warnings.push_back("the media of " + (task.prefix.empty() ? object : task.prefix) +
                                   " lies in a cloud storage and is not part of the backup");
        }
    }
    const Result<void> right = check_kind(zip, kind, object);
    if (!right) return right.error();
    return zip;
}

}  // namespace autobackup::cvat_job
