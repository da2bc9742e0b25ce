// SPDX-License-Identifier: MIT
#include "daemon/mirror/only.hpp"

#include <algorithm>

#include "lib/core/text.hpp"

namespace autobackup::mirror {

model::Item missing_item(const std::string& kind, const std::string& name, const Failure& why) {
    model::Item item;
    item.kind = kind;
    item.name = name;
    item.repository.emplace();
    item.repository->id = name;
    model::fail_item(item, "inspect", why);
    return item;
}

void tell_unmatched(const Context& context, const OnlyRule& rule, const std::vector<std::string>& names, model::Run& run) {
    for (const std::string& entry : context.options.only) {
        if (std::any_of(names.begin(), names.end(), [&](const std::string& name) { return rule.matches(entry, name); })) continue;
        const std::string shown = entry.empty() ? std::string("\"\"") : one_line(entry);
        if (rule.is_pattern(entry)) {
            run.warnings.push_back("--only " + shown + ": " + rule.message);
            continue;
        }
        Failure why = fail(Errc::selection_unmatched, "select", shown, rule.message);
        why.hint = rule.hint;
        run.items.push_back(missing_item(rule.kind, entry, why));
        if (context.item_done) context.item_done(run.items.back());
    }
}

}  // namespace autobackup::mirror
