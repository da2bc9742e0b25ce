// SPDX-License-Identifier: MIT
#include "daemon/checks/source_compare.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "daemon/mirror/large.hpp"
#include "daemon/mirror/local.hpp"
#include "daemon/restore/verify_vault.hpp"
#include "lib/core/text.hpp"
#include "lib/git/object_text.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t named_in_words = 3;

std::string some_of(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < named_in_words; ++i) text += (i == 0 ? "" : ", ") + one_line(names[i]);
    return text + (names.size() > named_in_words ? ", …" : "");
}

void add(std::string& text, const std::vector<std::string>& names, const char* one, const char* many) {
    if (names.empty()) return;
    text += (text.empty() ? "" : ", ") + std::to_string(names.size()) + (names.size() == 1 ? one : many) + " (" + some_of(names) + ")";
}

std::string head_in_words(const mirror::Head& head) {
    if (!head.branch.empty()) return head.branch;
    return head.detached ? head.detached->hex() : std::string("nothing");
}

// Reads the object in the mirror; what keeps it from being given is added.
class ContentLook {
public:
    ContentLook(const git::Repository& came, const git::Repository& mirror, const std::stop_token& stop) : came_(came), mirror_(mirror), stop_(stop) {}

    Result<void> commit(const git::Oid& tip) {
        const Result<git::Commit> commit = came_.read_commit(tip);
        if (!commit) return commit.error();
        note("commit", tip, [&] { return told(mirror_.read_commit(tip)); });
        return tree(commit->tree);
    }

    std::vector<std::string> problems;
    std::uint64_t objects = 0;

private:
    template <class T>
    static Result<void> told(const Result<T>& read) {
        return read ? Result<void>() : Result<void>(read.error());
    }

    template <class Read>
    void note(const char* kind, const git::Oid& oid, const Read& read) {
        ++objects;
        if (problems.size() >= restore::most_problems) return;
        if (!mirror_.has(oid)) return problems.push_back(std::string(kind) + " " + oid.hex() + ", which the source gives, is missing");
        const Result<void> done = read();
        if (!done) problems.push_back(std::string(kind) + " " + oid.hex() + ", which the source gives, cannot be read: " + describe(done.error()));
    }

    // Trees that two directories share are looked at once.
    Result<void> tree(const git::Oid& root) {
        std::vector<git::Oid> left{root};
        while (!left.empty()) {
            if (stop_.stop_requested()) return fail_cancelled("compare", mirror_.path().string());
            const git::Oid oid = left.back();
            left.pop_back();
            if (!seen_.insert(oid).second) continue;
            const Result<std::vector<git::TreeEntry>> entries = came_.read_tree(oid);
            if (!entries) return entries.error();
            note("tree", oid, [&] { return told(mirror_.read_tree(oid)); });
            for (const git::TreeEntry& entry : *entries) {
                if (git::is_submodule_mode(entry.mode)) continue;
                if (git::is_tree_mode(entry.mode)) left.push_back(entry.oid);
                else blob(entry.oid);
            }
        }
        return {};
    }

    void blob(const git::Oid& oid) {
        if (!seen_.insert(oid).second || !came_.has(oid)) return;
        note("blob", oid, [&] { return mirror_.stream_blob(oid, [](std::span<const std::byte>) -> Result<void> { return {}; }); });
    }

    const git::Repository& came_;
    const git::Repository& mirror_;
    const std::stop_token& stop_;
    std::set<git::Oid> seen_;
};

std::vector<lfs::Pointer> all_in(const lfs::Store& store, const std::function<bool(const lfs::Pointer&)>& fits) {
    std::vector<lfs::Pointer> all;
    std::error_code ignored;
    for (fs::recursive_directory_iterator entry(store.root(), ignored), end; !ignored && entry != end; entry.increment(ignored)) {
        lfs::Pointer object;
        object.oid = entry->path().filename().string();
        if (!lfs::is_oid(object.oid) || !entry->is_regular_file(ignored)) continue;
        object.size = entry->file_size(ignored);
        if (fits(object)) all.push_back(std::move(object));
    }
    return all;
}

}  // namespace

Result<RefsCompared> compare_refs(const mirror::Repository& what, const remote::Advertisement& listed) {
    const Result<git::Repository> repository = git::Repository::open(what.path);
    if (!repository) return repository.error();
    const Result<mirror::Local> local = mirror::read_local(what.path);
    if (!local) return local.error();
    const mirror::Wanted wanted = mirror::wanted_refs(listed, what.pull_refs, what.default_branch, local->head);
    const mirror::Plan plan = mirror::make_plan(*local, wanted, what.pull_refs);
    RefsCompared compared;
    for (const mirror::Move& move : plan.moves) {
        std::vector<std::string>& names = !move.before ? compared.unsaved : move.after ? compared.moved : compared.gone;
        names.push_back(move.ref);
        if (!move.before || repository->has(*move.before) || compared.problems.size() >= restore::most_problems) continue;
        compared.problems.push_back(move.ref + " names " + move.before->hex() + ", which is missing" +
                                    (move.after ? "; the source has it at " + move.after->hex() : std::string()));
    }
    if (plan.head_moves) compared.head = head_in_words(wanted.head);
    std::set<std::string> tags;
    for (const remote::Ref& ref : listed.refs) {
        if (ref.peeled) tags.insert(ref.name);
    }
    for (const auto& [name, oid] : wanted.refs) {
        const auto here = mirror::first_from(local->refs, name);
        if (here == local->refs.end() || here->first != name || here->second != oid) continue;
        ++compared.same;
        const bool lost = !repository->has(oid) && compared.problems.size() < restore::most_problems;
        if (lost) compared.problems.push_back(name + " names " + oid.hex() + ", which is missing; the source has it");
        if (!tags.contains(name)) compared.tips.emplace_back(name, oid);
    }
    return compared;
}

std::string moves_in_words(const RefsCompared& compared) {
    std::string text;
    add(text, compared.moved, " ref has moved", " refs have moved");
    add(text, compared.unsaved, " is not saved yet", " are not saved yet");
    add(text, compared.gone, " is gone there", " are gone there");
    if (!compared.head.empty()) text += (text.empty() ? "" : ", ") + std::string("HEAD stands for ") + one_line(compared.head);
    return text;
}

std::size_t chosen(const std::string& word, std::size_t count) {
    const std::string digits = hash::sha256_hex(word).substr(0, 15);
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    return count == 0 ? 0 : static_cast<std::size_t>(number % count);
}

std::uint64_t content_bytes(const git::Repository& repository, const git::Oid& commit, std::uint64_t limit) {
    std::uint64_t bytes = 0;
    const Result<git::Commit> read = repository.read_commit(commit);
    const auto count = [&](const std::string&, const git::TreeEntry& entry) -> Result<void> {
        const Result<std::uint64_t> size = repository.blob_size(entry.oid);
        if (size) bytes += *size;
        return bytes > limit ? Result<void>(fail(Errc::cancelled, "count", "bytes", "enough")) : Result<void>();
    };
    if (read) (void)repository.walk(read->tree, count);  // what cannot be read is told when it is compared
    return bytes;
}

Result<std::vector<std::string>> compare_content(const git::Repository& came, const git::Oid& tip, const git::Repository& mirror, const std::stop_token& stop,
                                                 std::uint64_t& objects) {
    ContentLook look(came, mirror, stop);
    const Result<void> looked = look.commit(tip);
    if (!looked) return looked.error();
    objects = look.objects;
    return std::move(look.problems);
}

Result<std::optional<lfs::Pointer>> choose_large(const fs::path& mirror, const std::vector<lfs::Pointer>& found, std::uint64_t limit, const std::string& word) {
    const Result<std::optional<std::vector<mirror::LargeFile>>> listed = mirror::read_large(mirror);
    if (!listed) return listed.error();
    std::set<std::string> missing;
    for (const mirror::LargeFile& file : listed->value_or(std::vector<mirror::LargeFile>())) missing.insert(file.object.oid);
    const auto fits = [&](const lfs::Pointer& object) { return object.size > 0 && object.size <= limit && !missing.contains(object.oid); };
    std::vector<lfs::Pointer> fitting;
    std::copy_if(found.begin(), found.end(), std::back_inserter(fitting), fits);
    if (fitting.empty() && found.empty()) fitting = all_in(mirror::large_store(mirror), fits);
    if (fitting.empty()) return std::optional<lfs::Pointer>();
    std::sort(fitting.begin(), fitting.end());
    return std::optional<lfs::Pointer>(fitting[chosen(word, fitting.size())]);
}

std::string compare_large(const fs::path& mirror, const lfs::Pointer& object) {
    const lfs::Store store = mirror::large_store(mirror);
    const Result<void> read = store.stream(object, [](std::span<const std::byte>) -> Result<void> { return {}; });
    return read ? std::string() : "large file " + object.oid + ", which the source gives, cannot be read: " + describe(read.error());
}

}  // namespace autobackup::checks
