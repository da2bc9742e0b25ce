// SPDX-License-Identifier: MIT
// What a push sends, and in which order: large files first, so that nobody ever sees a pointer without its object; then the commits, in as
// many parts as the server needs.
#include "daemon/vault/large_files.hpp"
#include "daemon/vault/push_plan.hpp"
#include "daemon/vault/target.hpp"
#include "lib/remote/pack_source.hpp"

namespace autobackup::vault {

Awaitable<Result<std::uint64_t>> Target::send_large(git::Oid ours, std::optional<git::Oid> theirs) {
    auto find = [ours, theirs](git::Repository& repository) { return large_files_between(repository, ours, theirs); };
    const Result<std::vector<lfs::Pointer>> objects = co_await vault_.held(std::move(find));
    if (!objects) co_return objects.error();
    if (objects->empty()) co_return std::uint64_t{0};
    if (!large_) {
        co_return fail(Errc::unsupported, "push", settings_.url, "the commits name large files, and this target takes none");
    }
    const Result<lfs::Moved> moved = co_await large_->upload(*objects);
    if (moved) co_return moved->bytes;
    Failure failure = moved.error();
    if (failure.http_status == 404 || failure.http_status == 501) {
        failure.hint += std::string(failure.hint.empty() ? "" : "; ") + "or raise large_file_limit, if it takes large files in git itself";
    }
    co_return failure;
}

Failure Target::refused_part(const std::string& ref, const remote::PushReport& report) const {
    const std::string words = report.verdicts.empty() ? report.unpack : report.verdicts.front().reason;
    return fail(Errc::push_rejected, "push", settings_.url, "the server refused " + ref + ", which holds a part of a large commit",
                words + "\n" + report.peer_words);
}

Awaitable<Result<void>> Target::send_part(const PushStep& step, PushOutcome& outcome) {
    const auto there = parts_.find(step.ref);
    if (there != parts_.end() && there->second == step.target) co_return Result<void>();  // from an interrupted push
    auto make = [&step](git::Repository& repository) { return git::PackReader::make(repository, step.objects); };
    Result<git::PackReader> reader = co_await vault_.held(std::move(make));
    if (!reader) co_return reader.error();
    const std::uint64_t bytes = reader->size();
    auto source = std::make_shared<remote::PackSource>(vault_.workers(), std::move(*reader));
    remote::RefUpdate update;
    update.name = step.ref;
    update.new_oid = step.target;
    if (there != parts_.end()) update.old_oid = there->second;
    std::vector<remote::RefUpdate> updates;
    updates.push_back(std::move(update));
    const Result<remote::PushReport> report = co_await remote_->push(std::move(updates), source);
    if (!report) co_return report.error();
    if (!report->accepted()) co_return refused_part(step.ref, *report);
    parts_[step.ref] = step.target;
    outcome.bytes += bytes;
    co_return Result<void>();
}

Awaitable<Result<void>> Target::send_all(git::Oid ours, std::optional<git::Oid> theirs, PushOutcome& outcome) {
    const Result<std::uint64_t> large = co_await send_large(ours, theirs);
    if (!large) co_return large.error();
    outcome.bytes += *large;
    auto plan = [this, ours, theirs, there = went_ahead(outcome)](git::Repository& repository) {
        return plan_push(repository, vault_.branch_ref(), ours, theirs, settings_.largest_push, there);
    };
    const Result<std::vector<PushStep>> steps = co_await vault_.held(std::move(plan));
    if (!steps) co_return steps.error();
    for (const PushStep& step : *steps) {
        Result<void> sent;
        if (step.is_part()) {
            sent = co_await send_part(step, outcome);
        } else {
            sent = co_await send(step, outcome);
        }
        if (!sent) co_return sent;
    }
    co_return Result<void>();
}

}  // namespace autobackup::vault
