#pragma once

// What the printers of HCL and JSON share; nobody else includes this.

namespace cts::hcl {

/// The escape of a letter that both languages write alike, or null.
inline const char* short_escape(char x) {
  switch (x) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '"': return "\\\"";
    case '\\': return "\\\\";
    default: return nullptr;
  }
}

} // namespace cts::hcl
