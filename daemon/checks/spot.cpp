// SPDX-License-Identifier: MIT
#include "daemon/checks/spot.hpp"

#include <algorithm>

#include "daemon/checks/scratch.hpp"
#include "daemon/restore/catalogue.hpp"
#include "daemon/restore/content.hpp"
#include "daemon/restore/places.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

// A member as it is compared.
struct SizeAndCrc {
    std::uint64_t size = 0;
    std::uint32_t crc32 = 0;
    friend bool operator==(const SizeAndCrc&, const SizeAndCrc&) = default;
};
using Members = std::map<std::string, SizeAndCrc>;

// One task that is held.
struct Sample {
    std::int64_t id = 0;
    std::string name, print;
    std::string snapshot;
    Members members;
    std::uint64_t bytes = 0;
};

Result<Members> members_of(const restore::Place& place, const restore::Snapshot& snapshot, std::optional<std::int64_t> task, const std::stop_token& stop) {
    const Result<restore::Content> content = restore::content_of_vault(place, snapshot, task, stop);
    if (!content) return content.error();
    Members members;
    for (const vault::VersionMember& member : content->members) members[member.entry.name] = SizeAndCrc{member.entry.size, member.entry.crc32};
    return members;
}

std::string asked_at(const std::map<std::string, std::string>& asked, std::int64_t task) {
    const auto found = asked.find(std::to_string(task));
    return found == asked.end() ? std::string() : found->second;
}

// The tasks of the newest versions that stand in the vault, those first that are due.
Result<std::vector<Sample>> samples_of(const restore::Place& place, const std::map<std::string, std::string>& asked, const std::stop_token& stop) {
    Result<std::vector<restore::Snapshot>> snapshots = restore::snapshots_of(place);
    if (!snapshots) return snapshots.error();
    std::map<vault::ItemId, const restore::Snapshot*> newest;
    for (const restore::Snapshot& one : *snapshots) {
        if (one.in_vault && one.in_vault->reason.empty()) newest[one.item] = &one;
    }
    std::vector<std::pair<const restore::Snapshot*, const vault::ManifestTask*>> tasks;
    for (const auto& [item, snapshot] : newest) {
        for (const vault::ManifestTask& task : snapshot->tasks) {
            if (!task.kept_from_earlier) tasks.emplace_back(snapshot, &task);
        }
    }
    std::stable_sort(tasks.begin(), tasks.end(), [&](const auto& a, const auto& b) {
        const std::string one = asked_at(asked, a.second->id), other = asked_at(asked, b.second->id);
        return one != other ? one < other : a.second->frames < b.second->frames;
    });
    if (tasks.size() > spots) tasks.resize(spots);
    std::vector<Sample> samples;
    for (const auto& [snapshot, task] : tasks) {
        const bool alone = snapshot->item.kind == vault::ItemId::Kind::task;
        Result<Members> members = members_of(place, *snapshot, alone ? std::nullopt : std::optional(task->id), stop);
        if (!members) return members.error();
        Sample sample{task->id, task->name, task->print, snapshot->id, std::move(*members)};
        samples.push_back(std::move(sample));
    }
    return samples;
}

// A job that saves these tasks alone, and nowhere but in the scratch storage.
config::Config trial_of(const config::Config& config, const config::Job& job, const std::vector<Sample>& samples, const std::filesystem::path& storage) {
    config::Config trial = config;
    trial.storage = storage;
    config::Job one = job;
    one.git.clear();
    one.archive.reset();
    one.notify.clear();
    one.checks.clear();
    auto& source = std::get<config::CvatSource>(one.source);
    source.projects = config::Selection{config::Selection::Base::none, {}, {}};
    source.tasks = config::Selection{config::Selection::Base::listed, {}, {}};
    for (const Sample& sample : samples) source.tasks.include.push_back(std::to_string(sample.id));
    source.details = false;
    source.touch = false;
    trial.jobs.clear();
    trial.jobs.emplace(one.name, std::move(one));
    return trial;
}

std::string first_difference(const Members& held, const Members& came) {
    for (const auto& [name, looks] : held) {
        const auto found = came.find(name);
        if (found == came.end()) return "\"" + name + "\" is held, and the source does not give it";
        if (found->second != looks) return "\"" + name + "\" is another one at the source (size or CRC-32)";
    }
    for (const auto& [name, looks] : came) {
        if (!held.contains(name)) return "the source gives \"" + name + "\", which is not held";
    }
    return {};
}

std::string words_of(const Sample& sample) { return "task " + std::to_string(sample.id) + " \"" + one_line(sample.name) + "\""; }

// The error of the item in the trial run, or what else kept it from being saved.
std::string why_not(const model::Run& run, const Sample& sample) {
    for (const model::Item& item : run.items) {
        if (item.id != sample.id) continue;
        for (const model::Stage& stage : item.stages) {
            if (stage.error) return describe(*stage.error);
        }
        if (!item.reason.empty()) return item.reason;
    }
    return run.errors.empty() ? std::string("the source gave nothing") : describe(run.errors.front());
}

void compare(const restore::Place& trial, const std::vector<Sample>& samples, const model::Run& run, const std::stop_token& stop, Spotted& spotted) {
    const Result<std::vector<restore::Snapshot>> came = restore::snapshots_of(trial);
    for (const Sample& sample : samples) {
        const auto is_it = [&](const restore::Snapshot& one) { return one.item.id == sample.id; };
        const auto found = came ? std::find_if(came->begin(), came->end(), is_it) : std::vector<restore::Snapshot>::const_iterator();
        if (!came || found == came->end()) {
            spotted.warnings.push_back(words_of(sample) + " could not be compared: " + why_not(run, sample));
            continue;
        }
        if (found->tasks.size() != 1 || found->tasks.front().print != sample.print) {
            spotted.warnings.push_back(words_of(sample) + " has changed at the source since it was saved: the next run brings it");
            continue;
        }
        restore::Checked checked;
        checked.job = trial.job;
        checked.id = sample.snapshot;
        checked.where = "source";
        checked.path = words_of(sample);
        const Result<Members> members = members_of(trial, *found, std::nullopt, stop);
        const std::string difference = members ? first_difference(sample.members, *members) : describe(members.error());
        if (!difference.empty()) checked.problems.push_back("nothing has moved at the source, but " + difference);
        if (members) {
            for (const auto& [name, looks] : *members) checked.bytes += looks.size;
        }
        spotted.copies.push_back(std::move(checked));
    }
}

}  // namespace

Awaitable<Result<Spotted>> spot(runner::Shared& shared, const config::Job& job, std::map<std::string, std::string> asked) {
    const restore::Place place = restore::place_of(shared.config, job);
    const std::stop_token stop = shared.workers.stop_token();
    auto make = [&] { return Scratch::make(shared.config.storage, "spot", job.name); };
    const Result<Scratch> scratch = co_await shared.workers.run(std::move(make));
    if (!scratch) co_return scratch.error();
    auto choose = [&] { return samples_of(place, asked, stop); };
    const Result<std::vector<Sample>> samples = co_await shared.workers.run(std::move(choose));
    if (!samples) co_return samples.error();
    Spotted spotted;
    spotted.asked = std::move(asked);
    if (samples->empty()) co_return spotted;
    const config::Config config = trial_of(shared.config, job, *samples, scratch->path());
    runner::RunListener listener;
    listener.item_done = [](const std::string&, const model::Item&) {};
    listener.warning = [](const std::string&) {};
    runner::Shared trial{config, shared.environment, shared.workers, shared.progress, shared.gates, std::move(listener)};
    runner::RunOptions options;
    options.trigger = "check";
    const model::Run run = co_await runner::run_job(trial, job.name, std::move(options));
    if (run.outcome == model::RunOutcome::cancelled) co_return fail_cancelled("spot", "job " + job.name);
    for (const Sample& sample : *samples) spotted.asked[std::to_string(sample.id)] = rfc3339_seconds(run.finished_at);
    const restore::Place came = restore::place_of(config, config.jobs.at(job.name));
    auto look = [&] { compare(came, *samples, run, stop, spotted); };
    co_await shared.workers.run(std::move(look));
    if (spotted.copies.empty() && !run.errors.empty()) spotted.failure = run.errors.front();
    co_return spotted;
}

}  // namespace autobackup::checks
