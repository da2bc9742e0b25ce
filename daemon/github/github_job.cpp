// SPDX-License-Identifier: MIT
#include "daemon/github/github_job.hpp"

#include <charconv>

#include "daemon/github/filter.hpp"
#include "daemon/github/owner.hpp"
#include "daemon/github/owner_name.hpp"
#include "daemon/github/plan.hpp"
#include "daemon/mirror/only.hpp"
#include "lib/github/kept_pages.hpp"

namespace autobackup::github_job {
namespace {

constexpr const char* turn_key = "github.turn";
constexpr const char* pages_key = "github.pages";

// What the job remembers of its last run. Whatever is lost begins anew: some repositories are then looked at earlier.
struct Memory {
    std::uint64_t turn = 0;
    std::string spoken;
    github::KeptPages pages{};
};

std::string value_or_empty(Context& context, const char* key) {
    const Result<std::optional<std::string>> held = context.store.value(context.job.name, key);
    return held && *held ? **held : std::string();
}

// `value`: what gives the text, on the worker. Nobody waits for it; the run does before it is told.
template <class Value>
void note(Context& context, const char* key, Value value) {
    auto write = [&store = context.store, job = context.job.name, key, value = std::move(value)] { static_cast<void>(store.set_value(job, key, value())); };
    context.mirrors.workers.post_serial(std::move(write));
}

// The pages that came with an ETag, for the next process.
void note_pages(Context& context) {
    auto text = [pages = context.session.pages().pages(), account = github::account_digest(context.session.settings())] {
        return github::text_of(pages, account);
    };
    note(context, pages_key, std::move(text));
}

Awaitable<Memory> recall(Context& context) {
    auto read = [&context, account = github::account_digest(context.session.settings())] {
        Memory memory;
        const std::string turn = value_or_empty(context, turn_key);
        std::from_chars(turn.data(), turn.data() + turn.size(), memory.turn);
        memory.spoken = value_or_empty(context, mirror::spoken_key);
        const std::string pages = value_or_empty(context, pages_key);
        if (!pages.empty()) memory.pages = github::read_pages(pages, account);
        return memory;
    };
    co_return co_await context.mirrors.workers.run(std::move(read));
}

// What --only names in vain. Where a listing failed, which is told, it may be what was meant.
void tell_unmatched(const Context& context, model::Run& run) {
    if (!run.errors.empty()) return;
    mirror::OnlyRule rule;
    rule.kind = "github_repository";
    rule.message = "the job has no repository, wiki or gist like this at " + context.session.settings().name;
    rule.hint = "check the name, what the job chooses (`repositories`, `wikis`, `gists`), and what the token may see";
    rule.matches = matches;
    rule.is_pattern = [](std::string_view entry) { return !is_plain_name(entry); };
    std::vector<std::string> names;
    for (const model::Item& item : run.items) names.push_back(item.name);
    mirror::tell_unmatched(context.mirrors, rule, names, run);
}

}  // namespace

Awaitable<void> back_up(Context& context, model::Run& run) {
    Memory memory = co_await recall(context);
    for (auto& [url, page] : memory.pages) context.session.pages().restore(url, std::move(page));
    const std::uint64_t pages_before = context.session.pages().version();
    auto turn = [next = memory.turn + 1] { return std::to_string(next); };
    note(context, turn_key, turn);  // before the work: runs that never end must not look at the same ones each time
    context.spoken = mirror::parse_spoken(memory.spoken);
    std::vector<std::unique_ptr<OwnerBackup>> owners;
    for (const config::GithubSource::Owner& owner : context.source.owners) {
        std::filesystem::path directory = directory_of(context.source, owner, context.directory);
        owners.push_back(std::make_unique<OwnerBackup>(context, owner, std::move(directory), memory.turn, run));
        co_await owners.back()->run();
    }
    for (const std::unique_ptr<OwnerBackup>& owner : owners) co_await owner->starred();  // last: what an owner has is not held a second time
    tell_unmatched(context, run);
    std::string spoken = mirror::text_of(mirror::learnt(context.spoken, context.asked_origins, *context.access.speak_v2));
    if (context.session.pages().version() != pages_before) note_pages(context);
    if (spoken == memory.spoken) co_return;
    auto text = [spoken = std::move(spoken)] { return spoken; };
    note(context, mirror::spoken_key, std::move(text));
}

}  // namespace autobackup::github_job
