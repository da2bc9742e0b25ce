// SPDX-License-Identifier: MIT
// One run of the engine: mirror_crash_helper URL MIRROR. Exit 0 when the mirror stands as the source, 3 when the disk was full, 4 on another
// failure.
#include <cstdio>

#include "tests/daemon/mirror/mirror_kit.hpp"

#if defined(__SANITIZE_ADDRESS__)
/// LeakSanitizer cannot work in a program that is traced.
extern "C" const char* __asan_default_options() {
    return "detect_leaks=0";
}
#endif

using namespace autobackup;

int main(int count, char** words) {
    if (count != 3) return 2;
    const std::filesystem::path path = words[2];
    mirror::sweep(path.parent_path());
    const model::Item item = mirror::mirror_once(words[1], path);
    std::fprintf(stderr, "%s\n", model::outcome_word(item));
    for (const model::Stage& stage : item.stages) {
        if (!stage.error) continue;
        std::fprintf(stderr, "%s: %s: %s\n", stage.stage.c_str(), std::string(name(stage.error->code)).c_str(), describe(*stage.error).c_str());
        return stage.error->code == Errc::disk_full ? 3 : 4;
    }
    return item.outcome == model::ItemOutcome::saved || item.outcome == model::ItemOutcome::unchanged ? 0 : 4;
}
