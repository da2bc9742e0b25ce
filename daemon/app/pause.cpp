// SPDX-License-Identifier: MIT
#include "daemon/app/pause.hpp"

#include "daemon/scheduler/memory.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::app {

std::optional<Failure> why_paused(state::Store& store, const std::string& job) {
    const Result<std::optional<std::string>> text = store.value(job, "schedule");
    if (!text || !*text) return std::nullopt;
    const Result<scheduler::Memory> memory = scheduler::parse_memory(**text);
    if (!memory || !memory->pause) return std::nullopt;
    const scheduler::Pause& pause = *memory->pause;
    if (pause.until && *pause.until <= now()) return std::nullopt;
    std::string words = "it is paused" + (pause.until ? " until " + rfc3339(*pause.until) : std::string(" until it is resumed"));
    if (!pause.by.empty()) words += " (by " + pause.by + ")";
    Failure failure = fail(Errc::busy, "run", "job " + job, std::move(words));
    failure.hint = "autobackupctl resume " + job;
    return failure;
}

}  // namespace autobackup::app
