// SPDX-License-Identifier: MIT
#include "lib/remote/pack_source.hpp"

namespace autobackup::remote {

Awaitable<Result<std::shared_ptr<PackSource>>> make_pack_source(async::Workers& workers, std::filesystem::path path, std::vector<git::Oid> objects) {
    auto make = [&workers, path = std::move(path), objects = std::move(objects)]() -> Result<std::shared_ptr<PackSource>> {
        const Result<git::Repository> repository = git::Repository::open_any(path);
        if (!repository) return repository.error();
        Result<git::PackReader> reader = git::PackReader::make(*repository, objects);
        if (!reader) return reader.error();
        return std::make_shared<PackSource>(workers, std::move(*reader));
    };
    co_return co_await workers.run(std::move(make));
}

}  // namespace autobackup::remote
