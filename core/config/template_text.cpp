#include "core/config/template_text.hpp"

#include <re2/re2.h>

namespace cts::config {

bool is_template(std::string_view text) {
  static const auto syntax
    = RE2{R"re(\{\{\s*(env|key|with secret)\s+\\?\".+\\?\"\s*\}\})re"};
  return text.find("{{") != text.npos
         && RE2::PartialMatch(re2::StringPiece{text.data(), text.size()},
                              syntax);
}

bool asks_vault(std::string_view text) {
  static const auto syntax
    = RE2{R"re(\{\{\s*with secret\s+\\?\".+\\?\"\s*\}\})re"};
  return text.find("{{") != text.npos
         && RE2::PartialMatch(re2::StringPiece{text.data(), text.size()},
                              syntax);
}

} // namespace cts::config
