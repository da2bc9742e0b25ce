// SPDX-License-Identifier: MIT
#include "daemon/vault/push_plan.hpp"

#include <algorithm>
#include <unordered_set>

#include "daemon/vault/history.hpp"

namespace autobackup::vault {
namespace {

using OidSet = std::unordered_set<git::Oid, git::OidHash>;
using Oids = std::vector<git::Oid>;

Result<Oids> objects_between(const git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base) {
    Oids known;
    if (base) known.push_back(*base);
    return vault.missing_objects({tip}, known);
}

Result<std::uint64_t> pack_size(const git::Repository& vault, const Oids& objects) {
    const Result<git::PackReader> reader = git::PackReader::make(vault, objects);
    if (!reader) return reader.error();
    return reader->size();
}

// An upper bound of what a blob takes in a pack: it grows by 5 bytes for every stored block of deflate at most, and has a head.
std::uint64_t most_packed(std::uint64_t size) { return size + size / 1024 + 64; }

// The blobs of the commit's tree among `objects`, in the order of these.
Result<Oids> blobs_among(const git::Repository& vault, const git::Oid& commit, const Oids& objects) {
    const Result<git::Commit> read = vault.read_commit(commit);
    if (!read) return read.error();
    OidSet blobs;
    const auto note = [&](const std::string&, const git::TreeEntry& entry) -> Result<void> {
        blobs.insert(entry.oid);
        return {};
    };
    const Result<void> walked = vault.walk(read->tree, note);
    if (!walked) return walked.error();
    Oids found;
    std::copy_if(objects.begin(), objects.end(), std::back_inserter(found), [&](const git::Oid& oid) { return blobs.contains(oid); });
    return found;
}

class Planner {
public:
    Planner(git::Repository& vault, std::string branch_ref, std::uint64_t limit)
        : vault_(vault), branch_ref_(std::move(branch_ref)), limit_(limit) {}

    Result<std::vector<PushStep>> run(const git::Oid& tip, const std::optional<git::Oid>& base) {
        Result<Oids> all = objects_between(vault_, tip, base);
        if (!all) return all.error();
        const Result<std::uint64_t> size = pack_size(vault_, *all);
        if (!size) return size.error();
        if (*size <= limit_) {
            move_branch(tip, base, std::move(*all));
            return std::move(steps_);
        }
        const Result<void> cut = cut_along_commits(tip, base);
        if (!cut) return cut.error();
        return std::move(steps_);
    }

private:
    void move_branch(const git::Oid& to, const std::optional<git::Oid>& from, Oids objects) {
        PushStep step;
        step.ref = branch_ref_;
        step.target = to;
        step.from = from;
        step.objects = std::move(objects);
        steps_.push_back(std::move(step));
    }

    Result<void> cut_along_commits(const git::Oid& tip, const std::optional<git::Oid>& base) {
        Result<Oids> commits = commits_since(vault_, tip, base);
        if (!commits) return commits.error();
        std::reverse(commits->begin(), commits->end());
        std::optional<git::Oid> sent = base;  // where the branch stands after the steps so far
        std::optional<git::Oid> last = base;  // the newest commit of the group being filled
        std::uint64_t group = 0;
        for (const git::Oid& commit : *commits) {
            Result<Oids> objects = objects_between(vault_, commit, last);
            if (!objects) return objects.error();
            const Result<std::uint64_t> size = pack_size(vault_, *objects);
            if (!size) return size.error();
            if (group > 0 && group + *size > limit_) {
                const Result<void> done = end_group(*last, sent);
                if (!done) return done;
                sent = last;
                group = 0;
            }
            if (*size > limit_) {
                const Result<void> done = cut_commit(commit, sent, std::move(*objects));
                if (!done) return done;
                sent = commit;
            } else {
                group += *size;
            }
            last = commit;
        }
        if (group == 0) return {};
        return end_group(*last, sent);
    }

    Result<void> end_group(const git::Oid& to, const std::optional<git::Oid>& from) {
        Result<Oids> objects = objects_between(vault_, to, from);
        if (!objects) return objects.error();
        move_branch(to, from, std::move(*objects));
        return {};
    }

    // Blobs go ahead, part by part, until what is left of the commit fits.
    Result<void> cut_commit(const git::Oid& commit, const std::optional<git::Oid>& from, Oids objects) {
        const Result<Oids> blobs = blobs_among(vault_, commit, objects);
        if (!blobs) return blobs.error();
        OidSet ahead;
        Oids part;
        std::uint64_t part_size = 0;
        for (const git::Oid& blob : *blobs) {
            const Result<std::uint64_t> size = vault_.blob_size(blob);
            if (!size) return size.error();
            const std::uint64_t packed = most_packed(*size) + most_packed(68);  // and its line in the part's tree
            if (!part.empty() && part_size + packed > limit_) {
                const Result<void> sent = send_ahead(commit, part);
                if (!sent) return sent;
                ahead.insert(part.begin(), part.end());
                part.clear();
                part_size = 0;
            }
            part.push_back(blob);
            part_size += packed;
        }
        // The last ones go along with the trees where there is room.
        std::erase_if(objects, [&](const git::Oid& oid) { return ahead.contains(oid); });
        const Result<std::uint64_t> rest = pack_size(vault_, objects);
        if (!rest) return rest.error();
        if (*rest > limit_ && part.size() < objects.size() && !part.empty()) {
            const Result<void> sent = send_ahead(commit, part);
            if (!sent) return sent;
            const OidSet last(part.begin(), part.end());
            std::erase_if(objects, [&](const git::Oid& oid) { return last.contains(oid); });
        }
        parts_ = 0;
        move_branch(commit, from, std::move(objects));
        return {};
    }

    Result<void> send_ahead(const git::Oid& commit, const Oids& blobs) {
        const Result<git::Commit> whole = vault_.read_commit(commit);
        if (!whole) return whole.error();
        std::vector<git::TreeEntry> entries;
        for (const git::Oid& blob : blobs) entries.push_back(git::TreeEntry{blob.hex(), git::mode_file, blob});
        const git::RawObject tree = git::make_tree(std::move(entries));
        const std::string number = std::to_string(++parts_);
        const git::Signature author{"autobackupd", "autobackupd@localhost", whole->unix_seconds};
        const git::RawObject part = git::make_commit(tree.oid, {}, author, "part " + number + " of " + commit.hex() + "\n");
        const Result<std::optional<git::PackInfo>> written = vault_.write_pack({}, {tree, part}, nullptr);
        if (!written) return written.error();
        PushStep step;
        step.ref = part_prefix + commit.hex() + "/" + number;
        step.target = part.oid;
        step.objects = {part.oid, tree.oid};
        step.objects.insert(step.objects.end(), blobs.begin(), blobs.end());
        steps_.push_back(std::move(step));
        return {};
    }

    git::Repository& vault_;
    std::string branch_ref_;
    std::uint64_t limit_;
    std::vector<PushStep> steps_;
    int parts_ = 0;
};

}  // namespace

Result<std::vector<PushStep>> plan_push(git::Repository& vault, const std::string& branch_ref, const git::Oid& tip,
                                        const std::optional<git::Oid>& base, std::uint64_t limit) {
    Planner planner(vault, branch_ref, limit);
    return planner.run(tip, base);
}

}  // namespace autobackup::vault
