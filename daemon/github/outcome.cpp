// SPDX-License-Identifier: MIT
#include "daemon/github/outcome.hpp"

#include <algorithm>

#include "lib/core/text.hpp"
#include "lib/github/wire.hpp"

namespace autobackup::github_job {
namespace {

bool failed_at_the_end(const model::Item& item) {
    return item.outcome == model::ItemOutcome::failed && !item.stages.empty() && item.stages.back().error;
}

}  // namespace

std::string block_of(const Failure& failure) {
    if (!github::tells_a_block(failure)) return {};
    std::string words = failure.peer;
    std::replace(words.begin(), words.end(), '\n', ' ');
    words = cut_utf8(one_line(words), 200);
    if (failure.http_status == 0) return "blocked (" + words + ")";
    const std::string why = failure.http_status == 451 ? "blocked for legal reasons (" : "blocked (";
    return why + std::to_string(failure.http_status) + (words.empty() ? "" : ": " + words) + ")";
}

std::string block_of(const model::Item& item) {
    return failed_at_the_end(item) ? block_of(*item.stages.back().error) : std::string();
}

bool failed_with(const model::Item& item, Errc code) {
    return failed_at_the_end(item) && item.stages.back().error->code == code;
}

void say_gone(model::Item& item, const std::string& reason, bool kept, const std::string& head) {
    item.outcome = model::ItemOutcome::gone;
    item.reason = reason + (kept ? "; its copy is kept" : "; there is no copy of it");
    item.stages.clear();
    if (kept) item.repository->before = item.repository->after = head;
}

// What an item says that needed no look.
void say_unchanged(model::Item& item, const std::string& head) {
    item.outcome = model::ItemOutcome::unchanged;
    item.repository->before = item.repository->after = head;
    model::Stage stage;
    stage.stage = "inspect";
    stage.reason = "nothing was pushed since";
    item.stages.push_back(std::move(stage));
    model::end_item(item);  // what still goes to copies does not change what it is
}

bool went_well(const model::Item& item) {
    return item.outcome == model::ItemOutcome::saved || item.outcome == model::ItemOutcome::unchanged;
}

bool is_held(const model::Item& item) {
    return went_well(item) || item.outcome == model::ItemOutcome::partial;
}

}  // namespace autobackup::github_job
