// SPDX-License-Identifier: MIT
// The content of CVAT's backup ZIPs (contract §6), pure: writing project.json and guides as the server does,
// reading task.json and annotations.json, and comparing them with what the API says.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/cvat/types.hpp"

namespace autobackup::cvat {

/// project.json, byte for byte as CVAT's own export writes it (§6.4 step 1). `labels` as labels_of_project()
/// gives them (by id); one that has a parent is left out. bad_response names the key that is missing or of
/// another type than the recipe knows.
Result<std::string> project_json(const Project& project, const boost::json::array& labels);

/// uuids (lower case, as the server replaces them) of /api/assets/<uuid> in a guide's text, in order of
/// appearance, each once.
std::vector<std::string> asset_uuids(std::string_view markdown);
/// The guide's text with every /api/assets/<uuid> of `names` (uuid → file name) replaced by assets/<name>.
std::string guide_member(std::string_view markdown, const std::map<std::string, std::string>& names);
/// annotation_guide.md of a task inside a project ZIP: assets/<file> → task_<i>/assets/<file> (§6.4 step 3).
std::string task_guide_in_project(std::string_view text, std::size_t index,
                                  const std::vector<std::string>& asset_names);

/// Undoes task_guide_in_project(): the text as the backup of the task alone has it.
std::string task_guide_alone(std::string text, std::size_t index);

/// What task.json and annotations.json tell.
struct TaskContent {
    struct JobEntry {
        std::string status, type;
        std::int64_t start_frame = 0, stop_frame = 0;
    };
    std::string version, name, storage;
    std::vector<JobEntry> jobs;
    std::vector<std::int64_t> deleted_frames;
    std::vector<std::string> label_names;  ///< with sublabels, in order of appearance
    std::string labels_key;                ///< see labels_key()
    std::int64_t frames =
        0;  ///< that annotation jobs cover, each once (jobs may overlap); ground truth left out
    std::int64_t annotation_entries = 0;  ///< length of the array in annotations.json
    std::int64_t shapes = 0, tags = 0, tracks = 0;
};

/// Frames that the jobs cover, each once (jobs of videos overlap, consensus replicas repeat a job); ground truth left out.
std::int64_t covered_frames(const std::vector<TaskContent::JobEntry>& jobs);

/// Counts what annotations.json holds without keeping it: fed in pieces (it may have gigabytes), flat memory.
class AnnotationCounter {
public:
    AnnotationCounter();
    AnnotationCounter(AnnotationCounter&&) noexcept;
    AnnotationCounter& operator=(AnnotationCounter&&) noexcept;
    ~AnnotationCounter();
    /// archive_invalid when it is not JSON or not an array of objects.
    Result<void> feed(std::string_view piece);
    /// After the last piece; archive_invalid when the text is cut off. The counts are right only after this.
    Result<void> finish();
    [[nodiscard]] std::int64_t entries() const noexcept;  ///< length of the array: one per job
    [[nodiscard]] std::int64_t tags() const noexcept;
    [[nodiscard]] std::int64_t shapes() const noexcept;  ///< skeletons count once
    [[nodiscard]] std::int64_t tracks() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Canonical text of a `labels` array of task.json or project.json: equal exactly when the labels are the
/// same, in whatever order the server's database gave labels, sublabels and attributes. Unequal ones in one
/// project make its restore fail (§6.4 step 4).
std::string labels_key(const boost::json::array& labels);

/// archive_invalid names the member and the key that is wrong (version not "1.0", missing key, not JSON). The
/// annotation counts are filled in by the caller from an AnnotationCounter.
Result<TaskContent> read_task_json(std::string_view task_json);

struct ProjectContent {
    std::string version, name;
    std::vector<std::string> label_names;  ///< with sublabels, in order of appearance
    std::string labels_key;                ///< see labels_key()
};
Result<ProjectContent> read_project_content(std::string_view project_json);

/// What a backup of one task says that the API says otherwise: "", or a sentence for the report (jobs
/// missing, status of job 2, deleted_frames …). `jobs` in any order: they are compared as a backup lists
/// them, by id, replicas after the job that they repeat, the ground truth job last. This finds the server's
/// stale cache (§3.2, §3.3 no. 3).
std::string stale_difference(const TaskContent& content, const std::vector<Job>& jobs,
                             const std::vector<std::int64_t>& deleted_frames);

}  // namespace autobackup::cvat
