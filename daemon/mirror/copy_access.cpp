// SPDX-License-Identifier: MIT
#include "daemon/mirror/copy_access.hpp"

#include "daemon/mirror/large.hpp"
#include "lib/lfs/ssh_access.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::mirror {

Result<CopyAccess> access_to(const CopyPlace& place, const std::string& url, const config::Retry& retry, async::Workers& workers) {
    const std::string shown = remote::without_user(url);
    CopyAccess access{place.access, large_settings(place.access, retry), nullptr};
    access.git.url = url;
    access.git.object = shown;
    access.large.url = shown;
    if (!remote::is_ssh_url(url)) return access;
    Result<std::unique_ptr<remote::SshCommands>> made = remote::make_ssh_commands(workers, access.git);
    if (!made) return made.error();
    access.ssh = std::move(*made);
    access.large.authenticate = lfs::ssh_authenticate(access.ssh, shown);
    return access;
}

}  // namespace autobackup::mirror
