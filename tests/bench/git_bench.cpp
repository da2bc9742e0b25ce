// SPDX-License-Identifier: MIT
// What tests/bench/git.py drives: our git client alone, without a job around it.
//   git_bench fill REPOSITORY BYTES       a commit of files of 200 KB, one pack
//   git_bench push REPOSITORY URL         what refs/heads/main has and the target lacks, as one pack
//   git_bench mirror REPOSITORY URL       the refs there against ours; what differs is fetched and the refs are set
//   git_bench check AT_ONCE LIST          the same question, without a fetch; LIST has lines "REPOSITORY URL"
// Prints one line of what it did. Exit 0 when it did it.
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>

#include "daemon/vault/pack_source.hpp"
#include "lib/async/run.hpp"
#include "lib/git/repository.hpp"
#include "lib/process/child.hpp"
#include "lib/remote/remote.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/run_coroutine.hpp"

using namespace autobackup;

namespace {

template <class T>
T need(Result<T> result) {
    if (!result) throw std::runtime_error(describe(result.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

constexpr std::size_t file_bytes = 200'000;

void fill(const fs::path& path, std::uint64_t bytes) {
    git::Repository repository = need(git::Repository::open_or_init(path, "main"));
    git::Folder folder;
    std::vector<git::NewBlob> blobs;
    for (unsigned i = 0; i * file_bytes < bytes; ++i) {
        git::NewBlob blob;
        blob.oid = git::hash_object(git::ObjectType::blob, test::noise(file_bytes, i));
        blob.size = file_bytes;
        blob.compress = false;
        blob.produce = [i](const git::TakeBytes& take) {
            const std::string content = test::noise(file_bytes, i);
            return take(std::as_bytes(std::span(content)));
        };
        folder.add_file("data/" + std::to_string(i) + ".jpg", blob.oid);
        blobs.push_back(std::move(blob));
    }
    std::vector<git::RawObject> objects;
    const git::Oid tree = folder.build(objects);
    git::Signature author;
    author.name = author.email = "bench";
    objects.push_back(git::make_commit(tree, {}, author, "bench"));
    const std::optional<git::PackInfo> pack = need(repository.write_pack(blobs, objects, {}));
    need(repository.set_ref("refs/heads/main", objects.back().oid, std::nullopt, "bench"));
    std::printf("%s %lu bytes\n", pack->pack.c_str(), static_cast<unsigned long>(pack->bytes));
}

struct Client {
    async::Workers workers{2};
    std::unique_ptr<http::Client> http = need(http::make_client(http::ClientSettings()));
    std::unique_ptr<remote::Remote> at(const std::string& url) {
        remote::Settings settings;
        settings.url = url;
        return need(remote::make_remote(*http, workers, std::move(settings)));
    }
};

Awaitable<void> push(Client& client, fs::path path, std::string url) {
    git::Repository repository = need(git::Repository::open(path));
    const std::unique_ptr<remote::Remote> target = client.at(url);
    const remote::Advertisement there = need(co_await target->list_for_push());
    remote::RefUpdate update;
    update.name = "refs/heads/main";
    update.new_oid = need(repository.resolve(update.name)).value();
    std::vector<git::Oid> known;
    if (const remote::Ref* ref = there.find(update.name)) {
        update.old_oid = ref->oid;
        known.push_back(ref->oid);
    }
    const std::vector<git::Oid> tips(1, update.new_oid);
    const std::vector<git::Oid> objects = need(repository.missing_objects(tips, known));
    auto source = std::make_shared<vault::PackSource>(client.workers, need(git::PackReader::make(repository, objects)));
    const std::optional<std::uint64_t> bytes = source->size();
    std::vector<remote::RefUpdate> updates(1, update);
    const remote::PushReport report = need(co_await target->push(std::move(updates), source));
    if (!report.accepted()) throw std::runtime_error(report.unpack + " " + report.peer_words);
    need(co_await remote::verify_ref(*target, update.name, update.new_oid, 1));
    std::printf("%zu objects, %lu bytes\n", objects.size(), static_cast<unsigned long>(bytes.value_or(0)));
}

// What differs, as steps of set_refs(). Refs that are gone over there are left out: it is the fetch that is measured.
std::vector<git::RefChange> changes(const git::Repository& repository, const remote::Advertisement& there) {
    const auto held = need(repository.refs("refs/"));
    const std::map<std::string, git::Oid> ours(held.begin(), held.end());
    std::vector<git::RefChange> found;
    for (const remote::Ref& ref : there.refs) {
        if (ref.name == "HEAD") continue;
        const auto at = ours.find(ref.name);
        if (at != ours.end() && at->second == ref.oid) continue;
        git::RefChange change;
        change.ref = ref.name;
        change.target = ref.oid;
        if (at != ours.end()) change.expected = at->second;
        found.push_back(std::move(change));
    }
    return found;
}

Awaitable<void> fetch(Client& client, git::Repository& repository, remote::Remote& source, const std::vector<git::RefChange>& wanted) {
    remote::FetchRequest request;
    std::set<git::Oid> wants, haves;
    for (const git::RefChange& change : wanted) {
        if (!repository.has(change.target)) wants.insert(change.target);
    }
    for (const auto& [name, oid] : need(repository.refs("refs/"))) haves.insert(oid);
    request.wants.assign(wants.begin(), wants.end());
    request.haves.assign(haves.begin(), haves.end());
    git::Fetched fetched;
    fetched.pack = repository.path() / "fetched.pack";
    if (!request.wants.empty()) {
        need(co_await source.fetch(std::move(request), fetched.pack));
        auto adopt = [&] { return repository.adopt_pack(fetched, "origin", ""); };
        need(co_await client.workers.run(std::move(adopt)));
    }
    auto set = [&] { return repository.set_refs(wanted, "bench"); };
    need(co_await client.workers.run(std::move(set)));
}

Awaitable<void> mirror(Client& client, fs::path path, std::string url, bool may_fetch) {
    auto open = [path] { return git::Repository::open(path); };
    const std::unique_ptr<remote::Remote> source = client.at(url);
    std::vector<std::string> prefixes;
    const remote::Advertisement there = need(co_await source->ls_refs(prefixes));
    git::Repository repository = need(co_await client.workers.run(std::move(open)));
    auto compare = [&] { return changes(repository, there); };
    const std::vector<git::RefChange> wanted = co_await client.workers.run(std::move(compare));
    if (!wanted.empty() && !may_fetch) throw std::runtime_error(path.string() + " is not what " + url + " has");
    if (!wanted.empty()) co_await fetch(client, repository, *source, wanted);
    if (may_fetch) std::printf("%zu refs, %zu changed\n", there.refs.size(), wanted.size());
}

Awaitable<void> check(Client& client, std::size_t at_once, std::string list) {
    std::vector<std::pair<std::string, std::string>> pairs;
    std::ifstream file(list);
    for (std::string path, url; file >> path >> url;) pairs.emplace_back(path, url);
    std::function<Awaitable<void>(std::size_t)> each = [&](std::size_t i) { return mirror(client, pairs[i].first, pairs[i].second, false); };
    co_await async::for_each_index(pairs.size(), at_once, each);
    std::printf("%zu repositories unchanged\n", pairs.size());
}

int run(const std::vector<std::string>& words) {
    if (words[0] == "fill") {
        fill(words[1], std::stoull(words[2]));
        return 0;
    }
    Client client;
    auto work = [&]() -> Awaitable<void> {
        if (words[0] == "push") co_await push(client, words[1], words[2]);
        if (words[0] == "mirror") co_await mirror(client, words[1], words[2], true);
        if (words[0] == "check") co_await check(client, std::stoul(words[1]), words[2]);
        client.http->close_idle();
    };
    test::run_coroutine(work, Milliseconds(600'000));
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) return 2;
    try {
        git::initialise_library();
        return run(std::vector<std::string>(words + 1, words + count));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "git_bench: %s\n", error.what());
        return 1;
    }
}
