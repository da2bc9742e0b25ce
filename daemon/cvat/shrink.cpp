// SPDX-License-Identifier: MIT
#include "daemon/cvat/shrink.hpp"

namespace autobackup::cvat_job {
namespace {

// "tasks 2 → 1 (50% fewer)", or "" when that is within the limit.
std::string words(const char* what, std::int64_t before, std::int64_t now, int limit) {
    if (before <= 0 || now >= before) return std::string();
    // Doubles hold these counts exactly; a product of two int64 might not.
    const double lost = static_cast<double>(before - now) * 100.0 / static_cast<double>(before);
    if (lost <= static_cast<double>(limit)) return std::string();
    return std::string(what) + " " + std::to_string(before) + " -> " + std::to_string(now) + " (" +
           std::to_string(static_cast<int>(lost)) + "% fewer)";
}

}  // namespace

Extent extent_of(const vault::Manifest& manifest) {
    Extent extent;
    extent.annotations = 0;
    for (const vault::ManifestTask& task : manifest.tasks) {
        ++extent.tasks;
        extent.frames += task.frames;
        *extent.annotations += task.shapes + task.tags + task.tracks;
    }
    return extent;
}

std::optional<Failure> shrunken(const Extent& before, const Extent& now, int limit, std::string object) {
    std::string list;
    const auto add = [&list](const std::string& part) {
        if (!part.empty()) list += (list.empty() ? "" : ", ") + part;
    };
    add(words("tasks", before.tasks, now.tasks, limit));
    add(words("frames", before.frames, now.frames, limit));
    if (before.annotations && now.annotations) add(words("annotations", *before.annotations, *now.annotations, limit));
    if (list.empty()) return std::nullopt;
    Failure failure = fail(Errc::shrunken, "compare", std::move(object),
                           "much less than in the last verified copy: " + list + "; shrink_limit is " + std::to_string(limit) +
                               "%. Nothing of it was saved, the earlier copy stays");
    failure.hint = "if that is meant (somebody deleted it on purpose), run the job once with --accept-shrink";
    return failure;
}

}  // namespace autobackup::cvat_job
