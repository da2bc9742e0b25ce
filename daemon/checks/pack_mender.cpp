// SPDX-License-Identifier: MIT
#include "daemon/checks/pack_mender.hpp"

#include <fcntl.h>

#include <algorithm>

#include "daemon/checks/pack_files.hpp"
#include "daemon/checks/room.hpp"
#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"
#include "lib/git/write_pack.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

fs::path beside(const fs::path& pack, const char* extension) { return fs::path(pack).replace_extension(extension); }

}  // namespace

Workshop::Workshop(fs::path path) : path_(std::move(path)) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

Workshop::~Workshop() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

Result<void> take_objects(const fs::path& from, const std::vector<git::Oid>& oids, git::Repository& into, const fs::path& via, const Bounds& bounds) {
    if (oids.empty()) return {};
    const Result<git::Repository> source = git::Repository::open_any(from);
    if (!source) return source.error();
    Result<git::PackReader> reader = git::PackReader::make(*source, oids);
    if (!reader) return reader.error();
    // It is written here, and once more while it is indexed.
    const Result<void> room = need_room(via.parent_path(), 2 * reader->size(), bounds.reserve, "mend with", std::to_string(oids.size()) + " objects of " + from.string());
    if (!room) return room;
    {
        const Result<FileDescriptor> fd = open_file(via, O_WRONLY | O_CREAT | O_TRUNC);
        if (!fd) return fd.error();
        const Result<void> written = git::write_pack(*reader, fd->get(), via, stop_asked_by(bounds.stop));
        if (!written) return written;
    }
    git::Fetched taken;
    taken.pack = via;
    taken.stop = stop_asked_by(bounds.stop);
    return into.adopt_pack(taken, "origin", "");
}

PackMender::PackMender(fs::path pack, fs::path workshop, Bounds bounds)
    : pack_(std::move(pack)), workshop_(std::move(workshop)), bounds_(std::move(bounds)) {}

bool PackMender::promisor() const { return is_there(beside(pack_, ".promisor")); }

Result<bool> PackMender::whole() {
    const Result<git::Repository> one = alone(pack_, workshop_ / "damaged.git");
    if (!one) return one.error();
    const Result<git::Repository::CheckReport> report = one->check(stop_asked_by(bounds_.stop));
    if (!report) return report.error();
    bad_.insert(report->damaged.begin(), report->damaged.end());
    return report->problems.empty() && is_there(pack_) && is_there(beside(pack_, ".idx"));
}

Result<void> PackMender::index_anew() {
    const Result<void> indexed = index_once(false);
    const bool ends = indexed || indexed.error().code == Errc::cancelled || indexed.error().code == Errc::reserve;
    return ends ? indexed : index_once(true);
}

Result<void> PackMender::index_once(bool frame) {
    std::error_code error;
    remove_quietly(workshop_ / "again.pack");
    // The copy, and the pack and its index that are made of it.
    const Result<void> room = need_room(workshop_ / "mended.git", 2 * bytes_of(pack_) + bytes_of(beside(pack_, ".idx")), bounds_.reserve, "mend", pack_.string());
    if (!room) return room;
    const Result<void> copied = copy_file(pack_, workshop_ / "again.pack", bounds_.stop);
    if (!copied) return copied;
    const Result<void> framed = frame ? write_frame(workshop_ / "again.pack", beside(pack_, ".idx")) : Result<void>();
    if (!framed) return framed;
    Result<git::Repository> repository = git::Repository::open_or_init(mended(), "main");
    if (!repository) return repository.error();
    git::Fetched pack;
    pack.pack = workshop_ / "again.pack";
    pack.stop = stop_asked_by(bounds_.stop);
    const Result<void> adopted = repository->adopt_pack(pack, "origin", "");
    const Result<void> proved = adopted ? prove(*repository) : adopted;
    if (!proved) fs::remove_all(mended(), error);
    return proved;
}

Result<void> PackMender::prove(const git::Repository& repository) const {
    const Result<git::Repository::CheckReport> report = repository.check(stop_asked_by(bounds_.stop));
    if (!report) return report.error();
    if (report->problems.empty()) return {};
    return fail(Errc::repository_invalid, "mend", pack_.string(), report->problems.front());
}

Result<PackMender::Parts> PackMender::parts() const {
    const Result<std::vector<git::Oid>> all = objects_of(beside(pack_, ".idx"));
    if (!all) return all.error();
    const Result<git::Repository> damaged = git::Repository::open(workshop_ / "damaged.git");
    if (!damaged) return damaged.error();
    Parts parts;
    for (const git::Oid& oid : *all) {
        if (bad_.contains(oid) || !damaged->has(oid)) parts.bad.insert(oid);
        else parts.good.push_back(oid);
    }
    return parts;
}

Result<void> PackMender::take_good(const Parts& parts, git::Repository& into) const {
    return take_objects(workshop_ / "damaged.git", parts.good, into, workshop_ / "taken.pack", bounds_);
}

Result<void> give_packs(const fs::path& from, const fs::path& to, const std::vector<std::string>& names, bool promisor, Aside& aside) {
    Result<void> done;
    for (const std::string& name : names) {
        for (const char* extension : {".idx", ".pack", ".rev", ".bitmap"}) {
            const fs::path file = to / (name + extension);
            if (done && is_there(file)) done = aside.keep(file, "packs");
        }
        for (const char* extension : {".rev", ".bitmap"}) remove_quietly(to / (name + extension));  // of the damaged one; nobody needs them
        if (done && promisor) done = write_file_durably(to / (name + ".promisor"), "");
        for (const char* extension : {".pack", ".idx"}) {
            if (done) done = rename_durably(from / (name + extension), to / (name + extension));
        }
    }
    return done;
}

Result<void> retire_pack(const fs::path& pack, Aside& aside) {
    for (const char* extension : {".idx", ".pack", ".promisor", ".rev", ".bitmap"}) {
        const fs::path file = beside(pack, extension);
        const Result<void> kept = is_there(file) ? aside.keep(file, "packs") : Result<void>();
        if (!kept) return kept;
    }
    for (const char* extension : {".idx", ".pack", ".promisor", ".rev", ".bitmap"}) remove_quietly(beside(pack, extension));
    return sync_directory(pack.parent_path());
}

Result<void> PackMender::put_in_place(Aside& aside) {
    const fs::path from = mended() / "objects/pack";
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(from)) {
        if (entry.path().extension() == ".pack") names.push_back(entry.path().stem().string());
    }
    const bool same_name = std::find(names.begin(), names.end(), pack_.stem().string()) != names.end();
    const Result<void> given = give_packs(from, pack_.parent_path(), names, promisor(), aside);
    return given && !same_name ? retire_pack(pack_, aside) : given;
}

}  // namespace autobackup::checks
