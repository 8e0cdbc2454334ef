#include "runtime/log_format.hpp"

#include <cstdio>

namespace cts {

namespace {

using namespace std::chrono;

const char* label_of(log::level level) {
  switch (level) {
    case log::level::trace: return "[TRACE]";
    case log::level::debug: return "[DEBUG]";
    case log::level::info: return "[INFO] ";
    case log::level::warn: return "[WARN] ";
    case log::level::error: return "[ERROR]";
  }
  return "[ERROR]";
}

std::string zone_text(seconds offset) {
  if (offset == 0s)
    return "Z";
  auto minutes_all = duration_cast<minutes>(offset < 0s ? -offset : offset);
  char text[16];
  std::snprintf(text, sizeof text, "%c%02d%02d", offset < 0s ? '-' : '+',
                static_cast<int>(minutes_all.count() / 60),
                static_cast<int>(minutes_all.count() % 60));
  return text;
}

std::string time_text(system_clock::time_point now, seconds offset) {
  auto local = floor<milliseconds>(now + offset);
  auto day = floor<days>(local);
  auto date = year_month_day{day};
  auto time = hh_mm_ss{local - day};
  char text[64];
  std::snprintf(
    text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03d",
    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
    static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
    static_cast<int>(time.minutes().count()),
    static_cast<int>(time.seconds().count()),
    static_cast<int>(time.subseconds().count()));
  return text + zone_text(offset);
}

bool needs_quotes(const std::string& value) {
  for (auto c : value)
    if (c < 0x2D || c > 0x7E)
      return true;
  return value.empty();
}

std::string quoted(const std::string& value) {
  auto out = std::string{"\""};
  for (auto c : value) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      char text[8];
      std::snprintf(text, sizeof text, "\\x%02x", byte);
      out += text;
    } else {
      out += c;
    }
  }
  return out + '"';
}

void add_block(std::string& out, const log::field& x) {
  out += "\n  ";
  out += x.key;
  out += "=\n";
  auto rest = std::string_view{x.value};
  while (!rest.empty()) {
    auto end = rest.find('\n');
    out += "  | ";
    out += rest.substr(0, end);
    out += '\n';
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  out += "  ";
}

} // namespace

std::string format_line(const log::line& line, system_clock::time_point now,
                        seconds utc_offset) {
  auto out = time_text(now, utc_offset) + " " + label_of(line.level) + " ";
  out += line.component;
  if (!line.sentence.empty())
    out += ": ";
  out += line.sentence;
  if (!line.fields.empty())
    out += ':';
  for (const auto& x : line.fields) {
    if (x.value.find('\n') != std::string::npos) {
      add_block(out, x);
      continue;
    }
    out += ' ';
    out += x.key;
    out += '=';
    out += needs_quotes(x.value) ? quoted(x.value) : x.value;
  }
  return out;
}

} // namespace cts
