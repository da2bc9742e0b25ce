// SPDX-License-Identifier: MIT
#include "lib/git/thin_bases.hpp"

#include <git2/sys/odb_backend.h>

#include <exception>
#include <new>

namespace autobackup::git {

namespace {

struct ReaderBackend {
    git_odb_backend base;  // first: libgit2 sees nothing else
    ObjectReader* reader;
};

ObjectReader& reader_of(git_odb_backend* backend) {
    return *reinterpret_cast<ReaderBackend*>(backend)->reader;
}

int code_of(const Failure& failure) {
    git_error_set_str(GIT_ERROR_ODB, describe(failure).c_str());
    return failure.code == Errc::not_found ? GIT_ENOTFOUND : GIT_ERROR;
}

int read_object(void** data, std::size_t* size, git_object_t* type, git_odb_backend* backend,
                const git_oid* oid) noexcept try {
    const Result<LoadedObject> object = reader_of(backend).load(from_git(*oid));
    if (!object) return code_of(object.error());
    *data = git_odb_backend_data_alloc(backend, object->content.size());
    if (*data == nullptr) return GIT_ERROR;
    std::memcpy(*data, object->content.data(), object->content.size());
    *size = object->content.size();
    *type = static_cast<git_object_t>(object->type);
    return 0;
} catch (const std::exception& error) {
    git_error_set_str(GIT_ERROR_ODB, error.what());
    return GIT_ERROR;
}

int read_head(std::size_t* size, git_object_t* type, git_odb_backend* backend, const git_oid* oid) noexcept
    try {
    const Result<ObjectHead> head = reader_of(backend).head(from_git(*oid));
    if (!head) return code_of(head.error());
    *size = head->size;
    *type = static_cast<git_object_t>(head->type);
    return 0;
} catch (const std::exception& error) {
    git_error_set_str(GIT_ERROR_ODB, error.what());
    return GIT_ERROR;
}

int object_exists(git_odb_backend* backend, const git_oid* oid) noexcept {
    return reader_of(backend).has(from_git(*oid)) ? 1 : 0;
}

void free_backend(git_odb_backend* backend) noexcept {
    delete reinterpret_cast<ReaderBackend*>(backend);
}

}  // namespace

Result<OdbHandle> make_odb(ObjectReader& reader) {
    OdbHandle odb;
    int rc = git_odb_new(out(odb));
    if (rc < 0) return git_failure(rc, "make", "an object database");
    auto backend = std::make_unique<ReaderBackend>();
    rc = git_odb_init_backend(&backend->base, GIT_ODB_BACKEND_VERSION);
    if (rc < 0) return git_failure(rc, "make", "an object database");
    backend->base.read = read_object;
    backend->base.read_header = read_head;
    backend->base.exists = object_exists;
    backend->base.free = free_backend;
    backend->reader = &reader;
    rc = git_odb_add_backend(odb.get(), &backend->base, 1);
    if (rc < 0) return git_failure(rc, "make", "an object database");
    static_cast<void>(backend.release());  // the database frees it
    return odb;
}

}  // namespace autobackup::git
