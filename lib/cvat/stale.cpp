// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "lib/cvat/backup_format.hpp"
#include "lib/cvat/fields.hpp"

namespace autobackup::cvat {
namespace {

constexpr std::string_view ground_truth = "ground_truth";

std::string type_of(const Job& job) {
    return job.type.empty() ? "annotation" : job.type;
}

// Id of the job that began the segment: a replica names it, or (older servers) has its frames.
std::int64_t first_of_segment(const Job& job, const std::vector<Job>& jobs) {
    if (const auto* const parent = job.raw.if_contains("parent_job_id")) {
        if (const auto id = as_integer(*parent)) return *id;
    }
    if (job.type != "consensus_replica") return job.id;
    const auto same = std::find_if(jobs.begin(), jobs.end(), [&](const Job& other) {
        return type_of(other) == "annotation" && other.start_frame == job.start_frame &&
               other.stop_frame == job.stop_frame;
    });
    return same == jobs.end() ? job.id : same->id;
}

// A backup lists its jobs by segment, the segments by the id of their first job; the ground truth is made
// last.
std::vector<const Job*> in_backup_order(const std::vector<Job>& jobs) {
    struct Place {
        bool last;
        std::int64_t segment;
        const Job* job;
    };
    std::vector<Place> places;
    places.reserve(jobs.size());
    for (const Job& job : jobs)
        places.push_back(Place{job.type == ground_truth, first_of_segment(job, jobs), &job});
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
        return std::tie(a.last, a.segment, a.job->id) < std::tie(b.last, b.segment, b.job->id);
    });
    std::vector<const Job*> ordered;
    ordered.reserve(places.size());
    for (const Place& place : places) ordered.push_back(place.job);
    return ordered;
}

std::vector<std::int64_t> as_set(std::vector<std::int64_t> frames) {
    std::sort(frames.begin(), frames.end());
    frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
    return frames;
}

std::string jobs_difference(std::vector<TaskContent::JobEntry> held, const std::vector<Job>& jobs) {
    if (held.size() != jobs.size())
        return fmt::format("the backup has {} jobs, the server has {}", held.size(), jobs.size());
    std::stable_partition(held.begin(), held.end(),
                          [](const auto& entry) { return entry.type != ground_truth; });
    const std::vector<const Job*> expected = in_backup_order(jobs);
    for (std::size_t i = 0; i < held.size(); ++i) {
        const Job& job = *expected[i];
        if (held[i].type != type_of(job)) {
            return fmt::format("job {} is \"{}\" in the backup, \"{}\" on the server", job.id, held[i].type,
                               type_of(job));
        }
        if (!job.status.empty() && held[i].status != job.status) {
            return fmt::format("job {} has the status \"{}\" in the backup, \"{}\" on the server", job.id,
                               held[i].status, job.status);
        }
    }
    return {};
}

}  // namespace

std::string stale_difference(const TaskContent& content, const std::vector<Job>& jobs,
                             const std::vector<std::int64_t>& deleted_frames) {
    std::string difference = jobs_difference(content.jobs, jobs);
    const auto held = as_set(content.deleted_frames);
    const auto told = as_set(deleted_frames);
    if (held != told) {
        if (!difference.empty()) difference += "; ";
        difference += held.size() == told.size()
                          ? std::string("other frames are deleted in the backup than on the server")
                          : fmt::format("{} frames are deleted in the backup, {} on the server", held.size(),
                                        told.size());
    }
    return difference;
}

}  // namespace autobackup::cvat
