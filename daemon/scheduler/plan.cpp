// SPDX-License-Identifier: MIT
#include "daemon/scheduler/plan.hpp"

#include <algorithm>
#include <cstdint>

namespace autobackup::scheduler {
namespace {

// FNV-1a, then the finaliser of splitmix64 so that names that differ in their last letter lie far apart. Part of what
// users see (the minute of a job): do not change it.
std::uint64_t stable_hash(std::string_view host, std::string_view job) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    const auto mix = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3U; };
    for (const char letter : host) mix(static_cast<unsigned char>(letter));
    mix(0);
    for (const char letter : job) mix(static_cast<unsigned char>(letter));
    hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
    return hash ^ (hash >> 31U);
}

RetryPolicy policy_of(const config::Retry& retry) {
    RetryPolicy policy;
    policy.attempts = std::max(retry.attempts, 1);
    policy.longest = std::max(retry.max_delay, Milliseconds{1});
    policy.first = std::clamp(retry.delay, Milliseconds{1}, policy.longest);
    for (int tried = 1; tried < policy.attempts && policy.first < policy.longest; ++tried) {
        policy.first = std::min(policy.first * 2, policy.longest);
    }
    return policy;
}

}  // namespace

std::string JobPlan::schedule_text() const {
    std::string text;
    for (const schedule::Schedule& each : schedules) {
        if (!text.empty()) text += "; ";
        text += each.text;
    }
    return text;
}

std::optional<Time> JobPlan::next(Time time) const {
    const auto due = schedule::next(schedules, zone, std::chrono::floor<std::chrono::seconds>(time));
    if (!due) return std::nullopt;
    return Time(*due);
}

std::optional<Time> JobPlan::latest(Time after_time, Time until) const {
    const auto due = schedule::latest(schedules, zone, std::chrono::floor<std::chrono::seconds>(after_time),
                                      std::chrono::floor<std::chrono::seconds>(until));
    if (!due) return std::nullopt;
    return Time(*due);
}

Milliseconds jitter_of(std::string_view host, std::string_view job, Milliseconds limit) {
    if (limit <= Milliseconds{0}) return Milliseconds{0};
    const std::uint64_t share = stable_hash(host, job) % static_cast<std::uint64_t>(limit.count());
    return Milliseconds(static_cast<std::int64_t>(share));
}

Result<JobPlan> plan_of(const config::Job& job, std::string_view host) {
    JobPlan plan;
    plan.name = job.name;
    plan.enabled = job.enabled;
    for (const std::string& text : job.schedule) {
        auto parsed = schedule::parse(text);
        if (!parsed) return parsed.error();
        if (!std::holds_alternative<schedule::Manual>(parsed->rule)) plan.schedules.push_back(std::move(*parsed));
    }
    if (!job.time_zone.empty()) {
        const auto zone = schedule::Zone::find(job.time_zone);
        if (!zone) return zone.error();
        plan.zone = *zone;
    }
    plan.jitter = jitter_of(host, job.name, job.jitter);
    plan.catch_up = job.catch_up == config::CatchUp::latest;
    plan.queue_overlap = job.overlap == config::Overlap::queue;
    plan.after = job.after;
    plan.retry = policy_of(job.retry);
    return plan;
}

}  // namespace autobackup::scheduler
