// SPDX-License-Identifier: MIT
#include "lib/zip/extra.hpp"

namespace autobackup::zip {

Extra read_extra(Bytes area, std::string_view name, std::string& wrong) {
    Extra extra;
    while (!area.empty()) {
        if (area.size() < 4 || area.size() - 4 < u16(area, 2)) {
            wrong = "an extra field runs past the end of its header";
            return extra;
        }
        const std::uint16_t id = u16(area, 0);
        const Bytes body = area.subspan(4, u16(area, 2));
        if (id == extra_zip64) {
            if (extra.has_zip64) wrong = "there are two zip64 extra fields";
            extra.has_zip64 = true;
            extra.zip64 = body;
        }
        // One byte of version and four of the name's CRC-32 come before the text.
        if (id == extra_unicode_path && (body.size() < 5 || as_text(body.subspan(5)) != name)) {
            wrong = "the Unicode path in the extra field is another name";
        }
        if (!wrong.empty()) return extra;
        area = area.subspan(4 + body.size());
    }
    return extra;
}

}  // namespace autobackup::zip
