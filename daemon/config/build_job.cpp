// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "daemon/config/build.hpp"
#include "daemon/config/values.hpp"
#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

bool selects_nothing(const Selection& selection) {
    return selection.base == Selection::Base::none;
}

CvatSource build_cvat(const View& job, Problems& problems) {
    CvatSource out;
    const View cvat = job.sub("cvat");
    cvat.read("server", out.server);
    cvat.read("projects", out.projects);
    cvat.read("tasks", out.tasks);
    cvat.read("organization", out.organization);
    std::string mode;
    cvat.read("export", mode);
    out.export_mode = mode == "tasks"     ? ExportMode::tasks
                      : mode == "project" ? ExportMode::project
                                          : ExportMode::automatic;
    std::string download;
    cvat.read("download", download);
    out.download = download == "whole" ? DownloadMode::whole : DownloadMode::changes;
    cvat.read("touch", out.touch);
    cvat.read("details", out.details);
    if (selects_nothing(out.projects) && selects_nothing(out.tasks)) {
        problems.add(job.place("cvat"), cvat.path(), "nothing is selected: projects and tasks are both none");
    }
    return out;
}

// What is made of versions in a vault is not made of mirrors.
void refuse_for_mirrors(const View& job, Problems& problems) {
    for (const char* name : {"archive", "git", "shrink_limit"}) {
        if (job.has(name)) problems.add(job.entry(name)->place, job.path(name), fmt::format("'{}' is for a cvat: source, this job mirrors repositories", name));
    }
}

void build_source(const View& job, const yaml::Entry& entry, Job& out, Problems& problems, Problems& warnings) {
    const int given = int{job.has("cvat")} + int{job.has("github")} + int{job.has("mirror")};
    if (given > 1) {
        const char* second = job.has("mirror") ? "mirror" : "github";
        problems.add(job.entry(second)->place, job.path(second), "a job has one source: cvat, github or mirror");
    } else if (job.has("mirror")) {
        refuse_for_mirrors(job, problems);
        out.source = build_mirror(job, problems, warnings);
    } else if (job.has("github")) {
        refuse_for_mirrors(job, problems);
        out.source = build_github(job, problems, warnings);
    } else if (job.has("cvat")) {
        out.source = build_cvat(job, problems);
    } else if (!job.has_strangers()) {
        problems.add(entry.place, job.path(), "the source is missing: cvat: {…}, github: {…} or mirror: {…}");
    }
}

void build_schedule(const View& job, const yaml::Entry& entry, Job& out, Problems& warnings) {
    job.read("schedule", out.schedule);
    job.read("time_zone", out.time_zone);
    if (job.has("schedule")) return;
    out.schedule = {"manual"};
    if (!job.has_strangers()) {
        warnings.add(entry.place, job.path(),
                     "no schedule: it runs only when asked (`schedule: manual` says so)");
    }
}

void build_retry(const View& job, Retry& out, Problems& problems) {
    const View retry = job.sub("retry");
    retry.read("attempts", out.attempts);
    retry.read("delay", out.delay);
    retry.read("max_delay", out.max_delay);
    if (out.max_delay >= out.delay || problems.touch(retry.node())) return;
    const char* name = retry.has("max_delay") ? "max_delay" : "delay";
    problems.add(retry.place(name), retry.path(name), "max_delay is shorter than delay");
}

std::optional<Archive> build_archive(const View& job, Problems& problems) {
    if (!job.has("archive")) return std::nullopt;
    Archive out;
    const View archive = job.sub("archive");
    if (!archive.has("keep")) return out;
    const View keys = archive.sub("keep");
    Keep keep;
    keys.read("last", keep.last);
    keys.read("daily", keep.daily);
    keys.read("weekly", keep.weekly);
    keys.read("monthly", keep.monthly);
    keys.read("yearly", keep.yearly);
    keys.read("within", keep.within);
    if (!keep.any() && !problems.touch(keys.node())) {
        problems.add(archive.place("keep"), keys.path(),
                     "it keeps nothing; without 'keep' every archive is kept");
    }
    out.keep = keep;
    return out;
}

// A drill is of versions out of a vault; a mirror is a repository as it is.
void build_checks(const View& job, Job& out, Problems& warnings) {
    if (!job.has("checks")) return;
    const View checks = job.sub("checks");
    for (const char* kind : {"structure", "checksum", "spot", "drill"}) {
        if (!checks.has(kind)) continue;
        const bool versions = std::holds_alternative<CvatSource>(out.source);
        const std::string_view word = kind;
        if (!versions && word == "drill") {
            warnings.add(checks.place(kind), checks.path(kind), fmt::format("'{}' is for a cvat: source: none is planned for this job", kind));
            continue;
        }
        checks.read(kind, out.checks[kind]);
    }
    checks.read("drill_server", out.drill_server);
    if (!out.drill_server.empty() && !std::holds_alternative<CvatSource>(out.source)) {
        warnings.add(checks.place("drill_server"), checks.path("drill_server"), "it is for a cvat: source; nothing of this job is drilled");
    }
}

}  // namespace

Job build_job(const yaml::Entry& entry, Problems& problems, Problems& warnings) {
    Job out;
    out.name = entry.key;
    out.origin = origin_of(entry.place);
    const View job(*entry.value, job_tree(), join_path("jobs", entry.key));
    if (!(entry.value->is_mapping() || entry.value->is_null())) return out;
    job.read("enabled", out.enabled);
    build_schedule(job, entry, out, warnings);
    job.read("jitter", out.jitter);
    std::string word;
    job.read("catch_up", word);
    out.catch_up = word == "none" ? CatchUp::none : CatchUp::latest;
    job.read("overlap", word);
    out.overlap = word == "queue" ? Overlap::queue : Overlap::skip;
    job.read("timeout", out.timeout);
    job.read("after", out.after);
    build_retry(job, out.retry, problems);
    word.clear();
    job.read("shrink_limit", word);
    if (const auto limit = parse_percent(word)) out.shrink_limit = *limit;
    build_source(job, entry, out, problems, warnings);
    out.archive = build_archive(job, problems);
    out.git = build_git(job, problems, warnings);
    build_checks(job, out, warnings);
    out.notify = build_notices(job, problems, warnings);
    return out;
}

}  // namespace autobackup::config
