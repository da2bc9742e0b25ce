// SPDX-License-Identifier: MIT
// Keeping account of what a restore makes on a server, for those who take it away again. Loop thread.
#pragma once

#include <string>

#include "daemon/vault/item_id.hpp"
#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"
#include "lib/cvat/types.hpp"

namespace autobackup::restore {

class Ledger {
public:
    virtual ~Ledger() = default;
    /// What a project or task is called there in place of its own name, from its first moment on.
    [[nodiscard]] virtual std::string name_of(const vault::ItemId& item) const = 0;
    /// Before its upload begins. A failure ends the restore: nothing is made that is not in the books.
    virtual Awaitable<Result<void>> expects(cvat::Kind kind, std::string name) = 0;
    /// It is there.
    virtual Awaitable<Result<void>> made(cvat::Object object, std::string name) = 0;
    /// The server has refused it: nothing of it is there, nor will be.
    virtual Awaitable<Result<void>> refused(cvat::Kind kind, std::string name) = 0;
};

}  // namespace autobackup::restore
