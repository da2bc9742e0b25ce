// SPDX-License-Identifier: MIT
#include "daemon/restore/mirror_out.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "daemon/mirror/large.hpp"
#include "daemon/mirror/local.hpp"
#include "daemon/restore/out_file.hpp"
#include "daemon/restore/work_tree.hpp"
#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"
#include "lib/core/text.hpp"
#include "lib/git/bundle.hpp"
#include "lib/git/write_pack.hpp"

namespace autobackup::restore {
namespace {

constexpr std::string_view tags = "refs/tags/";

bool is_usual(const std::string& ref) { return !ref.starts_with(mirror::own_refs) && !ref.starts_with(mirror::forge_pulls); }

Failure no_ref(const std::string& wanted, const std::vector<std::pair<std::string, git::Oid>>& refs, const git::Repository& repository) {
    std::vector<std::string> names;
    for (const auto& [name, oid] : refs) {
        names.push_back(name.starts_with(git::branch_prefix) ? name.substr(git::branch_prefix.size()) : name.starts_with(tags) ? name.substr(tags.size()) : name);
    }
    Failure failure = fail(Errc::not_found, "find", one_line(wanted), "there is no ref of this name in " + repository.path().string());
    const std::optional<std::string> near = nearest(wanted, names);
    failure.hint = near ? "did you mean \"" + one_line(*near) + "\"?" : "`autobackupctl snapshots` lists the kept refs, `git for-each-ref` in the mirror all of them";
    return failure;
}

// "refs/autobackup/keep/20261121T013000Z/heads/dev" was "refs/heads/dev".
std::string former_name(const std::string& ref) {
    if (!ref.starts_with(mirror::kept_refs)) return ref;
    const std::size_t slash = ref.find('/', mirror::kept_refs.size());
    return slash == std::string::npos ? ref : "refs/" + ref.substr(slash + 1);
}

Result<ChosenRefs> choose_one(const git::Repository& repository, const std::string& wish, const std::vector<std::pair<std::string, git::Oid>>& refs) {
    const std::size_t colon = wish.find(':');
    const std::string wanted = wish.substr(0, colon);
    std::vector<std::string> tries{wanted, git::branch_ref(wanted), std::string(tags) + wanted, "refs/" + wanted, "refs/autobackup/" + wanted};
    for (const std::string& name : tries) {
        const auto found = std::find_if(refs.begin(), refs.end(), [&](const auto& ref) { return ref.first == name; });
        if (found == refs.end()) continue;
        std::string as = colon == std::string::npos ? former_name(name) : wish.substr(colon + 1);
        if (colon != std::string::npos && !as.starts_with("refs/")) as = git::branch_ref(as);
        if (!git::is_ref_name(as)) return fail(Errc::bad_request, "use", one_line(as), "this cannot be the name of a ref");
        ChosenRefs chosen;
        chosen.refs.emplace(as, found->second);
        if (as.starts_with(git::branch_prefix)) chosen.head = as;
        chosen.tip = found->second;
        return chosen;
    }
    return no_ref(wanted, refs, repository);
}

// The pointers of what is here, and whether each has its content in `store`.
struct Large {
    std::vector<lfs::Pointer> here;
    std::uint64_t missing = 0;
};
Result<Large> large_of(const git::Repository& repository, const std::vector<git::Oid>& objects, const lfs::Store& store) {
    const std::set<git::Oid> given(objects.begin(), objects.end());
    mirror::PointerCollector pointers;
    const Result<void> looked = repository.small_blobs([&](const git::Oid& oid, std::string_view content) {
        if (given.contains(oid)) pointers.take(oid, content);
    });
    if (!looked) return looked.error();
    std::set<lfs::Pointer> all;
    for (const mirror::LargeFile& file : pointers.found()) all.insert(file.object);
    Large large;
    for (const lfs::Pointer& object : all) {
        if (store.has(object) || object.size == 0) large.here.push_back(object);
        else ++large.missing;
    }
    return large;
}

Result<void> write_pack(git::PackReader& reader, const fs::path& file, const std::stop_token& stop) {
    const Result<FileDescriptor> fd = open_file(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!fd) return fd.error();
    const Result<void> written = git::write_pack(reader, fd->get(), file, stop_asked_by(stop));
    if (!written) return written;
    return sync_file(fd->get(), file);
}

class Cloning {
public:
    Cloning(const git::Repository& from, const ChosenRefs& chosen, const std::stop_token& stop) : from_(from), chosen_(chosen), stop_(stop) {}

    Result<MirrorGiven> run(const fs::path& place, bool bare) {
        const bool named = chosen_.head.starts_with(git::branch_prefix);
        const fs::path directory = bare ? place : place / ".git";
        Result<git::Repository> made = git::Repository::open_or_init(directory, named ? chosen_.head.substr(git::branch_prefix.size()) : "main");
        if (!made) return made.error();
        const Result<std::vector<git::Oid>> objects = give_objects(*made);
        if (!objects) return objects.error();
        Result<void> done = give_refs(*made, bare);
        if (done) done = give_large(*objects, directory);
        if (done && !bare && chosen_.tip) {
            const Result<std::uint64_t> files = write_work_tree(*made, *chosen_.tip, place, mirror::large_store(directory), stop_);
            if (!files) return files.error();
            given_.files = *files;
        }
        if (!done) return done.error();
        return given_;
    }

private:
    Result<std::vector<git::Oid>> give_objects(git::Repository& made) {
        std::vector<git::Oid> tips;
        for (const auto& [name, oid] : chosen_.refs) tips.push_back(oid);
        Result<std::vector<git::Oid>> objects = from_.missing_objects(tips, {});
        if (!objects || objects->empty()) return objects;
        Result<git::PackReader> reader = git::PackReader::make(from_, *objects);
        if (!reader) return reader.error();
        git::Fetched fetched;
        fetched.pack = made.path() / "given.pack";
        fetched.closed = true;
        fetched.stop = stop_asked_by(stop_);
        Result<void> done = write_pack(*reader, fetched.pack, stop_);
        if (done) done = made.adopt_pack(fetched, "origin", std::string());
        if (!done) return done.error();
        given_.objects = objects->size();
        given_.bytes = reader->size();
        return objects;
    }

    Result<void> give_refs(git::Repository& made, bool bare) {
        std::vector<git::RefChange> changes;
        for (const auto& [name, oid] : chosen_.refs) {
            git::RefChange change;
            change.ref = name;
            change.target = oid;
            changes.push_back(std::move(change));
        }
        given_.refs = changes.size();
        Result<void> done = made.replace_refs(changes);
        if (done && chosen_.head.empty() && chosen_.tip) {
            const Result<std::optional<git::Oid>> commit = commit_of(made, *chosen_.tip);
            if (commit && *commit) done = made.detach_head(**commit);
        }
        std::vector<std::pair<std::string, std::string>> settings;
        if (!bare) settings.emplace_back("core.bare", "false");
        const Result<std::optional<std::string>> url = from_.setting("remote.origin.url");
        if (url && *url) {
            settings.emplace_back("remote.origin.url", mirror::plain_url(**url));
            if (!bare) settings.emplace_back("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*");
        }
        if (done && !settings.empty()) done = made.configure(settings);
        return done;
    }

    Result<void> give_large(const std::vector<git::Oid>& objects, const fs::path& directory) {
        const lfs::Store ours = mirror::large_store(from_.path());
        const Result<Large> large = large_of(from_, objects, ours);
        if (!large) return large.error();
        given_.large_missing = large->missing;
        const lfs::Store theirs = mirror::large_store(directory);
        for (const lfs::Pointer& object : large->here) {
            if (stop_.stop_requested()) return fail_cancelled("write", directory.string());
            if (object.size == 0) continue;
            const Result<lfs::Pointer> copied = theirs.put([&](const lfs::TakeBytes& take) { return ours.stream(object, take); });
            if (!copied) return copied.error();
            ++given_.large_files;
            given_.bytes += object.size;
        }
        return {};
    }

    const git::Repository& from_;
    const ChosenRefs& chosen_;
    const std::stop_token& stop_;
    MirrorGiven given_;
};

}  // namespace

Result<ChosenRefs> choose_refs(const git::Repository& repository, const RefWish& wish) {
    const Result<std::vector<std::pair<std::string, git::Oid>>> refs = repository.refs("refs/");
    if (!refs) return refs.error();
    if (!wish.ref.empty()) return choose_one(repository, wish.ref, *refs);
    ChosenRefs chosen;
    for (const auto& [name, oid] : *refs) {
        if (wish.all || is_usual(name)) chosen.refs.emplace(name, oid);
    }
    const Result<std::optional<std::string>> head = repository.head_target();
    if (!head) return head.error();
    if (*head && chosen.refs.contains(**head)) {
        chosen.head = **head;
        chosen.tip = chosen.refs.at(**head);
    } else {
        const Result<std::optional<git::Oid>> tip = repository.resolve("HEAD");
        if (!tip) return tip.error();
        chosen.tip = *tip;
    }
    return chosen;
}

Result<MirrorGiven> mirror_to_bundle(const fs::path& repository, const ChosenRefs& chosen, const fs::path& file, bool force, const std::stop_token& stop) {
    const Result<fs::path> out = bundle_file(file, force);
    if (!out) return out.error();
    const Result<git::Repository> from = git::Repository::open_any(repository);
    if (!from) return from.error();
    git::BundleRefs refs;
    for (const auto& [name, oid] : chosen.refs) refs.emplace_back(name, oid);
    if (refs.empty()) return fail(Errc::bad_request, "write", file.string(), "the repository is empty: there is nothing that a bundle could hold");
    if (chosen.tip && !chosen.head.empty()) refs.emplace_back("HEAD", *chosen.tip);
    const Result<git::BundleInfo> written = git::write_bundle(*from, refs, *out, stop_asked_by(stop));
    if (!written) return written.error();
    const Result<Large> large = large_of(*from, written->objects, mirror::large_store(from->path()));
    if (!large) return large.error();
    MirrorGiven given;
    given.refs = chosen.refs.size();
    given.objects = written->objects.size();
    given.bytes = written->bytes;
    given.large_files = large->here.size();
    given.large_missing = large->missing;
    return given;
}

Result<MirrorGiven> mirror_to_directory(const fs::path& repository, const ChosenRefs& chosen, const fs::path& directory, bool bare,
                                        const std::stop_token& stop) {
    const fs::path whole = fs::absolute(directory).lexically_normal();
    const fs::path place = whole.has_filename() ? whole : whole.parent_path();
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(place, ignored)) && !(fs::is_directory(place, ignored) && fs::is_empty(place, ignored))) {
        return fail(Errc::bad_request, "write", directory.string(), "there is something of this name already, and it is no empty directory");
    }
    const Result<git::Repository> from = git::Repository::open_any(repository);
    if (!from) return from.error();
    const fs::path temporary = place.parent_path() / ("." + place.filename().string() + "." + std::to_string(::getpid()) + ".part");
    Result<void> made = make_directories(temporary);
    if (!made) return made.error();
    Cloning cloning(*from, chosen, stop);
    Result<MirrorGiven> given = cloning.run(temporary, bare);
    if (given && fs::is_directory(place, ignored)) fs::remove(place, ignored);
    if (given) made = rename_durably(temporary, place);
    if (given && made) return given;
    fs::remove_all(temporary, ignored);
    return given ? Result<MirrorGiven>(made.error()) : given;
}

}  // namespace autobackup::restore
